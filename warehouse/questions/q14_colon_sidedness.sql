-- title_en: RAS/BRAF wild-type colon cancer: first-line anti-EGFR, bevacizumab or chemotherapy, by side
-- title_zh: RAS/BRAF 野生型结肠癌：一线抗 EGFR、贝伐珠单抗或化疗，按原发侧
-- definition: Wild type: at least two of KRAS, NRAS, BRAF tested with a known result (not UNK) and none other than negative. Right: C18.0, C18.2-C18.4; left: C18.5-C18.7. Overall
--   survival from the start of the first advanced line; follow-up is the plain median of observed times, events included.
-- param: tumour_code = "COLON" | tumour type
-- param: definition_id = "os_default@1" | endpoint definition
-- column: side | side of the primary | 原发侧
-- column: arm | first-line arm | 一线组别
-- column: n | lines | 例数
-- column: deaths | deaths | 死亡数
-- column: median_followup_months | median observed time, months | 中位观察时间（月）
-- small: count=n; hides=deaths,median_followup_months; within=|side|arm
-- small: count=deaths; of=n; within=|side|arm
WITH wild_type AS (
  SELECT tumour_id FROM biomarker
  WHERE tumour_code = $tumour_code AND marker IN ('KRAS', 'NRAS', 'BRAF') AND status = 'TESTED' AND result <> 'UNK'
  GROUP BY tumour_id
  HAVING bool_and(result = 'NEG') AND count(DISTINCT marker) >= 2
)
SELECT CASE
    WHEN t.topography_icdo3 IN ('C18.0', 'C18.2', 'C18.3', 'C18.4') THEN 'right'
    WHEN t.topography_icdo3 IN ('C18.5', 'C18.6', 'C18.7') THEN 'left'
    ELSE 'unknown'
  END AS side,
  CASE
    WHEN regexp_matches(e.line_name, 'cetuximab|panitumumab') THEN 'anti-EGFR'
    WHEN e.line_name LIKE '%bevacizumab%' THEN 'bevacizumab'
    ELSE 'other'
  END AS arm,
  count(*) AS n, sum(e.event) AS deaths, round(median(e.time_months), 1) AS median_followup_months
FROM wild_type w
JOIN tumour t ON t.tumour_id = w.tumour_id
JOIN mart_endpoint e ON e.tumour_id = w.tumour_id AND e.tumour_code = $tumour_code AND e.endpoint = 'OS' AND e.definition_id = $definition_id
  AND e.setting = 'ADVANCED' AND e.line_number = 1 AND NOT e.is_maintenance
GROUP BY 1, 2
ORDER BY side, arm
