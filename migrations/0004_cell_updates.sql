-- What a cell that waits to be written may show by our own hand, as a JSON list: any other words in it are somebody's,
-- and stay. NULL: it is written whatever it shows.
ALTER TABLE sheet_update ADD COLUMN former TEXT;

-- What stood in a workbook where single cells were last written by place, until they have been read back.
CREATE TABLE sheet_journal (
  book TEXT PRIMARY KEY,
  journal BLOB NOT NULL
) STRICT, WITHOUT ROWID;
