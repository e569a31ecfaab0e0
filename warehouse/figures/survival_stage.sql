-- Stage as question 5 defines it: the earliest clinical or pathological stage with a known group. The endpoint counts from diagnosis, or
-- for disease-free survival from surgery; endpoints of lines have no stage figure.
WITH first_stage AS (
  SELECT tumour_id, stage_group
  FROM staging
  WHERE stage_class IN ('c', 'p') AND stage_group <> 'UNK'
  QUALIFY row_number() OVER (PARTITION BY tumour_id ORDER BY stage_date, staging_id) = 1
)
SELECT 'stage ' || coalesce(s.stage_group, 'UNK'), e.time_months, e.event, greatest(coalesce(e.entry_date - e.index_date, 0), 0) / 30.4375
FROM endpoint e LEFT JOIN first_stage s ON s.tumour_id = e.tumour_id
WHERE e.endpoint = $endpoint AND e.definition_id = $definition_id AND e.tumour_code = $tumour_code AND e.index_event IN ('DX', 'SURGERY')
