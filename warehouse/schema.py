"""The table model: one declaration per table, from which every schema is compiled.

A table is a TOML file in ``warehouse/tables/``; landing tables (what a hospital delivers) and release tables (what a
researcher queries) are declared in the same way. Nothing else in the project draws a schema: Arrow, Spark, DuckDB,
the data dictionary and the contract suites are compiled from the objects in this module.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

TABLES_DIR = files("warehouse") / "tables"
"""A resource, not a path: on Spark executors the package is read from inside a wheel."""
PLACEHOLDER = re.compile(r"待译|待补|\b(TODO|TBD|FIXME)\b")


class Zone(StrEnum):
    """Where a table lives."""

    LANDING = "landing"
    RELEASE = "release"
    MART = "mart"
    """Wide tables built from the release tables at publication."""


class Verb(StrEnum):
    """Privacy verbs: what may happen to a landing column on its way out of ``private/``. Default: DROP."""

    DROP = "DROP"
    KEEP = "KEEP"
    PSEUDONYM = "PSEUDONYM"
    SHIFT_DATE = "SHIFT_DATE"
    YEAR = "YEAR"
    CAP_AGE = "CAP_AGE"
    REGION = "REGION"
    SCRUB_TEXT = "SCRUB_TEXT"


class Type(StrEnum):
    """Logical column types, written as DuckDB spells them."""

    VARCHAR = "VARCHAR"
    INTEGER = "INTEGER"
    DOUBLE = "DOUBLE"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"
    VARCHAR_LIST = "VARCHAR[]"


class SchemaError(ValueError):
    """A table declaration is incomplete or contradicts itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: type, unit, value set, source and prose in two languages."""

    name: str
    type: Type
    required: bool = False
    unit: str = ""
    values: tuple[str, ...] = ()
    """Closed value set; empty when the column is open."""
    code_system: str = ""
    source: str = ""
    """S structured, N read from notes, A abstraction, D derived, K key; several joined by ``/``."""
    en: str
    zh: str
    references: str = ""
    """Table that this column points into (foreign key), or empty."""
    privacy: Verb = Verb.DROP
    """Landing columns only."""
    prose: bool = False
    """Landing columns only: the column holds phrases in which a person may be named, not names of things, codes or values."""
    publishes_as: str = ""
    """Landing columns only: the column's name in ``staging/``; empty means the same name."""

    @property
    def staging_name(self) -> str:
        """Name of the column after de-identification."""
        return self.publishes_as or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One table: grain, keys, columns and prose in two languages."""

    name: str
    zone: Zone
    en: str
    zh: str
    grain: str = ""
    primary_key: tuple[str, ...] = ()
    partition_by: tuple[str, ...] = ()
    sort_by: tuple[str, ...] = ()
    omop: str = ""
    order: int = 0
    columns: tuple[Column, ...] = field(default_factory=tuple)

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError names table and column when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in declared order."""
        return tuple(column.name for column in self.columns)


STAGING_META = ("site", "hospital_id", "delivery", "file_row", "version", "deleted", "row_key")
"""Columns that every staging row carries beside its table's own: which delivery and row it came from (``file_row`` is
the 1-based record number in its file), the source's version number, the deletion mark, and the token of the record
across deliveries (primary-key token, or a hash over all values for tables without a key)."""


def _column(table: str, raw: Mapping[str, object]) -> Column:
    try:
        name, en, zh = str(raw["name"]), str(raw["en"]), str(raw["zh"])
    except KeyError as missing:
        column = raw.get("name", "?")
        raise SchemaError(
            f"{table}: column {column} lacks {missing}; every column is documented in both languages"
        ) from None
    if not en.strip() or not zh.strip() or PLACEHOLDER.search(f"{en} {zh}"):
        raise SchemaError(
            f"{table}.{name}: empty or placeholder description; every column is documented in both languages"
        )
    if unknown := set(raw) - {entry.name for entry in fields(Column)}:
        raise SchemaError(f"{table}.{name}: unknown key {min(unknown)}")
    return Column(
        name=name,
        type=Type(str(raw["type"])),
        required=bool(raw.get("required", False)),
        unit=str(raw.get("unit", "")),
        values=tuple(raw.get("values", ())),  # type: ignore[arg-type]
        code_system=str(raw.get("code_system", "")),
        source=str(raw.get("source", "")),
        en=en,
        zh=zh,
        references=str(raw.get("references", "")),
        privacy=Verb(str(raw.get("privacy", "DROP"))),
        prose=bool(raw.get("prose", False)),
        publishes_as=str(raw.get("publishes_as", "")),
    )


