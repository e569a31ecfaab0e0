-- Breast cancer: receptor status and molecular subtype (St Gallen surrogate), pathological response.
-- A result that is awaited or not told (UNK) is none: a receptor without another one is NULL.
WITH receptors AS (
  SELECT tumour_id,
    bool_or(result = 'POS') FILTER (WHERE marker = 'ER' AND status = 'TESTED' AND result <> 'UNK') AS er_pos,
    bool_or(result = 'POS') FILTER (WHERE marker = 'PR' AND status = 'TESTED' AND result <> 'UNK') AS pr_pos,
    bool_or(result = 'POS' OR coalesce(ihc_score = '3+', false)) FILTER (WHERE marker = 'HER2' AND status = 'TESTED' AND result <> 'UNK') AS her2_pos,
    arg_min(ihc_score, report_date) FILTER (WHERE marker = 'HER2' AND ihc_score IS NOT NULL) AS her2_ihc,
    arg_min(value_num, report_date) FILTER (WHERE marker = 'KI67') AS ki67
  FROM biomarker WHERE tumour_code = 'BREAST' GROUP BY tumour_id
),
response AS (
  SELECT p.tumour_id, bool_or(p.pcr) AS pcr FROM pathology p WHERE p.specimen_type = 'RESECTION' GROUP BY p.tumour_id
)
SELECT m.*, r.er_pos, r.pr_pos, r.her2_pos, r.her2_ihc, r.ki67, response.pcr,
  CASE
    WHEN r.er_pos IS NULL OR r.her2_pos IS NULL THEN NULL
    WHEN r.her2_pos AND (r.er_pos OR coalesce(r.pr_pos, false)) THEN 'LUMINAL_B_HER2'
    WHEN r.her2_pos THEN 'HER2'
    WHEN NOT r.er_pos AND NOT coalesce(r.pr_pos, false) THEN 'TNBC'
    WHEN r.ki67 IS NULL THEN 'LUMINAL'
    WHEN r.ki67 >= 20 OR NOT coalesce(r.pr_pos, false) THEN 'LUMINAL_B'
    ELSE 'LUMINAL_A'
  END AS subtype,
  NOT coalesce(r.her2_pos, false) AND r.her2_ihc IN ('1+', '2+') AS her2_low
FROM mart_breast m LEFT JOIN receptors r USING (tumour_id) LEFT JOIN response USING (tumour_id)
