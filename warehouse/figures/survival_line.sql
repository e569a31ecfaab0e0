-- First advanced line by regimen; the endpoint counts from the start of the line.
SELECT l.line_name, e.time_months, e.event, greatest(coalesce(e.entry_date - e.index_date, 0), 0) / 30.4375
FROM endpoint e JOIN line_of_therapy l ON l.line_id = e.line_id
WHERE e.endpoint = $endpoint AND e.definition_id = $definition_id AND l.tumour_code = $tumour_code
  AND l.setting = 'ADVANCED' AND l.line_number = 1 AND NOT l.is_maintenance
