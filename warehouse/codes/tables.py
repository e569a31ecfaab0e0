"""Loaders of the code tables: TSV file → tuple of typed rows, cached for the life of the process."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from warehouse.codes import institution
from warehouse.codes.rows import (
    AeTerm,
    Comorbidity,
    Drug,
    LabItem,
    Marker,
    NoteType,
    OpKind,
    Province,
    Regimen,
    StageGroup,
    StageSystem,
    Term,
    TumourType,
    Unit,
)

FOLDER = Path(__file__).parent
Row = TypeVar("Row")


class CodeTableError(ValueError):
    """A code table is malformed; the message names file and line."""


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _pairs(cell: str) -> tuple[tuple[str, float], ...]:
    return tuple((unit, float(factor)) for unit, _, factor in (part.rpartition("=") for part in _list(cell)))


def _flag(cell: str) -> bool:
    if cell not in {"0", "1"}:
        raise ValueError(f"'{cell}' is not 0 or 1")
    return cell == "1"


PARSERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bool": _flag,
    "int": int,
    "Names": _list,
    "int | None": lambda cell: int(cell) if cell else None,
    "float | None": lambda cell: float(cell) if cell else None,
    "tuple[tuple[str, float], ...]": _pairs,
}
"""Cell parser by the annotation of the row type's field."""


def read(path: Path, row_type: type[Row]) -> tuple[Row, ...]:
    """Rows of one file. Raises CodeTableError for a wrong header, a wrong number of cells or an unreadable cell."""
    fields = dataclasses.fields(row_type)  # type: ignore[arg-type]
    numbered = [
        (no, line) for no, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if line and line[0] != "#"
    ]
    header = tuple(numbered[0][1].split("\t"))
    if header != tuple(field.name for field in fields):
        raise CodeTableError(f"{path.name}: header {header} is not that of {row_type.__name__}")
    parsers = [PARSERS[str(field.type)] for field in fields]
    return tuple(_row(path, no, line, parsers, row_type) for no, line in numbered[1:])


def _row(path: Path, no: int, line: str, parsers: list[Callable[[str], Any]], row_type: type[Row]) -> Row:
    cells = line.split("\t")
    if len(cells) != len(parsers):
        raise CodeTableError(f"{path.name} line {no}: {len(cells)} cells, expected {len(parsers)}")
    try:
        return row_type(*(parse(cell.strip()) for parse, cell in zip(parsers, cells, strict=True)))
    except ValueError as error:
        raise CodeTableError(f"{path.name} line {no}: {error}") from error


def _terms(table: str) -> tuple[Term, ...]:
    """Built-in terms, and before them what the institution imported: its names first, the built-in ones beside them."""
    builtin = {row.code: row for row in read(FOLDER / f"{table}.tsv", Term)}
    found = []
    for entry in institution.preferred(table):
        known = builtin.pop(entry.code, None)
        names = [*entry.synonyms, *((known.name_zh, *known.synonyms) if known else ())]
        synonyms = tuple(dict.fromkeys(name for name in names if name and name != entry.name))
        name_en = entry.name_en or (known.name_en if known else "")
        found.append(Term(entry.code, name_en, entry.name, synonyms, "imported"))
    return (*found, *builtin.values())


def _named(table: str, rows: tuple[Any, ...], key: str) -> tuple[Any, ...]:
    """Built-in rows with the institution's other names for them as further synonyms."""
    more = {entry.code: (entry.name, *entry.synonyms) for entry in institution.preferred(table)}
    return tuple(
        dataclasses.replace(row, synonyms=tuple(dict.fromkeys((*row.synonyms, *more[getattr(row, key)]))))
        if getattr(row, key) in more
        else row
        for row in rows
    )


@cache
def drugs() -> tuple[Drug, ...]:
    """Antineoplastic and key supportive drugs."""
    return _named("drugs", read(FOLDER / "drugs.tsv", Drug), "inn")


@cache
def regimens() -> tuple[Regimen, ...]:
    """Named drug combinations."""
    return read(FOLDER / "regimens.tsv", Regimen)


