"""Put one patient's rows into deliveries, with the faults that real deliveries have. Everything planted is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from jobs.synth.hospital import Hospital
from jobs.synth.rows import Row
from jobs.synth.write import TIMESTAMPS

IMPOSSIBLE_DATE = "2023-02-30"
"""The date that bad rows carry: well formed, but no day of any calendar."""

Delivered = tuple[int, str, dict[str, Any]]
"""Delivery number, table, values (``_deleted`` marks a deletion)."""


@dataclass(slots=True)
class Planted:
    """Faults and changes planted into one patient's rows at one hospital; each entry says site, table, reason or key."""

    bad_rows: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    deletions: list[dict[str, Any]] = field(default_factory=list)
    corrections: list[dict[str, Any]] = field(default_factory=list)


# Table, column that is spoilt, what is wrong, share of patients who carry such a row.
_BAD = (("labs", "sampled_at", "impossible_date", 0.012), ("labs", "value", "missing_required", 0.010), ("diagnoses", "name", "missing_required", 0.008),
        ("medications", "drug_name", "missing_required", 0.008), ("vitals", "measured_at", "impossible_date", 0.006), ("followups", "contact_date", "impossible_date", 0.006))  # fmt: skip


def deliver(hospital: Hospital, rows: list[Row], rng: Random, planted: Planted) -> Iterator[Delivered]:
    """All rows of one patient with the number of the delivery that carries each of them."""
    rows = [row for row in rows if row[2] < hospital.deliveries[-1]]
    rows += list(_bad_rows(hospital, rows, rng, planted))
    rows += list(_duplicates(hospital, rows, rng, planted))
    deleted, corrected = _late_changes(hospital, rows, rng, planted)
    last = len(hospital.deliveries) - 1
    for i, (table, values, day) in enumerate(rows):
        first = next(n for n, delivery in enumerate(hospital.deliveries) if day < delivery)
        if hospital.site.delivery.kind == "snapshot":
            for n in range(first, last + 1):
                if n == last and i in deleted:
                    continue
                yield n, table, corrected[i] if n == last and i in corrected else values
            continue
        yield first, table, values
        if i in deleted:
            yield last, table, {**values, "_deleted": 1}
        elif i in corrected:
            if table in ("labs", "vitals"):  # no key: the old row is taken back
                yield last, table, {**values, "_deleted": 1}
            yield last, table, corrected[i]


def _bad_rows(hospital: Hospital, rows: list[Row], rng: Random, planted: Planted) -> Iterator[Row]:
    for table, column, reason, share in _BAD:
        typed = hospital.kind == "c" and column in TIMESTAMPS  # a typed timestamp cannot hold an impossible date
        if rng.random() >= share or typed:
            continue
        model = next((row for row in rows if row[0] == table), None)
        if model is None:
            continue
        spoilt = {**model[1], column: IMPOSSIBLE_DATE if reason == "impossible_date" else None}
        planted.bad_rows.append(
            {
                "site": hospital.id,
                "table": table,
                "column": column,
                "reason": reason,
                "patient_sn": model[1]["patient_sn"],
            }
        )
        yield table, spoilt, model[2]


def _duplicates(hospital: Hospital, rows: list[Row], rng: Random, planted: Planted) -> Iterator[Row]:
    for table, share in (("encounters", 0.02), ("notes", 0.015), ("patients", 0.01)):
        if rng.random() >= share:
            continue
        model = next((row for row in rows if row[0] == table), None)
        if model is not None:
            planted.duplicates.append(
                {"site": hospital.id, "table": table, "key": model[1].get("encounter_sn") or model[1]["patient_sn"]}
            )
            yield model


