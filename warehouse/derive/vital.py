"""Vital status from all sources: hospital discharge, follow-up, registries, notes (``rules/vital.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse.derive.common import PRECISION_RANK, Row, Rows, days, latest
from warehouse.derive.rules import Rules

RULE = "vital_status@1"
PERIOD = {"D": 0, "M": 15, "Y": 184}
"""How far a date may lie after the day it is written as: a month stands at its 15th, a year at 1 July."""


@dataclass(frozen=True, slots=True)
class Death:
    """One statement of death."""

    date: date
    precision: str
    source: str
    row: Row


@dataclass(frozen=True, slots=True)
class Vital:
    """What the sources say together. ``visits`` are the in-person days in order."""

    status: str
    death: date | None
    death_precision: str | None
    death_source: str | None
    conflict: bool
    sources: int
    agreeing: int
    visits: tuple[date, ...]
    last_alive_contact: date | None

    @property
    def last_activity(self) -> date | None:
        """Last in-person day, never after death."""
        return self.visits[-1] if self.visits else None

    @property
    def proof_of_life(self) -> date | None:
        """Later of last in-person activity and last contact that proves life."""
        return latest((self.last_activity, self.last_alive_contact))


def derive_vital(rows: Rows, visits: tuple[date, ...], rules: Rules) -> Vital:
    """Death, vital status and in-person activity of a patient; ``visits`` are all in-person days, also beyond a death."""
    deaths = _deaths(rows, rules)
    chosen = choose(deaths, rules)
    alive = _alive_contacts(rows, rules)
    limit = rules.vital["agree_within_days"]
    if chosen is None:
        dead = any(r.get("status") == "DEAD" for r in rows.get("follow_up", ()))
        status = "DEAD" if dead else _living_status(rows, rules, alive, visits)
        return Vital(status, None, None, None, False, 0, 0, visits, latest(alive))
    end = chosen.date + days(PERIOD[chosen.precision])
    after = [d for d in (*visits, *alive) if (d - end).days > limit]
    agreeing = sum(agree(d, chosen, limit) for d in deaths)
    visits = tuple(d for d in visits if d <= end)
    contact = latest(d for d in alive if d <= end)
    conflict = bool(after) or agreeing < len(deaths)
    return Vital("DEAD", chosen.date, chosen.precision, chosen.source, conflict, len(deaths), agreeing, visits, contact)


def _deaths(rows: Rows, rules: Rules) -> list[Death]:
    found = []
    for row in rows.get("follow_up", ()):
        if row.get("death_date"):
            found.append(
                Death(row["death_date"], row.get("death_date_precision") or "D", _follow_up_source(row, rules), row)
            )
    for row in rows.get("encounter", ()):
        if str(row.get("discharge_disposition") or "").upper() in rules.vital["death_dispositions"] and row.get(
            "end_date"
        ):
            found.append(Death(row["end_date"], "D", "HOSPITAL", row))
    for row in rows.get("patient", ()):
        if row.get("death_date"):
            found.append(
                Death(
                    row["death_date"],
                    row.get("death_date_precision") or "D",
                    row.get("death_source") or "HOSPITAL",
                    row,
                )
            )
    return found


def _follow_up_source(row: Row, rules: Rules) -> str:
    if row.get("source_kind") == "NLP":
        return "NOTE"
    return rules.vital["channel_source"].get(row.get("channel"), rules.vital["default_source"])


def agree(one: Death, other: Death, limit: int) -> bool:
    """Do two statements of death name the same day, as far as they are precise?"""
    slack = max({"D": limit, "M": 31, "Y": 366}[d.precision] for d in (one, other))
    return abs((one.date - other.date).days) <= slack


def choose(deaths: list[Death], rules: Rules) -> Death | None:
    """All within the days of agreement: the hospital's date; else the source that ranks first, the more precise date within it."""
    if not deaths:
        return None
    order, limit = rules.vital["order"], rules.vital["agree_within_days"]
    dated = [d for d in deaths if d.precision == "D"]
    hospital = [d for d in dated if d.source == rules.vital["agreeing"]]
    if hospital and all(agree(a, b, limit) for a in dated for b in dated):
        return min(hospital, key=lambda d: d.date)
    rank: dict[str, Any] = {source: i for i, source in enumerate(order)}
    return min(deaths, key=lambda d: (PRECISION_RANK[d.precision], rank.get(d.source, len(order)), d.date))


def _alive_contacts(rows: Rows, rules: Rules) -> list[date]:
    return [
        r["contact_date"]
        for r in rows.get("follow_up", ())
        if r.get("status") in rules.vital["living"] and r.get("contact_date")
    ]


def _living_status(rows: Rows, rules: Rules, alive: list[date], visits: tuple[date, ...]) -> str:
    """ALIVE when the last word is a sign of life; UNKNOWN when the patient was lost after it, or nothing is known."""
    lost = latest(r.get("contact_date") for r in rows.get("follow_up", ()) if r.get("status") == "LOST")
    seen = latest((*alive, *visits[-1:]))
    if seen is None or (lost is not None and lost > seen):
        return "UNKNOWN"
    return "ALIVE"


def usable_death(vital: Vital, rules: Rules) -> tuple[date, bool] | None:
    """Date of death for endpoints and whether it is imputed; None when alive or known to the year only.

    A month-only death stands at the 15th; the later of that and the last in-person day in the month counts, never past month end.
    """
    if vital.death is None or vital.death_precision == "Y":
        return None
    if vital.death_precision == "D":
        return vital.death, False
    before, after = rules.endpoints["death_month_window"]
    in_month = [v for v in vital.visits if -before <= (v - vital.death).days <= after]
    return max([vital.death, *in_month]), True
