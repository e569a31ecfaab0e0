WITH class_of_line AS (
  SELECT r.episode_parent_id AS line, c.concept_name AS regimen_class
  FROM episode r JOIN concept c ON c.concept_id = r.episode_object_concept_id
  WHERE r.episode_concept_id = cid('Episode', 'REGIMEN') AND r.episode_parent_id IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY r.episode_parent_id ORDER BY r.episode_start_date, r.episode_id) = 1
)
SELECT d.concept_class_id AS endpoint, coalesce(c.regimen_class, 'UNK') AS regimen_class, l.episode_number AS line_number, count(*) AS n,
  count(*) FILTER (WHERE e.qualifier_concept_id = cid('Event', '0')) AS censored,
  round(median(e.value_as_number / 30.4375) FILTER (WHERE e.qualifier_concept_id = cid('Event', '1')), 2) AS median_months_if_event
FROM observation e
JOIN concept d ON d.concept_id = e.observation_concept_id AND d.vocabulary_id = 'Endpoint'
JOIN episode l ON l.episode_id = e.observation_event_id AND l.episode_concept_id IN (cid('Episode', 'ADVANCED'), cid('Episode', 'ADVANCED:MAINTENANCE'))
LEFT JOIN class_of_line c ON c.line = l.episode_id
WHERE d.concept_class_id IN ('TTD', 'TTNT') AND contains(d.concept_code, $definition)
GROUP BY ALL ORDER BY endpoint, regimen_class, line_number
