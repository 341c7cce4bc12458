-- The addresses that web forms are sent to. Each site has one from the start, and more as they are wanted.
CREATE TABLE endpoint (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  name TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (answer IN ('redirect', 'thanks', 'json')),
  redirect_url TEXT,
  thanks_title TEXT,
  thanks_text TEXT,
  honeypot TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX endpoint_site ON endpoint (site_id, id);

INSERT INTO endpoint (id, site_id, name, answer, honeypot, created_at)
  SELECT endpoint_id, id, 'Website', 'redirect', '_gotcha', created_at FROM site;

-- Whose pages may send forms to the site, as a JSON array of host names; empty: anybody's.
ALTER TABLE site ADD COLUMN allowed_domains TEXT NOT NULL DEFAULT '[]';
