-- The people who use the admin UI. email_key is the address in lower case: one user for each, whatever its case.
CREATE TABLE user (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  disabled INTEGER NOT NULL DEFAULT 0,
  password_hash TEXT,
  totp_secret TEXT,
  totp_pending TEXT,
  totp_step INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) STRICT;

-- The sites of members and viewers. Owners and admins have all and no line here.
CREATE TABLE user_site (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;

-- Those not used yet.
CREATE TABLE recovery_code (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkey (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  credential_id TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL,
  counter INTEGER NOT NULL,
  transports TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;
CREATE INDEX passkey_user ON passkey (user_id);

-- Signed in, or waiting for the second factor. Ended ones are deleted: the audit log tells of them.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  token_hash TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('open', 'second_factor')),
  browser TEXT,
  os TEXT,
  address_hash TEXT,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  authenticated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_user ON session (user_id);

-- Links that work once: the first set-up, invitations, new passwords.
CREATE TABLE one_time_link (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('setup', 'invitation', 'reset')),
  token_hash TEXT NOT NULL UNIQUE,
  user_id TEXT REFERENCES user (id) ON DELETE CASCADE,
  email TEXT,
  role TEXT,
  site_ids TEXT NOT NULL,
  drops_second_factor INTEGER NOT NULL DEFAULT 0,
  created_by TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX one_time_link_user ON one_time_link (user_id);

-- Who changed what. Nothing is ever deleted here, and no line refers to another table: it outlives what it tells of.
CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'key', 'cli', 'server')),
  actor_id TEXT,
  actor_name TEXT,
  address_hash TEXT,
  action TEXT NOT NULL,
  object_id TEXT,
  site_id TEXT,
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_object ON audit (object_id, id);
CREATE INDEX audit_site ON audit (site_id, id);
