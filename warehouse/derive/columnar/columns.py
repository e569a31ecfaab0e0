"""Which columns the rules read and which they may write, by input table; everything else passes by untouched.

A rule that reads a column must list it here: without it the column is NULL when whole releases are derived. A test runs the
rules over rows that note every access and compares with these lists.
"""

from __future__ import annotations

from collections.abc import Mapping

SOURCE = ("source_kind", "source_ref", "document_id", "mention_ids", "confidence", "hospital_id", "release_id")
"""Provenance that a derived row takes over from the row it rests on."""
WHERE = ("tumour_code", "morphology_icdo3", "topography_icdo3", "icd10_code")
"""What tells to which of several tumours a row belongs."""

READS: Mapping[str, tuple[str, ...]] = {
    "patient": (
        "patient_id", "birth_year", "age_top_coded", "death_date", "death_date_precision", "death_source", "n_documents",
        "source_ref", "review_status",
    ),
    "encounter": ("discharge_disposition", "end_date"),
    "diagnosis": (
        *SOURCE, *WHERE, "diagnosis_date", "date_precision", "certainty", "dx_role", "name_raw", "behaviour", "laterality",
        "histology_raw", "primary_site_text", "size_text", "grade",
    ),
    "tumour_fact": (
        *SOURCE, *WHERE, "fact_date", "fact_date_precision", "first_dx_date", "dx_date_precision", "certainty", "behaviour",
        "dx_basis", "recurrence_date", "recurrence_date_precision", "laterality", "histology_raw", "primary_site_text",
        "size_text", "grade",
    ),
    "tumour_attribute": (*WHERE, "assessed_date", "variable_code", "timing"),
    "staging": (
        *WHERE, "stage_date", "stage_date_precision", "stage_class", "staging_system", "edition", "t_category", "n_category",
        "m_category", "stage_group_recorded",
    ),
    "metastasis": (*WHERE, "first_seen_date", "first_seen_date_precision", "site_code", "certainty"),
    "pathology": (
        *SOURCE, *WHERE, "specimen_date", "report_date", "report_date_precision", "specimen_type", "surgery_id", "behaviour",
        "laterality", "histology_raw", "primary_site_text", "size_text", "grade", "certainty",
    ),
    "biomarker": (*WHERE, "report_date", "marker", "result"),
    "imaging_finding": (*WHERE, "exam_date"),
    "surgery": (*WHERE, "surgery_id", "op_date", "procedure_kind", "intent", "residual"),
    "radiotherapy": (
        *WHERE, "start_date", "end_date", "intent", "total_dose_gy", "fractions", "dose_per_fraction_gy",
    ),
    "drug_administration": (
        *WHERE, "drug_admin_id", "document_id", "record_kind", "drug_name_std", "drug_class", "is_antineoplastic",
        "start_date", "end_date", "date_precision", "route", "days_supply", "hospital_id", "release_id",
    ),
    "regimen_fact": (
        *SOURCE, "patient_id", "dq_flags",
        *WHERE, "review_status", "regimen_id", "fact_no", "regimen_alias", "regimen_name", "drug_names", "start_date",
        "start_date_precision", "date_precision", "end_date", "fact_date", "clinician_line", "line_number", "stop_reason",
    ),
    "response_assessment": (
        *WHERE, "response_id", "assessed_date", "date_precision", "response", "is_progression", "sum_target_mm", "pct_change",
    ),
    "adverse_event": (
        *WHERE, "ae_term", "onset_date", "soc", "grade", "grade_source", "is_irae",
    ),
    "comorbidity": ("first_date",),
    "follow_up": ("source_kind", "contact_date", "channel", "status", "death_date", "death_date_precision"),
}  # fmt: skip
"""Columns of the rows that the rules see. A column that a table does not have is left out."""

SUMMARISED: Mapping[str, tuple[str, ...]] = {
    "document": ("document_id", "doc_date"),
    "encounter": ("encounter_type", "start_date", "end_date", "discharge_disposition"),
    "vital_sign": ("measure_date", "source_kind"),
    "lab_measurement": (
        "test_code", "value_num", "unit", "sample_date", "ref_low", "ref_high", "source_kind", "hospital_id", "release_id",
    ),
}  # fmt: skip
"""Columns of the long tables that the summary needs; the rules see none of their rows but an encounter that ends in death."""

SUMMARY_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "surgery": ("source_kind",),
    "radiotherapy": ("source_kind",),
    "imaging_finding": ("source_kind",),
    "drug_administration": ("source_kind",),
}
"""Further columns that the summary needs."""

WRITES: Mapping[str, tuple[str, ...]] = {
    "patient": (
        "birth_year", "age_top_coded", "age_at_index", "vital_status", "death_date", "death_date_precision", "death_source",
        "first_activity_date", "last_activity_date", "n_documents", "source_ref", "review_status",
    ),
    "diagnosis": ("tumour_id",),
    "tumour_attribute": ("tumour_id", "tumour_code", "timing"),
    "staging": (
        "tumour_id", "tumour_code", "stage_date", "staging_system", "stage_class", "edition", "edition_inferred",
        "stage_group_derived", "stage_group", "stage_conflict",
    ),
    "metastasis": ("tumour_id", "tumour_code", "synchronous"),
    "pathology": ("tumour_id", "surgery_id"),
    "biomarker": ("tumour_id", "tumour_code"),
    "imaging_finding": ("tumour_id",),
    "surgery": ("tumour_id",),
    "radiotherapy": ("tumour_id", "dose_per_fraction_gy", "eqd2_gy", "concurrent_systemic"),
    "drug_administration": ("tumour_id", "end_date"),
    "response_assessment": ("tumour_id", "tumour_code", "is_progression", "line_id", "pct_change"),
    "adverse_event": ("tumour_id", "line_id", "soc", "grade", "grade_source", "is_irae"),
    "comorbidity": ("before_index",),
    "follow_up": (),
}  # fmt: skip
"""Columns that the rules set in rows of an input table."""