@cache
def _common() -> tuple[Column, ...]:
    """The provenance columns that every release table ends with."""
    raw = tomllib.loads((TABLES_DIR / "common.toml").read_text(encoding="utf-8"))
    return tuple(_column("common", column) for column in raw["column"])


def load_table(path: Traversable) -> Table:
    """Read one declaration. Raises SchemaError for an undocumented or contradictory one."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    head = raw["table"]
    without = set(head.get("without_common", ()))
    common = () if head["zone"] != Zone.RELEASE else tuple(c for c in _common() if c.name not in without)
    table = Table(
        name=head["name"],
        zone=Zone(head["zone"]),
        en=head["en"],
        zh=head["zh"],
        grain=head.get("grain", ""),
        primary_key=tuple(head.get("primary_key", ())),
        partition_by=tuple(head.get("partition_by", ())),
        sort_by=tuple(head.get("sort_by", ())),
        omop=head.get("omop", ""),
        order=head.get("order", 0),
        columns=(*(_column(head["name"], column) for column in raw["column"]), *common),
    )
    missing = [c for c in (*table.primary_key, *table.sort_by) if c not in table.column_names]
    if missing:
        raise SchemaError(f"{table.name}: key or sort column {missing[0]} is not declared")
    return table


@cache
def registry() -> Mapping[tuple[Zone, str], Table]:
    """All declared tables by (zone, name), in declared order."""
    declared = (path for zone in Zone for path in (TABLES_DIR / zone).iterdir() if path.name.endswith(".toml"))
    tables = sorted(map(load_table, declared), key=lambda t: (t.zone, t.order))
    return {(table.zone, table.name): table for table in tables}


def landing_tables() -> tuple[Table, ...]:
    """What a hospital may deliver."""
    return tuple(t for (zone, _), t in registry().items() if zone is Zone.LANDING)


def release_tables() -> tuple[Table, ...]:
    """What a release holds."""
    return tuple(t for (zone, _), t in registry().items() if zone is Zone.RELEASE)


def mart_tables() -> tuple[Table, ...]:
    """Wide tables that a release stores beside its tables; each follows from them alone (``warehouse/marts/stored``)."""
    return tuple(t for (zone, _), t in registry().items() if zone is Zone.MART)


def landing(name: str) -> Table:
    """A landing table by name; KeyError when there is none."""
    return registry()[Zone.LANDING, name]


def release(name: str) -> Table:
    """A release table by name; KeyError when there is none."""
    return registry()[Zone.RELEASE, name]


def staging_columns(name: str) -> dict[str, Type]:
    """Columns and types of a landing table after de-identification, ``STAGING_META`` first.

    PSEUDONYM, KEEP and SCRUB_TEXT keep the column; SHIFT_DATE gives a DATE and ``<name>_precision``; YEAR an INTEGER;
    REGION a province code; DROP nothing. ``patient_sn`` becomes ``patient_id``. Tables with a ``text`` also say how
    many spans were replaced in it and by which engine.
    """
    columns: dict[str, Type] = dict.fromkeys(STAGING_META, Type.VARCHAR)
    columns |= {"file_row": Type.INTEGER, "deleted": Type.BOOLEAN}
    for column in landing(name).columns:
        match column.privacy:
            case Verb.DROP:
                continue
            case Verb.SHIFT_DATE:
                columns[column.staging_name] = Type.DATE
                columns[f"{column.staging_name}_precision"] = Type.VARCHAR
            case Verb.YEAR | Verb.CAP_AGE:
                columns[column.staging_name] = Type.INTEGER
            case Verb.KEEP:
                columns[column.staging_name] = column.type
            case _:
                columns[column.staging_name] = Type.VARCHAR
    if "text" in columns:
        columns |= {"n_phi_spans": Type.INTEGER, "deid_engine": Type.VARCHAR}
    return columns
