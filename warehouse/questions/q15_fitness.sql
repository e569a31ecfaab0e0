-- title_en: Fitness for use: completeness, share read from notes and share reviewed, of key variables
-- title_zh: 适用性：关键变量的完整率、文书来源占比与复核占比
-- definition: Per tumour: is there a known value at all; per row: where it came from and whether a person has reviewed it. EGFR is asked of one
--   tumour type only.
-- param: tumour_code = "NSCLC" | tumour type of the EGFR question
-- column: variable | key variable | 关键变量
-- column: n | tumours | 肿瘤数
-- column: complete_pct | share of tumours with a value, percent | 完整率（%）
-- column: from_nlp_pct | share of rows read from notes, percent | 文书来源占比（%）
-- column: reviewed_pct | share of rows that a person reviewed, percent | 复核占比（%）
WITH evidence AS (
  SELECT 'stage group' AS variable, t.tumour_id, s.staging_id AS pk, s.source_kind, s.review_status
  FROM tumour t LEFT JOIN staging s ON s.tumour_id = t.tumour_id AND s.stage_group <> 'UNK'
  UNION ALL
  SELECT 'EGFR status', t.tumour_id, b.biomarker_id, b.source_kind, b.review_status
  FROM tumour t LEFT JOIN biomarker b ON b.tumour_id = t.tumour_id AND b.marker = 'EGFR' AND b.status = 'TESTED'
  WHERE t.tumour_code = $tumour_code
  UNION ALL
  SELECT 'morphology', t.tumour_id, CASE WHEN t.morphology_icdo3 IS NOT NULL THEN t.tumour_id END, t.source_kind, t.review_status
  FROM tumour t
  UNION ALL
  SELECT 'ECOG', t.tumour_id, v.vital_id, v.source_kind, v.review_status
  FROM tumour t LEFT JOIN vital_sign v ON v.patient_id = t.patient_id AND v.measure = 'ECOG'
)
SELECT variable, count(DISTINCT tumour_id) AS n,
  round(100.0 * count(DISTINCT tumour_id) FILTER (WHERE pk IS NOT NULL) / count(DISTINCT tumour_id), 1) AS complete_pct,
  round(100.0 * count(*) FILTER (WHERE pk IS NOT NULL AND source_kind = 'NLP') / nullif(count(pk), 0), 1) AS from_nlp_pct,
  round(100.0 * count(*) FILTER (WHERE pk IS NOT NULL AND review_status IN ('REVIEWED_OK', 'REVIEWED_FIXED')) / nullif(count(pk), 0), 1) AS reviewed_pct
FROM evidence
GROUP BY variable
ORDER BY variable
