WITH d AS (
  SELECT c.concept_name AS g, e.value_as_number / 30.4375 AS t, CASE WHEN e.qualifier_concept_id = cid('Event', '1') THEN 1 ELSE 0 END AS ev
  FROM observation e
  JOIN episode l ON l.episode_id = e.observation_event_id AND l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
  JOIN episode p ON p.episode_id = l.episode_parent_id AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE e.observation_concept_id = cid('Endpoint', $definition_id) AND e.obs_event_field_concept_id = cid('Field', 'episode')
),
per_time AS (SELECT g, t, sum(ev) AS events, count(*) AS leaving FROM d GROUP BY g, t),
at_risk AS (
  SELECT g, t, events, sum(leaving) OVER (PARTITION BY g ORDER BY t ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS risk FROM per_time
),
curve AS (
  SELECT g, t, CASE WHEN bool_or(events >= risk) OVER w THEN 0
    ELSE round(exp(sum(CASE WHEN events < risk THEN ln(1.0 - events * 1.0 / risk) ELSE 0 END) OVER w), 12) END AS survival
  FROM at_risk WINDOW w AS (PARTITION BY g ORDER BY t)
),
medians AS (SELECT g, min(t) FILTER (WHERE survival <= 0.5) AS median FROM curve GROUP BY g)
SELECT d.g AS regimen, count(*) AS n, sum(d.ev) AS events, round(any_value(m.median), 2) AS km_median_months
FROM d JOIN medians m ON m.g = d.g GROUP BY d.g HAVING count(*) >= $min_n ORDER BY n DESC, regimen
