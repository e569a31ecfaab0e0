-- Gastric and gastro-oesophageal junction cancer: HER2, MMR, CLDN18.2, nodes examined, peritoneal spread.
WITH core AS (SELECT * FROM mart_gastric UNION ALL BY NAME SELECT * FROM mart_gej),
markers AS (
  SELECT tumour_id,
    bool_or(result = 'POS' OR coalesce(ihc_score = '3+', false)) FILTER (WHERE marker = 'HER2' AND status = 'TESTED' AND result <> 'UNK') AS her2_pos,
    bool_or(result = 'POS') FILTER (WHERE marker = 'CLDN18.2' AND status = 'TESTED' AND result <> 'UNK') AS cldn182_pos,
    max(value_num) FILTER (WHERE marker = 'PDL1') AS pdl1_value
  FROM biomarker WHERE tumour_code IN ('GASTRIC', 'GEJ') GROUP BY tumour_id
),
nodes AS (
  SELECT tumour_id, max(ln_examined) AS nodes_examined, max(ln_positive) AS nodes_positive FROM pathology WHERE specimen_type = 'RESECTION' GROUP BY tumour_id
)
SELECT core.*, markers.her2_pos, markers.cldn182_pos, markers.pdl1_value, nodes.nodes_examined, nodes.nodes_positive
FROM core LEFT JOIN markers USING (tumour_id) LEFT JOIN nodes USING (tumour_id)
