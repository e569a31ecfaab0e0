-- Lymphoma: all lymphoma types in one view; Lugano stage, IPI, B symptoms, rituximab, transplant.
WITH core AS (
  SELECT * FROM mart_dlbcl UNION ALL BY NAME SELECT * FROM mart_fl UNION ALL BY NAME SELECT * FROM mart_mcl UNION ALL BY NAME SELECT * FROM mart_mzl
  UNION ALL BY NAME SELECT * FROM mart_burkitt UNION ALL BY NAME SELECT * FROM mart_pmbl UNION ALL BY NAME SELECT * FROM mart_hl
  UNION ALL BY NAME SELECT * FROM mart_ptcl UNION ALL BY NAME SELECT * FROM mart_nktcl UNION ALL BY NAME SELECT * FROM mart_ctcl UNION ALL BY NAME SELECT * FROM mart_pcnsl
),
indices AS (
  SELECT tumour_id, arg_min(value_num, assessed_date) FILTER (WHERE variable_code = 'IPI') AS ipi,
    arg_min(value_text, assessed_date) FILTER (WHERE variable_code = 'B_SYMPTOMS') AS b_symptoms
  FROM tumour_attribute GROUP BY tumour_id
),
lugano AS (
  SELECT tumour_id, arg_min(stage_group_recorded, stage_date) AS lugano FROM staging WHERE staging_system = 'LUGANO' GROUP BY tumour_id
)
SELECT core.*, lugano.lugano, indices.ipi, indices.b_symptoms, core.line1_regimen LIKE '%rituximab%' AS rituximab_line1,
  EXISTS (SELECT 1 FROM surgery s WHERE s.tumour_id = core.tumour_id AND s.procedure_kind = 'HSCT') AS transplanted
FROM core LEFT JOIN indices USING (tumour_id) LEFT JOIN lugano USING (tumour_id)
