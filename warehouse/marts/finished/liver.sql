-- Liver cancer: BCLC and CNLC as recorded, Child-Pugh, AFP, first treatment, number of TACE and HAIC sessions.
WITH stages AS (
  SELECT tumour_id,
    arg_min(stage_group_recorded, stage_date) FILTER (WHERE staging_system = 'BCLC') AS bclc,
    arg_min(stage_group_recorded, stage_date) FILTER (WHERE staging_system = 'CNLC') AS cnlc
  FROM staging WHERE tumour_code = 'HCC' GROUP BY tumour_id
),
liver AS (
  SELECT tumour_id, arg_min(value_text, assessed_date) FILTER (WHERE variable_code = 'CHILD_PUGH') AS child_pugh,
    arg_min(value_text, assessed_date) FILTER (WHERE variable_code = 'MVI') AS mvi
  FROM tumour_attribute WHERE tumour_code = 'HCC' GROUP BY tumour_id
),
first_treatment AS (
  SELECT tumour_id, arg_min(kind, day) AS first_treatment FROM (
    SELECT tumour_id, procedure_kind AS kind, op_date AS day FROM surgery WHERE procedure_kind IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT')
    UNION ALL SELECT tumour_id, 'SYSTEMIC', start_date FROM drug_administration WHERE is_antineoplastic
    UNION ALL SELECT tumour_id, 'RT', start_date FROM radiotherapy) GROUP BY tumour_id
),
sessions AS (
  SELECT tumour_id, count(*) FILTER (WHERE procedure_kind = 'TACE') AS n_tace, count(*) FILTER (WHERE procedure_kind = 'HAIC') AS n_haic FROM surgery GROUP BY tumour_id
)
SELECT m.*, stages.bclc, stages.cnlc, liver.child_pugh, liver.mvi, first_treatment.first_treatment,
  coalesce(sessions.n_tace, 0) AS n_tace, coalesce(sessions.n_haic, 0) AS n_haic
FROM mart_hcc m LEFT JOIN stages USING (tumour_id) LEFT JOIN liver USING (tumour_id) LEFT JOIN first_treatment USING (tumour_id) LEFT JOIN sessions USING (tumour_id)
