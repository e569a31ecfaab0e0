-- All tumours of the type: from diagnosis or surgery where the endpoint has such a row, else from the first advanced line.
SELECT 'all', e.time_months, e.event, greatest(coalesce(e.entry_date - e.index_date, 0), 0) / 30.4375
FROM endpoint e LEFT JOIN line_of_therapy l ON l.line_id = e.line_id
WHERE e.endpoint = $endpoint AND e.definition_id = $definition_id AND e.tumour_code = $tumour_code
  AND (
    CASE WHEN $endpoint IN ('OS', 'DFS') THEN e.index_event IN ('DX', 'SURGERY')
    ELSE l.setting = 'ADVANCED' AND l.line_number = 1 AND NOT l.is_maintenance END
  )
