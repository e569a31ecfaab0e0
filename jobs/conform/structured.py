"""Rows that hospitals delivered, by release table. Each builder takes current staging rows and the code maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from jobs.conform.columns import required, structured
from jobs.conform.labs import lab_rows
from jobs.conform.names import coded
from jobs.conform.rules import rules
from warehouse.codes import shapes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Maps = Mapping[str, "DataFrame"]


def patient(rows: DataFrame, maps: Maps) -> DataFrame:
    """One row a person: of several hospitals' rows the newest value that is there wins, column by column."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    rows = coded(rows, "people", maps).withColumn("ethnicity", F.col("ethnic"))
    order = [F.col("delivery").desc(), F.col("site"), F.col("row_key")]
    person = Window.partitionBy("patient_id").orderBy(*order)
    whole = person.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    known = F.when(F.col("sex") != "U", F.col("sex"))
    merged = {
        name: F.first(name, ignorenulls=True).over(whole)
        for name in ("birth_year", "residence_region", "ethnicity", "insurance_type", "blood_type", "consent_scope")
    }
    merged["sex"] = F.coalesce(F.first(known, ignorenulls=True).over(whole), F.lit("U"))
    merged["_drop"] = F.when(F.row_number().over(person) > 1, "merged into the person's one row")
    return structured(rows.withColumns(merged), "patient", "patient_id")


def encounter(rows: DataFrame, maps: Maps) -> DataFrame:
    """Visits with length of stay; oncology by the department's name."""
    from pyspark.sql import functions as F

    stay = F.datediff("end_date", "start_date")
    rows = rows.withColumns(
        {
            "length_of_stay": F.when(stay >= 0, stay),
            "is_oncology": F.lower("department").rlike(rules()["patterns"]["oncology"]),
        }
    )
    return required(
        structured(rows, "encounter", "encounter_id"), ["encounter_id", "patient_id", "encounter_type", "start_date"]
    )


