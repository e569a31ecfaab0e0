-- title_en: Treatment patterns: most frequent regimens by line and start year
-- title_zh: 治疗模式：各线、各年份最常用方案
-- definition: Advanced lines without maintenance, up to the given line number; ties in frequency are broken by name.
-- param: tumour_code = "NSCLC" | tumour type
-- param: max_line = 3 | highest line number
-- param: top = 10 | regimens shown per line and year
-- column: line_number | line of therapy | 治疗线
-- column: year | year in which the line starts | 起始年份
-- column: line_name | drugs of the line | 方案
-- column: n | lines | 线数
-- column: pct | share of the lines of that number and year, percent | 占同线同年百分比
-- column: rank | 1 is the most frequent | 排名
-- small: count=n; hides=pct,rank; within=line_number,year
WITH counted AS (
  SELECT line_number, year(start_date) AS year, line_name, count(*) AS n
  FROM line_of_therapy
  WHERE tumour_code = $tumour_code AND setting = 'ADVANCED' AND line_number <= $max_line AND NOT is_maintenance
  GROUP BY line_number, year(start_date), line_name
),
yearly AS (
  SELECT line_number, year, sum(n) AS total, list({'line_name': line_name, 'n': n} ORDER BY n DESC, line_name)[:$top] AS best
  FROM counted
  GROUP BY line_number, year
)
SELECT line_number, year, best.line_name, best.n, round(100.0 * best.n / total, 1) AS pct, rank
FROM (SELECT line_number, year, total, unnest(best) AS best, generate_subscripts(best, 1) AS rank FROM yearly)
ORDER BY line_number, year, rank
