"""Rule files name only drugs, tumour types, items and terms that the code tables know; small functions at their edges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from warehouse import codes
from warehouse.derive import INPUT_TABLES, derive_patient, load_rules
from warehouse.derive.cases import case_rows, read_cases
from warehouse.derive.common import best_dated, token
from warehouse.derive.docs import CASES
from warehouse.derive.sensitivity import GapResult, compare_by_type, sensitivity, table
from warehouse.derive.staging import derived_group, groups_conflict, normal_group
from warehouse.derive.summary import lab_grade

RULES = load_rules()
DRUG_KEYS = {
    "drugs",
    "gap_exempt_drugs",
    "continuation",
    "switch",
    "but_not",
    "single",
    "companions",
    "background_drugs",
    "not_drugs",
}


def _named(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _named(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value, key)
    elif key in DRUG_KEYS:
        yield node


def test_every_drug_of_the_line_rules_is_known() -> None:
    assert not set(_named(dict(RULES.lines))) - set(RULES.drugs)


def test_every_tumour_type_of_the_rules_is_known() -> None:
    named = {
        *RULES.lines["tumour"],
        *RULES.lines["haematology"]["types"],
        *RULES.tumours["icd10_default"].values(),
        *RULES.tumours["grouped_by_type"],
    }
    assert not named - set(RULES.types)


def test_every_graded_item_has_code_unit_and_term() -> None:
    units = {item.code: item.unit for item in codes.lab_items()}
    for entry in RULES.adverse_events["grade"]:
        assert entry["ae_term"] in RULES.ae_terms
        assert {units[code] for code in entry["codes"]} == {entry["unit"]}
        assert RULES.ae_terms[entry["ae_term"]][0] == entry["soc"]


@pytest.mark.parametrize(
    ("text", "group"), [("Ⅲb期", "IIIB"), ("IV", "IV"), ("ⅠA2期", "IA2"), ("晚期", None), (None, None), ("IVS", "IVS")]
)
def test_written_stage_groups(text: str | None, group: str | None) -> None:
    assert normal_group(text) == group


@pytest.mark.parametrize("text", ["II2A", "IIEB", "IIISB", "IISE", "II1B", "IVB", "I"])
def test_letters_after_a_group_are_a_lymphomas_alone(text: str) -> None:
    assert normal_group(text, lymphoma=True) == text
    assert (normal_group(text) is None) == (text not in ("IVB", "I"))


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [("III", "IIIB", False), ("IIIA", "IIIB", True), ("I", "II", True), ("I", "IV", True), ("IVA", "IV", False)],
)
def test_stage_conflicts(one: str, other: str, conflict: bool) -> None:
    assert groups_conflict(one, other) is conflict


@pytest.mark.parametrize(("value", "grade"), [(3.0, 0), (1.9, 1), (1.4, 2), (0.9, 3), (0.4, 4)])
def test_neutrophil_grades(value: float, grade: int) -> None:
    entry = next(e for e in RULES.adverse_events["grade"] if e["ae_term"] == "Neutrophil count decreased")
    assert lab_grade(value, {}, entry) == grade


def test_liver_enzyme_grades_follow_the_reports_limit() -> None:
    entry = next(e for e in RULES.adverse_events["grade"] if e["ae_term"] == "Alanine aminotransferase increased")
    assert [lab_grade(v, {"ref_high": 40.0}, entry) for v in (40, 41, 121, 201, 801)] == [0, 1, 2, 3, 4]


def test_best_dated_prefers_the_precise_date_of_the_same_month() -> None:
    assert best_dated([(date(2020, 3, 15), "M"), (date(2020, 3, 20), "D")]) == (date(2020, 3, 20), "D")
    assert best_dated([(date(2020, 3, 15), "M"), (date(2020, 5, 20), "D")]) == (date(2020, 3, 15), "M")
    assert best_dated([]) is None


def test_tokens_are_26_characters_and_repeat() -> None:
    assert token("a", 1) == token("a", 1) != token("a", 2)
    assert len(token("x")) == 26


def test_gap_sensitivity_counts_changed_tumours() -> None:
    cases = [c for c in read_cases(CASES / "lines.txt") if "gap" in c.title.lower() and "gap-exempt" not in c.title]
    results = {
        r.gap_days: (r.tumours, r.changed)
        for r in sensitivity([{**case_rows(c, RULES), "patient": [{"patient_id": c.title}]} for c in cases], RULES)
    }
    assert results[60][0] == len(cases) == 3
    assert results[180][1] == 2, "with 180 days neither the lung nor the gastric break opens a line"
    assert results[60][1] == 1, "with 60 days the colon break opens one"


@pytest.mark.parametrize("file", ["lines.txt", "endpoints.txt"])
def test_lines_of_a_release_derived_again_are_the_same(file: str) -> None:
    """Lines that notes state (regimen_fact) are no table of a release: there the doses they report stand for them."""
    told = [case_rows(case, RULES) | {"patient": [{"patient_id": "p"}]} for case in read_cases(CASES / file)]
    cases = [rows for rows in told if "regimen_fact" not in rows]
    assert len(cases) > 10
    for rows in cases:
        released = rows | derive_patient(rows, RULES)
        again = derive_patient({t: r for t, r in released.items() if t in INPUT_TABLES and t != "tumour_fact"}, RULES)
        assert again["line_of_therapy"] == released["line_of_therapy"]


def test_gap_sensitivity_is_shown_by_tumour_type_where_there_are_enough() -> None:
    default = {f"n{i}": 1 for i in range(12)} | {"b": 2}
    other = default | {"n0": 2, "b": 1}
    types = {t: "NSCLC" if t.startswith("n") else "BREAST" for t in default}
    found = compare_by_type(default, other, types, 60)
    assert found == [GapResult(60, 13, 2, 14), GapResult(60, 12, 1, 13, "NSCLC")]
    assert table(found).splitlines()[1:] == [
        "ALL          60       13      14        2  15.4%",
        "NSCLC        60       12      13        1   8.3%",
    ]


@pytest.mark.parametrize(
    ("t", "n", "clinical", "pathological"),
    [
        ("T1b", "N0", "IB", "IA"),
        ("T1a", "N1a", "III", "IIIA"),
        ("T2a", "N1b", "III", "IIIB"),
        ("T2b", "N1a", "III", "IIIB"),
        ("T1b", "N3a", "III", "IIIC"),
        ("T4b", "N2c", "III", "IIIC"),
        ("T4b", "N3b", "III", "IIID"),
    ],
)
def test_melanoma_parts_stage_iii_after_the_operation_alone(t: str, n: str, clinical: str, pathological: str) -> None:
    row = {"tumour_code": "MELANOMA", "t_category": t, "n_category": n, "m_category": "M0"}
    groups = [derived_group(RULES, row | {"stage_class": kind}, "8") for kind in ("c", "p")]
    assert groups == [clinical, pathological]