def document(rows: DataFrame, maps: Maps) -> DataFrame:
    """Notes with canonical type; a note whose text an earlier note of the patient has word for word points to it."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    rows = coded(rows, "note", maps).withColumn("_hash", F.sha2(F.coalesce("text", F.col("document_id")), 256))
    same = Window.partitionBy("patient_id", "_hash").orderBy("doc_date", "document_id")
    first = F.first("document_id").over(same)
    rows = rows.withColumns({
        "doc_type": F.col("doc_code"), "doc_title": F.coalesce("title", "note_type"), "text_deid": F.col("text"),
        "n_chars": F.length("text"), "deid_status": F.lit("PASS"), "version_no": F.col("version").try_cast("int"),
        "dup_of_document_id": F.when(first != F.col("document_id"), first),
    })  # fmt: skip
    return required(structured(rows, "document", "document_id"), ["document_id", "patient_id", "doc_date"])


def diagnosis(rows: DataFrame, maps: Maps) -> DataFrame:
    """Diagnoses with ICD-10 code (recorded, else read off the name), certainty and malignancy."""
    from pyspark.sql import functions as F

    rows = coded(rows, "diagnosis", maps).withColumns({
        "icd10_code": F.col("icd"), "certainty": F.col("sure"), "is_malignant": F.col("malignant"), "date_precision": F.coalesce("diagnosis_date_precision", F.lit("D")),
    })  # fmt: skip
    return required(structured(rows, "diagnosis", "diagnosis_id"), ["patient_id", "diagnosis_date"])


def comorbidity(rows: DataFrame, maps: Maps) -> DataFrame:
    """Comorbid conditions among the diagnoses; only rows whose code is a condition of the table."""
    from pyspark.sql import functions as F

    rows = coded(rows, "diagnosis", maps).where("condition is not null")
    rows = rows.withColumns(
        {
            "condition_code": F.col("condition"),
            "cci_group": F.col("cci"),
            "first_date": F.col("diagnosis_date"),
            "active": F.lit(True),
        }
    )
    return structured(rows, "comorbidity", "comorbidity_id")


def drug_administration(rows: DataFrame, maps: Maps) -> DataFrame:
    """Orders, administrations and dispensings of coded drugs; doses in mg where the unit is one of mass."""
    from pyspark.sql import functions as F

    rows = coded(coded(rows, "drug", maps), "dose", maps)
    factor = F.when(F.col("dose_ucum") == "g", 1000.0).when(F.col("dose_ucum") == "ug", 0.001).otherwise(1.0)
    mass = F.col("dose_ucum").isin("g", "ug")
    supply = F.coalesce("days_supply", F.when(F.col("end_date").isNull(), F.col("supply")))
    rows = rows.withColumns({
        "dose": F.col("dose") * factor, "dose_unit": F.when(mass, "mg").otherwise(F.col("dose_ucum")), "drug_name_std": F.col("std"),
        "nhsa_code": F.when(F.col("drug_code").rlike(shapes.pattern("NHSA")), F.col("drug_code")), "drug_class": F.col("cls"), "is_antineoplastic": F.col("anti"), "route": F.col("route_std"),
        "record_kind": F.coalesce("record_kind", F.lit("ORDERED")), "date_precision": F.coalesce("start_date_precision", F.lit("D")), "days_supply": supply,
        "end_date": F.coalesce("end_date", F.when(F.col("route_std") == "PO", F.date_add("start_date", supply - 1))),
    }).withColumn("drug_code", F.col("code"))  # fmt: skip
    rows = rows.withColumn("_drop", F.when(F.col("drug_name_std").isNull(), "drug that no code table row names"))
    return required(structured(rows, "drug_administration", "drug_admin_id"), ["patient_id", "start_date"])


def surgery(rows: DataFrame, maps: Maps) -> DataFrame:
    """Procedures with kind, approach and node dissection by the words of their names (``site`` of staging is the hospital's)."""
    from pyspark.sql import functions as F

    rows = structured(coded(rows, "operation", maps), "surgery", "surgery_id").withColumns({
        "site": F.lit(None), "procedure_kind": F.col("kind"), "approach": F.col("way"), "ln_dissection": F.col("nodes"), "laterality": F.col("side"), "op_code": F.coalesce("op_code", "icd9"),
    })  # fmt: skip
    return required(rows, ["patient_id", "op_date"])


def radiotherapy(rows: DataFrame, maps: Maps) -> DataFrame:
    """Courses with technique, target and site; dose per fraction from total and number."""
    from pyspark.sql import functions as F

    rows = structured(coded(rows, "field", maps), "radiotherapy", "radiotherapy_id").withColumns({
        "site": F.col("topo"), "technique": F.col("tech"),
        "dose_per_fraction_gy": F.when(F.col("fractions") > 0, F.col("total_dose_gy") / F.col("fractions")),
    })  # fmt: skip
    return required(rows, ["patient_id", "start_date"])


def biomarker(rows: DataFrame, maps: Maps) -> DataFrame:
    """Gene results. Not tested (status), negative and unknown (result) stay three values; a variant without a verdict is positive."""
    from pyspark.sql import functions as F

    rows = coded(coded(coded(rows, "gene", maps), "result", maps), "method", maps)
    changed = (
        F.col("variant_hgvs_c").isNotNull() | F.col("variant_hgvs_p").isNotNull() | F.col("fusion_partner").isNotNull()
    )
    silent = (F.col("result_std") == "UNK") & (F.col("status_std") == "TESTED") & F.col("result_raw").isNull()
    kind = (
        F.when(F.col("fusion_partner").isNotNull(), "FUSION")
        .when(changed, "GENE_VARIANT")
        .when(F.col("copy_number").isNotNull(), "CNV")
        .otherwise(F.col("cls"))
    )
    rows = rows.withColumns({
        "marker": F.col("symbol"), "marker_class": kind, "status": F.col("status_std"), "method": F.coalesce("method_std", F.lit("UNK")), "specimen_kind": F.col("kind"),
        "result": F.when(silent & changed, "POS").otherwise(F.col("result_std")), "vaf": F.when(F.col("vaf") > 1, F.col("vaf") / 100).otherwise(F.col("vaf")),
    })  # fmt: skip
    return required(structured(rows, "biomarker", "biomarker_id"), ["patient_id", "report_date", "marker"])


def vital_sign(rows: DataFrame, maps: Maps) -> DataFrame:
    """Measures with UCUM units."""
    from pyspark.sql import functions as F

    rows = coded(rows, "vital", maps).withColumn("unit", F.col("ucum"))
    return required(structured(rows, "vital_sign", "vital_id"), ["patient_id", "measure", "measure_date", "value_num"])


def follow_up(rows: DataFrame, maps: Maps) -> DataFrame:
    """Contacts after treatment."""
    return required(structured(rows, "follow_up", "follow_up_id"), ["patient_id", "contact_date", "channel", "status"])


def contact_score(rows: DataFrame, maps: Maps) -> DataFrame:
    """Performance status told at a follow-up contact, as a vital sign."""
    from pyspark.sql import functions as F

    rows = rows.where("ecog is not null and contact_date is not null")
    rows = rows.withColumns(
        {
            "measure": F.lit("ECOG"),
            "value_num": F.col("ecog").cast("double"),
            "measure_date": F.col("contact_date"),
            "unit": F.lit("{score}"),
        }
    )
    return structured(rows, "vital_sign", "vital_id")


BUILDERS: tuple[tuple[str, str, Callable[[DataFrame, Maps], DataFrame]], ...] = (
    ("patient", "patients", patient),
    ("encounter", "encounters", encounter),
    ("document", "notes", document),
    ("diagnosis", "diagnoses", diagnosis),
    ("comorbidity", "diagnoses", comorbidity),
    ("lab_measurement", "labs", lab_rows),
    ("drug_administration", "medications", drug_administration),
    ("surgery", "procedures", surgery),
    ("radiotherapy", "radiotherapy", radiotherapy),
    ("biomarker", "genomics", biomarker),
    ("vital_sign", "vitals", vital_sign),
    ("vital_sign", "followups", contact_score),
    ("follow_up", "followups", follow_up),
)
"""Release table, staging table, builder."""
