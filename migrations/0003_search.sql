-- What is said of leads in the search index, a file of its own, has to be said anew: they were changed or deleted, or
-- came with an id from before those that are in it already. Each change adds a row; `seq` is never used again.
CREATE TABLE search_stale (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  lead_id TEXT NOT NULL,
  site_id TEXT NOT NULL
) STRICT;

-- Lists by sheet status. What waits has an index already, and intake writes nothing here but spam and ignored leads.
CREATE INDEX lead_sync ON lead (site_id, sync_status, spam, id) WHERE sync_status <> 'pending';

-- Tells this database from every other one: an index made for another is not used.
INSERT INTO meta (name, value) VALUES ('database_id', lower(hex(randomblob(16))));
