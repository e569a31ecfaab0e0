"""Derivation of many patients at once: Arrow tables in, Arrow tables out.

Plain patients are derived in set form (``warehouse.derive.sets``), the others by ``derive_patient``, one by one. For these, too,
only columns that the rules read become Python values, the long tables enter as summaries (numpy), and of a table that passes
through only the columns that the rules write are replaced. A test holds the outcome equal to ``derive_patient`` row by row.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive import Row, Rows, Rules, derive_patient
from warehouse.derive.columnar.arrays import Group, dictionary
from warehouse.derive.columnar.columns import READS, SUMMARISED, SUMMARY_COLUMNS, WRITES
from warehouse.derive.columnar.rows import table_of_rows
from warehouse.derive.columnar.summaries import summaries
from warehouse.derive.sets.bucket import bucket
from warehouse.derive.sets.tables import dropped, plain_table

__all__ = ["COURSE_TABLES", "READS", "SUMMARISED", "UNPLACED", "WRITES", "derive_tables", "reads"]

COURSE_TABLES = ("tumour", "line_of_therapy", "regimen", "endpoint")
"""Tables that derivation makes anew."""
UNPLACED = pa.schema([("table", pa.string()), ("reason", pa.string())])
"""``_unplaced``: rows that were dropped, by table and reason."""


def reads(name: str) -> frozenset[str]:
    """Columns of an input table that derivation needs beside those that pass through."""
    found = {*READS.get(name, ()), *SUMMARISED.get(name, ()), *SUMMARY_COLUMNS.get(name, ())}
    return frozenset({"patient_id", *found})


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows hold no cycles: looking for some costs a fifth of the time, also when it is done at the end, with all rows still there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_collection()
def derive_tables(inputs: Mapping[str, pa.Table], rules: Rules, wanted: Collection[str]) -> dict[str, pa.Table]:
    """Conformed tables of whole patients → the ``wanted`` derived tables with the contract's columns, and ``_unplaced``.

    Raises KeyError when a wanted table is none that derivation returns.
    """
    people = pc.unique(
        pa.chunked_array([dictionary(t["patient_id"]).dictionary for t in inputs.values() if t.num_rows], pa.string())
    )
    people = people.take(pc.sort_indices(people))
    groups = {name: Group.of(table, people) for name, table in inputs.items() if table.num_rows}
    plain = bucket(groups, people, rules)
    parts = [{name: plain_table(name, plain) for name in wanted} | {"_unplaced": _dropped(dropped(plain))}]
    if not plain.is_plain.all():
        parts.append(_one_by_one(*_others(groups, people, plain.is_plain), rules, wanted))
    return {name: pa.concat_tables([p[name] for p in parts]) for name in parts[0]}


def _others(groups: Mapping[str, Group], people: pa.Array, is_plain: np.ndarray) -> tuple[dict[str, Group], int]:
    """The rows of patients that are not plain, and how many these are."""
    others = people.filter(pa.array(~is_plain))
    rows = {name: group.table.filter(pa.array(~is_plain[group.person])) for name, group in groups.items()}
    return {name: Group.of(table, others) for name, table in rows.items() if table.num_rows}, len(others)


def _one_by_one(groups: Mapping[str, Group], count: int, rules: Rules, wanted: Collection[str]) -> dict[str, pa.Table]:
    derived: Rows = {name: [] for name in (*wanted, "_unplaced")}
    for rows, summary in zip(_patients(groups, count), summaries(groups, count, rules), strict=True):
        result = derive_patient(rows, rules, summary)
        for name, kept in derived.items():
            kept += result.get(name, ())
    tables = {name: table_of_rows(name, derived[name], groups.get(name)) for name in wanted}
    return tables | {"_unplaced": _dropped(derived["_unplaced"])}


def _dropped(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([{"table": r["table"], "reason": r["reason"]} for r in rows], schema=UNPLACED)


def _patients(groups: Mapping[str, Group], count: int) -> Iterator[Rows]:
    """The rows of each patient that the rules see."""
    seen = {name: group.rows(READS[name], _deaths(name, group)) for name, group in groups.items() if name in READS}
    for number in range(count):
        yield {name: rows[number] for name, rows in seen.items() if rows[number]}


def _deaths(name: str, group: Group) -> np.ndarray | None:
    """Of encounters the rules see those that may end in death: with a way of discharge."""
    if name != "encounter":
        return None
    column = group.column("discharge_disposition")
    return np.zeros(len(group.person), bool) if column is None else column.is_valid().to_numpy(zero_copy_only=False)
