"""The declared mapping to OMOP CDM 5.4, read from the files beside this module. Nothing here touches data."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

HERE = files("warehouse.export.omop")
VERSION = "1"
"""Version of the mapping files as a whole; goes into export.json."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a CDM table. ``length`` is the longest text allowed, 0 without limit."""

    table: str
    name: str
    type: str
    length: int
    required: bool
    key: bool
    foreign: str


@dataclass(frozen=True, slots=True)
class FixedConcept:
    """A concept id that the mapping writes by itself: for ``value`` of set ``name``."""

    name: str
    value: str
    id: int
    concept_name: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One vocabulary to ask, by ``code`` or by ``name``; ``concept_class`` narrows it when not empty."""

    vocabulary: str
    by: str
    concept_class: str


@dataclass(frozen=True, slots=True)
class System:
    """A code system of the release: which vocabularies know it, and how a long code is shortened (regular expressions)."""

    name: str
    ask: tuple[Ask, ...]
    shorten: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One source of events: a release table, its key, and SQL expressions by stem column."""

    source: str
    key: str
    default: str
    part: str = ""
    where: str = "true"
    fixed: bool = False
    columns: dict[str, str] = field(default_factory=dict)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def _tsv(name: str) -> list[dict[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"))


@cache
def fields() -> dict[str, tuple[Field, ...]]:
    """The fields of each written table in the official order."""
    found = [
        Field(
            table=row["table"],
            name=row["field"],
            type=row["type"],
            length=int(row["length"] or 0),
            required=row["required"] == "1",
            key=row["key"] == "1",
            foreign=row["foreign"],
        )
        for row in _tsv("fields.tsv")
    ]
    return {table: tuple(rows) for table, rows in groupby(found, key=lambda item: item.table)}


@cache
def concepts() -> tuple[FixedConcept, ...]:
    """All fixed concepts."""
    return tuple(
        FixedConcept(name, value, entry["id"], entry["name"])
        for name, entries in _toml("concepts.toml").items()
        for value, entry in entries.items()
    )


@cache
def systems() -> tuple[System, ...]:
    """All code systems."""
    return tuple(
        System(
            name,
            tuple(Ask(ask["vocabulary"], ask["by"], ask.get("class", "")) for ask in entry["ask"]),
            tuple(entry["shorten"]),
        )
        for name, entry in _toml("systems.toml").items()
    )


@cache
def events() -> tuple[Event, ...]:
    """All sources of events."""
    return tuple(
        Event(source=entry.pop("from"), **entry) for entry in (dict(item) for item in _toml("stem.toml")["event"])
    )


@cache
def table_fields() -> dict[str, dict[str, str]]:
    """For each event table: CDM field → SQL expression over the event table."""
    return {name: entry for name, entry in _toml("tables.toml").items() if name != "by_domain"}


@cache
def by_domain() -> dict[str, str]:
    """CDM table by the domain of the standard concept."""
    return dict(_toml("tables.toml")["by_domain"])


def note_classes() -> list[dict[str, str]]:
    """LOINC document code by kind of document."""
    return _tsv("note_classes.tsv")


def statement(table: str) -> str:
    """The SELECT that fills one of the tables that are no events."""
    return (HERE / "sql" / f"{table}.sql").read_text(encoding="utf-8")
