-- title_en: Hepatocellular carcinoma: first treatment by BCLC stage and Child-Pugh class
-- title_zh: 肝细胞癌：按 BCLC 分期与 Child-Pugh 分级的首次治疗
-- definition: BCLC is the earliest staging row of that system; Child-Pugh the earliest baseline attribute, its letter. First treatment by date.
-- param: tumour_code = "HCC" | tumour type
-- column: bclc | BCLC stage | BCLC 分期
-- column: child_pugh | Child-Pugh class | Child-Pugh 分级
-- column: first_treatment | kind of treatment, NONE when none is recorded | 首次治疗
-- column: n | tumours | 肿瘤数
-- small: count=n; within=|bclc|child_pugh|first_treatment|bclc,child_pugh
WITH bclc AS (
  SELECT tumour_id, stage_group_recorded AS stage
  FROM staging
  WHERE tumour_code = $tumour_code AND staging_system = 'BCLC' AND stage_group_recorded IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY tumour_id ORDER BY stage_date, staging_id) = 1
),
child_pugh AS (
  SELECT tumour_id, upper(left(value_text, 1)) AS class
  FROM tumour_attribute
  WHERE tumour_code = $tumour_code AND variable_code = 'CHILD_PUGH' AND value_text IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY tumour_id ORDER BY assessed_date, attribute_id) = 1
),
treatments AS (
  SELECT tumour_id, procedure_kind AS kind, op_date AS day FROM surgery
  WHERE procedure_kind IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT')
  UNION ALL SELECT tumour_id, 'SYSTEMIC', start_date FROM drug_administration WHERE is_antineoplastic
  UNION ALL SELECT tumour_id, 'RADIOTHERAPY', start_date FROM radiotherapy
),
first_treatment AS (
  SELECT tumour_id, kind FROM treatments
  WHERE tumour_id IN (SELECT tumour_id FROM tumour WHERE tumour_code = $tumour_code)
  QUALIFY row_number() OVER (PARTITION BY tumour_id ORDER BY day, kind) = 1
)
SELECT coalesce(b.stage, 'UNK') AS bclc, coalesce(c.class, 'UNK') AS child_pugh, coalesce(f.kind, 'NONE') AS first_treatment, count(*) AS n
FROM tumour t
LEFT JOIN bclc b ON b.tumour_id = t.tumour_id
LEFT JOIN child_pugh c ON c.tumour_id = t.tumour_id
LEFT JOIN first_treatment f ON f.tumour_id = t.tumour_id
WHERE t.tumour_code = $tumour_code
GROUP BY 1, 2, 3
ORDER BY bclc, child_pugh, n DESC, first_treatment
