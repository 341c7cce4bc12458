-- Files on their way to Google Drive: few, among as many as were ever sent.
CREATE INDEX drive_copy_begun ON drive_copy (site_id, file_id) WHERE link IS NULL;
