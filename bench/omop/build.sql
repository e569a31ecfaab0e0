-- The same release in the shape of the OMOP common data model 5.4, as `oncorwe export omop` writes it and as its oncology conventions
-- have it: long tables, integer keys, one concept id for every meaning. What the model has no place for is not there: no endpoints, and
-- responses and adverse events hang on the tumour and the person, not on a line of therapy. In three things the shape is kinder than
-- an export: concept ids are hashes of (vocabulary, code), so no query has to look one up by name; setting of a line, grade, exon
-- and the like are coded values, not words inside a source value; drugs and operations are linked to their tumour.
-- Each block becomes one table, sorted by person.

-- map: m_patient
SELECT patient_id, CAST(row_number() OVER (ORDER BY patient_id) AS INTEGER) AS person_id FROM patient
-- map: m_visit
SELECT encounter_id, row_number() OVER (ORDER BY patient_id, encounter_id) AS visit FROM encounter
-- map: m_tumour
SELECT tumour_id, tumour_code, row_number() OVER (ORDER BY patient_id, tumour_id) AS tumour FROM tumour
-- map: m_line
SELECT line_id, 1000000000 + row_number() OVER (ORDER BY patient_id, line_id) AS line FROM line_of_therapy
-- map: m_surgery
SELECT surgery_id, row_number() OVER (ORDER BY patient_id, surgery_id) AS procedure FROM surgery
-- map: m_note
SELECT document_id, row_number() OVER (ORDER BY patient_id, document_id) AS note FROM document
-- map: m_mention
SELECT mention_id, row_number() OVER (ORDER BY patient_id, mention_id) AS mention FROM entity_mention
-- map: m_staging
SELECT staging_id, 3000000000 + row_number() OVER (ORDER BY patient_id, staging_id) AS measurement FROM staging
-- map: m_biomarker
SELECT biomarker_id, 4000000000 + row_number() OVER (ORDER BY patient_id, biomarker_id) AS measurement FROM biomarker

-- table: concept
SELECT DISTINCT cid(vocabulary, code) AS concept_id, code AS concept_name, vocabulary AS vocabulary_id, class AS concept_class_id, code AS concept_code
FROM (
  SELECT 'Tumour' AS vocabulary, tumour_code AS code, '' AS class FROM tumour
  UNION ALL SELECT 'Drug', drug_name_std, CASE WHEN is_antineoplastic THEN 'Antineoplastic' ELSE 'Other' END FROM drug_administration
  UNION ALL SELECT 'Line', line_name, '' FROM line_of_therapy
  UNION ALL SELECT 'RegimenClass', regimen_class, '' FROM regimen
  UNION ALL SELECT 'Marker', marker, marker_class FROM biomarker
  UNION ALL SELECT 'Result', result, '' FROM biomarker
  UNION ALL SELECT 'Group', stage_group, '' FROM staging
  UNION ALL SELECT 'Stage', staging_system || ':' || stage_class, stage_class FROM staging
  UNION ALL SELECT 'Procedure', procedure_kind, '' FROM surgery
  UNION ALL SELECT 'Procedure', 'RADIOTHERAPY', ''
  UNION ALL SELECT 'Response', response, '' FROM response_assessment
  UNION ALL SELECT 'AE', ae_term, soc FROM adverse_event
  UNION ALL SELECT 'Lab', test_code, '' FROM lab_measurement
  UNION ALL SELECT 'Vital', measure, '' FROM vital_sign
  UNION ALL SELECT 'Type', source_kind || ':' || review_status, source_kind FROM staging
  UNION ALL SELECT 'Type', source_kind || ':' || review_status, source_kind FROM biomarker
  UNION ALL SELECT 'Type', source_kind || ':' || review_status, source_kind FROM tumour
  UNION ALL SELECT 'Type', source_kind || ':' || review_status, source_kind FROM vital_sign
  UNION ALL SELECT 'Label', label, '' FROM entity_mention
  UNION ALL SELECT 'NoteType', doc_type, '' FROM document
)
-- table: person
SELECT person_id, cid('Gender', sex) AS gender_concept_id, birth_year AS year_of_birth, cid('Region', residence_region) AS location_id
FROM patient JOIN m_patient USING (patient_id)
-- table: death
SELECT person_id, death_date, cid('Type', death_source) AS death_type_concept_id
FROM patient JOIN m_patient USING (patient_id) WHERE vital_status = 'DEAD'
-- table: visit_occurrence
SELECT visit AS visit_occurrence_id, person_id, cid('Visit', encounter_type) AS visit_concept_id, start_date AS visit_start_date,
  end_date AS visit_end_date, cid('Discharge', discharge_disposition) AS discharged_to_concept_id
