-- Colorectal cancer: side, RAS and BRAF, mismatch repair, nodes.
WITH core AS (SELECT * FROM mart_colon UNION ALL BY NAME SELECT * FROM mart_rectal),
genes AS (
  SELECT tumour_id,
    CASE WHEN bool_or(marker IN ('KRAS', 'NRAS') AND result = 'POS') THEN 'MUTANT' WHEN bool_or(marker IN ('KRAS', 'NRAS') AND result = 'NEG') THEN 'WILD_TYPE' END AS ras,
    CASE WHEN bool_or(marker = 'BRAF' AND result = 'POS') THEN 'MUTANT' WHEN bool_or(marker = 'BRAF' AND result = 'NEG') THEN 'WILD_TYPE' END AS braf,
    CASE WHEN bool_or(marker IN ('MLH1', 'MSH2', 'MSH6', 'PMS2') AND result = 'NEG') OR bool_or(marker IN ('MSI') AND result = 'POS') THEN 'DEFICIENT'
         WHEN bool_or(marker IN ('MLH1', 'MSH2', 'MSH6', 'PMS2', 'MMR') AND result = 'POS') OR bool_or(marker = 'MSI' AND result = 'NEG') THEN 'PROFICIENT' END AS mmr
  FROM biomarker WHERE tumour_code IN ('COLON', 'RECTAL') AND status = 'TESTED' GROUP BY tumour_id
),
nodes AS (
  SELECT tumour_id, max(ln_examined) AS nodes_examined, max(ln_positive) AS nodes_positive FROM pathology WHERE specimen_type = 'RESECTION' GROUP BY tumour_id
)
SELECT core.*, genes.ras, genes.braf, genes.mmr, nodes.nodes_examined, nodes.nodes_positive,
  CASE WHEN core.tumour_code = 'RECTAL' THEN 'RECTUM' WHEN core.topography_icdo3 IN ('C18.0', 'C18.2', 'C18.3', 'C18.4') THEN 'RIGHT'
       WHEN core.topography_icdo3 IN ('C18.5', 'C18.6', 'C18.7') THEN 'LEFT' END AS side
FROM core LEFT JOIN genes USING (tumour_id) LEFT JOIN nodes USING (tumour_id)
