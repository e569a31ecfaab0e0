-- title_en: Sequencing: flows from first to second to third line, with death and no further line as states
-- title_zh: 治疗序贯：一线至二线至三线的流向，含死亡与无后续治疗
-- definition: Advanced lines without maintenance. Without a next line the state is (died) when the person is known to be dead, else
--   (no further line), which includes those still on treatment.
-- param: tumour_code = "NSCLC" | tumour type
-- param: top = 50 | flows shown
-- column: line_1 | first line | 一线
-- column: line_2 | second line or state | 二线或状态
-- column: line_3 | third line or state | 三线或状态
-- column: n | tumours | 肿瘤数
-- small: count=n; within=|line_1|line_1,line_2
SELECT line_name AS line_1, coalesce(next_line_name, state) AS line_2,
  CASE WHEN next_line_name IS NULL THEN '-' ELSE coalesce(second_next_line_name, state) END AS line_3, count(*) AS n
FROM (
  SELECT *, CASE WHEN vital_status = 'DEAD' THEN '(died)' ELSE '(no further line)' END AS state
  FROM mart_line
  WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance AND tumour_code = $tumour_code
)
GROUP BY 1, 2, 3
ORDER BY n DESC, line_1, line_2, line_3
LIMIT CAST($top AS INTEGER)
