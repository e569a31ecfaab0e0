WITH class_of_line AS (
  SELECT r.episode_parent_id AS line, c.concept_name AS regimen_class
  FROM episode r JOIN concept c ON c.concept_id = r.episode_object_concept_id
  WHERE r.episode_concept_id = cid('Episode', 'REGIMEN') AND r.episode_parent_id IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY r.episode_parent_id ORDER BY r.episode_start_date, r.episode_id) = 1
),
lines AS (
  SELECT episode_id, person_id, episode_parent_id AS tumour, episode_number AS number, episode_start_date AS start, episode_end_date AS finish
  FROM episode WHERE episode_concept_id IN (cid('Episode', 'ADVANCED'), cid('Episode', 'ADVANCED:MAINTENANCE'))
),
following AS (
  SELECT l.episode_id, min(n.start) AS start
  FROM lines l JOIN lines n ON n.tumour = l.tumour AND n.start > l.start AND n.number > l.number
  GROUP BY l.episode_id
),
course AS (
  SELECT l.*, n.start AS next_start, x.death_date AS died, o.observation_period_end_date AS last_seen
  FROM lines l
  LEFT JOIN following n ON n.episode_id = l.episode_id
  LEFT JOIN death x ON x.person_id = l.person_id
  LEFT JOIN observation_period o ON o.person_id = l.person_id
),
times AS (
  SELECT 'TTD' AS endpoint, episode_id, number, start, finish AS day, next_start IS NOT NULL OR died IS NOT NULL OR coalesce(last_seen - finish >= 120, FALSE) AS event
  FROM course
  UNION ALL
  SELECT 'TTNT', episode_id, number, start, CASE WHEN next_start <= coalesce(died, next_start) THEN next_start ELSE coalesce(died, last_seen, finish) END,
    next_start IS NOT NULL OR died IS NOT NULL
  FROM course
)
SELECT t.endpoint, coalesce(c.regimen_class, 'UNK') AS regimen_class, t.number AS line_number, count(*) AS n,
  count(*) FILTER (WHERE NOT t.event) AS censored,
  round(median((greatest(t.day, t.start) - t.start) / 30.4375) FILTER (WHERE t.event), 2) AS median_months_if_event
FROM times t LEFT JOIN class_of_line c ON c.line = t.episode_id
GROUP BY ALL ORDER BY endpoint, regimen_class, line_number
