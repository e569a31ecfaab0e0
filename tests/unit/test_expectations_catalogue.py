"""The catalogue as data: complete, bound to the table model, and every SQL of it runs."""

from collections import Counter

import pytest

from expectations import catalogue, warehouse_view
from expectations.counting import count_all, failing_keys
from expectations.model import RowAction
from warehouse.schema import release

BOUND = list(catalogue.checks("2024-06-30"))
FAMILIES = {"CF": 20, "CM": 14, "PL": 56, "TM": 28, "EN": 7, "NP": 7, "DI": 10, "RL": 6}


def test_every_family_is_complete():
    assert Counter(c["id"][:2] for c in catalogue.declared()) == FAMILIES


def test_every_check_is_bound_to_at_least_one_table():
    assert {c.id for c in BOUND} == {c["id"] for c in catalogue.declared()}


@pytest.mark.parametrize("raw", catalogue.declared(), ids=lambda c: c["id"])
def test_every_check_says_what_and_why_in_both_languages(raw):
    assert raw["title_en"].strip() and any("\u4e00" <= c <= "\u9fff" for c in raw["title_zh"])
    assert raw["threshold"].startswith(f"{raw['max_fail_pct']:g}") or raw["id"] in ("RL05", "RL06")


@pytest.mark.parametrize("check", [c for c in BOUND if c.row_action is RowAction.NULL_VALUE], ids=lambda c: c.id)
def test_only_columns_that_may_be_null_are_blanked(check):
    assert check.columns
    assert not [name for name in check.columns if release(check.rows).column(name).required]


@pytest.mark.parametrize("check", [c for c in BOUND if c.row_action is RowAction.FIX], ids=lambda c: c.id)
def test_every_fix_names_its_recomputation(check):
    assert check.fix and set(check.fix) <= set(release(check.rows).column_names)


def test_no_placeholder_is_left_in_sql():
    assert not [c.id for c in BOUND if "{" in c.source + c.scope.replace("{5}", "") and "regexp" not in c.fail]
    assert not [c.id for c in BOUND if "slack(" in c.source + c.fail or "{cutoff}" in c.fail or "{free_text}" in c.fail]


def test_all_sql_runs_on_an_empty_candidate(tmp_path):
    with warehouse_view.open_candidate(tmp_path, None) as db:
        counts = count_all(db, BOUND)
        assert {key: c.error for key, c in counts.items() if c.error} == {}
        assert not [c.id for c in BOUND if c.kind != "job" and failing_keys(db, c)]


def test_fix_expressions_run(tmp_path):
    with warehouse_view.open_candidate(tmp_path, None) as db:
        for check in (c for c in BOUND if c.fix):
            for expression in check.fix.values():
                db.execute(f"SELECT {expression} FROM {check.rows} t")


def test_free_text_checks_reach_beyond_the_documents():
    tables = {c.table for c in BOUND if c.id == "DI02"}
    assert {"document", "diagnosis", "drug_administration", "entity_mention"} <= tables


def test_topography_ranges():
    assert warehouse_view.topography_ranges("C18.0;C18.2-C18.9") == [("C18.0", "C18.0"), ("C18.2", "C18.9")]
    assert warehouse_view.topography_ranges("C77.0-C77.9;any") == [("C00.0", "C99.9")]
