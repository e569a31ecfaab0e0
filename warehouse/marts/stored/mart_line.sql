WITH regimens AS (
  SELECT line_id, arg_min(regimen_class, {d: start_date, k: regimen_id}) AS regimen_class
  FROM regimen WHERE line_id IS NOT NULL GROUP BY line_id
),
numbered AS (
  SELECT tumour_id, line_number, max(line_name) AS line_name, min(start_date) AS start_date
  FROM line_of_therapy WHERE setting = 'ADVANCED' AND NOT is_maintenance GROUP BY tumour_id, line_number
),
responses AS (
  SELECT l.line_id,
    count(*) FILTER (WHERE r.assessed_date > l.start_date + 14 AND r.response <> 'NE') AS n_assessments,
    coalesce(bool_or(r.assessed_date > l.start_date + 14 AND r.response IN ('CR', 'CRi', 'VGPR', 'PR')), FALSE) AS responded,
    min(r.assessed_date) FILTER (WHERE r.is_progression) AS first_progression_date
  FROM line_of_therapy l JOIN response_assessment r ON r.line_id = l.line_id
  GROUP BY l.line_id
),
events AS (
  SELECT l.line_id, count(*) AS n_adverse_events, max(a.grade) AS worst_grade, count(*) FILTER (WHERE a.is_irae) AS n_immune_events,
    min(a.onset_date) FILTER (WHERE a.grade >= 3 AND a.onset_date >= l.start_date) AS first_grade_3_date,
    min(a.onset_date) FILTER (WHERE a.grade >= 3 AND a.onset_date >= l.start_date AND a.soc = 'Blood and lymphatic') AS first_blood_grade_3_date
  FROM line_of_therapy l JOIN adverse_event a ON a.line_id = l.line_id
  GROUP BY l.line_id
)
SELECT
  l.line_id, l.patient_id, l.tumour_id, l.tumour_code, l.setting, l.line_number, l.is_maintenance, l.line_name, g.regimen_class,
  l.start_date, l.end_date, l.end_reason,
  n1.line_name AS next_line_name, n1.start_date AS next_line_start, n2.line_name AS second_next_line_name,
  p.vital_status, CAST(coalesce(r.n_assessments, 0) AS INTEGER) AS n_assessments, coalesce(r.responded, FALSE) AS responded, r.first_progression_date,
  CAST(coalesce(e.n_adverse_events, 0) AS INTEGER) AS n_adverse_events, e.worst_grade, CAST(coalesce(e.n_immune_events, 0) AS INTEGER) AS n_immune_events,
  e.first_grade_3_date, e.first_blood_grade_3_date
FROM line_of_therapy l
LEFT JOIN patient p ON p.patient_id = l.patient_id
LEFT JOIN regimens g ON g.line_id = l.line_id
LEFT JOIN numbered n1 ON l.setting = 'ADVANCED' AND n1.tumour_id = l.tumour_id AND n1.line_number = l.line_number + 1
LEFT JOIN numbered n2 ON l.setting = 'ADVANCED' AND n2.tumour_id = l.tumour_id AND n2.line_number = l.line_number + 2
LEFT JOIN responses r ON r.line_id = l.line_id
LEFT JOIN events e ON e.line_id = l.line_id
