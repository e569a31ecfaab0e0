WITH tumours AS (
  SELECT condition_occurrence_id AS tumour, person_id, condition_concept_id, condition_type_concept_id
  FROM condition_occurrence WHERE condition_status_concept_id = cid('Status', 'primary')
),
evidence AS (
  SELECT 'stage group' AS variable, m.measurement_event_id AS tumour, m.measurement_type_concept_id AS type
  FROM measurement m JOIN concept s ON s.concept_id = m.measurement_concept_id AND s.vocabulary_id = 'Stage'
  WHERE m.value_as_concept_id <> cid('Group', 'UNK') AND m.meas_event_field_concept_id = cid('Field', 'condition')
  UNION ALL
  SELECT 'EGFR status', measurement_event_id, measurement_type_concept_id FROM measurement
  WHERE meas_event_field_concept_id = cid('Field', 'condition') AND measurement_concept_id = cid('Marker', 'EGFR') AND measurement_source_value = 'TESTED'
    AND value_as_concept_id <> cid('Result', 'UNK')
  UNION ALL
  SELECT 'morphology', m.measurement_event_id, t.condition_type_concept_id
  FROM measurement m JOIN tumours t ON t.tumour = m.measurement_event_id
  WHERE m.measurement_concept_id = cid('Modifier', 'morphology')
  UNION ALL
  SELECT 'ECOG', t.tumour, v.measurement_type_concept_id
  FROM tumours t JOIN measurement v ON v.person_id = t.person_id AND v.measurement_concept_id = cid('Vital', 'ECOG')
),
known AS (
  SELECT e.variable, e.tumour, count(*) AS found, count(*) FILTER (WHERE c.concept_class_id = 'NLP') AS from_nlp,
    count(*) FILTER (WHERE regexp_matches(c.concept_code, 'REVIEWED_(OK|FIXED)')) AS reviewed
  FROM evidence e JOIN concept c ON c.concept_id = e.type
  GROUP BY e.variable, e.tumour
),
asked AS (
  SELECT variable, tumour FROM tumours CROSS JOIN (SELECT unnest(['stage group', 'EGFR status', 'morphology', 'ECOG']) AS variable)
  WHERE variable <> 'EGFR status' OR condition_concept_id = cid('Tumour', $tumour_code)
)
SELECT variable, count(*) AS n, round(100.0 * count(k.found) / count(*), 1) AS complete_pct,
  round(100.0 * sum(k.from_nlp) / nullif(sum(k.found), 0), 1) AS from_nlp_pct,
  round(100.0 * sum(k.reviewed) / nullif(sum(k.found), 0), 1) AS reviewed_pct
FROM asked a LEFT JOIN known k USING (variable, tumour)
GROUP BY variable
ORDER BY variable
