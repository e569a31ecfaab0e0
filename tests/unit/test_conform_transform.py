"""Conform on small tables: one Spark session, all outputs from one call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from jobs.structure import DDL
from warehouse.compile.spark import spark_ddl
from warehouse.derive.common import token
from warehouse.schema import staging_columns

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Rows = list[dict[str, Any]]
META = {"site": "s1", "hospital_id": "h1", "delivery": "2024-01-01", "version": "1", "deleted": False}


def staged(table: str, *rows: Mapping[str, Any]) -> tuple[str, Rows]:
    """Staging rows with the meta columns filled; ``row_key`` counts up unless given."""
    return table, [{**META, "file_row": i, "row_key": f"{table}-{i}", **row} for i, row in enumerate(rows, 1)]


def told(
    no: int,
    table: str,
    document: str,
    payload: Mapping[str, Any],
    *,
    confidence: float = 0.9,
    patient: str = "p1",
    mentions: tuple[int, ...] = (0,),
) -> dict[str, Any]:
    """One fact of a note."""
    return {
        "site": "s1", "hospital_id": "h1", "delivery": "2024-01-01", "document_id": document, "patient_id": patient, "text_hash": "x", "fact_no": no,
        "table_name": table, "payload": json.dumps(payload, ensure_ascii=False), "span_start": no, "span_end": no + 1, "mention_nos": list(mentions), "confidence": confidence,
    }  # fmt: skip


D = date.fromisoformat
STAGED = dict([
    staged("patients",
           {"patient_id": "p1", "sex": "F", "birth_year": 1960, "ethnicity": "汉族", "row_key": "a"},
           {"patient_id": "p1", "sex": "U", "birth_year": None, "insurance_type": "城镇职工", "site": "s2", "hospital_id": "h2", "delivery": "2024-02-01", "row_key": "b"},
           {"patient_id": "p2", "sex": "M", "birth_year": 1950, "row_key": "c"},
           {"patient_id": "p2", "sex": "M", "birth_year": 1951, "row_key": "c", "version": "10"},
           {"patient_id": "p2", "sex": "M", "birth_year": 1952, "row_key": "c", "version": "9"},
           {"patient_id": "p3", "sex": "M", "row_key": "d", "deleted": True}),
    staged("notes",
           {"patient_id": "p1", "document_id": "d1", "note_type": "出院小结", "doc_date": D("2024-03-01"), "doc_date_precision": "D", "text": "甲乙丙丁戊己庚辛壬癸子丑寅卯糖尿病", "encounter_id": "e1"},
           {"patient_id": "p1", "document_id": "d2", "note_type": "护士交班", "doc_date": D("2024-03-09"), "doc_date_precision": "D", "text": "甲乙丙丁戊己庚辛壬癸子丑寅卯糖尿病"}),
    staged("diagnoses",
           {"patient_id": "p1", "name_raw": "右肺上叶腺癌", "diagnosis_date": D("2024-01-05"), "diagnosis_date_precision": "D", "dx_role": "MAIN"},
           {"patient_id": "p1", "name_raw": "肺癌？", "icd10_code": "c34.900", "diagnosis_date": D("2024-01-02"), "diagnosis_date_precision": "D"},
           {"patient_id": "p1", "name_raw": "2型糖尿病", "icd10_code": "E11.900", "diagnosis_date": D("2024-01-05"), "diagnosis_date_precision": "D"}),
    staged("labs",
           {"patient_id": "p1", "item_name": "血红蛋白", "value_raw": "9.8", "unit_raw": "g/dL", "ref_low": 11.5, "ref_high": 15.0, "sample_date": D("2024-01-05"), "specimen": "全血"},
           {"patient_id": "p1", "item_name": "癌胚抗原", "value_raw": "＞1,000", "unit_raw": "ng/ml", "ref_high": 5.0, "sample_date": D("2024-01-05"), "specimen": "血清"},
           {"patient_id": "p1", "item_name": "乙肝表面抗原", "value_raw": "阴性(-)", "sample_date": D("2024-01-05")},
           {"patient_id": "p1", "item_name": "尿蛋白", "value_raw": "++", "sample_date": D("2024-01-05")},
           {"patient_id": "p1", "item_name": "EBV-DNA", "value_raw": "1.2×10^3", "unit_raw": "copies/mL", "sample_date": D("2024-01-05")},
           {"patient_id": "p1", "item_name": "白蛋白", "value_raw": "38", "unit_raw": "磅", "sample_date": D("2024-01-05")},
           {"patient_id": "p1", "item_name": "本院自建项目", "value_raw": "3.2", "unit_raw": "x", "sample_date": D("2024-01-05")}),
    staged("medications",
           {"patient_id": "p1", "drug_name_raw": "注射用紫杉醇(白蛋白结合型) 100mg", "start_date": D("2024-03-01"), "start_date_precision": "D", "dose": 0.4, "dose_unit": "g", "route": "静脉滴注", "record_kind": "ADMINISTERED", "encounter_id": "e1", "drug_code": "[编号]"},
           {"patient_id": "p1", "drug_name_raw": "吉非替尼片(易瑞沙)", "start_date": D("2024-05-01"), "start_date_precision": "D", "dose": 250.0, "dose_unit": "mg", "days_supply": 14, "record_kind": "DISPENSED", "drug_code": "XL01EBJ024A001010100476"},
           {"patient_id": "p1", "drug_name_raw": "0.9%氯化钠注射液", "start_date": D("2024-03-01"), "start_date_precision": "D"}),
    staged("procedures",
           {"patient_id": "p1", "op_name_raw": "胸腔镜下左肺上叶切除术+系统性淋巴结清扫", "op_date": D("2024-02-01"), "op_date_precision": "D"}),
    staged("radiotherapy",
           {"patient_id": "p1", "start_date": D("2024-04-01"), "start_date_precision": "D", "site_raw": "左肺", "technique": "调强放疗(IMRT)", "total_dose_gy": 60.0, "fractions": 30}),
    staged("genomics",
           {"patient_id": "p1", "gene": "EGFR", "report_date": D("2024-01-20"), "report_date_precision": "D", "variant_hgvs_p": "p.L858R", "vaf": 23.0, "method": "NGS", "specimen": "组织"},
           {"patient_id": "p1", "gene": "KRAS", "report_date": D("2024-01-20"), "report_date_precision": "D", "result_raw": "未检出突变"},
           {"patient_id": "p1", "gene": "ALK", "report_date": D("2024-01-20"), "report_date_precision": "D", "result_raw": "未检测"},
           {"patient_id": "p1", "gene": "MET", "report_date": D("2024-01-20"), "report_date_precision": "D"}),
    staged("vitals", {"patient_id": "p1", "measure": "WEIGHT", "value_num": 60.5, "unit": "kg", "measure_date": D("2024-01-05")}),
    staged("followups",
           {"patient_id": "p1", "contact_date": D("2025-01-05"), "contact_date_precision": "D", "channel": "PHONE", "status": "ALIVE_NED", "ecog": 1}),
    staged("encounters",
           {"patient_id": "p1", "encounter_id": "e1", "encounter_type": "IN", "start_date": D("2024-02-28"), "end_date": D("2024-03-02"), "department": "肿瘤内科"}),
])  # fmt: skip
FACTS = [
    told(0, "staging", "d1", {"t_category": "T2a", "stage_date": "2024-01"}),
    told(1, "staging", "d2", {"t_category": "T2a", "stage_date": "2024-01"}),
    told(2, "staging", "d1", {"t_category": "T3", "stage_date": "2023"}),
    told(3, "staging", "d2", {"t_category": "T4"}),
    told(
        4,
        "drug_administration",
        "d1",
        {
            "drug_name_std": "nab-paclitaxel",
            "drug_code": "L01CD01",
            "drug_class": "CHEMO",
            "is_antineoplastic": True,
            "record_kind": "REPORTED",
            "start_date": "2024-04-15",
        },
    ),
    told(
        5,
        "drug_administration",
        "d1",
        {
            "drug_name_std": "nab-paclitaxel",
            "drug_code": "L01CD01",
            "drug_class": "CHEMO",
            "is_antineoplastic": True,
            "record_kind": "REPORTED",
            "start_date": "2024-04-16",
        },
    ),
    told(
        6,
        "drug_administration",
        "d1",
        {
            "drug_name_std": "nab-paclitaxel",
            "drug_code": "L01CD01",
            "drug_class": "CHEMO",
            "is_antineoplastic": True,
            "record_kind": "REPORTED",
            "start_date": "2024-04",
        },
    ),
    told(
        7,
        "biomarker",
        "d1",
        {
            "marker": "KRAS",
            "marker_class": "GENE_VARIANT",
            "result": "POS",
            "status": "TESTED",
            "report_date": "2024-01-20",
        },
    ),
    told(
        8,
        "biomarker",
        "d1",
        {"marker": "KI67", "marker_class": "IHC", "result": "POS", "status": "TESTED", "value_num": 30.0},
    ),
    told(9, "surgery", "d1", {"procedure_kind": "RESECTION", "op_date": "2024-02-14"}),
    told(10, "surgery", "d1", {"procedure_kind": "RESECTION", "op_date": "2024-02-16"}),
    told(11, "follow_up", "d1", {"channel": "PHONE"}),
    told(12, "tumour", "d1", {"tumour_code": "NSCLC", "topography_icdo3": "C34.1"}, confidence=0.63),
    told(
        13,
        "regimen",
        "d1",
        {
            "regimen_alias": "TP",
            "drug_names": ["paclitaxel", "cisplatin"],
            "clinician_line": 2,
            "start_date": "2024-01",
        },
    ),
    told(14, "comorbidity", "d1", {"condition_code": "E11", "first_date": "2019"}, mentions=()),
    told(15, "response_assessment", "d1", {"response": "PD", "anchor": "CLINICIAN"}),
    told(16, "radiotherapy", "d1", {"start_date": "2024-05-02"}),
    told(17, "lab_measurement", "d1", {"test_code": "718-7", "value_num": 99.0, "sample_date": "2024-01-05"}),
    told(18, "diagnosis", "d1", {"name_raw": "骨转移", "icd10_code": "C79.5", "is_malignant": True}),
]
MENTION = {
    "site": "s1", "hospital_id": "h1", "delivery": "2024-01-01", "document_id": "d1", "patient_id": "p1", "text_hash": "x", "mention_no": 0, "span_start": 0,
    "span_end": 1, "text": "甲", "label": "stage", "polarity": "affirmed", "engine": "rules@1",
}  # fmt: skip


@pytest.fixture(scope="module")
def outputs(spark: SparkSession) -> dict[str, Rows]:
    """All output tables as lists of dicts, from one transform."""
    from jobs.conform import transform

    inputs = {
        name: spark.createDataFrame(
            [tuple(r.get(c) for c in staging_columns(name)) for r in rows], spark_ddl(staging_columns(name))
        )
        for name, rows in STAGED.items()
    }
    for name, rows in {"nlp_fact": FACTS, "nlp_mention": [MENTION], "nlp_document": []}.items():
        columns = [part.split()[0] for part in DDL[name].split(", ")]
        inputs[name] = spark.createDataFrame([tuple(r.get(c) for c in columns) for r in rows], DDL[name])
    made = {
        name: [row.asDict(recursive=True) for row in frame.collect()] for name, frame in transform(inputs, {}).items()
    }
    spark.catalog.clearCache()
    return made


def drops(outputs: dict[str, Rows]) -> dict[tuple[str, str], int]:
    return {(r["table_name"], r["reason"]): r["n"] for r in outputs["_drops"]}


def pick(rows: Rows, **wanted: Any) -> dict[str, Any]:
    """The one row with these values."""
    found = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def test_newest_version_counts_and_deleted_records_go(outputs: dict[str, Rows]) -> None:
    assert pick(outputs["patient"], patient_id="p2")["birth_year"] == 1951
    assert {r["patient_id"] for r in outputs["patient"]} == {"p1", "p2"}
    assert drops(outputs)["staging.patients", "superseded by a newer version"] == 2
    assert drops(outputs)["staging.patients", "deleted by the hospital"] == 1


def test_person_of_two_hospitals_has_one_row_of_the_newest_known_values(outputs: dict[str, Rows]) -> None:
    row = pick(outputs["patient"], patient_id="p1")
    assert (row["sex"], row["birth_year"], row["ethnicity"], row["insurance_type"], row["hospital_id"]) == (
        "F",
        1960,
        "HAN",
        "城镇职工",
        "h2",
    )
    assert drops(outputs)["patient", "merged into the person's one row"] == 1


def test_documents_have_canonical_type_and_point_to_their_twin(outputs: dict[str, Rows]) -> None:
    assert pick(outputs["document"], document_id="d1")["doc_type"] == "DISCHARGE"
    twin = pick(outputs["document"], document_id="d2")
    assert (twin["doc_type"], twin["dup_of_document_id"]) == ("OTHER", "d1")


def test_diagnoses_are_coded_from_code_or_name(outputs: dict[str, Rows]) -> None:
    assert pick(outputs["diagnosis"], name_raw="右肺上叶腺癌")["icd10_code"] == "C34.1"
    doubt = pick(outputs["diagnosis"], name_raw="肺癌？")
    assert (doubt["icd10_code"], doubt["certainty"], doubt["is_malignant"]) == ("C34.9", "SUSPECTED", True)
    read = pick(outputs["diagnosis"], source_kind="NLP")
    assert (read["diagnosis_date"], read["date_precision"], read["document_id"]) == (D("2024-03-01"), "D", "d1")


def test_comorbidity_keeps_the_earliest_record(outputs: dict[str, Rows]) -> None:
    row = pick(outputs["comorbidity"], condition_code="E11")
    assert (row["first_date"], row["source_kind"]) == (D("2019-07-01"), "NLP")
    assert drops(outputs)["comorbidity", "recorded earlier"] == 1


@pytest.mark.parametrize(
    ("name", "value", "unit", "operator", "text", "flag"),
    [
        ("血红蛋白", 98.0, "g/L", "=", None, "L"),
        ("癌胚抗原", 1000.0, "ng/mL", ">", None, "H"),
        ("乙肝表面抗原", None, None, None, "NEG", None),
        ("尿蛋白", None, None, None, "2+", None),
        ("EBV-DNA", 1200.0, "{copies}/mL", "=", None, None),
        ("白蛋白", None, None, "=", None, None),
        ("本院自建项目", 3.2, "x", "=", None, None),
    ],
)
def test_lab_values_are_parsed_and_converted(
    outputs: dict[str, Rows],
    name: str,
    value: float | None,
    unit: str | None,
    operator: str | None,
    text: str | None,
    flag: str | None,
) -> None:
    row = pick(outputs["lab_measurement"], test_name_raw=name)
    assert (row["value_num"], row["unit"], row["value_operator"], row["value_text"], row["abnormal_flag"]) == (
        pytest.approx(value) if value else None,
        unit,
        operator,
        text,
        flag,
    )


def test_lab_of_unknown_name_is_kept_and_note_value_of_the_same_day_is_not(outputs: dict[str, Rows]) -> None:
    assert pick(outputs["lab_measurement"], test_name_raw="本院自建项目")["test_code"] == "LOCAL:UNMAPPED"
    assert drops(outputs)["lab_measurement", "structured result of the same test and day"] == 1


def test_structured_drugs_are_coded_in_mg(outputs: dict[str, Rows]) -> None:
    row = pick(outputs["drug_administration"], drug_name_std="nab-paclitaxel", record_kind="ADMINISTERED")
    assert (row["dose"], row["dose_unit"], row["route"], row["drug_class"]) == (400.0, "mg", "IV", "CHEMO")
    oral = pick(outputs["drug_administration"], drug_name_std="gefitinib")
    assert (oral["end_date"], oral["days_supply"], oral["route"]) == (D("2024-05-14"), 14, "PO")
    assert (row["nhsa_code"], oral["nhsa_code"]) == (None, "XL01EBJ024A001010100476")
    assert drops(outputs)["drug_administration", "drug that no code table row names"] == 1


def test_note_drug_within_45_days_of_a_structured_one_is_dropped(outputs: dict[str, Rows]) -> None:
    told_rows = [r for r in outputs["drug_administration"] if r["source_kind"] == "NLP"]
    assert [(r["start_date"], r["record_kind"]) for r in told_rows] == [(D("2024-04-16"), "REPORTED")]
    assert drops(outputs)["drug_administration", "structured row of the same drug within 45 days"] == 2


def test_note_surgery_and_radiotherapy_windows(outputs: dict[str, Rows]) -> None:
    assert [r["op_date"] for r in outputs["surgery"] if r["source_kind"] == "NLP"] == [D("2024-02-16")]
    assert [r["start_date"] for r in outputs["radiotherapy"] if r["source_kind"] == "NLP"] == [D("2024-05-02")]
    row = pick(outputs["surgery"], source_kind="STRUCTURED")
    assert (row["procedure_kind"], row["approach"], row["ln_dissection"], row["laterality"], row["site"]) == (
        "RESECTION",
        "VATS",
        "SYSTEMATIC",
        "L",
        None,
    )
    course = pick(outputs["radiotherapy"], source_kind="STRUCTURED")
    assert (course["technique"], course["site"], course["dose_per_fraction_gy"]) == ("IMRT", "C34.9", 2.0)


def test_not_tested_negative_and_unknown_stay_apart(outputs: dict[str, Rows]) -> None:
    values = {r["marker"]: (r["status"], r["result"]) for r in outputs["biomarker"]}
    assert values == {
        "EGFR": ("TESTED", "POS"),
        "KRAS": ("TESTED", "NEG"),
        "ALK": ("NOT_TESTED", "UNK"),
        "MET": ("TESTED", "UNK"),
        "KI67": ("TESTED", "POS"),
    }
    assert pick(outputs["biomarker"], marker="EGFR")["vaf"] == pytest.approx(0.23)
    assert drops(outputs)["biomarker", "structured result of the same marker and day"] == 1


def test_fact_dates_are_completed_and_copied_facts_counted(outputs: dict[str, Rows]) -> None:
    found = {r["t_category"]: (r["stage_date"], r["stage_date_precision"]) for r in outputs["staging"]}
    assert found == {"T2a": (D("2024-01-15"), "M"), "T3": (D("2023-07-01"), "Y"), "T4": (D("2024-03-09"), "D")}
    assert drops(outputs)["staging", "stated again in the notes"] == 1


def test_fact_without_required_value_is_a_declared_drop(outputs: dict[str, Rows]) -> None:
    assert drops(outputs)["follow_up", "no status"] == 1
    assert len(outputs["follow_up"]) == 1


def test_contact_gives_a_performance_status(outputs: dict[str, Rows]) -> None:
    assert pick(outputs["vital_sign"], measure="ECOG")["value_num"] == 1.0


def test_working_tables_carry_what_notes_say(outputs: dict[str, Rows]) -> None:
    tumour = pick(outputs["tumour_fact"], tumour_code="NSCLC")
    assert (tumour["certainty"], tumour["first_dx_date"], tumour["fact_date"]) == (
        "SUSPECTED",
        D("2024-03-01"),
        D("2024-03-01"),
    )
    regimen = pick(outputs["regimen_fact"], clinician_line=2)
    assert (regimen["drug_names"], regimen["start_date"], regimen["start_date_precision"]) == (
        ["paclitaxel", "cisplatin"],
        D("2024-01-15"),
        "M",
    )


def test_ids_are_those_of_the_contract_and_mentions_know_their_row(outputs: dict[str, Rows]) -> None:
    stage = pick(outputs["staging"], t_category="T2a")
    assert stage["staging_id"] == token("d1", "staging", 0)
    assert stage["mention_ids"] == [token("d1", "entity_mention", 0)]
    mention = pick(outputs["entity_mention"], mention_id=token("d1", "entity_mention", 0))
    assert mention["produced_pk"] and mention["produced_table"]


def test_evidence_without_mention_becomes_one(outputs: dict[str, Rows]) -> None:
    row = pick(outputs["comorbidity"], condition_code="E11")
    mention = pick(outputs["entity_mention"], mention_id=row["mention_ids"][0])
    assert (mention["text"], mention["label"], mention["produced_table"]) == ("糖", "disease", "comorbidity")


def test_every_row_is_accounted_for(outputs: dict[str, Rows]) -> None:
    from collections import Counter

    from jobs.conform.job import account

    read = (
        {name: len(rows) for name, rows in STAGED.items()}
        | dict(Counter(f"fact.{f['table_name']}" for f in FACTS))
        | {"nlp_mention": 1}
    )
    written = {name: len(rows) for name, rows in outputs.items() if name != "_drops"}
    report = account(read, written, Counter(drops(outputs)))
    report.check_balance()
    assert report.added == Counter(
        {
            "comorbidity: from rows of other tables": 1,
            "entity_mention: from rows of other tables": 1,
            "vital_sign: from rows of other tables": 1,
        }
    )


def test_empty_inputs_give_empty_tables(spark: SparkSession) -> None:
    from jobs.conform import transform

    inputs = {name: spark.createDataFrame([], spark_ddl(staging_columns(name))) for name in ("patients", "labs")}
    inputs["nlp_fact"] = spark.createDataFrame([], DDL["nlp_fact"])
    made = transform(inputs, {})
    assert made["patient"].count() == 0
    assert made["staging"].count() == 0
    spark.catalog.clearCache()
