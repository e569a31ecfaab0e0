WITH lines AS (
  SELECT l.episode_id, c.concept_name AS line_name, l.episode_start_date AS start_date, l.episode_end_date AS end_date
  FROM episode l JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id IN (cid('Episode', 'ADVANCED'), cid('Episode', 'ADVANCED:MAINTENANCE')) AND l.episode_number = 1
),
courses AS (
  SELECT episode_id, person_id, episode_start_date AS start, episode_end_date AS finish,
    lead(episode_start_date) OVER (PARTITION BY person_id ORDER BY episode_start_date) AS next_start
  FROM episode WHERE episode_id BETWEEN 1000000001 AND 1999999999
),
events AS (
  -- An event belongs to the last line begun by its day, up to 30 days after the end of that line.
  SELECT l.episode_id, o.observation_date, o.value_as_number AS grade, o.qualifier_concept_id, c.concept_class_id AS soc, o.observation_id
  FROM observation o
  JOIN courses l ON l.person_id = o.person_id AND o.observation_date >= l.start AND o.observation_date < coalesce(l.next_start, o.observation_date + 1)
  JOIN concept c ON c.concept_id = o.observation_concept_id AND c.vocabulary_id = 'AE'
  WHERE o.observation_date - l.finish <= 30
),
toxicity AS (
  SELECT l.episode_id, count(a.observation_id) > 0 AS hit
  FROM lines l
  LEFT JOIN events a ON a.episode_id = l.episode_id AND a.grade >= 3 AND a.soc = 'Blood and lymphatic' AND a.observation_date BETWEEN l.start_date AND l.start_date + CAST($days AS INTEGER)
  WHERE regexp_matches(l.line_name, $platinum)
  GROUP BY l.episode_id
),
immune AS (
  SELECT l.episode_id, any_value(l.end_date - l.start_date + 1) / 30.4375 AS months, count(a.observation_id) AS events
  FROM lines l LEFT JOIN events a ON a.episode_id = l.episode_id AND a.qualifier_concept_id = cid('YesNo', 'true')
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
