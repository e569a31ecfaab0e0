WITH regimens AS (
  SELECT line_id, arg_min(regimen_class, {d: start_date, k: regimen_id}) AS regimen_class
  FROM regimen WHERE line_id IS NOT NULL GROUP BY line_id
)
SELECT
  e.endpoint_id, e.patient_id, e.tumour_id, e.tumour_code, e.line_id, e.endpoint, e.definition_id, e.index_event, e.index_date,
  e.time_days, e.time_months, e.event, e.event_type, e.imputed, e.value_text,
  l.setting, l.line_number, l.is_maintenance, l.line_name, g.regimen_class
FROM endpoint e
LEFT JOIN line_of_therapy l ON l.line_id = e.line_id
LEFT JOIN regimens g ON g.line_id = e.line_id
