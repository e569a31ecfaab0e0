"""Derivation of many patients at once: Arrow tables in, Arrow tables out, the rules of ``derive_patient`` in between.

The rules see one patient's rows, as everywhere; around them everything is columns. Only columns that the rules read become
Python values, the long tables enter as summaries (numpy), and of a table that passes through only the columns that the rules
write are replaced; all others stay Arrow. A test holds the outcome equal to ``derive_patient`` row by row.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.compile.arrow import arrow_schema
from warehouse.derive import Row, Rows, Rules, derive_patient
from warehouse.derive.columnar.arrays import ROW, Group, one_array
from warehouse.derive.columnar.columns import READS, SUMMARISED, SUMMARY_COLUMNS, WRITES
from warehouse.derive.columnar.summaries import summaries
from warehouse.schema import release

__all__ = ["COURSE_TABLES", "READS", "SUMMARISED", "UNPLACED", "WRITES", "derive_tables", "reads"]

COURSE_TABLES = ("tumour", "line_of_therapy", "regimen", "endpoint")
"""Tables that derivation makes anew."""
UNPLACED = pa.schema([("table", pa.string()), ("reason", pa.string())])
"""``_unplaced``: rows that were dropped, by table and reason."""


def reads(name: str) -> frozenset[str]:
    """Columns of an input table that derivation needs beside those that pass through."""
    found = {*READS.get(name, ()), *SUMMARISED.get(name, ()), *SUMMARY_COLUMNS.get(name, ())}
    return frozenset({"patient_id", *found})


def derive_tables(inputs: Mapping[str, pa.Table], rules: Rules, wanted: Collection[str]) -> dict[str, pa.Table]:
    """Conformed tables of whole patients → the ``wanted`` derived tables with the contract's columns, and ``_unplaced``.

    Raises KeyError when a wanted table is none that derivation returns.
    """
    people = pc.unique(pa.chunked_array([one_array(t["patient_id"]) for t in inputs.values()], pa.string()))
    people = people.take(pc.sort_indices(people))
    groups = {name: Group.of(table, people) for name, table in inputs.items() if table.num_rows}
    with _no_collection():
        derived: Rows = {name: [] for name in (*wanted, "_unplaced")}
        for rows, summary in zip(_patients(groups, len(people)), summaries(groups, len(people), rules), strict=True):
            result = derive_patient(rows, rules, summary)
            for name, kept in derived.items():
                kept += result.get(name, ())
        tables = {name: _table(name, derived[name], groups.get(name)) for name in wanted}
        dropped = [{"table": r["table"], "reason": r["reason"]} for r in derived["_unplaced"]]
        tables["_unplaced"] = pa.Table.from_pylist(dropped, schema=UNPLACED)
    return tables


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows hold no cycles: looking for some costs a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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


def _table(name: str, rows: list[Row], origin: Group | None) -> pa.Table:
    """Derived rows as a table: rows of the input with the written columns replaced, then rows that are new."""
    schema = pa.schema([pa.field(f.name, f.type) for f in arrow_schema(release(name))])
    if origin is None or name not in WRITES:
        return _from_rows(rows, schema)
    kept, new = [r for r in rows if ROW in r], [r for r in rows if ROW not in r]
    table = _replaced(kept, WRITES[name], origin.table, schema)
    return pa.concat_tables([table, _from_rows(new, schema)]) if new else table


def _replaced(rows: list[Row], written: Collection[str], source: pa.Table, schema: pa.Schema) -> pa.Table:
    positions = np.fromiter((r[ROW] for r in rows), np.int64, len(rows))
    if len(positions) != source.num_rows or np.any(positions != np.arange(len(positions))):
        source = source.take(pa.array(positions))
    columns = [_column(rows, f) if f.name in written else _passed(source, f) for f in schema]
    return pa.table(columns, schema=schema)


def _passed(source: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    if field.name not in source.column_names:
        return pa.nulls(source.num_rows, field.type)
    return source[field.name].cast(field.type)


def _column(rows: list[Row], field: pa.Field) -> pa.Array:
    name = field.name
    return pa.array([r.get(name) for r in rows], field.type)


def _from_rows(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.table([_column(rows, f) for f in schema], schema=schema)
