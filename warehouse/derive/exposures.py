"""From drug rows to exposures: what was taken from when to when (steps 1 and 8 of the line rules)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from warehouse.derive.common import Row, days
from warehouse.derive.rules import Rules

UNDATED = "_undated"
"""Working key of a reported drug row whose note gives no date of its own (see ``reported.mark_undated``)."""
RECORDED = ("ADMINISTERED", "DISPENSED")


@dataclass(slots=True)
class Exposure:
    """One drug from ``start`` to ``runout`` (both covered)."""

    drug: str
    drug_class: str
    start: date
    runout: date
    month: bool
    """Some date is known to the month only."""
    reported: bool
    """Known from notes only."""
    days: list[date]
    """Days of the doses in order."""
    doses: list[Any]
    """Where each dose is recorded: the drug row, or its number where rows are held as columns."""


def exposures(drug_rows: list[Row], rules: Rules, background: frozenset[str] = frozenset()) -> list[Exposure]:
    """Exposures of one tumour's antineoplastic drugs in order of start, merged per drug over holes of a week."""
    usable = [r for r in drug_rows if _usable(r, rules, background)]
    usable = _without_told_twice(_without_history(_without_orders(usable), rules), rules)
    by_drug: dict[str, list[Exposure]] = {}
    for row in usable:
        by_drug.setdefault(row["drug_name_std"], []).append(_exposure(row, rules))
    hole = rules.lines["defaults"]["merge_hole_days"]
    merged = [x for drug in sorted(by_drug) for x in _merge(by_drug[drug], hole)]
    return sorted(merged, key=lambda x: (x.start, x.drug))


def _usable(row: Row, rules: Rules, background: frozenset[str]) -> bool:
    excluded = rules.lines["defaults"]["excluded_classes"]
    if not row.get("is_antineoplastic") or row.get("drug_class") in excluded or row.get("start_date") is None:
        return False
    return row.get("date_precision") != "Y" and row.get("drug_name_std") not in background


def _without_orders(rows: list[Row]) -> list[Row]:
    """Orders count only for a hospital that recorded no administration or dispensing at all."""
    recorded = {r.get("hospital_id") for r in rows if r.get("record_kind") in RECORDED}
    return [r for r in rows if r.get("record_kind") != "ORDERED" or r.get("hospital_id") not in recorded]


def _without_history(rows: list[Row], rules: Rules) -> list[Row]:
    """A drug told without a date stands at its note's day. It is a memory, not a dose, when the same drug is known from an
    earlier day, or when the hospital recorded some drug within a month of the note."""
    if not any(r.get(UNDATED) for r in rows):
        return rows
    near = rules.lines["defaults"]["reported_duplicate_days"]
    recorded = [r["start_date"] for r in rows if r.get("record_kind") != "REPORTED"]
    known: dict[str, date] = {}
    for r in rows:
        if not r.get(UNDATED):
            known[r["drug_name_std"]] = min(r["start_date"], known.get(r["drug_name_std"], date.max))

    def is_memory(r: Row) -> bool:
        earlier = known.get(r["drug_name_std"], date.max) <= r["start_date"]
        return earlier or any(abs((d - r["start_date"]).days) <= near for d in recorded)

    return [r for r in rows if not r.get(UNDATED) or not is_memory(r)]


def _without_told_twice(rows: list[Row], rules: Rules) -> list[Row]:
    """A drug told in a note is dropped when a record of the same drug lies within a month of it."""
    if all(r.get("record_kind") != "REPORTED" for r in rows):
        return rows
    near = rules.lines["defaults"]["reported_duplicate_days"]
    recorded: dict[str, list[date]] = {}
    for r in rows:
        if r.get("record_kind") != "REPORTED":
            recorded.setdefault(r["drug_name_std"], []).append(r["start_date"])
    kept = []
    for r in rows:
        dates = recorded.get(r["drug_name_std"], ()) if r.get("record_kind") == "REPORTED" else ()
        if not any(abs((d - r["start_date"]).days) <= near for d in dates):
            kept.append(r)
    return kept


def run_out(row: Row, rules: Rules) -> date:
    """Last day that a drug row covers: oral start + supply - 1, with the default supply where none is stated; else the day given."""
    start, end = row["start_date"], row.get("end_date")
    drug = rules.drugs.get(row["drug_name_std"])
    oral = row.get("route") == "PO" or (row.get("route") is None and drug is not None and drug.oral)
    if not oral:
        return end if end and end >= start else start
    if row.get("days_supply"):
        return start + days(int(row["days_supply"]) - 1)
    if end and end > start:
        return end
    conf = rules.lines["defaults"]
    return start + days(conf["oral_supply_by_drug"].get(row["drug_name_std"], conf["oral_supply_days"]) - 1)


def _exposure(row: Row, rules: Rules) -> Exposure:
    reported = row.get("record_kind") == "REPORTED"
    return Exposure(
        row["drug_name_std"],
        row.get("drug_class") or "",
        row["start_date"],
        run_out(row, rules),
        row.get("date_precision") == "M",
        reported,
        [row["start_date"]],
        [row],
    )


def _row_order(x: Exposure) -> tuple[Any, ...]:
    return (x.start, x.runout, str(x.doses[0].get("drug_admin_id")))


def _merge(parts: list[Exposure], hole: int) -> list[Exposure]:
    """Join exposures of one drug that touch or lie no more than ``hole`` days apart."""
    parts.sort(key=_row_order)
    merged = [parts[0]]
    for x in parts[1:]:
        last = merged[-1]
        if (x.start - last.runout).days - 1 <= hole:
            last.runout = max(last.runout, x.runout)
            last.month, last.reported = last.month or x.month, last.reported or x.reported
            last.days += x.days
            last.doses += x.doses
        else:
            merged.append(x)
    return merged


def cycles(xs: Iterable[Exposure], cycle_days: int) -> int:
    """Number of cycles: dose days with doses less than ``cycle_days`` apart counted once."""
    count, last = 0, None
    for day in sorted(set().union(*[x.days for x in xs])):
        if last is None or (day - last).days >= cycle_days:
            count, last = count + 1, day
    return count
