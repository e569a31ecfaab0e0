-- Only texts that passed de-identification. A release of profile `wide` has no texts and so no notes.
SELECT
  row_number() OVER (ORDER BY d.document_id) AS note_id,
  p.person_id,
  d.doc_date AS note_date,
  c_constant('EHR_NOTE') AS note_type_concept_id,
  coalesce(r.concept_id, 0) AS note_class_concept_id,
  d.doc_title AS note_title,
  d.text_deid AS note_text,
  c_constant('UTF8') AS encoding_concept_id,
  c_constant('CHINESE') AS language_concept_id,
  v.visit_occurrence_id,
  d.doc_type AS note_source_value,
  'document' AS source_table,
  d.document_id AS source_key
FROM document d
JOIN cdm.person p ON p.person_source_value = d.patient_id
LEFT JOIN cdm.visit_occurrence v ON v.source_key = d.encounter_id
LEFT JOIN note_class c ON c.doc_type = d.doc_type
LEFT JOIN resolved_one r ON r.system = 'loinc' AND r.code = c.loinc
WHERE d.text_deid IS NOT NULL AND d.deid_status = 'PASS'
