-- Accounts at an OpenID Connect provider by which users come in. The subject decides: its e-mail may change. A user has at
-- most one at each provider.
CREATE TABLE identity (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  email TEXT,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  PRIMARY KEY (issuer, subject),
  UNIQUE (user_id, issuer)
) STRICT, WITHOUT ROWID;

-- How somebody came in, before the second factor: password, link, oidc.
ALTER TABLE session ADD COLUMN method TEXT NOT NULL DEFAULT 'password';
