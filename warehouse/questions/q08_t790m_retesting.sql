-- title_en: T790M: re-testing after progression on a first- or second-generation EGFR TKI, and the switch to a third-generation TKI
-- title_zh: T790M：一/二代 EGFR TKI 进展后的再检测与换用三代 TKI
-- definition: Index: first documented progression on first advanced line with such a TKI. Re-tested: a known EGFR result (not UNK) 14 days before
--   to 90 days after it. Third generation: such a drug starts within 90 days.
-- param: earlier_generation = "gefitinib|erlotinib|icotinib|afatinib|dacomitinib" | drugs, as a regular expression over line_name
-- param: third_generation = "osimertinib|almonertinib|furmonertinib|befotertinib|lazertinib|rezivertinib|rilertinib|limertinib" | drugs, as a regular expression over the drug name
-- param: days = 90 | days after progression
-- column: year | year of the progression | 进展年份
-- column: progressed | tumours that progressed | 进展数
-- column: retested | of them re-tested | 再检测数
-- column: t790m_positive | of them T790M positive | T790M 阳性数
-- column: third_generation_tki | of them on a third-generation TKI in time | 限期内用三代 TKI 数
-- small: count=progressed; hides=retested,t790m_positive,third_generation_tki; within=
-- small: count=retested; of=progressed; hides=t790m_positive; within=
-- small: count=t790m_positive; of=retested; within=
-- small: count=third_generation_tki; of=progressed; within=
WITH progressed AS (
  SELECT tumour_id, patient_id, first_progression_date AS day
  FROM mart_line
  WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance AND first_progression_date IS NOT NULL
    AND regexp_matches(line_name, $earlier_generation)
),
tests AS (
  SELECT p.tumour_id, count(*) AS n, bool_or(b.result = 'POS' AND regexp_matches(coalesce(b.variant_hgvs_p, ''), 'T790M|Thr790Met')) AS t790m
  FROM progressed p JOIN biomarker b ON b.tumour_id = p.tumour_id
  WHERE b.marker = 'EGFR' AND b.status = 'TESTED' AND b.result <> 'UNK' AND b.report_date BETWEEN p.day - 14 AND p.day + CAST($days AS INTEGER)
  GROUP BY p.tumour_id
),
switches AS (
  SELECT DISTINCT p.tumour_id
  FROM progressed p JOIN drug_administration d ON d.patient_id = p.patient_id
  WHERE regexp_matches(d.drug_name_std, $third_generation) AND d.start_date BETWEEN p.day AND p.day + CAST($days AS INTEGER)
)
SELECT year(p.day) AS year, count(*) AS progressed, count(t.tumour_id) AS retested,
  count(*) FILTER (WHERE t.t790m) AS t790m_positive, count(s.tumour_id) AS third_generation_tki
FROM progressed p
LEFT JOIN tests t ON t.tumour_id = p.tumour_id
LEFT JOIN switches s ON s.tumour_id = p.tumour_id
GROUP BY year(p.day)
ORDER BY year
