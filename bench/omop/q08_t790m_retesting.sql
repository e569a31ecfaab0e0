WITH lines AS (
  SELECT person_id, episode_parent_id AS tumour, episode_start_date AS start, episode_concept_id, episode_number, episode_object_concept_id,
    lead(episode_start_date) OVER (PARTITION BY episode_parent_id ORDER BY episode_start_date) AS next_start
  FROM episode WHERE episode_id BETWEEN 1000000001 AND 1999999999
),
progressions AS (
  SELECT measurement_event_id AS tumour, measurement_date AS day FROM measurement
  WHERE measurement_concept_id = cid('Modifier', 'response') AND meas_event_field_concept_id = cid('Field', 'condition')
    AND value_as_concept_id = cid('Response', 'PD')
),
progressed AS (
  -- A scan judges the last line begun before its day.
  SELECT l.tumour, l.person_id, min(r.day) AS day
  FROM progressions r JOIN lines l ON l.tumour = r.tumour AND r.day > l.start AND r.day <= coalesce(l.next_start, r.day)
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1 AND regexp_matches(c.concept_name, $earlier_generation)
  GROUP BY ALL
),
tests AS (
  SELECT p.tumour, bool_or(b.value_as_concept_id = cid('Result', 'POS') AND regexp_matches(coalesce(b.value_source_value, ''), 'T790M|Thr790Met')) AS t790m
  FROM progressed p
  JOIN measurement b ON b.measurement_event_id = p.tumour AND b.meas_event_field_concept_id = cid('Field', 'condition')
  WHERE b.measurement_concept_id = cid('Marker', 'EGFR') AND b.measurement_source_value = 'TESTED' AND b.value_as_concept_id <> cid('Result', 'UNK')
    AND b.measurement_date BETWEEN p.day - 14 AND p.day + CAST($days AS INTEGER)
  GROUP BY p.tumour
),
switches AS (
  SELECT DISTINCT p.tumour
  FROM progressed p
  JOIN drug_exposure d ON d.person_id = p.person_id
  JOIN concept c ON c.concept_id = d.drug_concept_id
  WHERE regexp_matches(c.concept_name, $third_generation) AND d.drug_exposure_start_date BETWEEN p.day AND p.day + CAST($days AS INTEGER)
)
SELECT year(p.day) AS year, count(*) AS progressed, count(t.tumour) AS retested,
  count(*) FILTER (WHERE t.t790m) AS t790m_positive, count(s.tumour) AS third_generation_tki
FROM progressed p LEFT JOIN tests t ON t.tumour = p.tumour LEFT JOIN switches s ON s.tumour = p.tumour
GROUP BY year(p.day) ORDER BY year
