"""Apply a plan of profile ``wide`` to one table: Arrow in, Arrow out, the same on the driver and in a Spark worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.privacy.generalise import OTHER, Cells, WidePlan
from warehouse.privacy.profile import Action, TablePlan, wide

DAYS_PER_MONTH = 30.4375
SHORTEST_TEXT = 24
"""A longer value of a SHORT column is a sentence rather than a code."""
Rekey = Callable[[str, str], str]
"""(column, value) → the key that profile ``wide`` publishes in its place."""


def coarse_date(day: dt.date, unit: str) -> dt.date:
    """The 15th of the date's month, or of the middle month of its quarter.

    Not decreasing: two dates never change their order, so nothing that was before something else comes after it.
    """
    month = day.month if unit == "month" else (day.month - 1) // 3 * 3 + 2
    return dt.date(day.year, month, 15)


def _mapped(column: pa.ChunkedArray, change: Callable[[Any], Any], kind: pa.DataType | None = None) -> pa.Array:
    """A column with every distinct value changed once."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    new = pa.array([None if v is None else change(v) for v in encoded.dictionary.to_pylist()], kind or column.type)
    return new.take(encoded.indices) if len(new) else pa.nulls(len(column), kind or column.type)


def _blank(column: pa.Array | pa.ChunkedArray, where: pa.Array) -> pa.Array:
    return pc.if_else(where, pa.scalar(None, column.type), column)


class Applier:
    """One plan, one way to make keys; picklable when ``rekey`` is."""

    def __init__(self, plan: WidePlan, rekey: Rekey) -> None:
        self.plan, self.rekey = plan, rekey

    def __call__(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows that are published of a table, with the columns that are published."""
        declared = wide()[table]
        rows = rows.select([name for name in declared.actions if name in rows.column_names])
        rows = self._published_rows(rows, declared)
        flags = self._flags(rows)
        columns = {n: self._column(rows, n, declared.actions[n], f"{table}.{n}", flags) for n in rows.column_names}
        made = pa.table({n: c for n, c in columns.items() if declared.actions[n] is not Action.DROP})
        return self._durations(made, declared) if declared.between else made

    def _published_rows(self, rows: pa.Table, declared: TablePlan) -> pa.Table:
        if declared.rows == "none":
            return rows.slice(0, 0)
        cells = self.plan.cells
        gone = pa.array([p for p, c in cells.items() if c.removed], pa.string())
        rows = rows.filter(pc.invert(pc.is_in(rows.column("patient_id"), value_set=gone)))
        return rows.filter(pc.invert(self._grouped(rows))) if declared.rows == "without_grouped" else rows

    def _flags(self, rows: pa.Table) -> dict[str, pa.Array]:
        """For each row what is suppressed of its person, and whether the row's tumour type is not published."""
        people = rows.column("patient_id").to_pylist()
        cells = [self.plan.cells.get(p, Cells()) for p in people]
        return {
            "region": pa.array([c.region for c in cells], pa.bool_()),
            "age": pa.array([c.age for c in cells], pa.bool_()),
            "tumour": pa.array([c.tumour for c in cells], pa.bool_()),
            "person": pa.array([p in self.plan.grouped for p in people], pa.bool_()),
            "grouped": self._grouped(rows),
        }

    def _grouped(self, rows: pa.Table) -> pa.Array:
        """True where the row's tumour type, or of a row without one any type of its person, is not published."""
        people = rows.column("patient_id").to_pylist()
        if "tumour_code" not in rows.column_names:
            return pa.array([p in self.plan.grouped for p in people], pa.bool_())
        own = rows.column("tumour_code").to_pylist()
        hidden = [self.plan.cells.get(p, Cells()).tumour for p in people]
        known = [
            p in self.plan.grouped if c is None else self.plan.tumour(c) != c for p, c in zip(people, own, strict=True)
        ]
        return pa.array([h or k for h, k in zip(hidden, known, strict=True)], pa.bool_())

    def _column(self, rows: pa.Table, name: str, action: Action, full: str, flags: dict[str, pa.Array]) -> Any:
        column = rows.column(name)
        plan = self.plan
        match action:
            case Action.REKEY:
                return self._keys(name, column)
            case Action.DATE:
                return _mapped(column, lambda day: coarse_date(day, plan.date_unit))
            case Action.PRECISION:
                return _mapped(column, lambda p: "Y" if plan.date_unit == "quarter" or p == "Y" else "M")
            case Action.AGE:
                return _blank(_mapped(column, plan.age), flags["age"])
            case Action.REGION:
                return _blank(_mapped(column, plan.region), flags["region"])
            case Action.TUMOUR:
                named = _mapped(column, plan.tumour)
                return pc.if_else(pc.and_(flags["tumour"], pc.is_valid(named)), OTHER, named)
            case Action.ICD:
                malignant = _mapped(column, lambda code: code[:1] == "C" or code[:2] in ("D0", "D3", "D4"), pa.bool_())
                short = _mapped(column, lambda code: code[:3])
                return _blank(short, pc.and_(pc.fill_null(malignant, False), flags["person"]))
            case Action.DETAIL:
                return _blank(self._common(column, full), flags["grouped"])
            case Action.COMMON:
                return self._common(column, full)
            case Action.SHORT:
                return _mapped(column, lambda text: text if len(text) <= SHORTEST_TEXT else None)
        return column

    def _common(self, column: pa.ChunkedArray, full: str) -> pa.Array:
        allowed = self.plan.common.get(full, frozenset())
        return _mapped(column, lambda value: value if str(value) in allowed else None)

    def _keys(self, name: str, column: pa.ChunkedArray) -> pa.Array:
        if not pa.types.is_list(column.type):
            return _mapped(column, lambda value: self.rekey(name, value))
        lists = [None if v is None else [self.rekey(name, one) for one in v] for v in column.to_pylist()]
        return pa.array(lists, column.type)

    def _durations(self, rows: pa.Table, declared: TablePlan) -> pa.Table:
        """Days and months between the two coarsened dates, so that no duration says more than the dates do."""
        assert declared.between is not None
        first, last = (rows.column(name).cast(pa.int32()) for name in declared.between)
        days = pc.subtract(last, first)
        for name in (*declared.having(Action.DAYS), *declared.having(Action.MONTHS)):
            new = days if declared.actions[name] is Action.DAYS else pc.divide(days.cast(pa.float64()), DAYS_PER_MONTH)
            place = rows.column_names.index(name)
            rows = rows.set_column(place, name, new.cast(rows.column(name).type))
        return rows
