-- Files that came with leads: their bytes lie in the data folder. Without a lead: it was deleted, and the bytes are to follow.
CREATE TABLE file (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  lead_id TEXT,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  path TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX file_lead ON file (site_id, lead_id);
CREATE INDEX file_ownerless ON file (id) WHERE lead_id IS NULL;
