"""Small operations on columns of many patients: codes for strings, votes, first rows, days kept by owner."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive.columnar.arrays import DAYS, NO_DAY, Group, dates, ordered
from warehouse.derive.common import Row

SHIFT = 1 << 32
"""Owner and day in one number: owner * 2**32 + day + 2**31."""
NEVER = -(1 << 31)
"""A missing day, as a 64-bit number; earlier than any day."""
FAR = (1 << 31) - 1
"""Later than any day: what a missing day sorts as."""
PRECISIONS = ("D", "M", "Y")
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)
_WEIGHTS = np.array([16, 8, 4, 2, 1], np.uint8)
_DIGITS = 26


@dataclass(frozen=True)
class Coded:
    """A string column as numbers: ``values[codes]``, -1 for NULL."""

    codes: np.ndarray
    values: list[Any]

    @classmethod
    def of(cls, column: pa.Array | None, count: int) -> Coded:
        """Encode a column; one that is not there is all NULL."""
        if column is None or column.null_count == len(column):
            return cls(np.full(count, -1, np.int64), [])
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        codes = pc.fill_null(encoded.indices, pa.scalar(-1, encoded.indices.type))
        return cls(codes.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist())

    @classmethod
    def joined(cls, parts: Sequence[Coded]) -> Coded:
        """Several columns, one after the other; a value may have a number in each."""
        starts = itertools.accumulate((len(p.values) for p in parts), initial=0)
        codes = [np.where(p.codes < 0, -1, p.codes + start) for p, start in zip(parts, starts, strict=False)]
        return cls(np.concatenate([np.zeros(0, np.int64), *codes]), [v for p in parts for v in p.values])

    def among(self, *wanted: Any) -> np.ndarray:
        """Where the value is one of ``wanted``; ``None`` asks for NULL."""
        return self.flags([v in wanted for v in self.values], null=None in wanted)

    def flags(self, each: Sequence[bool], *, null: bool = False) -> np.ndarray:
        """One flag a value → one a row."""
        return np.array([*each, null], bool)[self.codes]

    def numbers(self, each: Sequence[int], *, null: int) -> np.ndarray:
        """One number a value → one a row."""
        return np.array([*each, null], np.int64)[self.codes]


def coded(group: Group, name: str) -> Coded:
    """A string column of a table."""
    return Coded.of(group.stored(name), len(group.person))


def days_of(group: Group, name: str) -> np.ndarray:
    """Days of a date column as 64-bit numbers, ``NEVER`` where there is none."""
    return group.days(name).astype(np.int64)


def precision_of(group: Group, name: str) -> np.ndarray:
    """Place in ``PRECISIONS``; NULL is a day."""
    column = coded(group, name)
    return column.numbers([PRECISIONS.index(v) if v in PRECISIONS else 0 for v in column.values], null=0)


def when(day: int) -> Any:
    """The date of a day number, None for ``NEVER``."""
    return DAYS[day]


def truths(group: Group, name: str) -> np.ndarray:
    """Where a flag is set; NULL is not."""
    column = group.column(name)
    if column is None:
        return np.zeros(len(group.person), bool)
    return pc.fill_null(column.cast(pa.bool_()), False).to_numpy(zero_copy_only=False)


def numbers(group: Group, name: str) -> np.ndarray:
    """A numeric column as floats, NaN for NULL."""
    column = group.column(name)
    if column is None:
        return np.full(len(group.person), np.nan)
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)


def texts_of(group: Group, name: str, rows: np.ndarray) -> pa.Array:
    """A text column of some rows; NULL when the table has no such column."""
    column = group.stored(name)
    return pa.nulls(len(rows), pa.string()) if column is None else column.take(pa.array(rows)).cast(pa.string())


def folded(parts: Iterable[tuple[np.ndarray, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of numbers from -1 to below a size → (a row of each distinct combination, combination of each row)."""
    key, span = np.zeros(0, np.int64), 0
    for codes, size in parts:
        if not span:
            key, span = codes + 1, size + 1
            continue
        if span * (size + 1) >= 1 << 62:
            key = np.unique(key, return_inverse=True)[1]
            span = int(key.max(initial=0)) + 1
        key, span = key * (size + 1) + codes + 1, span * (size + 1)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return first, inverse.reshape(-1)


