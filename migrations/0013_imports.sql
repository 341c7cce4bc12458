-- Files of leads that are imported, and how far each is. `position` moves in the transaction that stores the rows before
-- it: whoever goes on after a crash takes each row once. `runner` is who may move it; anybody else's step is refused.
CREATE TABLE lead_import (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  file_name TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  file_size INTEGER NOT NULL,
  -- 1: a copy of the file lies in the data folder.
  kept INTEGER NOT NULL,
  settings TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('draft', 'running', 'stopped', 'done', 'failed')),
  problem TEXT,
  runner TEXT,
  -- Rows read so far, and how many bytes of the file those are.
  position INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  taken INTEGER NOT NULL DEFAULT 0,
  bad INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  beat_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX lead_import_site ON lead_import (site_id, id);

-- Rows that were not taken. Never with what stands in them.
CREATE TABLE lead_import_problem (
  import_id TEXT NOT NULL REFERENCES lead_import (id) ON DELETE CASCADE,
  row INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (import_id, row)
) STRICT, WITHOUT ROWID;
