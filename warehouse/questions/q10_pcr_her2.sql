-- title_en: Pathological complete response after neoadjuvant therapy of HER2-positive breast cancer: dual against single blockade
-- title_zh: HER2 阳性乳腺癌新辅助治疗后病理完全缓解：双靶与单靶
-- definition: HER2 positive by result or IHC 3+. First resection after the start of the neoadjuvant line; its pathology says pCR (ypT0/is
--   ypN0). Dual is trastuzumab with pertuzumab, pyrotinib or lapatinib. Reports that do not say are unknown, not residual disease.
-- param: tumour_code = "BREAST" | tumour type
-- column: blockade | dual, single or none | 双靶/单靶/无
-- column: n | operated tumours | 手术例数
-- column: n_known | of them with a statement on pCR | 有 pCR 结论数
-- column: n_pcr | of them with pCR | pCR 数
-- column: pcr_pct | share of those known, percent | pCR 率（%，以有结论者计）
-- small: count=n; hides=n_known,n_pcr,pcr_pct; within=
-- small: count=n_known; of=n; hides=n_pcr,pcr_pct; within=
-- small: count=n_pcr; of=n_known; hides=pcr_pct; within=
WITH her2 AS (
  SELECT DISTINCT tumour_id FROM biomarker
  WHERE tumour_code = $tumour_code AND marker = 'HER2' AND (result = 'POS' OR ihc_score = '3+')
),
operated AS (
  SELECT l.tumour_id, l.line_name, s.surgery_id
  FROM her2 h
  JOIN line_of_therapy l ON l.tumour_id = h.tumour_id AND l.setting = 'NEOADJUVANT'
  JOIN surgery s ON s.tumour_id = h.tumour_id AND s.procedure_kind = 'RESECTION' AND s.op_date > l.start_date
  QUALIFY row_number() OVER (PARTITION BY l.tumour_id ORDER BY s.op_date, l.start_date DESC, s.surgery_id) = 1
),
outcome AS (
  SELECT o.tumour_id, o.line_name, bool_and(p.pcr) AS pcr
  FROM operated o LEFT JOIN pathology p ON p.surgery_id = o.surgery_id
  GROUP BY o.tumour_id, o.line_name
)
SELECT CASE
    WHEN line_name LIKE '%trastuzumab%' AND regexp_matches(line_name, 'pertuzumab|pyrotinib|lapatinib') THEN 'dual'
    WHEN regexp_matches(line_name, 'trastuzumab|pertuzumab|pyrotinib|lapatinib|inetetamab') THEN 'single'
    ELSE 'none'
  END AS blockade,
  count(*) AS n, count(pcr) AS n_known, count(*) FILTER (WHERE pcr) AS n_pcr,
  round(100.0 * count(*) FILTER (WHERE pcr) / nullif(count(pcr), 0), 1) AS pcr_pct
FROM outcome
GROUP BY 1
ORDER BY blockade
