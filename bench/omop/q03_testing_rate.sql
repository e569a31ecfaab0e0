WITH advanced AS (
  SELECT episode_parent_id AS tumour, episode_start_date AS advanced_date, year(episode_start_date) AS year
  FROM episode WHERE episode_concept_id = cid('Episode', 'ADVANCED_DISEASE') AND episode_object_concept_id = cid('Tumour', $tumour_code)
),
wanted AS (SELECT unnest(CAST($markers AS VARCHAR[])) AS marker),
tested AS (
  SELECT a.year, w.marker, a.tumour, count(b.measurement_id) > 0 AS is_tested, coalesce(bool_or(b.value_as_concept_id = cid('Result', 'POS')), FALSE) AS is_positive
  FROM advanced a
  CROSS JOIN wanted w
  JOIN concept c ON c.vocabulary_id = 'Marker' AND c.concept_code = w.marker
  LEFT JOIN measurement b ON b.measurement_event_id = a.tumour AND b.meas_event_field_concept_id = cid('Field', 'condition')
    AND b.measurement_concept_id = c.concept_id AND b.measurement_source_value = 'TESTED'
    AND (b.value_as_concept_id <> cid('Result', 'UNK') OR b.value_as_number IS NOT NULL)
    AND b.measurement_date BETWEEN a.advanced_date - CAST($days_before AS INTEGER) AND a.advanced_date + CAST($days_after AS INTEGER)
  GROUP BY a.year, w.marker, a.tumour
)
SELECT year, marker, count(*) AS n, count(*) FILTER (WHERE is_tested) AS tested,
  round(100.0 * count(*) FILTER (WHERE is_tested) / count(*), 1) AS tested_pct,
  round(100.0 * count(*) FILTER (WHERE is_positive) / nullif(count(*) FILTER (WHERE is_tested), 0), 1) AS positive_pct
FROM tested GROUP BY year, marker ORDER BY year, marker
