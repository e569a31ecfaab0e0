-- title_en: Safety: grade 3+ haematological toxicity on first-line platinum; immune-related events per 100 patient-months
-- title_zh: 安全性：一线含铂方案 3 级及以上血液学毒性；每百人月免疫相关不良事件
-- definition: Toxicity: an event of grade 3 or more of the class Blood and lymphatic in the first 90 days of a first advanced line with platinum.
--   Immune-related events: per 100 patient-months on first advanced lines with a PD-(L)1 antibody; a month is 30.4375 days.
-- param: days = 90 | days after line start for toxicity
-- param: platinum = "cisplatin|carboplatin|nedaplatin|lobaplatin|oxaliplatin|miriplatin" | drugs, as a regular expression over line_name
-- param: pd1 = "pembrolizumab|nivolumab|camrelizumab|sintilimab|tislelizumab|toripalimab|penpulimab|zimberelimab|serplulimab|pucotenlimab|enlonstobart|finotonlimab|cemiplimab|dostarlimab|retifanlimab|atezolizumab|durvalumab|avelumab|envafolimab|sugemalimab|adebrelimab|benmelstobart|socazolimab|tagitanlimab|cadonilimab|ivonescimab|iparomlimab-tuvonralimab" | drugs, as a regular expression over line_name
-- column: item | what is counted | 指标
-- column: denominator | lines, or patient-months | 分母（线数或人月）
-- column: with_event | lines with an event, or events | 有事件线数或事件数
-- column: value | percent, or events per 100 patient-months | 百分比，或每百人月事件数
-- small: count=denominator; hides=with_event,value
-- small: count=with_event; hides=value
WITH lines AS (
  SELECT line_name, start_date, end_date - start_date + 1 AS days, first_blood_grade_3_date, n_immune_events
  FROM mart_line
  WHERE setting = 'ADVANCED' AND line_number = 1
),
toxicity AS (
  SELECT coalesce(first_blood_grade_3_date <= start_date + CAST($days AS INTEGER), FALSE) AS hit
  FROM lines WHERE regexp_matches(line_name, $platinum)
),
immune AS (SELECT days / 30.4375 AS months, n_immune_events AS events FROM lines WHERE regexp_matches(line_name, $pd1))
SELECT 'platinum: grade 3+ haematological toxicity, %' AS item, CAST(count(*) AS DOUBLE) AS denominator,
  CAST(count(*) FILTER (WHERE hit) AS DOUBLE) AS with_event, round(100.0 * count(*) FILTER (WHERE hit) / nullif(count(*), 0), 1) AS value
FROM toxicity
UNION ALL
SELECT 'PD-(L)1: immune-related events per 100 patient-months', round(coalesce(sum(months), 0), 1), coalesce(sum(events), 0),
  round(100.0 * sum(events) / nullif(sum(months), 0), 2)
FROM immune
