-- Which `sheet_tab` of its form a tab was last named for, so that a change of it is noticed. NULL: not looked at yet.
ALTER TABLE sheet_tab ADD COLUMN named_for TEXT;
