-- Addresses that other services send leads to. The token is in the address: it is found by its hash, and kept sealed so
-- that whoever may edit the hook can see its address again. `secrets`: sealed, by name.
CREATE TABLE hook (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  token_sealed TEXT NOT NULL,
  mapping TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets TEXT NOT NULL,
  active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_call_at INTEGER
) STRICT;
CREATE INDEX hook_site ON hook (site_id, id);

-- The last calls of each, to map by clicking and to send again. Headers without secrets; `body` null: too large.
CREATE TABLE hook_call (
  id TEXT PRIMARY KEY,
  hook_id TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  method TEXT NOT NULL,
  headers TEXT NOT NULL,
  body TEXT,
  bytes INTEGER NOT NULL,
  verified INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  message TEXT NOT NULL,
  lead_ids TEXT NOT NULL
) STRICT;
CREATE INDEX hook_call_hook ON hook_call (hook_id, id);
CREATE INDEX hook_call_age ON hook_call (at);

-- Events and signatures that came before, as hashes, with the leads they made.
CREATE TABLE hook_seen (
  hook_id TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
  mark TEXT NOT NULL,
  at INTEGER NOT NULL,
  lead_ids TEXT NOT NULL,
  PRIMARY KEY (hook_id, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_seen_age ON hook_seen (at);

-- Leads that a sender only tells of, until they are fetched from it.
CREATE TABLE hook_event (
  hook_id TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  detail TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  problem TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (hook_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_event_due ON hook_event (next_at);
