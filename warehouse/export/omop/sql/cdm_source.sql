SELECT
  concat('OncoRWE research warehouse, release ', f.release_id) AS cdm_source_name,
  'OncoRWE' AS cdm_source_abbreviation,
  'see the release notes' AS cdm_holder,
  'De-identified records of cancer patients; dates are shifted by one constant number of days per person.' AS source_description,
  'data dictionary of the release (dictionary/index.html)' AS source_documentation_reference,
  concat('oncorwe export omop, code ', f.code_version) AS cdm_etl_reference,
  f.created AS source_release_date,
  f.created AS cdm_release_date,
  'v5.4' AS cdm_version,
  c_constant('CDM_54') AS cdm_version_concept_id,
  f.vocabulary_version AS vocabulary_version,
  'manifest' AS source_table,
  f.release_id AS source_key
FROM release_facts f
