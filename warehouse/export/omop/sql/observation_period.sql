-- One period a person: from the first to the last day on which the release knows anything of them.
WITH days AS (
  SELECT patient_id, first_activity_date AS day FROM patient
  UNION ALL SELECT patient_id, last_activity_date FROM patient
  UNION ALL SELECT patient_id, start_date FROM encounter
  UNION ALL SELECT patient_id, end_date FROM encounter
)
SELECT
  row_number() OVER (ORDER BY p.person_id) AS observation_period_id,
  p.person_id,
  min(d.day) AS observation_period_start_date,
  max(d.day) AS observation_period_end_date,
  c_provenance('DERIVED') AS period_type_concept_id,
  'patient' AS source_table,
  d.patient_id AS source_key
FROM days d JOIN cdm.person p ON p.person_source_value = d.patient_id
WHERE d.day IS NOT NULL
GROUP BY p.person_id, d.patient_id
