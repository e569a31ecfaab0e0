SELECT
  p.person_id,
  t.death_date,
  c_death_record(t.death_source) AS death_type_concept_id,
  r.concept_id AS cause_concept_id,
  t.death_cause_icd10 AS cause_source_value,
  r.source_concept_id AS cause_source_concept_id,
  'patient' AS source_table,
  t.patient_id AS source_key
FROM patient t
JOIN cdm.person p ON p.person_source_value = t.patient_id
LEFT JOIN resolved_one r ON r.system = 'icd10' AND r.code = t.death_cause_icd10
WHERE t.vital_status = 'DEAD' AND t.death_date IS NOT NULL
