-- What people said of leads: keyed hashes of their e-mail addresses and messages.
CREATE TABLE spam_mark (
  site_id TEXT NOT NULL REFERENCES site (id),
  hash TEXT NOT NULL,
  spam INTEGER NOT NULL CHECK (spam IN (0, 1)),
  marked_at INTEGER NOT NULL,
  PRIMARY KEY (site_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX spam_mark_age ON spam_mark (site_id, marked_at);

-- What a site set against spam, as JSON.
ALTER TABLE site ADD COLUMN spam TEXT NOT NULL DEFAULT '{"level":"normal","words":[],"domains":[]}';
