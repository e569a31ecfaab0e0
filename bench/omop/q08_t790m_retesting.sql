WITH progressed AS (
  SELECT l.episode_parent_id AS tumour, l.person_id, min(r.measurement_date) AS day
  FROM episode l
  JOIN measurement r ON r.measurement_event_id = l.episode_id AND r.meas_event_field_concept_id = cid('Field', 'episode')
    AND r.measurement_concept_id = cid('Modifier', 'response') AND r.measurement_source_value = 'progression'
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1 AND regexp_matches(c.concept_name, $earlier_generation)
  GROUP BY ALL
),
tests AS (
  SELECT p.tumour, bool_or(b.value_as_concept_id = cid('Result', 'POS') AND regexp_matches(coalesce(b.value_source_value, ''), 'T790M|Thr790Met')) AS t790m
  FROM progressed p
  JOIN measurement b ON b.measurement_event_id = p.tumour AND b.meas_event_field_concept_id = cid('Field', 'condition')
  WHERE b.measurement_concept_id = cid('Marker', 'EGFR') AND b.measurement_source_value = 'TESTED'
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
