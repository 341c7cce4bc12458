-- Rows of deleted leads that are still to be taken out of a workbook. Of the lead nothing is kept but its id.
CREATE TABLE sheet_removal (
  book TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  site_id TEXT NOT NULL REFERENCES site (id),
  form_id TEXT NOT NULL REFERENCES form (id),
  PRIMARY KEY (book, lead_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sheet_removal_site ON sheet_removal (site_id, book);
