WITH bclc AS (
  SELECT m.measurement_event_id AS tumour, m.value_source_value AS stage
  FROM measurement m JOIN concept c ON c.concept_id = m.measurement_concept_id AND c.vocabulary_id = 'Stage' AND c.concept_code LIKE 'BCLC:%'
  WHERE m.value_source_value IS NOT NULL AND m.meas_event_field_concept_id = cid('Field', 'condition')
  QUALIFY row_number() OVER (PARTITION BY m.measurement_event_id ORDER BY m.measurement_date, m.measurement_source_value) = 1
),
child_pugh AS (
  SELECT observation_event_id AS tumour, upper(left(value_as_string, 1)) AS class
  FROM observation
  WHERE observation_concept_id = cid('Attribute', 'CHILD_PUGH') AND value_as_string IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY observation_event_id ORDER BY observation_date, observation_id) = 1
),
treatments AS (
  SELECT v.episode_id AS tumour, c.concept_name AS kind, p.procedure_date AS day
  FROM procedure_occurrence p
  JOIN episode_event v ON v.event_id = p.procedure_occurrence_id AND v.episode_event_field_concept_id = cid('Field', 'procedure')
  JOIN concept c ON c.concept_id = p.procedure_concept_id
  WHERE c.concept_name IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT', 'RADIOTHERAPY')
  UNION ALL
  SELECT v.episode_id, 'SYSTEMIC', x.drug_exposure_start_date
  FROM drug_exposure x
  JOIN episode_event v ON v.event_id = x.drug_exposure_id AND v.episode_event_field_concept_id = cid('Field', 'drug')
  JOIN concept c ON c.concept_id = x.drug_concept_id AND c.concept_class_id = 'Antineoplastic'
),
first_treatment AS (
  SELECT tumour, kind FROM treatments
  WHERE tumour IN (
    SELECT condition_occurrence_id FROM condition_occurrence
    WHERE condition_status_concept_id = cid('Status', 'primary') AND condition_concept_id = cid('Tumour', $tumour_code)
  )
  QUALIFY row_number() OVER (PARTITION BY tumour ORDER BY day, kind) = 1
)
SELECT coalesce(b.stage, 'UNK') AS bclc, coalesce(c.class, 'UNK') AS child_pugh, coalesce(f.kind, 'NONE') AS first_treatment, count(*) AS n
FROM condition_occurrence t
LEFT JOIN bclc b ON b.tumour = t.condition_occurrence_id
LEFT JOIN child_pugh c ON c.tumour = t.condition_occurrence_id
LEFT JOIN first_treatment f ON f.tumour = t.condition_occurrence_id
WHERE t.condition_status_concept_id = cid('Status', 'primary') AND t.condition_concept_id = cid('Tumour', $tumour_code)
GROUP BY 1, 2, 3 ORDER BY bclc, child_pugh, n DESC, first_treatment
