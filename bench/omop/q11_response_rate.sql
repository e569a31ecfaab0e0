WITH lines AS (
  SELECT episode_id, episode_parent_id AS tumour, episode_start_date AS start,
    lead(episode_start_date) OVER (PARTITION BY episode_parent_id ORDER BY episode_start_date) AS next_start
  FROM episode WHERE episode_id BETWEEN 1000000001 AND 1999999999
),
assessments AS (
  -- A scan judges the last line begun before its day.
  SELECT l.episode_id, a.concept_name AS response
  FROM measurement r
  JOIN lines l ON l.tumour = r.measurement_event_id AND r.measurement_date > l.start + 14 AND r.measurement_date <= coalesce(l.next_start, r.measurement_date)
  JOIN concept a ON a.concept_id = r.value_as_concept_id AND a.vocabulary_id = 'Response' AND a.concept_name <> 'NE'
  WHERE r.measurement_concept_id = cid('Modifier', 'response') AND r.meas_event_field_concept_id = cid('Field', 'condition')
),
best AS (
  SELECT t.concept_name AS tumour_code, c.concept_name AS line_name, l.episode_id,
    coalesce(bool_or(r.response IN ('CR', 'CRi', 'VGPR', 'PR')), FALSE) AS responded, count(r.response) > 0 AS assessed
  FROM episode l
  JOIN episode p ON p.episode_id = l.episode_parent_id
  JOIN concept t ON t.concept_id = p.episode_object_concept_id
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  LEFT JOIN assessments r ON r.episode_id = l.episode_id
  WHERE l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
  GROUP BY ALL
)
SELECT tumour_code, line_name, count(*) AS n, count(*) FILTER (WHERE assessed) AS assessed,
  round(100.0 * count(*) FILTER (WHERE assessed) / count(*), 1) AS assessed_pct,
  round(100.0 * count(*) FILTER (WHERE responded) / nullif(count(*) FILTER (WHERE assessed), 0), 1) AS response_pct
FROM best GROUP BY tumour_code, line_name HAVING count(*) >= $min_n ORDER BY n DESC, tumour_code, line_name
