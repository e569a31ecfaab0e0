-- term_exists: N when the mention is negated, uncertain or about another person, Y else (CDM convention). Offsets count characters.
-- The snippet is cut before the rows are numbered: numbering would carry the whole note along with each of its mentions.
WITH cut AS MATERIALIZED (
  SELECT m.mention_id, n.note_id,
    substring(n.note_text, greatest(m.span_start - 40, 0) + 1, least(m.span_end - greatest(m.span_start - 40, 0) + 40, 250)) AS snippet,
    m.span_start, m.text, m.engine, m.temporality,
    CASE WHEN m.polarity = 'affirmed' AND coalesce(m.experiencer, 'patient') = 'patient' THEN 'Y' ELSE 'N' END AS term_exists,
    concat_ws(',', concat('label=', m.label), concat('polarity=', m.polarity), concat('experiencer=', m.experiencer),
      concat('section=', m.section), concat('code=', m.concept_system, ':', m.concept_code)) AS term_modifiers
  FROM entity_mention m JOIN cdm.note n ON n.source_key = m.document_id
)
SELECT
  row_number() OVER (ORDER BY m.mention_id) AS note_nlp_id,
  m.note_id,
  m.snippet,
  m.span_start AS "offset",
  m.text AS lexical_variant,
  coalesce(r.concept_id, 0) AS note_nlp_concept_id,
  coalesce(r.source_concept_id, 0) AS note_nlp_source_concept_id,
  m.engine AS nlp_system,
  f.created AS nlp_date,
  m.term_exists,
  m.temporality AS term_temporal,
  m.term_modifiers,
  'entity_mention' AS source_table,
  m.mention_id AS source_key
FROM cut m
CROSS JOIN release_facts f
LEFT JOIN mention_code c ON c.mention_id = m.mention_id
LEFT JOIN resolved_one r ON r.system = c.system AND r.code = c.code
