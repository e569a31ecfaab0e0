-- title_en: Real-world response rate by first-line regimen
-- title_zh: 一线方案的真实世界缓解率
-- definition: Best response of assessments more than 14 days after line start. The denominator is lines with an assessment; the assessed share
--   stands beside it, as unassessed lines are not failures.
-- param: min_n = 5 | smallest group shown
-- column: tumour_code | tumour type | 肿瘤类型
-- column: line_name | drugs of the first line | 一线方案
-- column: n | lines | 线数
-- column: assessed | of them with an assessment | 有评估数
-- column: assessed_pct | share assessed, percent | 评估比例（%）
-- column: response_pct | complete or partial response among those assessed, percent | 缓解率（%，以有评估者计）
-- small: count=n; hides=assessed,assessed_pct,response_pct; within=tumour_code
-- small: count=assessed; of=n; hides=assessed_pct,response_pct; within=tumour_code
-- small: pct=response_pct; of=assessed; within=tumour_code
SELECT tumour_code, line_name, count(*) AS n, count(*) FILTER (WHERE n_assessments > 0) AS assessed,
  round(100.0 * count(*) FILTER (WHERE n_assessments > 0) / count(*), 1) AS assessed_pct,
  round(100.0 * count(*) FILTER (WHERE responded) / nullif(count(*) FILTER (WHERE n_assessments > 0), 0), 1) AS response_pct
FROM mart_line
WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance
GROUP BY tumour_code, line_name
HAVING count(*) >= $min_n
ORDER BY n DESC, tumour_code, line_name
