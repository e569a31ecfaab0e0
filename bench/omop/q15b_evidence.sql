WITH first_rows AS (
  SELECT m.* FROM measurement m
  JOIN episode d ON d.episode_id = m.measurement_event_id AND d.episode_concept_id = cid('Episode', 'DISEASE')
    AND d.episode_object_concept_id = cid('Tumour', $tumour_code)
  WHERE m.measurement_id IN (SELECT fact_id_1 FROM fact_relationship WHERE domain_concept_id_1 = cid('Field', 'measurement'))
    AND m.meas_event_field_concept_id = cid('Field', 'condition')
  ORDER BY m.person_id, m.measurement_source_value LIMIT CAST($top AS INTEGER)
)
SELECT m.measurement_source_value AS staging_id, g.concept_name AS stage_group, n.lexical_variant AS words, l.concept_name AS label,
  n.term_modifiers AS polarity, k.concept_name AS doc_type, d.note_date AS doc_date, n.nlp_system AS engine
FROM fact_relationship f
JOIN first_rows m ON m.measurement_id = f.fact_id_1
JOIN concept g ON g.concept_id = m.value_as_concept_id
JOIN note_nlp n ON n.note_nlp_id = f.fact_id_2
JOIN concept l ON l.concept_id = n.note_nlp_concept_id
JOIN note d ON d.note_id = n.note_id
JOIN concept k ON k.concept_id = d.note_type_concept_id
WHERE f.domain_concept_id_1 = cid('Field', 'measurement')
ORDER BY m.person_id, m.measurement_source_value, n."offset", n.note_nlp_id
LIMIT CAST($top AS INTEGER)
