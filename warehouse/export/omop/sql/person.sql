-- One row a person whose year of birth is known: the CDM requires it. Others are left out everywhere and counted in export.json.
-- Ids count persons in the order of their tokens; person_source_value keeps the token.
SELECT
  row_number() OVER (ORDER BY patient_id) AS person_id,
  c_gender(sex) AS gender_concept_id,
  birth_year AS year_of_birth,
  c_race(ethnicity) AS race_concept_id,
  0 AS ethnicity_concept_id,
  patient_id AS person_source_value,
  sex AS gender_source_value,
  0 AS gender_source_concept_id,
  ethnicity AS race_source_value,
  0 AS race_source_concept_id,
  'patient' AS source_table,
  patient_id AS source_key
FROM patient
WHERE birth_year IS NOT NULL
