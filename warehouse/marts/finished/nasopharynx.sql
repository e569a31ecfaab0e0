-- Nasopharyngeal cancer: radiotherapy dose, induction and concurrent therapy, first EBV DNA.
WITH virus AS (
  SELECT l.patient_id, arg_min(l.value_num, l.sample_date) AS first_ebv_dna
  FROM lab_measurement l WHERE lower(l.test_name_raw) LIKE '%ebv%dna%' OR l.test_name_raw LIKE '%EB病毒%DNA%' GROUP BY l.patient_id
)
SELECT m.*, virus.first_ebv_dna,
  CASE WHEN m.rt_dose_gy >= 66 THEN 'RADICAL' WHEN m.rt_dose_gy IS NOT NULL THEN 'LOWER' END AS rt_dose_class,
  EXISTS (SELECT 1 FROM drug_administration d WHERE d.tumour_id = m.tumour_id AND d.is_antineoplastic AND d.start_date BETWEEN m.first_rt_date - 90 AND m.first_rt_date - 8) AS induction,
  EXISTS (SELECT 1 FROM radiotherapy r WHERE r.tumour_id = m.tumour_id AND r.concurrent_systemic) AS concurrent
FROM mart_npc m LEFT JOIN virus ON virus.patient_id = m.patient_id
