-- title_en: Biomarker testing: share tested around the advanced diagnosis, and positivity, by year
-- title_zh: 生物标志物检测率：晚期确诊前后的检测率与阳性率（按年）
-- definition: Denominator: tumours with an advanced date. Tested: a result with status TESTED from 60 days before to 90 days after it; one
--   that is awaited or not told (UNK, without a value) does not count. Positive: any of those results is POS. A marker that is not mentioned counts as
--   not tested.
-- param: tumour_code = "NSCLC" | tumour type
-- param: markers = ["EGFR", "ALK", "ROS1", "PDL1", "KRAS", "MET"] | markers
-- param: days_before = 60 | days before the advanced date
-- param: days_after = 90 | days after the advanced date
-- column: year | year of the advanced date | 晚期确诊年份
-- column: marker | marker | 标志物
-- column: n | tumours that became advanced | 晚期肿瘤数
-- column: tested | of them tested | 检测数
-- column: tested_pct | share tested, percent | 检测率（%）
-- column: positive_pct | share positive of those tested, percent | 检测者阳性率（%）
-- small: count=n; hides=tested,tested_pct,positive_pct; within=marker
-- small: count=tested; of=n; hides=tested_pct,positive_pct; within=marker
-- small: pct=positive_pct; of=tested; within=marker
WITH advanced AS (
  SELECT tumour_id, advanced_date, year(advanced_date) AS year
  FROM tumour
  WHERE tumour_code = $tumour_code AND advanced_date IS NOT NULL
),
wanted AS (SELECT unnest(CAST($markers AS VARCHAR[])) AS marker),
tested AS (
  SELECT a.year, w.marker, a.tumour_id, count(b.biomarker_id) > 0 AS is_tested, coalesce(bool_or(b.result = 'POS'), FALSE) AS is_positive
  FROM advanced a
  CROSS JOIN wanted w
  LEFT JOIN biomarker b
    ON b.tumour_id = a.tumour_id AND b.marker = w.marker AND b.status = 'TESTED' AND (b.result <> 'UNK' OR b.value_num IS NOT NULL)
    AND b.report_date BETWEEN a.advanced_date - CAST($days_before AS INTEGER) AND a.advanced_date + CAST($days_after AS INTEGER)
  GROUP BY a.year, w.marker, a.tumour_id
)
SELECT year, marker, count(*) AS n, count(*) FILTER (WHERE is_tested) AS tested,
  round(100.0 * count(*) FILTER (WHERE is_tested) / count(*), 1) AS tested_pct,
  round(100.0 * count(*) FILTER (WHERE is_positive) / nullif(count(*) FILTER (WHERE is_tested), 0), 1) AS positive_pct
FROM tested
GROUP BY year, marker
ORDER BY year, marker
