"""Release profiles as declared data: for every published column, what profile ``wide`` does to it.

``wide.toml`` is the declaration. Default deny: a column without an action is not published, and reading the
declaration fails when a table's columns and the declaration do not agree.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from warehouse.schema import SchemaError, Table, release, release_tables

PROFILES = ("project", "wide")


class Action(StrEnum):
    """What profile ``wide`` does to a column; ``wide.toml`` says each in words."""

    KEEP = "keep"
    DROP = "drop"
    REKEY = "rekey"
    DATE = "date"
    PRECISION = "precision"
    AGE = "age"
    REGION = "region"
    TUMOUR = "tumour"
    ICD = "icd"
    DETAIL = "detail"
    COMMON = "common"
    SHORT = "short"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class WideSettings:
    """How far ``wide`` goes. Defaults are those of ``wide.toml``."""

    date_unit: str = "month"
    """month or quarter."""
    age_band: int = 5
    """Years; a multiple of 5."""
    region: str = "province"
    """province, area (greater region) or none."""
    rare_tumour: int = 20
    """Types that fewer persons have are grouped."""
    k: int = 11
    """Smallest class over the quasi-identifiers of the risk report."""
    max_suppressed: float = 0.2
    """Largest share of persons that may be left out to reach ``k``; more blocks the release."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Actions of one table by column, which rows it publishes, and the dates from which durations are worked out anew."""

    actions: Mapping[str, Action]
    rows: str = "all"
    between: tuple[str, str] | None = None

    def having(self, action: Action) -> tuple[str, ...]:
        """Columns with this action."""
        return tuple(name for name, one in self.actions.items() if one is action)


@cache
def declaration() -> Mapping[str, Any]:
    """``wide.toml`` as it stands."""
    return tomllib.loads((files("warehouse.privacy") / "wide.toml").read_text(encoding="utf-8"))


def _actions(table: Table, raw: Mapping[str, Any], common: Mapping[str, Any]) -> dict[str, Action]:
    own = {name: Action(action) for action, names in raw.items() if action != "rows" for name in names}
    shared = {n: Action(a) for a, names in common.items() for n in names if n in table.column_names}
    actions = {**shared, **own}
    if odd := sorted(set(actions) ^ set(table.column_names)):
        side = "has no action" if odd[0] in table.column_names else "is not declared in the table"
        raise SchemaError(f"wide.toml: column {table.name}.{odd[0]} {side}; every published column is classified")
    return {name: actions[name] for name in table.column_names}


@cache
def wide() -> Mapping[str, TablePlan]:
    """The plan of every release table. Raises SchemaError when a column is not classified."""
    raw = declaration()
    plans = {}
    for table in release_tables():
        own = raw["table"].get(table.name)
        if own is None:
            raise SchemaError(f"wide.toml: table {table.name} is missing; every published table is classified")
        between = raw["recompute"].get(table.name)
        plans[table.name] = TablePlan(
            _actions(table, own, raw["common"]), own.get("rows", "all"), tuple(between) if between else None
        )
    return plans


def left_out(profile: str, table: str) -> frozenset[str]:
    """Columns of a table that a profile does not publish."""
    return frozenset(wide()[table].having(Action.DROP)) if profile == "wide" else frozenset()


def question_remarks() -> Mapping[str, str]:
    """Questions that a wide release answers in part or not at all, with the reason."""
    remarks: Mapping[str, str] = declaration()["questions"]
    return remarks


def steps() -> tuple[tuple[str, str], ...]:
    """The ladder of generalisation: (what, how far), in the order in which it is climbed."""
    return tuple((what, how) for what, _, how in (step.partition("=") for step in declaration()["ladder"]["steps"]))


def columns_of(table: str) -> tuple[str, ...]:
    """Columns of a table that profile ``wide`` publishes."""
    return tuple(c for c in release(table).column_names if c not in left_out("wide", table))
