-- Where the bytes of a file are: on this server (1), or in Google Drive alone (0).
ALTER TABLE file ADD COLUMN is_here INTEGER NOT NULL DEFAULT 1 CHECK (is_here IN (0, 1));
CREATE INDEX file_here ON file (site_id, id) WHERE is_here = 1;

-- Sites whose files go to Google Drive (enabled), or went there once. `folder`: Google's id of the folder they go into; null: it
-- is still to be made. `shared`: somebody named a folder of a shared drive. `problem` is why nothing goes on, as JSON.
CREATE TABLE drive_site (
  site_id TEXT PRIMARY KEY REFERENCES site (id),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  account TEXT NOT NULL,
  folder TEXT,
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  problem TEXT,
  failures INTEGER NOT NULL,
  retry_at INTEGER
) STRICT;

-- Files that are in Google Drive (with a link), or may be: each is noted before its first byte goes out. `drive_id` is the id
-- that Google set aside for it; null: Google would not, and it is known by its property there.
CREATE TABLE drive_copy (
  file_id TEXT PRIMARY KEY REFERENCES file (id),
  site_id TEXT NOT NULL,
  account TEXT NOT NULL,
  drive_id TEXT,
  link TEXT,
  tried_at INTEGER NOT NULL,
  problem TEXT,
  retry_at INTEGER
) STRICT;
CREATE INDEX drive_copy_site ON drive_copy (site_id, file_id);