FROM encounter JOIN m_patient USING (patient_id) JOIN m_visit USING (encounter_id)
-- table: condition_occurrence
SELECT tumour AS condition_occurrence_id, person_id, cid('Tumour', t.tumour_code) AS condition_concept_id, first_dx_date AS condition_start_date,
  cid('Type', source_kind || ':' || review_status) AS condition_type_concept_id, cid('Status', 'primary') AS condition_status_concept_id,
  icd10_code AS condition_source_value, CAST(NULL AS BIGINT) AS visit_occurrence_id
FROM tumour t JOIN m_patient USING (patient_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 1000000000 + row_number() OVER (ORDER BY diagnosis_id), person_id, cid('ICD', icd10_code), diagnosis_date,
  cid('Type', source_kind || ':' || review_status), cid('Status', certainty), icd10_code, visit
FROM diagnosis JOIN m_patient USING (patient_id) LEFT JOIN m_visit USING (encounter_id)
UNION ALL
SELECT 2000000000 + row_number() OVER (ORDER BY metastasis_id), person_id, cid('Metastasis', site_code), first_seen_date,
  cid('Type', source_kind || ':' || review_status), cid('Status', certainty), site_code, NULL
FROM metastasis JOIN m_patient USING (patient_id)
UNION ALL
SELECT 3000000000 + row_number() OVER (ORDER BY comorbidity_id), person_id, cid('ICD', condition_code), first_date,
  cid('Type', source_kind || ':' || review_status), cid('Status', 'comorbidity'), condition_code, NULL
FROM comorbidity JOIN m_patient USING (patient_id)
-- table: episode
SELECT tumour AS episode_id, person_id, cid('Episode', 'DISEASE') AS episode_concept_id, first_dx_date AS episode_start_date,
  CAST(NULL AS DATE) AS episode_end_date, CAST(NULL AS BIGINT) AS episode_parent_id, tumour_seq AS episode_number,
  cid('Tumour', t.tumour_code) AS episode_object_concept_id, t.tumour_code AS episode_source_value
FROM tumour t JOIN m_patient USING (patient_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 3000000000 + tumour, person_id, cid('Episode', 'ADVANCED_DISEASE'), advanced_date, NULL, tumour, tumour_seq, cid('Tumour', t.tumour_code), NULL
FROM tumour t JOIN m_patient USING (patient_id) JOIN m_tumour USING (tumour_id) WHERE advanced_date IS NOT NULL
UNION ALL
SELECT line, person_id, cid('Episode', setting || CASE WHEN is_maintenance THEN ':MAINTENANCE' ELSE '' END), start_date, end_date, tumour, line_number,
  cid('Line', line_name), line_name
FROM line_of_therapy JOIN m_patient USING (patient_id) JOIN m_line USING (line_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 2000000000 + row_number() OVER (ORDER BY patient_id, regimen_id), person_id, cid('Episode', 'REGIMEN'), start_date, end_date, line, NULL,
  cid('RegimenClass', regimen_class), regimen_name
FROM regimen JOIN m_patient USING (patient_id) LEFT JOIN m_line USING (line_id)
-- table: drug_exposure
SELECT row_number() OVER (ORDER BY patient_id, drug_admin_id) AS drug_exposure_id, person_id, cid('Drug', drug_name_std) AS drug_concept_id,
  start_date AS drug_exposure_start_date, end_date AS drug_exposure_end_date, cid('Type', record_kind) AS drug_type_concept_id, dose AS quantity,
  days_supply, cid('Route', route) AS route_concept_id, visit AS visit_occurrence_id, drug_name_std AS drug_source_value
FROM drug_administration JOIN m_patient USING (patient_id) LEFT JOIN m_visit USING (encounter_id)
-- table: procedure_occurrence
SELECT procedure AS procedure_occurrence_id, person_id, cid('Procedure', procedure_kind) AS procedure_concept_id, op_date AS procedure_date,
  CAST(NULL AS DATE) AS procedure_end_date, op_code AS procedure_source_value
FROM surgery JOIN m_patient USING (patient_id) JOIN m_surgery USING (surgery_id)
UNION ALL
SELECT 1000000000 + row_number() OVER (ORDER BY patient_id, radiotherapy_id), person_id, cid('Procedure', 'RADIOTHERAPY'), start_date, end_date, technique
FROM radiotherapy JOIN m_patient USING (patient_id)
-- table: episode_event
SELECT tumour AS episode_id, row_number() OVER (ORDER BY patient_id, drug_admin_id) AS event_id, cid('Field', 'drug') AS episode_event_field_concept_id
FROM drug_administration LEFT JOIN m_tumour USING (tumour_id)
UNION ALL SELECT tumour, procedure, cid('Field', 'procedure') FROM surgery JOIN m_surgery USING (surgery_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT tumour, 1000000000 + row_number() OVER (ORDER BY patient_id, radiotherapy_id), cid('Field', 'procedure')
FROM radiotherapy LEFT JOIN m_tumour USING (tumour_id)
-- table: measurement
SELECT row_number() OVER () AS measurement_id, person_id, cid('Lab', test_code) AS measurement_concept_id, sample_date AS measurement_date,
  cid('Type', source_kind || ':' || review_status) AS measurement_type_concept_id, value_num AS value_as_number, CAST(NULL AS INTEGER) AS value_as_concept_id,
  cid('Unit', unit) AS unit_concept_id, ref_low AS range_low, ref_high AS range_high, visit AS visit_occurrence_id, test_code AS measurement_source_value,
  CAST(NULL AS VARCHAR) AS value_source_value, CAST(NULL AS BIGINT) AS measurement_event_id, CAST(NULL AS INTEGER) AS meas_event_field_concept_id
FROM lab_measurement JOIN m_patient USING (patient_id) LEFT JOIN m_visit USING (encounter_id)
UNION ALL
SELECT 1000000000 + row_number() OVER (), person_id, cid('Vital', measure), measure_date, cid('Type', source_kind || ':' || review_status), value_num, NULL,
  cid('Unit', unit), NULL, NULL, visit, measure, NULL, NULL, NULL
FROM vital_sign JOIN m_patient USING (patient_id) LEFT JOIN m_visit USING (encounter_id)
UNION ALL
SELECT measurement, person_id, cid('Stage', staging_system || ':' || stage_class), stage_date, cid('Type', source_kind || ':' || review_status), NULL,
  cid('Group', stage_group), NULL, NULL, NULL, NULL, staging_id, stage_group_recorded, tumour, cid('Field', 'condition')
FROM staging JOIN m_patient USING (patient_id) JOIN m_staging USING (staging_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 5000000000 + 4 * measurement + part, person_id, cid('Modifier', ['T', 'N', 'M'][part]), stage_date, cid('Type', source_kind || ':' || review_status), NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, [t_category, n_category, m_category][part], measurement, cid('Field', 'measurement')
FROM staging JOIN m_patient USING (patient_id) JOIN m_staging USING (staging_id) CROSS JOIN range(1, 4) r(part)
WHERE [t_category, n_category, m_category][part] IS NOT NULL
UNION ALL
SELECT measurement, person_id, cid('Marker', marker), report_date, cid('Type', source_kind || ':' || review_status), value_num, cid('Result', result),
  NULL, NULL, NULL, NULL, status, variant_hgvs_p, tumour, cid('Field', 'condition')
FROM biomarker JOIN m_patient USING (patient_id) JOIN m_biomarker USING (biomarker_id) LEFT JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 20000000000 + 4 * measurement + part, person_id, cid('Modifier', ['exon', 'ihc'][part]), report_date, cid('Type', source_kind || ':' || review_status),
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, [exon, ihc_score][part], measurement, cid('Field', 'measurement')
FROM biomarker JOIN m_patient USING (patient_id) JOIN m_biomarker USING (biomarker_id) CROSS JOIN range(1, 3) r(part)
WHERE [exon, ihc_score][part] IS NOT NULL
UNION ALL
SELECT 40000000000 + 4 * tumour + part, person_id, cid('Modifier', ['topography', 'morphology', 'precision'][part]), first_dx_date,
  cid('Type', source_kind || ':' || review_status), NULL, NULL, NULL, NULL, NULL, NULL, NULL, [topography_icdo3, morphology_icdo3, dx_date_precision][part],
  tumour, cid('Field', 'condition')
FROM tumour JOIN m_patient USING (patient_id) JOIN m_tumour USING (tumour_id) CROSS JOIN range(1, 4) r(part)
WHERE [topography_icdo3, morphology_icdo3, dx_date_precision][part] IS NOT NULL
UNION ALL
SELECT 50000000000 + row_number() OVER (), person_id, cid('Modifier', 'pCR'), report_date, cid('Type', source_kind || ':' || review_status), NULL,
  cid('YesNo', CAST(pcr AS VARCHAR)), NULL, NULL, NULL, NULL, NULL, NULL, procedure, cid('Field', 'procedure')
FROM pathology JOIN m_patient USING (patient_id) JOIN m_surgery USING (surgery_id) WHERE pcr IS NOT NULL
UNION ALL
SELECT 60000000000 + row_number() OVER (), person_id, cid('Modifier', 'response'), assessed_date, cid('Type', source_kind || ':' || review_status),
  sum_target_mm, cid('Response', response), NULL, NULL, NULL, NULL, NULL, NULL, tumour, cid('Field', 'condition')
FROM response_assessment JOIN m_patient USING (patient_id) LEFT JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 70000000000 + row_number() OVER (), person_id, cid('Modifier', 'lesion'), exam_date, cid('Type', source_kind || ':' || review_status),
  longest_mm, NULL, NULL, NULL, NULL, NULL, modality, NULL, tumour, cid('Field', 'condition')
FROM imaging_finding JOIN m_patient USING (patient_id) LEFT JOIN m_tumour USING (tumour_id)
-- table: observation
SELECT row_number() OVER () AS observation_id, person_id, cid('AE', ae_term) AS observation_concept_id, onset_date AS observation_date,
  grade AS value_as_number, ae_term_raw AS value_as_string, cid('YesNo', CAST(is_irae AS VARCHAR)) AS qualifier_concept_id,
  CAST(NULL AS BIGINT) AS observation_event_id, CAST(NULL AS INTEGER) AS obs_event_field_concept_id
FROM adverse_event JOIN m_patient USING (patient_id)
UNION ALL
SELECT 3000000000 + row_number() OVER (), person_id, cid('Attribute', variable_code), assessed_date, value_num, value_text, NULL, tumour,
  cid('Field', 'condition')
FROM tumour_attribute JOIN m_patient USING (patient_id) JOIN m_tumour USING (tumour_id)
UNION ALL
SELECT 4000000000 + row_number() OVER (), person_id, cid('FollowUp', status), contact_date, NULL, channel, NULL, NULL, NULL
FROM follow_up JOIN m_patient USING (patient_id)
-- table: observation_period
SELECT person_id AS observation_period_id, person_id, first_activity_date AS observation_period_start_date,
  last_activity_date AS observation_period_end_date
FROM patient JOIN m_patient USING (patient_id)
-- table: note
SELECT note AS note_id, person_id, doc_date AS note_date, cid('NoteType', doc_type) AS note_type_concept_id, n_chars, visit AS visit_occurrence_id
FROM document JOIN m_patient USING (patient_id) JOIN m_note USING (document_id) LEFT JOIN m_visit USING (encounter_id)
-- table: note_nlp
SELECT mention AS note_nlp_id, note AS note_id, cid('Section', section) AS section_concept_id, span_start AS "offset", text AS lexical_variant,
  cid('Label', label) AS note_nlp_concept_id, engine AS nlp_system, polarity AS term_modifiers
FROM entity_mention JOIN m_mention USING (mention_id) JOIN m_note USING (document_id)
-- table: fact_relationship
SELECT cid('Field', 'measurement') AS domain_concept_id_1, measurement AS fact_id_1, cid('Field', 'note_nlp') AS domain_concept_id_2, mention AS fact_id_2
FROM (SELECT staging_id, unnest(mention_ids) AS mention_id FROM staging) JOIN m_staging USING (staging_id) JOIN m_mention USING (mention_id)
