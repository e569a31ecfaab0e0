SELECT
  t.patient_id, t.tumour_id, t.tumour_seq, t.tumour_code, p.sex, p.birth_year, p.residence_region,
  t.first_dx_date, t.dx_date_precision, t.dx_basis, t.age_at_dx, t.topography_icdo3, t.morphology_icdo3, t.histology_raw,
  t.behaviour, t.grade, t.laterality, t.icd10_code, t.advanced_date, t.metastatic_date, t.recurrence_date, t.index_candidate,
  s.stage_system, s.stage_recorded, s.stage_group, s.t_category, s.n_category, s.m_category,
  m.n_metastatic_sites, coalesce(m.brain_met, false) AS brain_met, coalesce(m.liver_met, false) AS liver_met,
  coalesce(m.bone_met, false) AS bone_met, coalesce(m.lung_met, false) AS lung_met, coalesce(m.peritoneum_met, false) AS peritoneum_met,
  o.first_surgery_date, o.first_surgery_kind, o.first_residual, r.first_rt_date, r.rt_dose_gy, r.rt_technique,
  n.neoadjuvant_regimen, n.adjuvant_regimen, n.curative_crt_regimen,
  n.line1_regimen, n.line1_start, n.line2_regimen, n.line2_start, n.line3_regimen, n.n_lines,
  e.line1_best_response, e.line1_rwpfs_months, e.line1_rwpfs_event, e.os_months, e.os_event, e.dfs_months, e.dfs_event,
  p.vital_status, p.death_date, p.last_activity_date
FROM tumour t
JOIN patient p USING (patient_id)
LEFT JOIN (
  SELECT tumour_id,
    arg_min(staging_system, stage_date) AS stage_system, arg_min(stage_group_recorded, stage_date) AS stage_recorded,
    arg_min(stage_group, stage_date) FILTER (WHERE stage_group <> 'UNK') AS stage_group,
    arg_min(t_category, stage_date) AS t_category, arg_min(n_category, stage_date) AS n_category, arg_min(m_category, stage_date) AS m_category
  FROM staging WHERE stage_class IN ('c', 'p') GROUP BY tumour_id
) s USING (tumour_id)
LEFT JOIN (
  SELECT tumour_id, count(DISTINCT site_code) FILTER (WHERE site_code <> 'LN_REGIONAL') AS n_metastatic_sites,
    bool_or(site_code = 'BRAIN') AS brain_met, bool_or(site_code = 'LIVER') AS liver_met, bool_or(site_code = 'BONE') AS bone_met,
    bool_or(site_code = 'LUNG') AS lung_met, bool_or(site_code = 'PERITONEUM') AS peritoneum_met
  FROM metastasis WHERE certainty = 'CONFIRMED' GROUP BY tumour_id
) m USING (tumour_id)
LEFT JOIN (
  SELECT tumour_id, min(op_date) AS first_surgery_date, arg_min(procedure_kind, op_date) AS first_surgery_kind, arg_min(residual, op_date) AS first_residual
  FROM surgery WHERE procedure_kind IN ('RESECTION', 'TACE', 'HAIC', 'ABLATION', 'TRANSPLANT', 'HSCT') GROUP BY tumour_id
) o USING (tumour_id)
LEFT JOIN (
  SELECT tumour_id, min(start_date) AS first_rt_date, arg_min(total_dose_gy, start_date) AS rt_dose_gy, arg_min(technique, start_date) AS rt_technique
  FROM radiotherapy GROUP BY tumour_id
) r USING (tumour_id)
LEFT JOIN (
  SELECT tumour_id,
    arg_min(line_name, start_date) FILTER (WHERE setting = 'NEOADJUVANT') AS neoadjuvant_regimen,
    arg_min(line_name, start_date) FILTER (WHERE setting = 'ADJUVANT') AS adjuvant_regimen,
    arg_min(line_name, start_date) FILTER (WHERE setting = 'CURATIVE_CRT') AS curative_crt_regimen,
    max(line_name) FILTER (WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance) AS line1_regimen,
    max(start_date) FILTER (WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance) AS line1_start,
    max(line_name) FILTER (WHERE setting = 'ADVANCED' AND line_number = 2 AND NOT is_maintenance) AS line2_regimen,
    max(start_date) FILTER (WHERE setting = 'ADVANCED' AND line_number = 2 AND NOT is_maintenance) AS line2_start,
    max(line_name) FILTER (WHERE setting = 'ADVANCED' AND line_number = 3 AND NOT is_maintenance) AS line3_regimen,
    max(line_number) AS n_lines
  FROM line_of_therapy GROUP BY tumour_id
) n USING (tumour_id)
LEFT JOIN (
  SELECT x.tumour_id,
    max(x.value_text) FILTER (WHERE x.endpoint = 'RW_BOR' AND l.line_number = 1) AS line1_best_response,
    max(x.time_months) FILTER (WHERE x.definition_id = 'rwpfs_default@1' AND l.line_number = 1) AS line1_rwpfs_months,
    max(x.event) FILTER (WHERE x.definition_id = 'rwpfs_default@1' AND l.line_number = 1) AS line1_rwpfs_event,
    max(x.time_months) FILTER (WHERE x.definition_id = 'os_default@1' AND x.index_event = 'DX') AS os_months,
    max(x.event) FILTER (WHERE x.definition_id = 'os_default@1' AND x.index_event = 'DX') AS os_event,
    max(x.time_months) FILTER (WHERE x.definition_id = 'dfs_default@1') AS dfs_months,
    max(x.event) FILTER (WHERE x.definition_id = 'dfs_default@1') AS dfs_event
  FROM endpoint x LEFT JOIN line_of_therapy l ON l.line_id = x.line_id AND l.setting = 'ADVANCED' AND NOT l.is_maintenance
  GROUP BY x.tumour_id
) e USING (tumour_id)
WHERE t.tumour_code = '{tumour_code}'
