-- Lung cancer: the three lung types in one view; EGFR class, smoking, radical therapy.
WITH lung AS (
  SELECT tumour_id, patient_id, tumour_code FROM tumour WHERE tumour_code IN ('NSCLC', 'SCLC', 'LUNG_NET')
),
core AS (
  SELECT * FROM mart_nsclc UNION ALL BY NAME SELECT * FROM mart_sclc UNION ALL BY NAME SELECT * FROM mart_lung_net
),
egfr AS (
  SELECT tumour_id,
    CASE
      WHEN bool_or(result = 'POS' AND (variant_hgvs_p LIKE '%T790M%' OR variant_hgvs_p LIKE '%Thr790Met%')) THEN 'T790M'
      WHEN bool_or(result = 'POS' AND exon LIKE '%20%') THEN 'EX20INS'
      WHEN bool_or(result = 'POS' AND exon LIKE '%19%') THEN 'EX19DEL'
      WHEN bool_or(result = 'POS' AND (variant_hgvs_p LIKE '%L858R%' OR variant_hgvs_p LIKE '%Leu858Arg%')) THEN 'L858R'
      WHEN bool_or(result = 'POS') THEN 'OTHER'
      WHEN bool_or(result = 'NEG' AND status = 'TESTED') THEN 'WILD_TYPE'
    END AS egfr_class
  FROM biomarker WHERE marker = 'EGFR' GROUP BY tumour_id
),
smoking AS (
  SELECT patient_id, arg_max(value_code, recorded_date) AS smoking_status, max(pack_years) AS smoking_pack_years FROM history WHERE kind = 'SMOKING' GROUP BY patient_id
)
SELECT core.*, egfr.egfr_class, smoking.smoking_status, smoking.smoking_pack_years,
  CASE WHEN core.morphology_icdo3 BETWEEN '8050' AND '8089' THEN 'SQUAMOUS' WHEN core.morphology_icdo3 BETWEEN '8140' AND '8389' THEN 'ADENO'
       WHEN core.morphology_icdo3 BETWEEN '8041' AND '8045' THEN 'SMALL_CELL' END AS histology_group
FROM core JOIN lung USING (tumour_id) LEFT JOIN egfr USING (tumour_id) LEFT JOIN smoking ON smoking.patient_id = core.patient_id
