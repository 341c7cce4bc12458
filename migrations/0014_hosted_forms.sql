-- The page of an endpoint that this server shows: its words and fields, as JSON.
CREATE TABLE hosted_form (
  endpoint_id TEXT PRIMARY KEY REFERENCES endpoint (id),
  site_id TEXT NOT NULL REFERENCES site (id),
  published INTEGER NOT NULL CHECK (published IN (0, 1)),
  form TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- How a site tells people from bots. The secret is encrypted.
CREATE TABLE captcha (
  site_id TEXT PRIMARY KEY REFERENCES site (id),
  kind TEXT NOT NULL CHECK (kind IN ('turnstile', 'hcaptcha')),
  site_key TEXT NOT NULL,
  secret_sealed TEXT NOT NULL
) STRICT;
