WITH tumours AS (
  SELECT condition_occurrence_id AS tumour, person_id, condition_concept_id, condition_type_concept_id
  FROM condition_occurrence WHERE condition_status_concept_id = cid('Status', 'primary')
),
stages AS (
  SELECT m.measurement_event_id AS tumour, m.measurement_id, m.measurement_type_concept_id
  FROM measurement m JOIN concept s ON s.concept_id = m.measurement_concept_id AND s.vocabulary_id = 'Stage'
  WHERE m.value_as_concept_id <> cid('Group', 'UNK') AND m.meas_event_field_concept_id = cid('Field', 'condition')
),
evidence AS (
  SELECT 'stage group' AS variable, t.tumour, s.measurement_id AS pk, s.measurement_type_concept_id AS type
  FROM tumours t LEFT JOIN stages s ON s.tumour = t.tumour
  UNION ALL
  SELECT 'EGFR status', t.tumour, b.measurement_id, b.measurement_type_concept_id
  FROM tumours t
  LEFT JOIN measurement b ON b.measurement_event_id = t.tumour AND b.meas_event_field_concept_id = cid('Field', 'condition')
    AND b.measurement_concept_id = cid('Marker', 'EGFR') AND b.measurement_source_value = 'TESTED'
  WHERE t.condition_concept_id = cid('Tumour', $tumour_code)
  UNION ALL
  SELECT 'morphology', t.tumour, CASE WHEN m.measurement_id IS NOT NULL THEN t.tumour END, t.condition_type_concept_id
  FROM tumours t LEFT JOIN measurement m ON m.measurement_event_id = t.tumour AND m.measurement_concept_id = cid('Modifier', 'morphology')
  UNION ALL
  SELECT 'ECOG', t.tumour, v.measurement_id, v.measurement_type_concept_id
  FROM tumours t LEFT JOIN measurement v ON v.person_id = t.person_id AND v.measurement_concept_id = cid('Vital', 'ECOG')
)
SELECT variable, count(DISTINCT tumour) AS n,
  round(100.0 * count(DISTINCT tumour) FILTER (WHERE pk IS NOT NULL) / count(DISTINCT tumour), 1) AS complete_pct,
  round(100.0 * count(*) FILTER (WHERE pk IS NOT NULL AND c.concept_class_id = 'NLP') / nullif(count(pk), 0), 1) AS from_nlp_pct,
  round(100.0 * count(*) FILTER (WHERE pk IS NOT NULL AND regexp_matches(c.concept_code, 'REVIEWED_(OK|FIXED)')) / nullif(count(pk), 0), 1) AS reviewed_pct
FROM evidence e LEFT JOIN concept c ON c.concept_id = e.type
GROUP BY variable ORDER BY variable
