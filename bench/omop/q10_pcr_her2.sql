WITH her2 AS (
  SELECT DISTINCT b.measurement_event_id AS tumour
  FROM measurement b
  JOIN episode p ON p.episode_id = b.measurement_event_id AND p.episode_concept_id = cid('Episode', 'DISEASE')
    AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
  LEFT JOIN measurement i ON i.measurement_event_id = b.measurement_id AND i.meas_event_field_concept_id = cid('Field', 'measurement')
    AND i.measurement_concept_id = cid('Modifier', 'ihc')
  WHERE b.measurement_concept_id = cid('Marker', 'HER2') AND (b.value_as_concept_id = cid('Result', 'POS') OR i.value_source_value = '3+')
),
operated AS (
  SELECT l.episode_parent_id AS tumour, c.concept_name AS line_name, s.procedure_occurrence_id
  FROM her2 h
  JOIN episode l ON l.episode_parent_id = h.tumour AND l.episode_concept_id = cid('Episode', 'NEOADJUVANT')
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  JOIN episode_event v ON v.episode_id = h.tumour AND v.episode_event_field_concept_id = cid('Field', 'procedure')
  JOIN procedure_occurrence s ON s.procedure_occurrence_id = v.event_id AND s.procedure_concept_id = cid('Procedure', 'RESECTION')
    AND s.procedure_date > l.episode_start_date
  QUALIFY row_number() OVER (PARTITION BY h.tumour ORDER BY s.procedure_date, l.episode_start_date DESC, s.procedure_occurrence_id) = 1
),
outcome AS (
  SELECT o.tumour, o.line_name, bool_and(p.value_as_concept_id = cid('YesNo', 'true')) AS pcr
  FROM operated o
  LEFT JOIN measurement p ON p.measurement_event_id = o.procedure_occurrence_id AND p.meas_event_field_concept_id = cid('Field', 'procedure')
    AND p.measurement_concept_id = cid('Modifier', 'pCR')
  GROUP BY o.tumour, o.line_name
)
SELECT CASE
    WHEN line_name LIKE '%trastuzumab%' AND regexp_matches(line_name, 'pertuzumab|pyrotinib|lapatinib') THEN 'dual'
    WHEN regexp_matches(line_name, 'trastuzumab|pertuzumab|pyrotinib|lapatinib|inetetamab') THEN 'single'
    ELSE 'none'
  END AS blockade,
  count(*) AS n, count(pcr) AS n_known, count(*) FILTER (WHERE pcr) AS n_pcr,
  round(100.0 * count(*) FILTER (WHERE pcr) / nullif(count(pcr), 0), 1) AS pcr_pct
FROM outcome GROUP BY 1 ORDER BY blockade
