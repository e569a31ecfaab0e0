"""Cells of tables (genes, codes, values) keep their content: the network reads texts, not cells."""

from __future__ import annotations

import pytest

from jobs.deidentify.verbs import Person, VerbApplier
from jobs.deidentify.worker import engine
from nlp.deid import Known
from warehouse.schema import landing

VERBS = VerbApplier(engine("tag", True), engine("tag", False), "site_a")


def _cell(table: str, column: str, raw: str) -> object:
    declared = landing(table)
    known = Known(names=("欧阳春晓",), phones=("13811112222",))
    name = next(c.staging_name for c in declared.columns if c.name == column)
    return VERBS.apply(declared, {column: raw}, Person("p1", known, 30)).values.get(name)


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