def _late_changes(
    hospital: Hospital, rows: list[Row], rng: Random, planted: Planted
) -> tuple[set[int], dict[int, dict[str, Any]]]:
    """Row numbers deleted by the last delivery, and new values of rows that it corrects."""
    deleted: set[int] = set()
    corrected: dict[int, dict[str, Any]] = {}
    early = [
        i
        for i, row in enumerate(rows)
        if row[2] < hospital.deliveries[0]
        and IMPOSSIBLE_DATE not in row[1].values()
        and row[1].get("value", "x") is not None
    ]
    if early and rng.random() < 0.03:
        _delete_one(hospital, rows, early, rng, planted, deleted)
    if rng.random() < 0.04:
        _correct_lab(hospital, rows, early, rng, planted, deleted, corrected)
    if rng.random() < 0.03:
        _correct_phone(hospital, rows, early, rng, planted, corrected)
    if rng.random() < 0.04:
        _new_note_version(hospital, rows, early, rng, planted, deleted, corrected)
    return deleted, corrected


def _pick(rows: list[Row], early: list[int], table: str, rng: Random, taken: set[int]) -> int | None:
    options = [i for i in early if rows[i][0] == table and i not in taken]
    return rng.choice(options) if options else None


def _delete_one(
    hospital: Hospital, rows: list[Row], early: list[int], rng: Random, planted: Planted, deleted: set[int]
) -> None:
    table = rng.choice(("labs", "labs", "vitals", "notes"))
    if (i := _pick(rows, early, table, rng, set())) is None:
        return
    values = rows[i][1]
    twins = {j for j in early if rows[j][0] == table and rows[j][1] == values}
    deleted |= twins
    key = values.get("note_id") or f"{values.get('item_name') or values.get('measure')}"
    planted.deletions.append(
        {"site": hospital.id, "table": table, "patient_sn": values["patient_sn"], "key": key, "rows": len(twins)}
    )


def _correct_lab(
    hospital: Hospital,
    rows: list[Row],
    early: list[int],
    rng: Random,
    planted: Planted,
    deleted: set[int],
    corrected: dict[int, dict[str, Any]],
) -> None:
    if (i := _pick(rows, early, "labs", rng, deleted)) is None:
        return
    values = rows[i][1]
    corrected[i] = {**values, "value": f"{float(rng.randrange(10, 90)) / 10:.1f}"}
    planted.corrections.append(
        {
            "site": hospital.id,
            "table": "labs",
            "patient_sn": values["patient_sn"],
            "key": values["item_name"],
            "column": "value",
        }
    )


def _correct_phone(
    hospital: Hospital,
    rows: list[Row],
    early: list[int],
    rng: Random,
    planted: Planted,
    corrected: dict[int, dict[str, Any]],
) -> None:
    found = [i for i in early if rows[i][0] == "patients"]
    for i in found:
        corrected[i] = {**rows[i][1], "occupation": "退休人员"}
    if found:
        planted.corrections.append(
            {
                "site": hospital.id,
                "table": "patients",
                "patient_sn": rows[found[0]][1]["patient_sn"],
                "key": rows[found[0]][1]["patient_sn"],
                "column": "occupation",
            }
        )


def _new_note_version(
    hospital: Hospital,
    rows: list[Row],
    early: list[int],
    rng: Random,
    planted: Planted,
    deleted: set[int],
    corrected: dict[int, dict[str, Any]],
) -> None:
    if (i := _pick(rows, early, "notes", rng, deleted)) is None:
        return
    values = rows[i][1]
    corrected[i] = {**values, "version": "2", "text": values["text"] + "补充：以上内容已由上级医师审阅。\n"}
    planted.corrections.append(
        {
            "site": hospital.id,
            "table": "notes",
            "patient_sn": values["patient_sn"],
            "key": values["note_id"],
            "column": "text",
            "version": "2",
        }
    )


def delivery_days(kind: str, cutoff: date) -> tuple[date, ...]:
    """Days of the deliveries of a kind of hospital; the last one is the cut-off."""
    match kind:
        case "a":
            return (cutoff - timedelta(days=92), cutoff)
        case "b":
            return (cutoff - timedelta(days=92), cutoff - timedelta(days=31), cutoff)
        case _:
            return (cutoff - timedelta(days=61), cutoff)