@cache
def markers() -> tuple[Marker, ...]:
    """Genes, proteins and scores."""
    return read(FOLDER / "markers.tsv", Marker)


@cache
def lab_items() -> tuple[LabItem, ...]:
    """Laboratory items with canonical units."""
    return _named("lab_items", read(FOLDER / "lab_items.tsv", LabItem), "code")


@cache
def tumour_types() -> tuple[TumourType, ...]:
    """The tumour types."""
    return read(FOLDER / "tumour_types.tsv", TumourType)


@cache
def stage_groups() -> tuple[StageGroup, ...]:
    """T, N, M → stage group by tumour type and edition, in order of precedence."""
    return read(FOLDER / "stage_groups.tsv", StageGroup)


@cache
def stage_systems() -> tuple[StageSystem, ...]:
    """Groups of BCLC, CNLC, Lugano, VALG and ISS, in words."""
    return read(FOLDER / "stage_systems.tsv", StageSystem)


LYMPHOMA_LETTERS = re.compile(r"(?<=[IV])[12]?[ABESX]{0,3}$")
"""Behind a group of Ann Arbor or Lugano: near or far nodes of the gut (II1, II2), symptoms (A, B), an extranodal site (E), the spleen (S), bulk (X)."""


@cache
def lymphoma_codes() -> frozenset[str]:
    """Tumour types that are staged by Ann Arbor or Lugano."""
    return frozenset(row.tumour_code for row in tumour_types() if re.search("Ann Arbor|Lugano", ";".join(row.staging)))


def stage_meaning(system: str | None, group: str | None) -> StageSystem | None:
    """What a recorded group means: ``CNLC IIIa``, ``LUGANO IVB``. What Ann Arbor and Lugano write after the group does not count."""
    folded = (group or "").upper().replace(" ", "")
    folded = LYMPHOMA_LETTERS.sub("", folded) if system == "LUGANO" else folded
    return next((row for row in stage_systems() if (row.system, row.group) == (system, folded)), None)


@cache
def topography() -> tuple[Term, ...]:
    """ICD-O-3 topography."""
    return _terms("topography")


@cache
def morphology() -> tuple[Term, ...]:
    """ICD-O-3 morphology with behaviour."""
    return _terms("morphology")


@cache
def icd10() -> tuple[Term, ...]:
    """ICD-10 chapter II."""
    return _terms("icd10")


@cache
def icd9cm3() -> tuple[Term, ...]:
    """ICD-9-CM volume 3 procedures of oncology."""
    return _terms("icd9cm3")


@cache
def ae_terms() -> tuple[AeTerm, ...]:
    """CTCAE v5 terms."""
    return read(FOLDER / "ae_terms.tsv", AeTerm)


@cache
def comorbidities() -> tuple[Comorbidity, ...]:
    """Comorbid conditions with Charlson groups."""
    return read(FOLDER / "comorbidities.tsv", Comorbidity)


@cache
def provinces() -> tuple[Province, ...]:
    """Province-level divisions with their cities."""
    return read(FOLDER / "provinces.tsv", Province)


@cache
def units() -> tuple[Unit, ...]:
    """Written units and their UCUM form."""
    return read(FOLDER / "units.tsv", Unit)


@cache
def op_kinds() -> tuple[OpKind, ...]:
    """Words of procedure names."""
    return read(FOLDER / "op_kinds.tsv", OpKind)


@cache
def note_types() -> tuple[NoteType, ...]:
    """Hospital document names."""
    return read(FOLDER / "note_types.tsv", NoteType)


@cache
def version() -> str:
    """Twelve hexadecimal digits over names and bytes of all code files and imports; changes when any of them does."""
    digest = hashlib.sha256(institution.fingerprint())
    for path in sorted(FOLDER.glob("*.tsv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


OVERLAID = (drugs, lab_items, topography, morphology, icd10, icd9cm3)
"""Loaders whose rows change with the institution's imports."""
