WITH lines AS (
  SELECT l.episode_id, l.person_id, l.episode_parent_id AS tumour, l.episode_start_date AS start, c.concept_name AS g
  FROM episode l
  JOIN episode p ON p.episode_id = l.episode_parent_id AND p.episode_concept_id = cid('Episode', 'DISEASE')
    AND p.episode_object_concept_id = cid('Tumour', $tumour_code)
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number = 1
),
responses AS (
  SELECT measurement_event_id AS tumour, measurement_date AS day, value_as_concept_id = cid('Response', 'PD') AS progressed
  FROM measurement
  WHERE measurement_concept_id = cid('Modifier', 'response') AND meas_event_field_concept_id = cid('Field', 'condition')
),
progression AS (
  SELECT l.episode_id, min(r.day) FILTER (WHERE r.progressed AND r.day > l.start + 14) AS day, max(r.day) AS last_read
  FROM lines l JOIN responses r ON r.tumour = l.tumour
  GROUP BY l.episode_id
),
steps AS (
  -- The start of the line counts as a visit; a hole of more than 90 days ends what is known.
  SELECT l.episode_id, l.start, v.visit_start_date AS day,
    coalesce(lag(v.visit_start_date) OVER (PARTITION BY l.episode_id ORDER BY v.visit_start_date), l.start) AS before
  FROM lines l JOIN visit_occurrence v ON v.person_id = l.person_id AND v.visit_start_date >= l.start
),
seen AS (SELECT episode_id, coalesce(min(before) FILTER (WHERE day - before > 90), max(day)) AS day FROM steps GROUP BY episode_id),
notes AS (SELECT person_id, max(note_date) AS day FROM note GROUP BY person_id),
followed AS (
  SELECT l.g, l.start, p.day AS progressed, x.death_date AS died,
    least(coalesce(s.day, l.start), greatest(n.day, p.last_read, l.start)) AS finish
  FROM lines l
  LEFT JOIN progression p ON p.episode_id = l.episode_id
  LEFT JOIN seen s ON s.episode_id = l.episode_id
  LEFT JOIN notes n ON n.person_id = l.person_id
  LEFT JOIN death x ON x.person_id = l.person_id
),
ends AS (
  SELECT g, start, progressed <= finish AND coalesce(died >= progressed, TRUE) AS progressed_first, progressed, died - finish <= 30 AS died_in_time, died, finish
  FROM followed
),
d AS (
  SELECT g, (greatest(CASE WHEN progressed_first THEN progressed WHEN died_in_time THEN died ELSE finish END, start) - start) / 30.4375 AS t,
    CASE WHEN progressed_first OR died_in_time THEN 1 ELSE 0 END AS ev
  FROM ends
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
