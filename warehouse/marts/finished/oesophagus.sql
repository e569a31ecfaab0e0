-- Oesophageal cancer: squamous and adenocarcinoma; strategy (surgery, neoadjuvant, definitive chemoradiotherapy).
WITH core AS (SELECT * FROM mart_escc UNION ALL BY NAME SELECT * FROM mart_eac),
nodes AS (
  SELECT tumour_id, max(ln_examined) AS nodes_examined, max(ln_positive) AS nodes_positive, bool_or(pcr) AS pcr FROM pathology WHERE specimen_type = 'RESECTION' GROUP BY tumour_id
)
SELECT core.*, nodes.nodes_examined, nodes.nodes_positive, nodes.pcr,
  CASE
    WHEN core.first_surgery_kind = 'RESECTION' AND core.first_rt_date < core.first_surgery_date THEN 'NEOADJUVANT_CRT_SURGERY'
    WHEN core.first_surgery_kind = 'RESECTION' AND core.neoadjuvant_regimen IS NOT NULL THEN 'NEOADJUVANT_CHEMO_SURGERY'
    WHEN core.first_surgery_kind = 'RESECTION' THEN 'SURGERY'
    WHEN core.curative_crt_regimen IS NOT NULL THEN 'DEFINITIVE_CRT'
    WHEN core.first_rt_date IS NOT NULL THEN 'RADIOTHERAPY'
    WHEN core.line1_regimen IS NOT NULL THEN 'SYSTEMIC'
  END AS strategy
FROM core LEFT JOIN nodes USING (tumour_id)
