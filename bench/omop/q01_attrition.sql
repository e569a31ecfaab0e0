WITH s0 AS (
  SELECT episode_id, person_id, episode_start_date FROM episode
  WHERE episode_concept_id = cid('Episode', 'DISEASE') AND episode_object_concept_id = cid('Tumour', 'NSCLC') AND episode_number = 1
),
s1 AS (
  SELECT s0.* FROM s0 JOIN episode a ON a.episode_parent_id = s0.episode_id AND a.episode_concept_id = cid('Episode', 'ADVANCED_DISEASE')
  WHERE a.episode_start_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)
),
s2 AS (SELECT s1.* FROM s1 JOIN person p ON p.person_id = s1.person_id WHERE coalesce(year(s1.episode_start_date) - p.year_of_birth, 90) >= 18),
s3 AS (
  SELECT * FROM s2
  WHERE NOT EXISTS (SELECT 1 FROM episode x WHERE x.person_id = s2.person_id AND x.episode_concept_id = cid('Episode', 'DISEASE') AND x.episode_number > 1)
),
egfr AS (
  SELECT b.measurement_event_id AS episode_id
  FROM measurement b
  LEFT JOIN measurement x ON x.measurement_event_id = b.measurement_id AND x.meas_event_field_concept_id = cid('Field', 'measurement')
    AND x.measurement_concept_id = cid('Modifier', 'exon')
  WHERE b.measurement_concept_id = cid('Marker', 'EGFR') AND b.value_as_concept_id = cid('Result', 'POS')
    AND (x.value_source_value = '19' OR regexp_matches(coalesce(b.value_source_value, ''), 'L858R|Leu858Arg'))
),
s4 AS (SELECT * FROM s3 WHERE episode_id IN (SELECT episode_id FROM egfr)),
s5 AS (
  SELECT s4.*, l.episode_start_date AS line_start
  FROM s4 JOIN episode l ON l.episode_parent_id = s4.episode_id AND l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE regexp_matches(c.concept_name, $third_generation)
),
s6 AS (
  SELECT * FROM s5
  WHERE EXISTS (
    SELECT 1 FROM measurement v
    WHERE v.person_id = s5.person_id AND v.measurement_concept_id = cid('Vital', 'ECOG') AND v.value_as_number <= 2
      AND v.measurement_date BETWEEN s5.line_start - 30 AND s5.line_start + 7
  )
),
steps AS (
  SELECT 0 AS step, 'first primary NSCLC' AS criterion, count(*) AS n FROM s0
  UNION ALL SELECT 1, 'advanced in the period', count(*) FROM s1
  UNION ALL SELECT 2, 'age 18 or older', count(*) FROM s2
  UNION ALL SELECT 3, 'no second primary', count(*) FROM s3
  UNION ALL SELECT 4, 'EGFR exon 19 deletion or L858R', count(*) FROM s4
  UNION ALL SELECT 5, 'first line with a third-generation TKI', count(DISTINCT episode_id) FROM s5
  UNION ALL SELECT 6, 'ECOG 0-2 at line start', count(DISTINCT episode_id) FROM s6
)
SELECT step, criterion, n, round(100.0 * n / nullif(first_value(n) OVER (ORDER BY step), 0), 1) AS pct_of_start
FROM steps ORDER BY step
