"""Between Arrow columns and Python values, fast: dates by table look-up, repeated strings decoded once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive.common import Row

EPOCH = date(1970, 1, 1).toordinal()
NO_DAY = np.iinfo(np.int32).min
"""A missing date as a day number."""
ROW = "_row"
"""Working key of a row: its position in its (sorted) table."""


class _Days(dict[int, date | None]):
    """Day number since 1970 -> date; each date object is made once."""

    def __missing__(self, number: int) -> date | None:
        made = self[number] = date.fromordinal(number + EPOCH)
        return made


DAYS = _Days({NO_DAY: None})


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """The column in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def dictionary(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """A text column in one piece, each text once; NULL is a text of its own."""
    array = one_array(column)
    if not pa.types.is_dictionary(array.type):
        return array.dictionary_encode(null_encoding="encode")
    return array.cast(pa.string()).dictionary_encode(null_encoding="encode") if array.indices.null_count else array


def ordered(numbers: np.ndarray, below: int) -> np.ndarray:
    """Positions in order of small numbers, equal ones as they came; numbers of 16 bits are sorted in linear time."""
    return np.argsort(numbers.astype(np.uint16) if below <= 1 << 16 else numbers, kind="stable")


def day_numbers(column: pa.ChunkedArray | pa.Array) -> np.ndarray:
    """Days since 1970 as int32; ``NO_DAY`` where there is none."""
    numbers = one_array(column).cast(pa.date32()).view(pa.int32())
    return pc.fill_null(numbers, pa.scalar(NO_DAY, pa.int32())).to_numpy(zero_copy_only=False)


def dates(numbers: np.ndarray) -> list[date | None]:
    """Date objects of day numbers."""
    return list(map(DAYS.__getitem__, numbers.tolist()))


def values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """The column as Python values, None for NULL."""
    array = one_array(column)
    if array.null_count == len(array):
        return [None] * len(array)
    if pa.types.is_date(array.type):
        return dates(day_numbers(array))
    if array.null_count * 2 > len(array):
        return _sparse(array)
    if pa.types.is_string(array.type) or pa.types.is_dictionary(array.type):
        return _strings(array)
    if array.null_count == 0 and (pa.types.is_floating(array.type) or pa.types.is_integer(array.type)):
        return array.to_numpy().tolist()
    return array.to_pylist()


def _sparse(array: pa.Array) -> list[Any]:
    found: list[Any] = [None] * len(array)
    positions = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
    for position, value in zip(positions.tolist(), values(array.take(pa.array(positions))), strict=True):
        found[position] = value
    return found


def _strings(array: pa.Array) -> list[Any]:
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    known = [*encoded.dictionary.to_pylist(), None]
    numbers = pc.fill_null(encoded.indices, pa.scalar(len(known) - 1, encoded.indices.type))
    return list(map(known.__getitem__, numbers.to_numpy().tolist()))


@dataclass(frozen=True)
class Group:
    """A table of many patients in order of patient: those of patient ``i`` are ``starts[i]`` to ``starts[i + 1]``."""

    source: pa.Table
    """The rows as they came."""
    order: pa.Array | None
    """Their places in order of patient; None: they came so."""
    person: np.ndarray
    """Number of the patient of each row, ascending."""
    starts: list[int]
    _ordered: dict[str, pa.Array] = field(default_factory=dict)
    """Columns that were asked for: most tables have some that nobody asks for."""

    @classmethod
    def of(cls, table: pa.Table, people: pa.Array) -> Group:
        """Sort ``table`` by patient; rows of one patient keep their order."""
        ids = dictionary(table["patient_id"])
        place = pc.fill_null(pc.index_in(ids.dictionary, value_set=people), -1)  # -1: a text that no row has
        person, order = place.to_numpy()[ids.indices.to_numpy()], None
        if np.any(person[1:] < person[:-1]):
            order = ordered(person, len(people))
            person = person[order]
        starts = np.searchsorted(person, np.arange(len(people) + 1))
        return cls(table, None if order is None else pa.array(order), person, starts.tolist())

    @cached_property
    def table(self) -> pa.Table:
        """All columns in order of patient."""
        return pa.table({name: self._in_order(name) for name in self.source.column_names})

    def stored(self, name: str) -> pa.Array | None:
        """One column as the table holds it, texts perhaps as a dictionary; None when the table has no such column."""
        return self._in_order(name) if name in self.source.column_names else None

    def _in_order(self, name: str) -> pa.Array:
        if name not in self._ordered:
            column = one_array(self.source[name])
            self._ordered[name] = column if self.order is None else column.take(self.order)
        return self._ordered[name]

    def column(self, name: str) -> pa.Array | None:
        """One column, texts as texts; None when the table has no such column."""
        array = self.stored(name)
        return array if array is None or not pa.types.is_dictionary(array.type) else array.cast(array.type.value_type)

    def days(self, name: str) -> np.ndarray:
        """Day numbers of a date column; all missing when there is no such column."""
        column = self.column(name)
        return np.full(len(self.person), NO_DAY, np.int32) if column is None else day_numbers(column)

    def equals(self, name: str, *wanted: str) -> np.ndarray:
        """Where a string column is one of the ``wanted`` values; NULL is none of them."""
        column = self.stored(name)
        if column is None or column.null_count == len(column):
            return np.zeros(len(self.person), bool)
        if not pa.types.is_dictionary(column.type):
            return pc.is_in(column, value_set=pa.array(wanted)).to_numpy(zero_copy_only=False)
        each = np.array([*(v in wanted for v in column.dictionary.to_pylist()), False])
        return each[pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)]

    @cached_property
    def no_rows(self) -> bool:
        """Is the table empty?"""
        return len(self.person) == 0

    def rows(self, columns: Sequence[str], where: np.ndarray | None = None) -> list[list[Row]]:
        """Rows of each patient as dicts of those ``columns`` that the table has, and ``ROW``; ``where`` picks some rows."""
        names = [c for c in columns if c in self.source.column_names]
        table, starts = [self._in_order(c) for c in names], self.starts
        positions = np.arange(len(self.person))
        if where is not None:
            positions = np.flatnonzero(where)
            table = [column.take(pa.array(positions)) for column in table]
            starts = np.searchsorted(self.person[positions], np.arange(len(starts))).tolist()
        keys = [*names, ROW]
        found = [dict(zip(keys, v, strict=True)) for v in zip(*map(values, table), positions.tolist(), strict=True)]
        return [found[a:b] for a, b in itertools.pairwise(starts)]
