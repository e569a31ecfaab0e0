-- title_en: Real-world progression-free survival by first-line regimen: Kaplan-Meier median
-- title_zh: 一线方案的真实世界无进展生存：Kaplan-Meier 中位数
-- definition: Kaplan-Meier over endpoint rows of one definition. People censored at a time are at risk at that time. The median is the first
--   time at which survival is 0.5 or less (NULL: not reached).
-- param: tumour_code = "NSCLC" | tumour type
-- param: definition_id = "rwpfs_default@1" | endpoint definition
-- param: min_n = 10 | smallest group shown
-- column: regimen | drugs of the first line | 一线方案
-- column: n | lines | 例数
-- column: events | progressions and deaths | 事件数
-- column: km_median_months | Kaplan-Meier median, months | 中位时间（月）
-- small: count=n; hides=events,km_median_months; within=
-- small: count=events; of=n; hides=km_median_months; within=
WITH d AS (
  SELECT line_name AS g, time_months AS t, event AS ev
  FROM mart_endpoint
  WHERE endpoint = 'RWPFS' AND definition_id = $definition_id AND tumour_code = $tumour_code
    AND setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance
),
per_time AS (SELECT g, t, sum(ev) AS events, count(*) AS leaving FROM d GROUP BY g, t),
at_risk AS (
  SELECT g, t, events, sum(leaving) OVER (PARTITION BY g ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS risk
  FROM per_time
),
curve AS (
  -- Survival falls to 0 when all at risk have the event (ln 0 is undefined); rounding keeps 0.5 equal to 0.5.
  SELECT g, t, CASE
    WHEN bool_or(events >= risk) OVER w THEN 0
    ELSE round(exp(sum(CASE WHEN events < risk THEN ln(1.0 - events * 1.0 / risk) ELSE 0 END) OVER w), 12)
  END AS survival
  FROM at_risk
  WINDOW w AS (PARTITION BY g ORDER BY t)
),
medians AS (SELECT g, min(t) FILTER (WHERE survival <= 0.5) AS median FROM curve GROUP BY g)
SELECT d.g AS regimen, count(*) AS n, sum(d.ev) AS events, round(any_value(m.median), 2) AS km_median_months
FROM d JOIN medians m ON m.g = d.g
GROUP BY d.g
HAVING count(*) >= $min_n
ORDER BY n DESC, regimen
