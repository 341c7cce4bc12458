-- Whether the form was ignored when the lead came: what it is counted as, whatever becomes of the form later.
ALTER TABLE lead ADD COLUMN ignored INTEGER NOT NULL DEFAULT 0;
