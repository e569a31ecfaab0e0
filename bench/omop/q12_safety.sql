WITH lines AS (
  SELECT l.episode_id, c.concept_name AS line_name, l.episode_start_date AS start_date, l.episode_end_date AS end_date
  FROM episode l JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id IN (cid('Episode', 'ADVANCED'), cid('Episode', 'ADVANCED:MAINTENANCE')) AND l.episode_number = 1
),
events AS (
  SELECT o.observation_event_id, o.observation_date, o.value_as_number AS grade, o.qualifier_concept_id, c.concept_class_id AS soc, o.observation_id
  FROM observation o JOIN concept c ON c.concept_id = o.observation_concept_id AND c.vocabulary_id = 'AE'
),
toxicity AS (
  SELECT l.episode_id, count(a.observation_id) > 0 AS hit
  FROM lines l
  LEFT JOIN events a ON a.observation_event_id = l.episode_id AND a.grade >= 3 AND a.soc = 'Blood and lymphatic' AND a.observation_date BETWEEN l.start_date AND l.start_date + CAST($days AS INTEGER)
  WHERE regexp_matches(l.line_name, $platinum)
  GROUP BY l.episode_id
),
immune AS (
  SELECT l.episode_id, any_value(l.end_date - l.start_date + 1) / 30.4375 AS months, count(a.observation_id) AS events
  FROM lines l LEFT JOIN events a ON a.observation_event_id = l.episode_id AND a.qualifier_concept_id = cid('YesNo', 'true')
  WHERE regexp_matches(l.line_name, $pd1)
  GROUP BY l.episode_id
)
SELECT 'platinum: grade 3+ haematological toxicity, %' AS item, CAST(count(*) AS DOUBLE) AS denominator,
  CAST(count(*) FILTER (WHERE hit) AS DOUBLE) AS with_event, round(100.0 * count(*) FILTER (WHERE hit) / nullif(count(*), 0), 1) AS value
FROM toxicity
UNION ALL
SELECT 'PD-(L)1: immune-related events per 100 patient-months', round(coalesce(sum(months), 0), 1), coalesce(sum(events), 0),
  round(100.0 * sum(events) / nullif(sum(months), 0), 2)
FROM immune
