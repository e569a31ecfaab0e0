SELECT
  row_number() OVER (ORDER BY e.encounter_id) AS visit_occurrence_id,
  p.person_id,
  c_visit(e.encounter_type) AS visit_concept_id,
  e.start_date AS visit_start_date,
  coalesce(e.end_date, e.start_date) AS visit_end_date,
  c_provenance(e.source_kind) AS visit_type_concept_id,
  e.encounter_type AS visit_source_value,
  0 AS visit_source_concept_id,
  e.discharge_disposition AS discharged_to_source_value,
  'encounter' AS source_table,
  e.encounter_id AS source_key
FROM encounter e JOIN cdm.person p ON p.person_source_value = e.patient_id
