-- title_en: Cohort attrition: EGFR-sensitised advanced NSCLC on a first-line third-generation TKI
-- title_zh: 队列筛选：EGFR 敏感突变晚期 NSCLC，一线三代 TKI
-- definition: Starts from first primary NSCLC. Steps: advanced date in the period; age 18 or older; no second primary; EGFR exon 19
--   deletion or L858R; first advanced line with a third-generation EGFR TKI; ECOG 0-2 within 30 days before to 7 days after its start.
-- param: from_date = "2018-01-01" | first advanced date
-- param: to_date = "2024-12-31" | last advanced date
-- param: third_generation = "osimertinib|almonertinib|furmonertinib|befotertinib|lazertinib|rezivertinib|rilertinib|limertinib" | drugs, as a regular expression over line_name
-- column: step | order of the criterion, 0 is the start | 步骤序号，0 为起点
-- column: criterion | criterion in words | 入选标准
-- column: n | tumours that remain | 剩余肿瘤数
-- column: pct_of_start | share of step 0, percent | 占起点百分比
-- small: count=n; hides=pct_of_start; nested=yes
WITH s0 AS (SELECT * FROM tumour WHERE tumour_code = 'NSCLC' AND tumour_seq = 1),
s1 AS (SELECT * FROM s0 WHERE advanced_date BETWEEN CAST($from_date AS DATE) AND CAST($to_date AS DATE)),
s2 AS (SELECT * FROM s1 WHERE age_at_dx >= 18),
s3 AS (SELECT * FROM s2 WHERE NOT EXISTS (SELECT 1 FROM tumour x WHERE x.patient_id = s2.patient_id AND x.tumour_seq > 1)),
s4 AS (
  SELECT * FROM s3
  WHERE EXISTS (
    SELECT 1 FROM biomarker b
    WHERE b.tumour_id = s3.tumour_id AND b.marker = 'EGFR' AND b.result = 'POS'
      AND (b.exon = '19' OR regexp_matches(coalesce(b.variant_hgvs_p, ''), 'L858R|Leu858Arg'))
  )
),
s5 AS (
  SELECT s4.*, l.start_date AS line_start
  FROM s4 JOIN line_of_therapy l ON l.tumour_id = s4.tumour_id
  WHERE l.setting = 'ADVANCED' AND l.line_number = 1 AND NOT l.is_maintenance AND regexp_matches(l.line_name, $third_generation)
),
s6 AS (
  SELECT * FROM s5
  WHERE EXISTS (
    SELECT 1 FROM vital_sign v
    WHERE v.patient_id = s5.patient_id AND v.measure = 'ECOG' AND v.value_num <= 2
      AND v.measure_date BETWEEN s5.line_start - 30 AND s5.line_start + 7
  )
),
steps AS (
  SELECT 0 AS step, 'first primary NSCLC' AS criterion, count(*) AS n FROM s0
  UNION ALL SELECT 1, 'advanced in the period', count(*) FROM s1
  UNION ALL SELECT 2, 'age 18 or older', count(*) FROM s2
  UNION ALL SELECT 3, 'no second primary', count(*) FROM s3
  UNION ALL SELECT 4, 'EGFR exon 19 deletion or L858R', count(*) FROM s4
  UNION ALL SELECT 5, 'first line with a third-generation TKI', count(DISTINCT tumour_id) FROM s5
  UNION ALL SELECT 6, 'ECOG 0-2 at line start', count(DISTINCT tumour_id) FROM s6
)
SELECT step, criterion, n, round(100.0 * n / nullif(first_value(n) OVER (ORDER BY step), 0), 1) AS pct_of_start
FROM steps
ORDER BY step
