"""Site, side and histology of a tumour, ages of the very old, short regimen names, courses and stages without a word of their own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from warehouse.derive import Row, Rows, derive_patient, load_rules

RULES = load_rules()
DAY = date(2020, 3, 1)


def _fact(**more: Any) -> Row:
    return {
        "patient_id": "p",
        "source_kind": "NLP",
        "document_id": "d",
        "first_dx_date": DAY,
        "dx_date_precision": "D",
        "certainty": "CONFIRMED",
        "confidence": 0.9,
        **more,
    }


def _told(**more: Any) -> Row:
    return {
        "patient_id": "p",
        "source_kind": "STRUCTURED",
        "diagnosis_date": DAY,
        "date_precision": "D",
        "certainty": "CONFIRMED",
        **more,
    }


def _derive(**tables: list[Row]) -> Rows:
    return derive_patient({"patient": [{"patient_id": "p", "birth_year": 1960, "sex": "F"}], **tables}, RULES)


def _tumour(**tables: list[Row]) -> Row:
    tumours = _derive(**tables)["tumour"]
    assert len(tumours) == 1
    return tumours[0]


def test_a_part_of_the_organ_beats_the_organ_however_often_it_is_named() -> None:
    notes = [_fact(topography_icdo3="C34.9", tumour_code="NSCLC", document_id=str(n)) for n in range(9)]
    assert _tumour(tumour_fact=notes, diagnosis=[_told(icd10_code="C34.300")])["topography_icdo3"] == "C34.3"


def test_the_part_with_most_support_is_taken() -> None:
    notes = [
        _fact(topography_icdo3=site, tumour_code="NSCLC", document_id=site + str(n))
        for site, times in (("C34.1", 3), ("C34.3", 1))
        for n in range(times)
    ]
    assert _tumour(tumour_fact=notes)["topography_icdo3"] == "C34.1"


def test_a_suspected_statement_names_the_part_but_makes_no_tumour() -> None:
    suspected = _fact(
        topography_icdo3="C34.1",
        tumour_code="NSCLC",
        certainty="SUSPECTED",
        confidence=0.6,
        laterality="L",
        primary_site_text="左肺上叶",
    )
    assert _derive(tumour_fact=[suspected])["tumour"] == []
    row = _tumour(
        tumour_fact=[
            suspected,
            _fact(topography_icdo3="C34.9", tumour_code="NSCLC", primary_site_text="肺", laterality="U"),
        ]
    )
    assert (row["topography_icdo3"], row["laterality"], row["primary_site_text"]) == ("C34.1", "L", "左肺上叶")


def test_a_third_of_the_oesophagus_says_more_than_its_thoracic_part() -> None:
    row = _tumour(
        tumour_fact=[_fact(topography_icdo3="C15.4", tumour_code="ESCC")],
        diagnosis=[_told(icd10_code="C15.100", diagnosis_id=str(n)) for n in range(9)],
    )
    assert row["topography_icdo3"] == "C15.4"


def test_the_large_bowel_as_a_whole_is_no_second_primary() -> None:
    assert (
        _tumour(
            tumour_fact=[
                _fact(topography_icdo3="C20.9", tumour_code="RECTAL"),
                _fact(topography_icdo3="C26.0", document_id="e"),
            ]
        )["tumour_code"]
        == "RECTAL"
    )


@pytest.mark.parametrize(("general", "kind"), [("8140/3", "8500/3"), ("8070/3", "8072/3"), ("8010/3", "8140/3")])
def test_a_kind_of_a_histology_replaces_its_general_name(general: str, kind: str) -> None:
    notes = [_fact(topography_icdo3="C50.4", morphology_icdo3=general, document_id=str(n)) for n in range(5)]
    assert (
        _tumour(tumour_fact=[*notes, _fact(topography_icdo3="C50.4", morphology_icdo3=kind)])["morphology_icdo3"]
        == kind[:4]
    )


def test_a_lobe_of_the_liver_is_no_side() -> None:
    assert (
        _tumour(tumour_fact=[_fact(topography_icdo3="C22.0", tumour_code="HCC", laterality="R")])["laterality"] == "NA"
    )


def test_one_slip_of_the_side_does_not_make_both() -> None:
    notes = [_fact(topography_icdo3="C50.4", laterality=side, document_id=str(n)) for n, side in enumerate("LLLLLLR")]
    assert _tumour(tumour_fact=notes)["laterality"] == "L"
    assert _tumour(tumour_fact=notes[-2:])["laterality"] == "B"


def test_a_lymphoma_without_a_kind_joins_the_one_that_has_it() -> None:
    notes = [_fact(topography_icdo3="C77.9", morphology_icdo3=code, document_id=code) for code in ("9680/3", "9591/3")]
    report = {"patient_id": "p", "pathology_id": "x", "report_date": DAY, "morphology_icdo3": "9591/3"}
    assert (
        _tumour(tumour_fact=notes, pathology=[report], diagnosis=[_told(icd10_code="C83.3")])["tumour_code"] == "DLBCL"
    )


@pytest.mark.parametrize(("last_visit", "hidden"), [(date(2049, 12, 31), False), (date(2050, 1, 1), True)])
def test_an_event_at_ninety_hides_the_year_of_birth_and_every_age(last_visit: date, hidden: bool) -> None:
    made = _derive(
        diagnosis=[_told(icd10_code="C34.1")],
        encounter=[{"patient_id": "p", "encounter_type": "OUT", "start_date": last_visit}],
    )
    patient, tumour = made["patient"][0], made["tumour"][0]
    expected = (None, True, 90, 90) if hidden else (1960, False, 60, 60)
    assert (patient["birth_year"], patient["age_top_coded"], patient["age_at_index"], tumour["age_at_dx"]) == expected


@pytest.mark.parametrize(
    ("icd10", "drugs"), [("C50.4", {"docetaxel", "cyclophosphamide"}), ("C56", {"paclitaxel", "carboplatin"})]
)
def test_a_short_regimen_name_means_what_the_tumour_says(icd10: str, drugs: set[str]) -> None:
    fact = {
        "patient_id": "p",
        "document_id": "d",
        "fact_no": 1,
        "regimen_alias": "TC",
        "drug_names": ["paclitaxel", "carboplatin"],
        "start_date": DAY,
    }
    assert {
        r["drug_name_std"]
        for r in _derive(diagnosis=[_told(icd10_code=icd10)], regimen_fact=[fact])["drug_administration"]
    } == drugs


def test_what_is_added_to_a_short_name_stays() -> None:
    fact = {
        "patient_id": "p",
        "document_id": "d",
        "fact_no": 1,
        "regimen_alias": "EC+阿替利珠",
        "drug_names": ["epirubicin", "cyclophosphamide", "atezolizumab"],
        "start_date": DAY,
    }
    told = {
        r["drug_name_std"]
        for r in _derive(tumour_fact=[_fact(topography_icdo3="C34.1", morphology_icdo3="8041/3")], regimen_fact=[fact])[
            "drug_administration"
        ]
    }
    assert told == {"etoposide", "carboplatin", "atezolizumab"}


@pytest.mark.parametrize(
    ("gray", "operated", "setting"),
    [
        (50.4, None, "CURATIVE_CRT"),
        (30.0, None, "UNKNOWN"),
        (60.0, date(2020, 3, 10), "ADJUVANT"),
        (50.4, date(2020, 7, 20), "NEOADJUVANT"),
    ],
)
def test_radiotherapy_of_unstated_intent_cures_by_its_dose(gray: float, operated: date | None, setting: str) -> None:
    course = {
        "patient_id": "p",
        "radiotherapy_id": "r",
        "start_date": date(2020, 4, 1),
        "end_date": date(2020, 5, 12),
        "total_dose_gy": gray,
        "fractions": 28,
    }
    drug = {
        "patient_id": "p",
        "drug_admin_id": "a",
        "drug_name_std": "cisplatin",
        "drug_class": "CHEMO",
        "is_antineoplastic": True,
        "record_kind": "ADMINISTERED",
        "start_date": date(2020, 4, 2),
    }
    operation = {"patient_id": "p", "surgery_id": "s", "procedure_kind": "RESECTION", "op_date": operated}
    made = _derive(
        diagnosis=[_told(icd10_code="C34.1")],
        radiotherapy=[course],
        drug_administration=[drug],
        surgery=[operation] if operated else [],
    )
    assert [line["setting"] for line in made["line_of_therapy"]] == [setting]


@pytest.mark.parametrize(
    ("told", "kind", "dated"),
    [
        (date(2021, 3, 1), "p", date(2020, 3, 10)),
        (date(2020, 4, 1), "p", date(2020, 4, 1)),
        (date(2021, 3, 1), "c", date(2021, 3, 1)),
    ],
)
def test_a_pathological_stage_told_later_dates_from_its_operation(told: date, kind: str, dated: date) -> None:
    stage = {
        "patient_id": "p",
        "staging_id": "s",
        "stage_date": told,
        "stage_class": kind,
        "t_category": "T2",
        "n_category": "N0",
        "m_category": "M0",
    }
    operation = {"patient_id": "p", "surgery_id": "s", "procedure_kind": "RESECTION", "op_date": date(2020, 3, 10)}
    made = _derive(diagnosis=[_told(icd10_code="C34.1")], staging=[stage], surgery=[operation])
    assert [row["stage_date"] for row in made["staging"]] == [dated]


@pytest.mark.parametrize(
    ("columns", "kind"),
    [({"stage_group_recorded": "IVA"}, "c"), ({"t_category": "T2", "stage_group_recorded": "II"}, "p")],
)
def test_a_biopsy_gives_no_pathological_stage(columns: Row, kind: str) -> None:
    stage = {"patient_id": "p", "staging_id": "s", "stage_date": DAY, "stage_class": "p", **columns}
    biopsy = {"patient_id": "p", "surgery_id": "s", "procedure_kind": "BIOPSY", "op_date": DAY}
    assert [
        row["stage_class"]
        for row in _derive(diagnosis=[_told(icd10_code="C34.1")], staging=[stage], surgery=[biopsy])["staging"]
    ] == [kind]