def combinations(columns: dict[str, Coded]) -> tuple[list[Row], np.ndarray]:
    """The distinct rows of some columns, and which of them each row is."""
    first, inverse = folded((c.codes, len(c.values)) for c in columns.values())
    picked = {name: [c.values[i] if i >= 0 else None for i in c.codes[first].tolist()] for name, c in columns.items()}
    return [dict(zip(picked, each, strict=True)) for each in zip(*picked.values(), strict=True)], inverse


def first_of(owner: np.ndarray, order: np.ndarray, where: np.ndarray, count: int) -> np.ndarray:
    """For each owner the first row in ``order`` that is wanted, -1 without any."""
    picked = order[where[order]][::-1]
    found = np.full(count, -1, np.int64)
    found[owner[picked]] = picked
    return found


def least(owner: np.ndarray, values: np.ndarray, count: int, none: int = FAR) -> np.ndarray:
    """Least value of each owner."""
    found = np.full(count, none, np.int64)
    np.minimum.at(found, owner, values)
    return found


def greatest(owner: np.ndarray, values: np.ndarray, count: int, none: int = NEVER) -> np.ndarray:
    """Greatest value of each owner."""
    found = np.full(count, none, np.int64)
    np.maximum.at(found, owner, values)
    return found


def votes(
    owner: np.ndarray, item: np.ndarray, weight: np.ndarray | None, items: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum of weights by owner and item: owners (ascending), items, sums."""
    keys, inverse = np.unique(owner * max(items, 1) + item, return_inverse=True)
    sums = np.bincount(inverse.reshape(-1), weight, len(keys)).astype(np.int64)
    return keys // max(items, 1), keys % max(items, 1), sums


def best(owner: np.ndarray, count: int, *keys: np.ndarray) -> np.ndarray:
    """For each owner the row that is least by ``keys`` (the first counts most), -1 without any."""
    return first_of(owner, order_by(owner, *keys), np.ones(len(owner), bool), count)


def order_by(*keys: np.ndarray) -> np.ndarray:
    """Positions in order of whole numbers, the first key counts most; equal ones as they came."""
    count = len(keys[0])
    key, span = np.zeros(count, np.int64), 1
    for part in keys:
        low = int(part.min(initial=0))
        size = int(part.max(initial=0)) - low + 1
        key, span = key * size + (part.astype(np.int64) - low), span * size
        if span * count >= 1 << 63:
            return np.lexsort(keys[::-1])
    # one sort of numbers is many times as fast as lexsort
    return np.sort(key * count + np.arange(count)) % max(count, 1)


def distinct(values: np.ndarray) -> np.ndarray:
    """Sorted distinct numbers; sorting beats ``numpy.unique``, which hashes."""
    if not len(values):
        return values
    ordered = np.sort(values)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])]


def keyed(owner: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Owner and day as one sortable number."""
    return owner.astype(np.int64) * SHIFT + day + SHIFT // 2


@dataclass(frozen=True)
class DaySet:
    """Distinct days of each owner, in order."""

    keys: np.ndarray

    @classmethod
    def of(cls, owner: np.ndarray, day: np.ndarray) -> DaySet:
        """Collect days; missing ones are left out."""
        there = day != NEVER
        return cls(distinct(keyed(owner[there], day[there])))

    @property
    def owner(self) -> np.ndarray:
        """Owner of each day."""
        return self.keys // SHIFT

    @property
    def day(self) -> np.ndarray:
        """Day of each entry."""
        return self.keys % SHIFT - SHIFT // 2

    def first_from(self, owner: np.ndarray, day: np.ndarray) -> np.ndarray:
        """First day of the owner on or after ``day``, ``FAR`` without any."""
        return self._at(np.searchsorted(self.keys, keyed(owner, day)), owner, FAR)

    def last_until(self, owner: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Last day of the owner on or before ``day``, ``NEVER`` without any."""
        return self._at(np.searchsorted(self.keys, keyed(owner, day), "right") - 1, owner, NEVER)

    def within(self, owner: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Has the owner a day from ``low`` to ``high``?"""
        return self.first_from(owner, low) <= high

    def first(self, count: int) -> np.ndarray:
        """Earliest day of each owner, ``NEVER`` without any."""
        found = self.first_from(np.arange(count), np.full(count, NEVER + 1))
        return np.where(found == FAR, NEVER, found)

    def last(self, count: int) -> np.ndarray:
        """Latest day of each owner, ``NEVER`` without any."""
        return self.last_until(np.arange(count), np.full(count, FAR))

    def until(self, limit: np.ndarray) -> DaySet:
        """The days no later than the owner's limit."""
        return DaySet(self.keys[self.day <= limit[self.owner]])

    def lists(self, count: int) -> list[list[Any]]:
        """Date objects of each owner."""
        found, starts = dates(self.day), np.searchsorted(self.keys, np.arange(count + 1) * SHIFT).tolist()
        return [found[a:b] for a, b in itertools.pairwise(starts)]

    def _at(self, position: np.ndarray, owner: np.ndarray, none: int) -> np.ndarray:
        inside = (position >= 0) & (position < len(self.keys))
        if not len(self.keys):
            return np.full(len(owner), none, np.int64)
        key = self.keys[np.where(inside, position, 0)]
        return np.where(inside & (key // SHIFT == owner), key % SHIFT - SHIFT // 2, none)


def order_by_text(keys: Sequence[np.ndarray], texts: Callable[[np.ndarray], pa.Array]) -> np.ndarray:
    """``order_by`` of the keys, and by a text where rows are equal in them: NULL counts as the empty text.

    ``texts`` gives those of some rows, in the rows' order. Few rows tie, so few texts are read and compared.
    """
    order = order_by(*keys)
    same = np.ones(max(len(order) - 1, 0), bool)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    tied = np.zeros(len(order), bool)
    tied[1:] = same
    tied[:-1] |= same
    rows = np.sort(order[tied])
    if len(rows):
        rank = pc.rank(pc.fill_null(texts(rows), ""), tiebreaker="dense").to_numpy().astype(np.int64)
        order[tied] = rows[order_by(*(key[rows] for key in keys), rank)]
    return order


def tokens(texts: Iterable[str]) -> pa.Array:
    """``common.token`` of joined parts, for many: 26 characters of base32 each."""
    digests = b"".join([hashlib.sha256(text.encode()).digest() for text in texts])
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(-1, 32)[:, :17], axis=1)[:, : 5 * _DIGITS]
    characters = _ALPHABET[bits.reshape(-1, _DIGITS, 5) @ _WEIGHTS]
    offsets = np.arange(len(characters) + 1, dtype=np.int32) * _DIGITS
    return pa.StringArray.from_buffers(len(characters), pa.py_buffer(offsets), pa.py_buffer(characters.tobytes()))


def sorted_lists(texts: pa.Array, owner: np.ndarray, count: int) -> pa.Array:
    """The distinct texts of each of ``count`` owners in order, as lists; the empty text is none. Owners ascend."""
    there = pc.fill_null(pc.not_equal(texts, ""), False)
    texts, owner = texts.filter(there), owner[there.to_numpy(zero_copy_only=False)]
    head = _heads(texts)
    order = np.argsort(head)
    order = order[ordered(owner[order], count)]
    same = (head[order[1:]] == head[order[:-1]]) & (owner[order[1:]] == owner[order[:-1]])
    if same.any():  # keys of a warehouse differ in their first characters
        order = order_by(owner, pc.rank(texts, tiebreaker="dense").to_numpy().astype(np.int64))
    texts, owner = texts.take(pa.array(order)), owner[order]
    new = np.ones(len(order), bool)
    if same.any():
        new[1:] = (owner[1:] != owner[:-1]) | pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner[new], minlength=count))])
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), texts.filter(pa.array(new)))


def _heads(texts: pa.Array) -> np.ndarray:
    """The first eight bytes of each text as a number: in order of it, texts are in order as far as it tells."""
    if not len(texts):
        return np.zeros(0, np.uint64)
    starts = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    held = np.append(np.frombuffer(texts.buffers()[2], np.uint8), np.zeros(8, np.uint8))
    head = held[starts[:-1, None] + np.arange(8)]
    head[np.arange(8) >= np.diff(starts)[:, None]] = 0
    return head.view(">u8").reshape(-1).astype(np.uint64)


def day_array(days: np.ndarray) -> pa.Array:
    """Days as dates; ``NEVER`` is NULL."""
    return pa.array(days.astype(np.int32), mask=days == NO_DAY).view(pa.date32())


def chosen(values: Sequence[Any], codes: np.ndarray, kind: pa.DataType | None = None) -> pa.Array:
    """``values[codes]`` as a column; -1 is NULL."""
    if not len(values):
        return pa.nulls(len(codes), kind or pa.string())
    return pa.array(values, kind or pa.string()).take(pa.array(codes, mask=codes < 0))
