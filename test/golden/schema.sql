CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  former_hash TEXT UNIQUE,
  former_until INTEGER,
  scopes TEXT NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE arrival (
  site_id TEXT NOT NULL REFERENCES site (id),
  way TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (site_id, way)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE captcha (
  site_id TEXT PRIMARY KEY REFERENCES site (id),
  kind TEXT NOT NULL CHECK (kind IN ('turnstile', 'hcaptcha')),
  site_key TEXT NOT NULL,
  secret_sealed TEXT NOT NULL
) STRICT;

CREATE TABLE drive_copy (
  file_id TEXT PRIMARY KEY REFERENCES file (id),
  site_id TEXT NOT NULL,
  account TEXT NOT NULL,
  drive_id TEXT,
  link TEXT,
  tried_at INTEGER NOT NULL,
  problem TEXT,
  retry_at INTEGER
) STRICT;

CREATE TABLE drive_site (
  site_id TEXT PRIMARY KEY REFERENCES site (id),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  account TEXT NOT NULL,
  folder TEXT,
  shared INTEGER NOT NULL CHECK (shared IN (0, 1)),
  problem TEXT,
  failures INTEGER NOT NULL,
  retry_at INTEGER
) STRICT;

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

CREATE TABLE file (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  lead_id TEXT,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  type TEXT NOT NULL,
  path TEXT NOT NULL,
  created_at INTEGER NOT NULL
, is_here INTEGER NOT NULL DEFAULT 1 CHECK (is_here IN (0, 1))) STRICT;

CREATE TABLE form (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  discovery_key TEXT NOT NULL,
  name TEXT NOT NULL,
  sheet_tab TEXT NOT NULL,
  ignored INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL,
  fields TEXT NOT NULL DEFAULT '[]',
  submission_count INTEGER NOT NULL DEFAULT 0,
  spam_count INTEGER NOT NULL DEFAULT 0,
  last_submission_at INTEGER,
  created_at INTEGER NOT NULL, merged_into TEXT REFERENCES form (id),
  UNIQUE (site_id, discovery_key)
) STRICT;

CREATE TABLE google_connection (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('service_account', 'oauth')),
  email TEXT NOT NULL,
  secret TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

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

CREATE TABLE hook_seen (
  hook_id TEXT NOT NULL REFERENCES hook (id) ON DELETE CASCADE,
  mark TEXT NOT NULL,
  at INTEGER NOT NULL,
  lead_ids TEXT NOT NULL,
  PRIMARY KEY (hook_id, mark)
) STRICT, WITHOUT ROWID;

CREATE TABLE hosted_form (
  endpoint_id TEXT PRIMARY KEY REFERENCES endpoint (id),
  site_id TEXT NOT NULL REFERENCES site (id),
  published INTEGER NOT NULL CHECK (published IN (0, 1)),
  form TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  site_id TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  result TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (site_id, key)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE lead (
  site_id TEXT NOT NULL,
  id TEXT NOT NULL,
  form_id TEXT NOT NULL,
  source TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL,
  spam INTEGER NOT NULL DEFAULT 0,
  spam_reason TEXT,
  sync_status TEXT NOT NULL CHECK (sync_status IN ('pending', 'synced', 'failed', 'skipped')),
  sync_problem TEXT,
  synced_at INTEGER,
  quality TEXT,
  judgement TEXT,
  body TEXT NOT NULL
, ignored INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE lead_columns (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  site_id TEXT NOT NULL REFERENCES site (id),
  columns TEXT NOT NULL,
  PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_count (
  site_id TEXT NOT NULL,
  quarter INTEGER NOT NULL,
  form_id TEXT NOT NULL,
  source TEXT NOT NULL,
  submissions INTEGER NOT NULL DEFAULT 0,
  spam INTEGER NOT NULL DEFAULT 0,
  ignored INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, quarter, form_id, source)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE lead_import_problem (
  import_id TEXT NOT NULL REFERENCES lead_import (id) ON DELETE CASCADE,
  row INTEGER NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (import_id, row)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_view (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  owner_id TEXT REFERENCES user (id) ON DELETE CASCADE,
  maker_id TEXT REFERENCES user (id) ON DELETE SET NULL,
  name TEXT NOT NULL,
  -- What two names have in common that people take for one.
  name_key TEXT NOT NULL,
  filter TEXT NOT NULL,
  -- The form's name when the view was saved: it is told when the form is there no more.
  form_name TEXT,
  columns TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE recovery_code (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_stale (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  lead_id TEXT NOT NULL,
  site_id TEXT NOT NULL
) STRICT;

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
, method TEXT NOT NULL DEFAULT 'password') STRICT;

CREATE TABLE sheet_batch (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  book TEXT NOT NULL,
  seq INTEGER NOT NULL,
  guard_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'sending', 'ambiguous', 'delivered', 'void')),
  ever_ambiguous INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  first_sent_at INTEGER NOT NULL,
  last_error TEXT,
  settled_at INTEGER,
  UNIQUE (book, seq)
) STRICT;

CREATE TABLE sheet_batch_lead (
  batch_id TEXT NOT NULL REFERENCES sheet_batch (id),
  lead_id TEXT NOT NULL,
  tab_id TEXT NOT NULL,
  PRIMARY KEY (batch_id, lead_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sheet_book (
  book TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  next_seq INTEGER NOT NULL DEFAULT 1,
  self_tested_at INTEGER,
  checked_at INTEGER
) STRICT;

CREATE TABLE sheet_column (
  tab_id TEXT NOT NULL REFERENCES sheet_tab (id),
  key TEXT NOT NULL,
  header TEXT NOT NULL,
  position INTEGER NOT NULL,
  metadata_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'active', 'removed')),
  PRIMARY KEY (tab_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sheet_journal (
  book TEXT PRIMARY KEY,
  journal BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sheet_removal (
  book TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  site_id TEXT NOT NULL REFERENCES site (id),
  form_id TEXT NOT NULL REFERENCES form (id),
  PRIMARY KEY (book, lead_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sheet_tab (
  id TEXT PRIMARY KEY,
  site_id TEXT NOT NULL REFERENCES site (id),
  book TEXT NOT NULL,
  form_id TEXT NOT NULL REFERENCES form (id),
  sheet_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'ready', 'paused')),
  problem TEXT,
  generation INTEGER NOT NULL DEFAULT 0,
  length INTEGER NOT NULL DEFAULT 0,
  audited_at INTEGER, named_for TEXT,
  UNIQUE (book, form_id)
) STRICT;

CREATE TABLE sheet_target (
  site_id TEXT PRIMARY KEY REFERENCES site (id),
  kind TEXT NOT NULL CHECK (kind IN ('local', 'google')),
  book TEXT NOT NULL,
  connection_id TEXT REFERENCES google_connection (id),
  title TEXT,
  url TEXT,
  status TEXT NOT NULL DEFAULT 'ok' CHECK (status IN ('ok', 'paused')),
  problem TEXT,
  trouble TEXT,
  paused_at INTEGER,
  recheck_at INTEGER,
  last_synced_at INTEGER
) STRICT;

CREATE TABLE sheet_update (
  site_id TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  form_id TEXT NOT NULL,
  column_key TEXT NOT NULL,
  version INTEGER NOT NULL, former TEXT,
  PRIMARY KEY (site_id, lead_id, column_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE site (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  client TEXT,
  timezone TEXT NOT NULL,
  endpoint_id TEXT NOT NULL UNIQUE,
  sync_enabled INTEGER NOT NULL DEFAULT 1,
  columns TEXT,
  quality_choices TEXT NOT NULL,
  created_at INTEGER NOT NULL
, allowed_domains TEXT NOT NULL DEFAULT '[]', spam TEXT NOT NULL DEFAULT '{"level":"normal","words":[],"domains":[]}') STRICT;

CREATE TABLE spam_mark (
  site_id TEXT NOT NULL REFERENCES site (id),
  hash TEXT NOT NULL,
  spam INTEGER NOT NULL CHECK (spam IN (0, 1)),
  marked_at INTEGER NOT NULL,
  PRIMARY KEY (site_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE sqlite_sequence(name,seq);

CREATE TABLE sync_count (
  site_id TEXT NOT NULL,
  status TEXT NOT NULL,
  leads INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (site_id, status)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE user_site (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  site_id TEXT NOT NULL REFERENCES site (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_site ON api_key (site_id);

CREATE INDEX audit_actor ON audit (actor_id, id);

CREATE INDEX audit_object ON audit (object_id, id);

CREATE INDEX audit_site ON audit (site_id, id);

CREATE INDEX drive_copy_begun ON drive_copy (site_id, file_id) WHERE link IS NULL;

CREATE INDEX drive_copy_site ON drive_copy (site_id, file_id);

CREATE INDEX endpoint_site ON endpoint (site_id, id);

CREATE INDEX file_here ON file (site_id, id) WHERE is_here = 1;

CREATE INDEX file_lead ON file (site_id, lead_id);

CREATE INDEX file_ownerless ON file (id) WHERE lead_id IS NULL;

CREATE INDEX hook_call_age ON hook_call (at);

CREATE INDEX hook_call_hook ON hook_call (hook_id, id);

CREATE INDEX hook_event_due ON hook_event (next_at);

CREATE INDEX hook_seen_age ON hook_seen (at);

CREATE INDEX hook_site ON hook (site_id, id);

CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE INDEX lead_failed ON lead (site_id, id) WHERE sync_status = 'failed';

CREATE INDEX lead_form ON lead (form_id, id);

CREATE INDEX lead_import_site ON lead_import (site_id, id);

CREATE INDEX lead_pending ON lead (site_id, form_id, id) WHERE sync_status = 'pending';

CREATE UNIQUE INDEX lead_site ON lead (site_id, id);

CREATE INDEX lead_spam ON lead (site_id, id) WHERE spam = 1;

CREATE INDEX lead_sync ON lead (site_id, sync_status, spam, id) WHERE sync_status <> 'pending';

CREATE INDEX lead_view_maker ON lead_view (maker_id);

CREATE INDEX lead_view_owner ON lead_view (owner_id);

CREATE INDEX lead_view_site ON lead_view (site_id, owner_id);

CREATE INDEX one_time_link_user ON one_time_link (user_id);

CREATE INDEX passkey_user ON passkey (user_id);

CREATE INDEX session_user ON session (user_id);

CREATE UNIQUE INDEX sheet_batch_lead_once ON sheet_batch_lead (lead_id, tab_id);

CREATE UNIQUE INDEX sheet_batch_open ON sheet_batch (book) WHERE state IN ('planned', 'sending', 'ambiguous');

CREATE INDEX sheet_removal_site ON sheet_removal (site_id, book);

CREATE INDEX spam_mark_age ON spam_mark (site_id, marked_at);
