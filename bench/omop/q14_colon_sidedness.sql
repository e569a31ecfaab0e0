WITH wild_type AS (
  SELECT b.measurement_event_id AS tumour
  FROM measurement b
  JOIN episode p ON p.episode_id = b.measurement_event_id AND p.episode_concept_id = cid('Episode', 'DISEASE')
    AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
  WHERE b.measurement_concept_id IN (cid('Marker', 'KRAS'), cid('Marker', 'NRAS'), cid('Marker', 'BRAF')) AND b.measurement_source_value = 'TESTED'
    AND b.meas_event_field_concept_id = cid('Field', 'condition')
  GROUP BY b.measurement_event_id
  HAVING bool_and(b.value_as_concept_id = cid('Result', 'NEG')) AND count(DISTINCT b.measurement_concept_id) >= 2
),
site AS (SELECT measurement_event_id AS tumour, value_source_value AS code FROM measurement WHERE measurement_concept_id = cid('Modifier', 'topography'))
SELECT CASE
    WHEN s.code IN ('C18.0', 'C18.2', 'C18.3', 'C18.4') THEN 'right'
    WHEN s.code IN ('C18.5', 'C18.6', 'C18.7') THEN 'left'
    ELSE 'unknown'
  END AS side,
  CASE
    WHEN regexp_matches(c.concept_name, 'cetuximab|panitumumab') THEN 'anti-EGFR'
    WHEN c.concept_name LIKE '%bevacizumab%' THEN 'bevacizumab'
    ELSE 'other'
  END AS arm,
  count(*) AS n, sum(CASE WHEN e.qualifier_concept_id = cid('Event', '1') THEN 1 ELSE 0 END) AS deaths,
  round(median(e.value_as_number / 30.4375), 1) AS median_followup_months
FROM wild_type w
JOIN episode l ON l.episode_parent_id = w.tumour AND l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
JOIN concept c ON c.concept_id = l.episode_object_concept_id
JOIN observation e ON e.observation_event_id = l.episode_id AND e.observation_concept_id = cid('Endpoint', $definition_id)
LEFT JOIN site s ON s.tumour = w.tumour
GROUP BY 1, 2 ORDER BY side, arm
