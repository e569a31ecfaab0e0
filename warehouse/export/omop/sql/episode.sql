-- A disease episode for each tumour, and below it a treatment episode for each line of therapy (episode_number: line of that setting).
WITH found AS (
  SELECT 1 AS rank, t.tumour_id AS key, t.patient_id, c_constant('EPISODE_DISEASE') AS concept, t.first_dx_date AS start_date,
    NULL::DATE AS end_date, NULL AS parent, t.tumour_seq AS number, coalesce(r.concept_id, 0) AS object, t.tumour_code AS source,
    t.source_kind, 'tumour' AS source_table, 0 AS source_concept
  FROM tumour t LEFT JOIN (SELECT source_key, min(concept_id) AS concept_id FROM event WHERE source_table = 'tumour' GROUP BY 1) r ON r.source_key = t.tumour_id
  UNION ALL
  SELECT 2, l.line_id, l.patient_id, c_constant('EPISODE_TREATMENT'), l.start_date, l.end_date, l.tumour_id, l.line_number,
    coalesce(r.concept_id, 0), concat_ws(' ', l.setting, l.line_number, l.line_name), l.source_kind, 'line_of_therapy', coalesce(r.source_concept_id, 0)
  FROM line_of_therapy l LEFT JOIN resolved_one r ON r.system = 'hemonc' AND r.code = l.line_name
),
numbered AS (
  SELECT row_number() OVER (ORDER BY f.rank, f.key) AS episode_id, p.person_id, f.*
  FROM found f JOIN cdm.person p ON p.person_source_value = f.patient_id
)
SELECT
  n.episode_id,
  n.person_id,
  n.concept AS episode_concept_id,
  n.start_date AS episode_start_date,
  n.end_date AS episode_end_date,
  parent.episode_id AS episode_parent_id,
  n.number AS episode_number,
  n.object AS episode_object_concept_id,
  c_provenance(n.source_kind) AS episode_type_concept_id,
  n.source AS episode_source_value,
  n.source_concept AS episode_source_concept_id,
  n.source_table,
  n.key AS source_key
FROM numbered n LEFT JOIN numbered parent ON parent.rank = 1 AND parent.key = n.parent
