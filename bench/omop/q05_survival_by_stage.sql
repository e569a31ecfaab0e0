WITH first_stage AS (
  SELECT m.measurement_event_id AS tumour, g.concept_name AS stage_group
  FROM measurement m
  JOIN concept s ON s.concept_id = m.measurement_concept_id AND s.vocabulary_id = 'Stage' AND s.concept_class_id IN ('c', 'p')
  JOIN concept g ON g.concept_id = m.value_as_concept_id
  WHERE m.meas_event_field_concept_id = cid('Field', 'condition') AND m.value_as_concept_id <> cid('Group', 'UNK')
  QUALIFY row_number() OVER (PARTITION BY m.measurement_event_id ORDER BY m.measurement_date, m.measurement_source_value) = 1
),
d AS (
  SELECT coalesce(s.stage_group, 'UNK') AS g, e.value_as_number / 30.4375 AS t, CASE WHEN e.qualifier_concept_id = cid('Event', '1') THEN 1 ELSE 0 END AS ev
  FROM observation e
  JOIN episode p ON p.episode_id = e.observation_event_id AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
    AND p.episode_concept_id = cid('Episode', 'DISEASE')
  LEFT JOIN first_stage s ON s.tumour = p.episode_id
  WHERE e.observation_concept_id = cid('Endpoint', $definition_id) AND e.value_as_concept_id = cid('Index', 'DX')
),
per_time AS (SELECT g, t, sum(ev) AS events, count(*) AS leaving FROM d GROUP BY g, t),
at_risk AS (
  SELECT g, t, events, sum(leaving) OVER (PARTITION BY g ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS risk FROM per_time
),
curve AS (
  SELECT g, t, CASE WHEN bool_or(events >= risk) OVER w THEN 0
    ELSE exp(sum(CASE WHEN events < risk THEN ln(1.0 - events * 1.0 / risk) ELSE 0 END) OVER w) END AS survival
  FROM at_risk WINDOW w AS (PARTITION BY g ORDER BY t)
),
landmark AS (SELECT unnest(CAST($months AS INTEGER[])) AS month),
remaining AS (SELECT d.g, m.month, count(*) FILTER (WHERE d.t >= m.month) AS at_risk FROM d CROSS JOIN landmark m GROUP BY d.g, m.month)
SELECT r.g AS stage, r.month, round(coalesce(min(c.survival) FILTER (WHERE c.t <= r.month), 1), 3) AS survival, any_value(r.at_risk) AS at_risk
FROM remaining r JOIN curve c ON c.g = r.g GROUP BY r.g, r.month ORDER BY stage, r.month
