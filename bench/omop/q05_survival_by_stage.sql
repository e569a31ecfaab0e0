WITH first_stage AS (
  SELECT m.measurement_event_id AS tumour, g.concept_name AS stage_group
  FROM measurement m
  JOIN concept s ON s.concept_id = m.measurement_concept_id AND s.vocabulary_id = 'Stage' AND s.concept_class_id IN ('c', 'p')
  JOIN concept g ON g.concept_id = m.value_as_concept_id
  WHERE m.meas_event_field_concept_id = cid('Field', 'condition') AND m.value_as_concept_id <> cid('Group', 'UNK')
  QUALIFY row_number() OVER (PARTITION BY m.measurement_event_id ORDER BY m.measurement_date, m.measurement_source_value) = 1
),
contact AS (
  SELECT person_id, max(observation_date) AS day FROM observation
  WHERE observation_concept_id IN (cid('FollowUp', 'ALIVE_NED'), cid('FollowUp', 'ALIVE_DISEASE'), cid('FollowUp', 'ALIVE_UNK'))
  GROUP BY person_id
),
last_line AS (SELECT episode_parent_id AS tumour, max(episode_start_date) AS day FROM episode WHERE episode_id BETWEEN 1000000001 AND 1999999999 GROUP BY 1),
d AS (
  SELECT coalesce(s.stage_group, 'UNK') AS g, CASE WHEN x.person_id IS NULL THEN 0 ELSE 1 END AS ev,
    (greatest(coalesce(x.death_date, greatest(o.observation_period_end_date, k.day, l.day)), p.episode_start_date) - p.episode_start_date) / 30.4375 AS t
  FROM episode p
  LEFT JOIN first_stage s ON s.tumour = p.episode_id
  LEFT JOIN death x ON x.person_id = p.person_id
  LEFT JOIN observation_period o ON o.person_id = p.person_id
  LEFT JOIN contact k ON k.person_id = p.person_id
  LEFT JOIN last_line l ON l.tumour = p.episode_id
  WHERE p.episode_concept_id = cid('Episode', 'DISEASE') AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
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
