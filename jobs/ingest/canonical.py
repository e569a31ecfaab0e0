"""A source record becomes a canonical landing row: columns mapped, values translated, types checked.

A required value that is missing or wrong makes the row bad. A wrong optional value is blanked and reported as a bad
*cell*: the rest of the row is worth keeping. Values of bad rows and cells go only into the sealed part of the quarantine.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from jobs.runtime.sites import FileRules, Site
from warehouse.schema import Column, Table, Type, landing

_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")
"""C0 control characters become spaces, one for one, so that offsets stay."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
"""Stands for half a character (a lone UTF-16 surrogate), which no file can hold."""
_TRUE = {"1", "true", "y", "yes", "是"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
EARLIEST_YEAR = 1880


@dataclass(slots=True)
class BadCell:
    """A value that was not taken."""

    column: str
    reason: str
    value: str


@dataclass(slots=True)
class Row:
    """A canonical row: ISO dates as precise as the source, numbers as text, absent values left out."""

    values: dict[str, str] = field(default_factory=dict)
    deleted: bool = False
    problem: str = ""
    """Why the row is bad; empty for a good one."""
    column: str = ""
    """The column behind the problem."""
    cells: list[BadCell] = field(default_factory=list)


_LEADING_ZERO = re.compile(r"(?<!\d)0+(?=\d)")
_FRACTION = re.compile(r"(\.\d*?)0+(?!\d)")
_ZONE = re.compile(r"([+-]\d\d):(\d\d)$")


def _same(when: datetime, text: str, pattern: str) -> bool:
    """True when the date, written in the same format, is the text again but for padding.

    ``strptime`` lets a field take fewer digits than it writes: "202312" as ``%Y%m%d`` would be 2 January 2023. Digits that
    stand side by side must therefore be padded; a field of its own ("2023/3/5") need not be.
    """
    return _plain(when.strftime(pattern)) == _plain(text)


def _plain(text: str) -> str:
    """Text without white space, case, leading zeros of a field and trailing zeros of a fraction; zones as ``+0800``."""
    text = _ZONE.sub(r"\1\2", text.replace("Z", "+0000") if text.endswith("Z") else text)
    packed = "".join(_LEADING_ZERO.sub("", text).split()).casefold()
    return _FRACTION.sub(r"\1", packed)


@lru_cache(maxsize=100_000)
def parse_date(text: str, formats: tuple[str, ...]) -> str | None:
    """ISO date as precise as the first format that fits (``2019-03-05``, ``2019-03``, ``2019``), None when none does."""
    for pattern in formats:
        try:
            when = datetime.strptime(text, pattern)
        except ValueError:
            continue
        if not _same(when, text, pattern):
            continue
        if not EARLIEST_YEAR <= when.year <= date.today().year + 1:
            return None
        if "%d" in pattern or "%j" in pattern or pattern in ("%c", "%x"):
            return when.date().isoformat()
        return f"{when:%Y-%m}" if "%m" in pattern else f"{when:%Y}"
    return None


_ALWAYS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z",
)  # fmt: skip
"""ISO forms are understood everywhere, after the site's own formats."""


class Mapper:
    """Turns records of one file into canonical rows of its table."""

    def __init__(self, site: Site, rules: FileRules, max_text_chars: int) -> None:
        self.table: Table = landing(rules.table)
        self._rules = rules
        self._formats = (*(rules.date_formats or site.delivery.date_formats), *_ALWAYS)
        self._max_text = max_text_chars
        self._plan = [
            (column, rules.columns.get(column.name, ""), rules.values.get(column.name, {}))
            for column in self.table.columns
        ]

    def missing_columns(self, header: list[str]) -> tuple[list[str], list[str]]:
        """Mapped source columns that the file lacks: (required, optional) canonical names."""
        have = set(header)
        gone = [column for column, source, _ in self._plan if source and source not in have]
        return [c.name for c in gone if c.required], [c.name for c in gone if not c.required]

    def unknown_columns(self, header: list[str]) -> list[str]:
        """Source columns that are neither mapped nor ignored."""
        known = {*self._rules.columns.values(), *self._rules.ignore, self._rules.deleted}
        return [name for name in header if name not in known]

    def row(self, source: dict[str, str]) -> Row:
        """The canonical row of one record."""
        row = Row(deleted=source.get(self._rules.deleted, "").strip().lower() in _TRUE)
        for column, source_name, translation in self._plan:
            raw = source.get(source_name, "") if source_name else ""
            raw = raw or self._rules.constants.get(column.name, "")
            self._take(row, column, raw if column.name == "text" else raw.strip(), translation)
        return row

    def _take(self, row: Row, column: Column, raw: str, translation: dict[str, str]) -> None:
        if not raw.strip():
            if column.required and not self._spared(row, column):
                self._bad(row, column, "required value is missing", raw)
            return
        value, reason = self._convert(column, translation.get(raw, raw))
        if value is None:
            self._bad(row, column, reason, raw)
        else:
            row.values[column.name] = value

    def _spared(self, row: Row, column: Column) -> bool:
        """A deletion needs its key only; of a table without a key, everything is key."""
        return row.deleted and bool(self.table.primary_key) and column.name not in self.table.primary_key

    def _bad(self, row: Row, column: Column, reason: str, raw: str) -> None:
        if column.required and not self._spared(row, column):
            row.problem, row.column = row.problem or reason, row.column or column.name
        else:
            row.cells.append(BadCell(column.name, reason, raw))

    def _convert(self, column: Column, text: str) -> tuple[str | None, str]:
        match column.type:
            case Type.DATE:
                return parse_date(text, self._formats), "not a possible date in any of the site's formats"
            case Type.INTEGER | Type.DOUBLE:
                return _number(text, column.type)
        if column.values and text not in column.values:
            return None, "value is not in the column's value set or value map"
        if len(text) > self._max_text:
            return None, f"text is longer than {self._max_text:,} characters"
        return (text if text.isprintable() else _SURROGATE.sub(_REPLACEMENT, text.translate(_CONTROL))), ""


def _number(text: str, kind: Type) -> tuple[str | None, str]:
    text = text.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text) else text
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        return None, "not a number"
    if kind is Type.INTEGER and not float(text).is_integer():
        return None, "not a whole number"
    return str(int(float(text))) if kind is Type.INTEGER else text, ""
