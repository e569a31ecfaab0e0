"""Deriving whole tables gives, row by row, what the rules give for each patient; and the column lists hold all that rules touch."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_derive_properties import RULES, checked, patients
from warehouse import codes
from warehouse.compile.arrow import ARROW_TYPES
from warehouse.derive import DERIVED_TABLES, INPUT_TABLES, Row, Rows, derive_patient
from warehouse.derive.columnar import READS, SUMMARISED, WRITES, derive_tables
from warehouse.derive.columnar.arrays import ROW
from warehouse.derive.columnar.columns import SUMMARY_COLUMNS
from warehouse.derive.summary import summarise
from warehouse.schema import release, release_tables

NAMES = {table.name for table in release_tables()}
FACT_TYPES = {
    **{c.name: ARROW_TYPES[c.type] for name in ("tumour", "regimen", "diagnosis", "pathology") for c in release(name).columns},
    "fact_date": pa.date32(),
    "first_dx_date": pa.date32(),
    "recurrence_date": pa.date32(),
    "clinician_line": pa.int32(),
}  # fmt: skip


def _type(table: str, column: str) -> pa.DataType:
    if table in NAMES and column in release(table).column_names:
        return ARROW_TYPES[release(table).column(column).type]
    return FACT_TYPES.get(column, pa.string())


def _tables(people: list[Rows]) -> dict[str, pa.Table]:
    held: dict[str, list[Row]] = defaultdict(list)
    for rows in people:
        for table, found in rows.items():
            held[table] += found
    return {
        table: pa.table(
            {c: pa.array([r.get(c) for r in rows], _type(table, c)) for c in sorted({c for r in rows for c in r})}
        )
        for table, rows in held.items()
        if rows and table in INPUT_TABLES
    }


def _as_text(table: str, rows: list[dict[str, Any]]) -> list[str]:
    columns = ("table", "reason") if table == "_unplaced" else release(table).column_names
    return sorted(str([(c, str(r.get(c))) for c in columns]) for r in rows)


def _named(people: list[Rows]) -> list[Rows]:
    """Ids of their own for each patient; documents for two of three that have drugs."""
    named = []
    for number, rows in enumerate(people):
        mine = {t: [{**r, "patient_id": f"p{number}"} for r in found] for t, found in rows.items() if found}
        days = [r["start_date"] for r in mine.get("drug_administration", ())]
        if days and number % 3:
            mine["document"] = [{"patient_id": f"p{number}", "document_id": f"d{number}-{n}", "doc_date": d} for n, d in enumerate(days)]  # fmt: skip
            for n, row in enumerate(mine.get("drug_administration", ())):
                row["document_id"] = f"d{number}-{n}" if n % 2 else None
        named.append(mine)
    return named


@settings(checked, max_examples=25)
@given(st.lists(patients(), min_size=1, max_size=6))
def test_whole_tables_give_what_each_patient_gives(people: list[Rows]) -> None:
    named = _named(people)
    got = derive_tables(_tables(named), RULES, DERIVED_TABLES)
    expected = [derive_patient(rows, RULES) for rows in named]
    for table in (*DERIVED_TABLES, "_unplaced"):
        wanted = [r for derived in expected for r in derived.get(table, ())]
        assert _as_text(table, got[table].to_pylist()) == _as_text(table, wanted), table
        assert table == "_unplaced" or got[table].column_names == list(release(table).column_names)


@settings(checked, max_examples=25)
@given(patients())
def test_rules_touch_only_the_declared_columns(rows: Rows) -> None:
    read: dict[str, set[str]] = defaultdict(set)
    watched = {t: [_Watched(r, read[t]) for r in found] for t, found in rows.items()}
    before = {t: [dict(r, **{ROW: n}) for n, r in enumerate(found)] for t, found in rows.items()}
    derived = derive_patient(
        {t: [dict(r) for r in found] for t, found in before.items()}, RULES, summarise(rows, RULES)
    )
    derive_patient(watched, RULES, summarise(rows, RULES))  # type: ignore[arg-type]
    for table, columns in read.items():
        declared = {*READS.get(table, ()), *SUMMARISED.get(table, ()), *SUMMARY_COLUMNS.get(table, ())}
        there = set(release(table).column_names) if table in NAMES else columns
        assert columns & there <= declared, (table, columns & there - declared)
    for table, written in WRITES.items():
        for row in derived[table]:
            if ROW in row:
                old = before[table][row[ROW]]
                changed = {c for c in {*row, *old} if row.get(c) != old.get(c)}
                assert changed <= set(written), (table, changed - set(written))


class _Watched(dict[str, Any]):
    """A row that notes which of its columns are asked for."""

    def __init__(self, row: Row, read: set[str]) -> None:
        super().__init__(row)
        self.read = read

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)


@pytest.mark.parametrize("table", sorted(WRITES))
def test_written_columns_are_columns_of_the_table(table: str) -> None:
    assert set(WRITES[table]) <= set(release(table).column_names)


def test_an_empty_candidate_derives_to_empty_tables() -> None:
    empty = {"patient": pa.table({"patient_id": pa.array([], pa.string())})}
    got = derive_tables(empty, RULES, DERIVED_TABLES)
    assert {name: table.num_rows for name, table in got.items()} == dict.fromkeys((*DERIVED_TABLES, "_unplaced"), 0)


def test_every_type_may_be_derived_together() -> None:
    """One patient a tumour type in one batch: the types do not mix."""
    kinds = codes.tumour_types()
    people = [
        {
            "patient": [{"patient_id": f"p{n:03d}", "birth_year": 1960}],
            "tumour_fact": [
                {
                    "patient_id": f"p{n:03d}",
                    "fact_date": RULES.cutoff,
                    "tumour_code": kind.tumour_code,
                    "icd10_code": kind.icd10[0].split("-")[0],
                    "morphology_icdo3": kind.morphology[0].split("-")[0],
                }
            ],
        }
        for n, kind in enumerate(kinds)
    ]
    got = derive_tables(_tables(people), RULES, ("tumour",))["tumour"].to_pylist()
    alone = [derive_patient(rows, RULES)["tumour"][0]["tumour_code"] for rows in people]
    assert [r["tumour_code"] for r in sorted(got, key=lambda r: r["patient_id"])] == alone
