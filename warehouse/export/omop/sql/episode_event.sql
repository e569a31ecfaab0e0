-- The tumour's condition belongs to the disease episode; the drugs of a line's regimens belong to its treatment episode.
SELECT e.episode_id, c.condition_occurrence_id AS event_id, c_constant('FIELD_CONDITION') AS episode_event_field_concept_id,
  'tumour' AS source_table, e.source_key
FROM cdm.episode e JOIN cdm.condition_occurrence c ON c.source_table = 'tumour' AND c.source_key = e.source_key
WHERE e.source_table = 'tumour'
UNION
SELECT e.episode_id, d.drug_exposure_id, c_constant('FIELD_DRUG'), 'line_of_therapy', e.source_key
FROM cdm.episode e
JOIN (SELECT line_id, unnest(drug_admin_ids) AS drug_admin_id FROM regimen) g ON g.line_id = e.source_key
JOIN cdm.drug_exposure d ON d.source_table = 'drug_administration' AND d.source_key = g.drug_admin_id
WHERE e.source_table = 'line_of_therapy'
