-- title_en: Overall survival from diagnosis by stage: Kaplan-Meier survival at landmark months
-- title_zh: 自确诊起总生存（按分期）：各时点 Kaplan-Meier 生存率
-- definition: Stage is the earliest clinical or pathological stage with a known group, else UNK. Time from first_dx_date, definition
--   os_default@1. At risk: still followed at that month.
-- param: tumour_code = "GASTRIC" | tumour type
-- param: definition_id = "os_default@1" | endpoint definition
-- param: months = [12, 24, 36, 60] | landmark months
-- column: stage | stage group at diagnosis | 确诊分期
-- column: month | month after diagnosis | 确诊后月数
-- column: survival | Kaplan-Meier survival, 0 to 1 | 生存率（0～1）
-- column: at_risk | number at risk | 风险人数
-- small: count=at_risk; hides=survival; nested=yes; within=stage
WITH first_stage AS (
  SELECT tumour_id, arg_min(stage_group, {d: stage_date, k: staging_id}) AS stage_group
  FROM staging
  WHERE tumour_code = $tumour_code AND stage_class IN ('c', 'p') AND stage_group <> 'UNK'
  GROUP BY tumour_id
),
d AS (
  SELECT coalesce(s.stage_group, 'UNK') AS g, e.time_months AS t, e.event AS ev
  FROM endpoint e LEFT JOIN first_stage s ON s.tumour_id = e.tumour_id
  WHERE e.endpoint = 'OS' AND e.index_event = 'DX' AND e.definition_id = $definition_id AND e.tumour_code = $tumour_code
),
per_time AS (SELECT g, t, sum(ev) AS events, count(*) AS leaving FROM d GROUP BY g, t),
at_risk AS (
  SELECT g, t, events, sum(leaving) OVER (PARTITION BY g ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS risk
  FROM per_time
),
curve AS (
  SELECT g, t, CASE
    WHEN bool_or(events >= risk) OVER w THEN 0
    ELSE exp(sum(CASE WHEN events < risk THEN ln(1.0 - events * 1.0 / risk) ELSE 0 END) OVER w)
  END AS survival
  FROM at_risk
  WINDOW w AS (PARTITION BY g ORDER BY t)
),
landmark AS (SELECT unnest(CAST($months AS INTEGER[])) AS month),
remaining AS (SELECT d.g, m.month, count(*) FILTER (WHERE d.t >= m.month) AS at_risk FROM d CROSS JOIN landmark m GROUP BY d.g, m.month)
SELECT r.g AS stage, r.month, round(coalesce(min(c.survival) FILTER (WHERE c.t <= r.month), 1), 3) AS survival, any_value(r.at_risk) AS at_risk
FROM remaining r JOIN curve c ON c.g = r.g
GROUP BY r.g, r.month
ORDER BY stage, r.month
