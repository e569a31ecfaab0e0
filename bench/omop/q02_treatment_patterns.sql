WITH counted AS (
  SELECT l.episode_number AS line_number, year(l.episode_start_date) AS year, c.concept_name AS line_name, count(*) AS n
  FROM episode l
  JOIN episode d ON d.episode_id = l.episode_parent_id AND d.episode_concept_id = cid('Episode', 'DISEASE')
  JOIN concept c ON c.concept_id = l.episode_object_concept_id
  WHERE d.episode_object_concept_id = cid('Tumour', $tumour_code) AND l.episode_concept_id = cid('Episode', 'ADVANCED') AND l.episode_number <= $max_line
  GROUP BY ALL
),
ranked AS (
  SELECT *, round(100.0 * n / sum(n) OVER (PARTITION BY line_number, year), 1) AS pct,
    row_number() OVER (PARTITION BY line_number, year ORDER BY n DESC, line_name) AS rank
  FROM counted
)
SELECT line_number, year, line_name, n, pct, rank FROM ranked WHERE rank <= $top ORDER BY line_number, year, rank
