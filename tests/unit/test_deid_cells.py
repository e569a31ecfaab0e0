"""Cells of tables (genes, codes, values) keep their content: the network reads texts, not cells."""

from __future__ import annotations

import pytest

from jobs.deidentify.verbs import Person, VerbApplier
from jobs.deidentify.worker import engine
from nlp.deid import Known
from warehouse.codes.shapes import is_code, shapes
from warehouse.schema import landing, landing_tables

VERBS = VerbApplier(engine("tag", True), engine("tag", False), "site_a")


def _cell(table: str, column: str, raw: str) -> object:
    declared = landing(table)
    known = Known(names=("欧阳春晓",), phones=("13811112222",))
    name = next(c.staging_name for c in declared.columns if c.name == column)
    return VERBS.apply(declared, {column: raw}, Person("p1", known, 30)).values.get(name)


def test_cells_of_values_are_not_read_by_the_network() -> None:
    read = engine("tag", True)
    changed = [
        v
        for v in ("HER2", "6.16 10^9/L", "5.09 10^9/L")
        if read.scrub(v, known=Known(), offset_days=30, surrogate_key=b"k") != v
    ]
    assert changed, "the network leaves such cells alone by now: read them all by it"


@pytest.mark.parametrize(
    ("table", "column", "raw"),
    [
        ("followups", "lost_reason", "与刘明商量后放弃"),
        ("followups", "lost_reason", "片子退给李娜"),
        ("followups", "death_cause", "据其弟徐建军称猝死"),
    ],
)
def test_persons_in_prose_are_found_by_the_network(table: str, column: str, raw: str) -> None:
    assert "[姓名]" in str(_cell(table, column, raw))


@pytest.mark.parametrize("gene", ["ROS1", "HER2", "EGFR", "NTRK1", "MET"])
def test_a_gene_is_no_name(gene: str) -> None:
    assert _cell("genomics", "gene", gene) == gene


@pytest.mark.parametrize("change", ["p.V600E", "p.G12C", "p.L858R", "p.G719X"])
def test_a_protein_change_is_no_name(change: str) -> None:
    assert _cell("genomics", "variant_p", change) == change


@pytest.mark.parametrize("value", ["6.16 10^9/L", "5.09 10^9/L", "<0.01"])
def test_a_laboratory_value_is_no_day(value: str) -> None:
    assert _cell("labs", "value", value) == value


@pytest.mark.parametrize("title", ["DISCHARGE", "FOLLOWUP", "ADJUVANT"])
def test_an_english_title_is_no_name(title: str) -> None:
    assert _cell("notes", "title", title) == title


@pytest.mark.parametrize("raw", ["欧阳春晓", "女儿欧阳春晓 13811112222", "联系电话13811112222"])
def test_known_strings_leave_no_cell(raw: str) -> None:
    shown = str(_cell("procedures", "name", raw))
    assert "欧阳春晓" not in shown
    assert "13811112222" not in shown


@pytest.mark.parametrize(
    ("table", "column", "code"),
    [
        ("medications", "drug_code", "XL01EFA045B001010100476"),
        ("medications", "drug_code", "ZA01BAX0125010100457"),
        ("medications", "drug_code", "L01EF01"),
        ("labs", "item_code", "2039-6"),
        ("labs", "item_code", "26464-8"),
        ("procedures", "code", "32.4100x001"),
        ("diagnoses", "code", "C34.100x002"),
        ("diagnoses", "code", "R91.x00"),
    ],
)
def test_a_code_of_a_public_system_is_no_record_number(table: str, column: str, code: str) -> None:
    assert _cell(table, column, code) == code


@pytest.mark.parametrize(
    "raw",
    ["110101199001011237", "13800138000", "13811112222", "zhang@example.org", "ZY00123456", "202401234", "欧阳春晓"],
)
def test_an_identifier_in_a_code_column_is_masked(raw: str) -> None:
    assert raw not in str(_cell("medications", "drug_code", raw))


def test_a_code_that_is_a_known_number_of_the_person_is_masked() -> None:
    declared, code = landing("medications"), "XL01EFA045B001010100476"
    known = Known(record_numbers=(code,))
    values = VERBS.apply(declared, {"drug_code": code}, Person("p1", known, 30)).values
    assert code not in str(values.get("drug_code"))


def test_a_wrong_check_digit_is_no_loinc_code() -> None:
    assert is_code("2039-6", "LOINC")
    assert not is_code("2039-7", "LOINC")


def test_every_system_of_a_landing_column_has_a_shape() -> None:
    declared = {s for t in landing_tables() for c in t.columns for s in c.code_system.split(";") if s}
    assert declared == {shape.system for shape in shapes()}
