-- When the last lead came in by each way: a source, or one endpoint, hosted form or hook.
CREATE TABLE arrival (
  site_id TEXT NOT NULL REFERENCES site (id),
  way TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (site_id, way)
) STRICT, WITHOUT ROWID;

-- As far as it is known of leads that are there: of sources to the quarter of an hour, of the others by their own forms.
INSERT INTO arrival (site_id, way, at)
SELECT site_id, source, max(quarter) * 900000 FROM lead_count
WHERE source IN ('rest_api', 'mcp', 'sdk') AND submissions + spam + ignored > 0 GROUP BY site_id, source;

INSERT INTO arrival (site_id, way, at)
SELECT site_id, way, max(at) FROM (
  SELECT site_id, last_submission_at AS at, CASE
    WHEN discovery_key LIKE 'hook:%:%' THEN 'hook:' || substr(discovery_key, 6, instr(substr(discovery_key, 6), ':') - 1)
    ELSE discovery_key END AS way
  FROM form WHERE last_submission_at IS NOT NULL
    AND (discovery_key LIKE 'hook:%' OR discovery_key LIKE 'hosted:%' OR discovery_key LIKE 'endpoint:%')
) GROUP BY site_id, way;
