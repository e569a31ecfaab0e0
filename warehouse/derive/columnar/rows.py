"""Derived rows of single patients back into tables: columns that pass by stay Arrow."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

import numpy as np
import pyarrow as pa

from warehouse.compile.arrow import arrow_schema
from warehouse.derive.columnar.arrays import ROW, Group
from warehouse.derive.columnar.columns import WRITES
from warehouse.derive.common import Row
from warehouse.schema import release


@cache
def plain_schema(name: str) -> pa.Schema:
    """The contract's columns of a table, without their prose."""
    return pa.schema([pa.field(f.name, f.type) for f in arrow_schema(release(name))])


def table_of_rows(name: str, rows: list[Row], origin: Group | None) -> pa.Table:
    """Derived rows as a table: rows of the input with the written columns replaced, then rows that are new."""
    schema = plain_schema(name)
    if origin is None or name not in WRITES:
        return _from_rows(rows, schema)
    kept, new = [r for r in rows if ROW in r], [r for r in rows if ROW not in r]
    table = _replaced(kept, WRITES[name], origin.table, schema)
    return pa.concat_tables([table, _from_rows(new, schema)]) if new else table


def _replaced(rows: list[Row], written: Collection[str], source: pa.Table, schema: pa.Schema) -> pa.Table:
    positions = np.fromiter((r[ROW] for r in rows), np.int64, len(rows))
    if len(positions) != source.num_rows or np.any(positions != np.arange(len(positions))):
        source = source.take(pa.array(positions))
    columns = [column_of(rows, f) if f.name in written else passed(source, f) for f in schema]
    return pa.table(columns, schema=schema)


def passed(source: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    """A column as it came; NULL where the table has none."""
    if field.name not in source.column_names:
        return pa.nulls(source.num_rows, field.type)
    return source[field.name].cast(field.type)


def column_of(rows: list[Row], field: pa.Field) -> pa.Array:
    """One column of rows; NULL where a row has no such key."""
    name = field.name
    if rows and name not in rows[0] and not any(name in r for r in rows):
        return pa.nulls(len(rows), field.type)
    return pa.array([r.get(name) for r in rows], field.type)


def _from_rows(rows: list[Row], schema: pa.Schema) -> pa.Table:
    return pa.table([column_of(rows, f) for f in schema], schema=schema)
