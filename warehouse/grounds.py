"""What a derived row rests on: the rule in words, and the rows behind it (``grounds.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from warehouse.codes import stage_meaning
from warehouse.schema import Table, Type

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

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
    narrow: str = ""
    """Rule whose own code picks among the rows of ``where`` and fills the places in ``why``."""


@cache
def _declared() -> dict[str, Any]:
    return tomllib.loads((files("warehouse") / "grounds.toml").read_text(encoding="utf-8"))


def grounds(table: str) -> tuple[Ground, ...]:
    """The declared grounds of a table, in order."""
    return tuple(Ground(**raw) for raw in _declared()["ground"] if raw["of"] == table)


def fetch(connection: duckdb.DuckDBPyConnection, sql: str, params: list[Any]) -> list[Row]:
    """The rows of a query, by column name."""
    cursor = connection.execute(sql, params)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rows_behind(
    connection: duckdb.DuckDBPyConnection, table: Table, key: str, ground: Ground, shown: Table
) -> list[tuple[Row, str]]:
    """The rows of one ground, each with what it is to the derived row, the earliest first; at most ``SHOWN``.

    ``shown``: the table that they come from.
    """
    days = [c.name for c in shown.columns if c.type is Type.DATE and c.required]
    order = ", ".join(f'b."{name}"' for name in (*days[:1], *shown.primary_key))
    key_is = f'a."{table.primary_key[0]}" = ?'
    rows = fetch(
        connection,
        f'SELECT b.* FROM "{table.name}" a, "{ground.table}" b WHERE {key_is} '
        f"AND ({ground.when}) AND ({ground.where}) ORDER BY {order} {'' if ground.narrow else f'LIMIT {SHOWN}'}",
        [key],
    )
    if ground.narrow and rows:
        (derived,) = fetch(connection, f'SELECT a.* FROM "{table.name}" a WHERE {key_is}', [key])
        return _NARROWED[ground.narrow](connection, derived, rows, ground.why)[:SHOWN]
    return [(row, ground.why) for row in rows]


def _graded_values(
    connection: duckdb.DuckDBPyConnection, event: Row, labs: list[Row], why: str
) -> list[tuple[Row, str]]:
    """The laboratory rows that the grade of an adverse event was read from, with the limit that they passed."""
    from warehouse.derive import load_rules
    from warehouse.derive.adverse import grade_facts, values_behind

    sql = "SELECT * FROM line_of_therapy WHERE patient_id = ? ORDER BY start_date, line_id"
    lines, rules = fetch(connection, sql, [event["patient_id"]]), load_rules()
    return [
        (lab, why.format(normal=_normal(lab), **grade_facts(event, lab, rules)))
        for lab in values_behind(event, labs, lines, rules)
    ]


def _normal(lab: Row) -> str:
    low, high = (f"{lab[name]:g}" if lab[name] is not None else "" for name in ("ref_low", "ref_high"))
    if low and high:
        return f"{low} to {high}"
    return f"up to {high}" if high else f"from {low}" if low else "not stated"


_NARROWED: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Row, list[Row], str], list[tuple[Row, str]]]] = {
    "ctcae_lab": _graded_values
}


def rule_words(row: Row) -> str:
    """The rule of a derived row in words, how a stage group follows from T, N and M, or what a recorded stage of BCLC, CNLC, Lugano, VALG or ISS means; empty when neither is known."""
    if meaning := stage_meaning(row.get("staging_system"), row.get("stage_group_recorded")):
        return f"{meaning.system} {meaning.group}: {meaning.meaning_en} · {meaning.name_zh}：{meaning.meaning_zh}"
    if row.get("stage_group_derived"):
        return _stage_words(row)
    reference = (row.get("source_ref") or "").partition(":")[0]
    if row.get("source_kind") != "DERIVED" or not reference:
        return ""
    if "line_number" in row:
        return _line_words(row, reference)
    from warehouse.derive import load_rules

    known = {d["id"]: d["en"] for d in load_rules().endpoints["definition"]}
    return str({**_declared()["rule"], **known}.get(reference, ""))


def _stage_words(row: Row) -> str:
    """How the derived group of a staging row follows, and whether the recorded one agrees."""
    categories = " ".join(str(row[name]) for name in ("t_category", "n_category", "m_category") if row.get(name))
    inferred = ", the one in force on that day" if row.get("edition_inferred") else ""
    told = f"Group {row['stage_group_derived']} follows from {categories} by stage_groups.tsv, edition {row.get('edition')}{inferred}."
    if row.get("stage_conflict"):
        told += (
            f" The recorded group {row['stage_group_recorded']} contradicts it; stage_group follows the derived one."
        )
    return told


def _line_words(row: Row, reference: str) -> str:
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
