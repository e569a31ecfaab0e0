"""What a derived row rests on: the rule in words, and the rows behind it (``grounds.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from warehouse.codes import stage_meaning
from warehouse.schema import Table, Type

if TYPE_CHECKING:
    import duckdb


SHOWN = 6
"""Rows shown of one kind: a line may rest on dozens of doses."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Rows of ``table`` behind a row of another table; ``when`` and ``where`` are conditions over ``a`` (derived) and ``b``."""

    of: str
    when: str
    table: str
    where: str
    why: str


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads((files("warehouse") / "grounds.toml").read_text(encoding="utf-8"))


def grounds(table: str) -> tuple[Ground, ...]:
    """The declared grounds of a table, in order."""
    return tuple(Ground(**raw) for raw in _declared()["ground"] if raw["of"] == table)


def rows_behind(
    connection: duckdb.DuckDBPyConnection, table: Table, key: str, ground: Ground, shown: Table
) -> list[dict[str, Any]]:
    """The rows of one ground, the earliest first; at most ``SHOWN``. ``shown``: the table that they come from."""
    days = [c.name for c in shown.columns if c.type is Type.DATE and c.required]
    order = ", ".join(f'b."{name}"' for name in (*days[:1], *shown.primary_key))
    cursor = connection.execute(
        f'SELECT b.* FROM "{table.name}" a, "{ground.table}" b WHERE a."{table.primary_key[0]}" = ? '
        f"AND ({ground.when}) AND ({ground.where}) ORDER BY {order} LIMIT {SHOWN}",
        [key],
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rule_words(row: dict[str, Any]) -> str:
    """The rule of a derived row in words, or what a recorded stage of BCLC, CNLC, Lugano, VALG or ISS means; empty when neither is known."""
    if meaning := stage_meaning(row.get("staging_system"), row.get("stage_group_recorded")):
        return f"{meaning.system} {meaning.group}: {meaning.meaning_en} · {meaning.name_zh}：{meaning.meaning_zh}"
    reference = (row.get("source_ref") or "").partition(":")[0]
    if row.get("source_kind") != "DERIVED" or not reference:
        return ""
    if "line_number" in row:
        return _line_words(row, reference)
    from warehouse.derive import load_rules

    known = {d["id"]: d["en"] for d in load_rules().endpoints["definition"]}
    return str({**_declared()["rule"], **known}.get(reference, ""))


def _line_words(row: dict[str, Any], reference: str) -> str:
    from warehouse.derive import load_rules

    rules = load_rules()
    policy = rules.policy(row["tumour_code"])
    if policy.rule_set != reference:
        return ""
    return str(_declared()["rule"]["lines"]).format(
        window=rules.lines["defaults"]["regimen_window_days"],
        gap=policy.gap_days,
        exempt=len(policy.exempt) or "no",
        maintenance="yes" if policy.maintenance else "none",
    )
