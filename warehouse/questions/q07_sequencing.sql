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
WITH lines AS (
  SELECT tumour_id, patient_id,
    max(line_name) FILTER (WHERE line_number = 1) AS l1,
    max(line_name) FILTER (WHERE line_number = 2) AS l2,
    max(line_name) FILTER (WHERE line_number = 3) AS l3
  FROM line_of_therapy
  WHERE setting = 'ADVANCED' AND NOT is_maintenance AND tumour_code = $tumour_code
  GROUP BY tumour_id, patient_id
),
states AS (
  SELECT l.*, CASE WHEN p.vital_status = 'DEAD' THEN '(died)' ELSE '(no further line)' END AS state
  FROM lines l JOIN patient p ON p.patient_id = l.patient_id
  WHERE l.l1 IS NOT NULL
)
SELECT l1 AS line_1, coalesce(l2, state) AS line_2, CASE WHEN l2 IS NULL THEN '-' ELSE coalesce(l3, state) END AS line_3, count(*) AS n
FROM states
GROUP BY 1, 2, 3
ORDER BY n DESC, line_1, line_2, line_3
LIMIT CAST($top AS INTEGER)
