-- title_en: Time from diagnosis to first treatment of any modality, by tumour type and stage
-- title_zh: 确诊至首次治疗（任何方式）的时间，按肿瘤类型与分期
-- definition: First of resection, interventional therapy or transplant, radiotherapy, antineoplastic drug. Only tumours whose diagnosis is
--   dated to the day; tumours treated before the recorded diagnosis are left out. Untreated ones stay in the denominator of the share.
-- param: within_days = 30 | days for the share
-- column: tumour_code | tumour type | 肿瘤类型
-- column: stage | earliest known stage group | 最早已知分期
-- column: n | tumours | 肿瘤数
-- column: treated | of them treated | 已治疗数
-- column: median_days | median days to treatment | 至治疗中位天数
-- column: q1_days | lower quartile | 下四分位
-- column: q3_days | upper quartile | 上四分位
-- column: pct_within | share treated within the days, percent | 限期内治疗比例（%）
-- small: count=n; hides=treated,median_days,q1_days,q3_days,pct_within; within=tumour_code
-- small: count=treated; of=n; hides=median_days,q1_days,q3_days,pct_within; within=tumour_code
-- small: pct=pct_within; of=n; within=tumour_code
WITH treatments AS (
  SELECT tumour_id, min(op_date) AS day FROM surgery
  WHERE procedure_kind IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT', 'HSCT') GROUP BY tumour_id
  UNION ALL SELECT tumour_id, min(start_date) FROM radiotherapy GROUP BY tumour_id
  UNION ALL SELECT tumour_id, min(start_date) FROM drug_administration WHERE is_antineoplastic GROUP BY tumour_id
),
first_treatment AS (SELECT tumour_id, min(day) AS day FROM treatments WHERE tumour_id IS NOT NULL GROUP BY tumour_id),
first_stage AS (
  SELECT tumour_id, arg_min(stage_group, {d: stage_date, k: staging_id}) AS stage_group
  FROM staging
  WHERE stage_group <> 'UNK'
  GROUP BY tumour_id
),
waits AS (
  SELECT t.tumour_code, coalesce(s.stage_group, 'UNK') AS stage, f.day - t.first_dx_date AS days
  FROM tumour t
  LEFT JOIN first_treatment f ON f.tumour_id = t.tumour_id
  LEFT JOIN first_stage s ON s.tumour_id = t.tumour_id
  WHERE t.dx_date_precision = 'D' AND (f.day IS NULL OR f.day >= t.first_dx_date)
)
SELECT tumour_code, stage, count(*) AS n, count(days) AS treated, median(days) AS median_days,
  quantile_cont(days, 0.25) AS q1_days, quantile_cont(days, 0.75) AS q3_days,
  round(100.0 * count(*) FILTER (WHERE days <= $within_days) / count(*), 1) AS pct_within
FROM waits
GROUP BY tumour_code, stage
ORDER BY tumour_code, stage
