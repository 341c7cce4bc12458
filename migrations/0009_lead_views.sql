-- Lists of leads under a name: filters, order and columns. `owner_id`: for this user alone; null: for all who see the
-- site. `maker_id` may change it besides those who run the site.
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
CREATE INDEX lead_view_site ON lead_view (site_id, owner_id);
CREATE INDEX lead_view_owner ON lead_view (owner_id);
CREATE INDEX lead_view_maker ON lead_view (maker_id);

-- The columns that a user wants in a site's list of leads.
CREATE TABLE lead_columns (
  user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
  site_id TEXT NOT NULL REFERENCES site (id),
  columns TEXT NOT NULL,
  PRIMARY KEY (user_id, site_id)
) STRICT, WITHOUT ROWID;
