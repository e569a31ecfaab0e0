WITH treatments AS (
  SELECT v.episode_id AS tumour, p.procedure_date AS day
  FROM procedure_occurrence p
  JOIN episode_event v ON v.event_id = p.procedure_occurrence_id AND v.episode_event_field_concept_id = cid('Field', 'procedure')
  JOIN concept c ON c.concept_id = p.procedure_concept_id
  WHERE c.concept_name IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT', 'HSCT', 'RADIOTHERAPY')
  UNION ALL
  SELECT v.episode_id, x.drug_exposure_start_date
  FROM drug_exposure x
  JOIN episode_event v ON v.event_id = x.drug_exposure_id AND v.episode_event_field_concept_id = cid('Field', 'drug')
  JOIN concept c ON c.concept_id = x.drug_concept_id AND c.concept_class_id = 'Antineoplastic'
),
first_treatment AS (SELECT tumour, min(day) AS day FROM treatments WHERE tumour IS NOT NULL GROUP BY tumour),
first_stage AS (
  SELECT m.measurement_event_id AS tumour, g.concept_name AS stage_group
  FROM measurement m
  JOIN concept s ON s.concept_id = m.measurement_concept_id AND s.vocabulary_id = 'Stage'
  JOIN concept g ON g.concept_id = m.value_as_concept_id
  WHERE m.meas_event_field_concept_id = cid('Field', 'condition') AND m.value_as_concept_id <> cid('Group', 'UNK')
  QUALIFY row_number() OVER (PARTITION BY m.measurement_event_id ORDER BY m.measurement_date, m.measurement_source_value) = 1
),
exact AS (
  SELECT measurement_event_id AS tumour FROM measurement
  WHERE measurement_concept_id = cid('Modifier', 'precision') AND value_source_value = 'D'
),
waits AS (
  SELECT c.concept_name AS tumour_code, coalesce(s.stage_group, 'UNK') AS stage, f.day - t.condition_start_date AS days
  FROM condition_occurrence t
  JOIN exact x ON x.tumour = t.condition_occurrence_id
  JOIN concept c ON c.concept_id = t.condition_concept_id
  LEFT JOIN first_treatment f ON f.tumour = t.condition_occurrence_id
  LEFT JOIN first_stage s ON s.tumour = t.condition_occurrence_id
  WHERE t.condition_status_concept_id = cid('Status', 'primary') AND (f.day IS NULL OR f.day >= t.condition_start_date)
)
SELECT tumour_code, stage, count(*) AS n, count(days) AS treated, median(days) AS median_days,
  quantile_cont(days, 0.25) AS q1_days, quantile_cont(days, 0.75) AS q3_days,
  round(100.0 * count(*) FILTER (WHERE days <= $within_days) / count(*), 1) AS pct_within
FROM waits GROUP BY tumour_code, stage ORDER BY tumour_code, stage
