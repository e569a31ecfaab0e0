"""Find a row of a code table by any of its names."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from warehouse.codes import institution, tables

NAME_FIELDS = (
    "inn", "regimen", "marker", "tumour_code", "code", "ae_term", "condition_code", "raw", "word", "name",
    "name_zh", "name_en", "atc", "synonyms",
)  # fmt: skip
"""Fields that name a row, strongest first: a code beats a name, a name beats a synonym of another row."""

LOADERS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "drugs": tables.drugs,
    "regimens": tables.regimens,
    "markers": tables.markers,
    "lab_items": tables.lab_items,
    "tumour_types": tables.tumour_types,
    "topography": tables.topography,
    "morphology": tables.morphology,
    "icd10": tables.icd10,
    "icd9cm3": tables.icd9cm3,
    "ae_terms": tables.ae_terms,
    "comorbidities": tables.comorbidities,
    "provinces": tables.provinces,
    "units": tables.units,
    "op_kinds": tables.op_kinds,
    "note_types": tables.note_types,
}

_DROP = {ord(c): None for c in " \t\r\n\u3000-_·.・‐‑–—'\"’“”,，、"}
_GREEK = str.maketrans({"α": "a", "β": "b", "γ": "g", "Α": "a", "Β": "b"})


def fold(text: str) -> str:
    """Key under which names are compared: width (NFKC), case, spaces, hyphens and dots do not count; Greek becomes Latin."""
    return unicodedata.normalize("NFKC", text).translate(_GREEK).casefold().translate(_DROP)


def names(row: Any) -> tuple[str, ...]:
    """All written names of a row, strongest first, without repeats."""
    found: dict[str, None] = {}
    for field in NAME_FIELDS:
        value = getattr(row, field, ())
        found.update(dict.fromkeys((value,) if isinstance(value, str) else value))
    return tuple(name for name in found if name)


def _unit_key(text: str) -> str:
    """Units keep their dots, hyphens and case: ``Mg`` is not ``mg``, ``10-9`` not ``109``."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("μ", "u").replace("µ", "u")


def _key(table: str) -> Callable[[str], str]:
    return _unit_key if table == "units" else fold


def _claims(table: str) -> list[tuple[str, Any]]:
    """(folded name, row) in order of strength, then of the file."""
    key = _key(table)
    rows = LOADERS[table]()
    found: list[tuple[str, Any]] = _imported_claims(table, rows)
    for field in NAME_FIELDS:
        for row in rows:
            value = getattr(row, field, ())
            found += [(key(name), row) for name in ((value,) if isinstance(value, str) else value) if name]
    return found


def _imported_claims(table: str, rows: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """What the institution imported goes before every built-in name: a name of its own means its code."""
    by_code = {getattr(row, "inn", "") or getattr(row, "code", ""): row for row in rows}
    return [
        (fold(name), by_code[entry.code])
        for entry in institution.preferred(table)
        for name in (entry.code, entry.name, *entry.synonyms)
        if entry.code in by_code
    ]


@cache
def index(table: str) -> Mapping[str, Any]:
    """Folded name → row. The first row of the file wins a name that two rows claim with equal strength.

    A form that ``tumour_types.tsv`` lists as ambiguous (MM, MF) names no tumour type by itself.
    """
    found: dict[str, Any] = {}
    for name, row in _claims(table):
        found.setdefault(name, row)
    for row in LOADERS[table]() if table == "tumour_types" else ():
        for form in row.ambiguous:
            found.pop(fold(form.partition("=")[0]), None)
    return MappingProxyType(found)


@cache
def all_claims(table: str) -> Mapping[str, tuple[Any, ...]]:
    """Folded name → every row that claims it, the strongest claim first."""
    found: dict[str, list[Any]] = {}
    for name, row in _claims(table):
        if row not in found.setdefault(name, []):
            found[name].append(row)
    return MappingProxyType({name: tuple(rows) for name, rows in found.items()})


def lookup(table: str, text: str | None) -> Any | None:
    """The row of ``table`` called ``text`` (any of its names, folded), or None. KeyError for an unknown table."""
    rows = index(table)
    return rows.get(_key(table)(text)) if text else None


def candidates(table: str, text: str | None) -> tuple[Any, ...]:
    """All rows that ``text`` may mean, the likeliest first: TG is triglyceride, and thyroglobulin too."""
    return all_claims(table).get(_key(table)(text), ()) if text else ()
