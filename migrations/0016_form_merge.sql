-- A form that was merged keeps what it is known by and the tab that its rows stand on; new leads go to the one named here,
-- which is never a merged one itself. Leads keep the form they came by.
ALTER TABLE form ADD COLUMN merged_into TEXT REFERENCES form (id);
