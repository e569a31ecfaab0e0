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
-- small: count=n; hides=complete_pct,from_nlp_pct,reviewed_pct
-- small: pct=complete_pct; of=n; hides=from_nlp_pct,reviewed_pct
WITH evidence AS (
  SELECT 'stage group' AS variable, tumour_id, source_kind, review_status FROM staging WHERE stage_group <> 'UNK'
  UNION ALL
  SELECT 'EGFR status', tumour_id, source_kind, review_status FROM biomarker WHERE marker = 'EGFR' AND status = 'TESTED' AND result <> 'UNK'
  UNION ALL
  SELECT 'morphology', tumour_id, source_kind, review_status FROM tumour WHERE morphology_icdo3 IS NOT NULL
  UNION ALL
  SELECT 'ECOG', t.tumour_id, v.source_kind, v.review_status
  FROM tumour t JOIN vital_sign v ON v.patient_id = t.patient_id AND v.measure = 'ECOG'
),
known AS (
  SELECT variable, tumour_id, count(*) AS found, count(*) FILTER (WHERE source_kind = 'NLP') AS from_nlp,
    count(*) FILTER (WHERE review_status IN ('REVIEWED_OK', 'REVIEWED_FIXED')) AS reviewed
  FROM evidence
  GROUP BY variable, tumour_id
),
asked AS (
  SELECT variable, tumour_id FROM tumour CROSS JOIN (SELECT unnest(['stage group', 'EGFR status', 'morphology', 'ECOG']) AS variable)
  WHERE variable <> 'EGFR status' OR tumour_code = $tumour_code
)
SELECT variable, count(*) AS n, round(100.0 * count(k.found) / count(*), 1) AS complete_pct,
  round(100.0 * sum(k.from_nlp) / nullif(sum(k.found), 0), 1) AS from_nlp_pct,
  round(100.0 * sum(k.reviewed) / nullif(sum(k.found), 0), 1) AS reviewed_pct
FROM asked a LEFT JOIN known k USING (variable, tumour_id)
GROUP BY variable
ORDER BY variable
