WITH wild_type AS (
  SELECT b.measurement_event_id AS tumour
  FROM measurement b
  JOIN episode p ON p.episode_id = b.measurement_event_id AND p.episode_concept_id = cid('Episode', 'DISEASE')
    AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
  WHERE b.measurement_concept_id IN (cid('Marker', 'KRAS'), cid('Marker', 'NRAS'), cid('Marker', 'BRAF')) AND b.measurement_source_value = 'TESTED' AND b.value_as_concept_id <> cid('Result', 'UNK')
    AND b.meas_event_field_concept_id = cid('Field', 'condition')
  GROUP BY b.measurement_event_id
  HAVING bool_and(b.value_as_concept_id = cid('Result', 'NEG')) AND count(DISTINCT b.measurement_concept_id) >= 2
),
contact AS (
  SELECT person_id, max(observation_date) AS day FROM observation
  WHERE observation_concept_id IN (cid('FollowUp', 'ALIVE_NED'), cid('FollowUp', 'ALIVE_DISEASE'), cid('FollowUp', 'ALIVE_UNK'))
  GROUP BY person_id
),
last_line AS (SELECT episode_parent_id AS tumour, max(episode_start_date) AS day FROM episode WHERE episode_id BETWEEN 1000000001 AND 1999999999 GROUP BY 1),
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
  count(*) AS n, count(x.person_id) AS deaths,
  round(median((greatest(coalesce(x.death_date, greatest(o.observation_period_end_date, k.day, n.day)), l.episode_start_date) - l.episode_start_date) / 30.4375), 1) AS median_followup_months
FROM wild_type w
JOIN episode l ON l.episode_parent_id = w.tumour AND l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
JOIN concept c ON c.concept_id = l.episode_object_concept_id
LEFT JOIN death x ON x.person_id = l.person_id
LEFT JOIN observation_period o ON o.person_id = l.person_id
LEFT JOIN contact k ON k.person_id = l.person_id
LEFT JOIN last_line n ON n.tumour = w.tumour
LEFT JOIN site s ON s.tumour = w.tumour
GROUP BY 1, 2 ORDER BY side, arm
