WITH lines AS (
  SELECT l.episode_parent_id AS tumour, l.person_id,
    max(c.concept_name) FILTER (WHERE l.episode_number = 1) AS l1,
    max(c.concept_name) FILTER (WHERE l.episode_number = 2) AS l2,
    max(c.concept_name) FILTER (WHERE l.episode_number = 3) AS l3
  FROM episode l
  JOIN episode d ON d.episode_id = l.episode_parent_id AND d.episode_object_concept_id = cid('Tumour', $tumour_code)
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE l.episode_concept_id = cid('Episode', 'ADVANCED')
  GROUP BY ALL
),
states AS (
  SELECT l.*, CASE WHEN x.person_id IS NOT NULL THEN '(died)' ELSE '(no further line)' END AS state
  FROM lines l LEFT JOIN death x ON x.person_id = l.person_id
  WHERE l.l1 IS NOT NULL
)
SELECT l1 AS line_1, coalesce(l2, state) AS line_2, CASE WHEN l2 IS NULL THEN '-' ELSE coalesce(l3, state) END AS line_3, count(*) AS n
FROM states GROUP BY 1, 2, 3 ORDER BY n DESC, line_1, line_2, line_3 LIMIT CAST($top AS INTEGER)
