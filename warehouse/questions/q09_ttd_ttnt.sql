-- title_en: Time to discontinuation and time to next treatment, by regimen class and line
-- title_zh: 至停药时间与至下次治疗时间，按方案类别与治疗线
-- definition: Default definitions of TTD and TTNT in advanced lines. The median is over observed events only and so is shorter than a
--   Kaplan-Meier median; the censored count says by how much to distrust it.
-- param: definition = "_default@" | text that the definition id contains
-- column: endpoint | TTD or TTNT | 终点
-- column: regimen_class | class of the line's first regimen | 方案类别
-- column: line_number | line of therapy | 治疗线
-- column: n | lines | 例数
-- column: censored | of them censored | 删失数
-- column: median_months_if_event | median months of those with an event | 有事件者中位月数
-- small: count=n; hides=censored,median_months_if_event; within=endpoint|endpoint,line_number|endpoint,regimen_class
-- small: count=censored; of=n; hides=median_months_if_event; within=endpoint|endpoint,line_number|endpoint,regimen_class
SELECT endpoint, coalesce(regimen_class, 'UNK') AS regimen_class, line_number, count(*) AS n, sum(1 - event) AS censored,
  round(median(time_months) FILTER (WHERE event = 1), 2) AS median_months_if_event
FROM mart_endpoint
WHERE endpoint IN ('TTD', 'TTNT') AND setting = 'ADVANCED' AND contains(definition_id, $definition)
GROUP BY endpoint, coalesce(regimen_class, 'UNK'), line_number
ORDER BY endpoint, regimen_class, line_number
