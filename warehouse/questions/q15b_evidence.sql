-- title_en: Traceability: the words behind staging values
-- title_zh: 可追溯性：分期取值背后的原文
-- definition: Staging rows of one tumour type that were read from notes, with each mention that fills them. `oncorwe explain staging KEY` shows one with its sentence.
-- param: tumour_code = "NSCLC" | tumour type
-- param: top = 20 | rows shown
-- column: staging_id | key of the staging row | 分期主键
-- column: stage_group | stage group | 分期
-- column: words | the words in the document | 原文
-- column: label | type of the mention | 提及类型
-- column: polarity | affirmed, negated or uncertain | 断言
-- column: doc_type | type of the document | 文书类型
-- column: doc_date | date of the document | 文书日期
-- column: engine | what found the mention | 识别引擎
-- rows_of: persons
WITH first_rows AS (
  SELECT patient_id, staging_id, stage_group, mention_ids FROM staging
  WHERE tumour_code = $tumour_code AND len(mention_ids) > 0 ORDER BY patient_id, staging_id LIMIT CAST($top AS INTEGER)
),
filled AS (SELECT patient_id, staging_id, stage_group, unnest(mention_ids) AS mention_id FROM first_rows)
SELECT f.staging_id, f.stage_group, m.text AS words, m.label, m.polarity, d.doc_type, d.doc_date, m.engine
FROM filled f
-- The patient, though the keys alone would do: files are sorted by patient, so few of them are read.
JOIN entity_mention m ON m.patient_id = f.patient_id AND m.mention_id = f.mention_id
JOIN document d ON d.patient_id = f.patient_id AND d.document_id = m.document_id
ORDER BY f.patient_id, f.staging_id, m.span_start, m.mention_id
LIMIT CAST($top AS INTEGER)
