"""Endpoints of plain patients as columns, one definition at a time (``rules/endpoints.toml``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.compile.arrow import arrow_schema
from warehouse.derive.rules import Rules
from warehouse.derive.sets.course import CourseSet
from warehouse.derive.sets.lines import Lines
from warehouse.derive.sets.tools import (
    FAR,
    NEVER,
    PRECISIONS,
    SHIFT,
    DaySet,
    best,
    chosen,
    coded,
    day_array,
    distinct,
    greatest,
    keyed,
    tokens,
    when,
)
from warehouse.derive.sets.tumours import TumourSet
from warehouse.derive.sets.vital import STATES, VitalSet
from warehouse.schema import release

KINDS = ("", "CENSOR", "DEATH", "DISCONTINUATION", "NEXT_LINE", "PROGRESSION", "RECURRENCE")
EVENTS = ("DX", "ADVANCED_DX", "LINE_START", "SURGERY")
_CENSOR, _DEATH, _STOP, _NEXT, _PROGRESSION, _RECURRENCE = range(1, 7)
_DAY = PRECISIONS.index("D")
_MONTH = PRECISIONS.index("M")


@dataclass(frozen=True)
class Outcomes:
    """Rows of one definition and anchor."""

    person: np.ndarray
    line: np.ndarray
    """Number of the line, -1 without one."""
    index: np.ndarray
    end: np.ndarray
    event: np.ndarray
    kind: np.ndarray
    """Place in ``KINDS``."""
    imputed: np.ndarray
    anchor: int = EVENTS.index("LINE_START")
    value: np.ndarray | None = None
    """Of a best response: its place in the definition's order."""

    def only(self, where: np.ndarray) -> Outcomes:
        """Some of the rows."""
        arrays = (self.person, self.line, self.index, self.end, self.event, self.kind, self.imputed)
        value = None if self.value is None else self.value[where]
        person, line, index, end, event, kind, imputed = (a[where] for a in arrays)
        return Outcomes(person, line, index, end, event, kind, imputed, self.anchor, value)


@dataclass(frozen=True)
class Cases:
    """All that endpoints rest on."""

    tumours: TumourSet
    course: CourseSet
    lines: Lines
    vital: VitalSet
    last_document: np.ndarray
    rules: Rules

    @property
    def count(self) -> int:
        """Number of patients."""
        return len(self.tumours.is_plain)

    @cached_property
    def advanced(self) -> np.ndarray:
        """Numbers of the advanced lines."""
        return np.flatnonzero(self.lines.advanced)

    @cached_property
    def following(self) -> np.ndarray:
        """Start of the next line of each line, ``NEVER`` without one."""
        return self.lines.following()

    @cached_property
    def alive(self) -> np.ndarray:
        """Last day each patient is known to live: proof of life, or the start of a line."""
        return np.maximum(self.vital.proof_of_life, greatest(self.lines.person, self.lines.start, self.count))

    @cached_property
    def last_read(self) -> np.ndarray:
        """Last day on which a document could have told of a progression; ``FAR`` when no documents are at hand."""
        told = greatest(self.course.responses.person, self.course.responses.day, self.count)
        return np.where(self.last_document == NEVER, FAR, np.maximum(self.last_document, told))

    @cached_property
    def progressions(self) -> tuple[np.ndarray, np.ndarray]:
        """Sorted days of progression by patient, and whether the day is known to the month only (a known day first)."""
        r = self.course.responses
        keys = distinct(
            keyed(r.person, r.day)[r.is_progression] * 2 + (r.precision == _MONTH)[r.is_progression].astype(np.int64)
        )
        return keys // 2, (keys % 2).astype(bool)


Compute = Callable[[Cases, Mapping[str, Any]], list[Outcomes]]


def _line_rows(cases: Cases, end: np.ndarray, event: Any, kind: np.ndarray, imputed: np.ndarray) -> Outcomes:
    """One row for each advanced line."""
    lines = cases.advanced
    start, person = cases.lines.start[lines], cases.lines.person[lines]
    return Outcomes(person, lines, start, end, np.asarray(event).astype(np.int64), kind, imputed)


# --- overall survival --------------------------------------------------------------------------------------------------------


def _os(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    everyone = np.flatnonzero(cases.tumours.is_plain)
    none = np.full(len(everyone), -1, np.int64)
    advanced = cases.course.advanced
    late = advanced.not_before(cases.tumours.first_dx)
    anchors = [
        ("DX", everyone, none, cases.tumours.first_dx[everyone], (cases.tumours.precision != _DAY)[everyone]),
        ("ADVANCED_DX", everyone, none, late[everyone], (advanced.precision != _DAY)[everyone]),
        ("LINE_START", cases.lines.person, np.arange(len(cases.lines.person)), cases.lines.start, np.zeros(len(cases.lines.person), bool)),
    ]  # fmt: skip
    found = []
    for name, person, line, index, vague in anchors:
        if name in definition["anchors"]:
            found.append(_survival(cases, definition, person, line, index, vague, EVENTS.index(name)))
    return found


def _survival(
    cases: Cases, definition: Mapping[str, Any], person: np.ndarray, line: np.ndarray, index: np.ndarray,
    vague: np.ndarray, anchor: int,
) -> Outcomes:  # fmt: skip
    death = cases.vital.usable_death[person]
    dead = death != NEVER
    alive = np.maximum(cases.alive[person], index)
    if definition["censor"] == "cutoff" and cases.rules.cutoff is not None:
        cutoff = (cases.rules.cutoff - when(0)).days
        unusable = cases.vital.state[person] == STATES.index("DEAD")
        alive = np.where(unusable, alive, np.maximum(alive, cutoff))
    kind = np.where(dead, _DEATH, _CENSOR)
    imputed = np.where(dead, cases.vital.imputed[person] | vague, vague).astype(bool)
    end = np.where(dead, death, alive)
    rows = Outcomes(person, line, index, end, dead.astype(np.int64), kind, imputed, anchor)
    no_cutoff = definition["censor"] == "cutoff" and cases.rules.cutoff is None
    return rows.only((index != NEVER) & (dead | (not no_cutoff)))


# --- progression, next treatment, discontinuation ----------------------------------------------------------------------------


def _end_of_follow_up(cases: Cases, gap: int) -> np.ndarray:
    """Of each advanced line: last visit before a hole in the visits, or last day a progression could be read."""
    lines, visits = cases.lines, cases.vital.visits
    person, start = lines.person[cases.advanced], lines.start[cases.advanced]
    ends = _chain_ends(visits, gap)
    position = np.searchsorted(visits.keys, keyed(person, start))
    last = start.copy()
    inside = np.flatnonzero(position < len(visits.keys))
    key = visits.keys[position[inside]]
    near = (key // SHIFT == person[inside]) & (key % SHIFT - SHIFT // 2 - start[inside] <= gap)
    last[inside[near]] = ends[position[inside[near]]]
    return np.minimum(last, np.maximum(cases.last_read[person], start))


def _chain_ends(visits: DaySet, gap: int) -> np.ndarray:
    """For each visit the last one that is reached from it without a hole."""
    if not len(visits.keys):
        return visits.keys
    far = np.ones(len(visits.keys), bool)
    far[:-1] = np.diff(visits.keys) > gap
    stops = np.flatnonzero(far)
    return visits.day[stops[np.searchsorted(stops, np.arange(len(far)))]]


def _first_progression(cases: Cases, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Of each advanced line: the first progression more than ``after`` days after its start (``FAR``: none), and is it vague."""
    person, start = cases.lines.person[cases.advanced], cases.lines.start[cases.advanced]
    keys, month = cases.progressions
    if not len(keys):
        return np.full(len(person), FAR), np.zeros(len(person), bool)
    position = np.searchsorted(keys, keyed(person, start + after + 1))
    place = np.minimum(position, len(keys) - 1)
    own = (position < len(keys)) & (keys[place] // SHIFT == person)
    return np.where(own, keys[place] % SHIFT - SHIFT // 2, FAR), own & month[place]


def _rwpfs(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    person = cases.lines.person[cases.advanced]
    end = _end_of_follow_up(cases, definition["visit_gap_days"])
    worse, vague = _first_progression(cases, definition["exclude_first_days"])
    following, mode = cases.following[cases.advanced], definition.get("next_line")
    death = cases.vital.usable_death[person]
    dead, day_of_death = death != NEVER, np.where(death == NEVER, FAR, death)
    progressed = (worse <= end) & ~(day_of_death < worse)
    died = dead & (death - end <= definition["death_window_days"])
    choices = [
        (progressed, worse, 1, _PROGRESSION, vague),
        (died, death, 1, _DEATH, cases.vital.imputed[person]),
        (np.ones(len(end), bool), end, 0, _CENSOR, np.zeros(len(end), bool)),
    ]
    before = (following != NEVER) & (worse > following)
    if mode == "impute":
        choices.insert(0, (before & ~(day_of_death < following), following, 1, _PROGRESSION, np.ones(len(end), bool)))
    if mode == "censor":
        choices.insert(0, (before, np.minimum(end, following), 0, _CENSOR, np.zeros(len(end), bool)))
    return [_line_rows(cases, *_first_choice(choices))]


def _first_choice(choices: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """End, event, kind and imputed flag by the first condition that holds."""
    conditions = [c[0] for c in choices]
    return tuple(
        np.select(conditions, [np.broadcast_to(c[n], len(conditions[0])) for c in choices]) for n in range(1, 5)
    )


def _ttnt(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    person = cases.lines.person[cases.advanced]
    following, death = cases.following[cases.advanced], cases.vital.usable_death[person]
    last, end = cases.vital.last_activity[person], cases.lines.end[cases.advanced]
    no = np.zeros(len(person), bool)
    choices = [
        ((following != NEVER) & ~((death != NEVER) & (death < following)), following, 1, _NEXT, no),
        (death != NEVER, death, 1, _DEATH, cases.vital.imputed[person]),
        (~no, np.where(last == NEVER, end, last), 0, _CENSOR, no),
    ]
    return [_line_rows(cases, *_first_choice(choices))]


def _ttd(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    person = cases.lines.person[cases.advanced]
    last, death = cases.lines.end[cases.advanced], cases.vital.usable_death[person]
    active = cases.vital.last_activity[person]
    idle = np.where(active == NEVER, 0, active - last)
    stopped = (cases.following[cases.advanced] != NEVER) | (idle >= definition["gap_days"]) | (death != NEVER)
    by_death = stopped & (death != NEVER) & (death <= last)
    kind = np.where(by_death, _DEATH, np.where(stopped, _STOP, _CENSOR))
    return [_line_rows(cases, last, stopped, kind, by_death & cases.vital.imputed[person])]


# --- disease-free survival, best response ------------------------------------------------------------------------------------


def _dfs(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    """From the first curative surgery. A tumour advanced before it is not disease-free after it."""
    first_dx, surgery = cases.tumours.first_dx, cases.course.first_surgery
    advanced = cases.course.advanced.not_before(first_dx)
    free = cases.tumours.is_plain & (surgery != NEVER) & ((advanced == NEVER) | (advanced > surgery))
    person = np.flatnonzero(free)
    index, death = surgery[person], cases.vital.usable_death[person]
    recurrence = cases.course.recurrence.not_before(first_dx)[person]
    vague = cases.course.recurrence.precision[person] == _MONTH
    again = np.where(recurrence > index, recurrence * 2 + vague, FAR * 2)
    again = np.where(first_dx[person] > index, np.minimum(again, first_dx[person] * 2), again)
    dead = (death != NEVER) & (death <= again // 2)
    recurred = ~dead & (again < FAR * 2)
    no = np.zeros(len(person), bool)
    choices = [
        (dead, death, 1, _DEATH, cases.vital.imputed[person]),
        (recurred, again // 2, 1, _RECURRENCE, again % 2 == 1),
        (~no, np.maximum(cases.alive[person], index), 0, _CENSOR, no),
    ]
    none = np.full(len(person), -1, np.int64)
    end, event, kind, imputed = _first_choice(choices)
    return [Outcomes(person, none, index, end, event, kind, imputed, EVENTS.index("SURGERY"))]


def _best_response(cases: Cases, definition: Mapping[str, Any]) -> list[Outcomes]:
    responses = cases.course.responses
    if responses.group is None:
        return []
    rank = _response_ranks(cases, definition)
    lines = cases.advanced
    starts = np.searchsorted(responses.person, cases.lines.person[lines])
    counts = np.searchsorted(responses.person, cases.lines.person[lines], "right") - starts
    owner = np.repeat(np.arange(len(lines)), counts)
    row = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(starts, counts)
    start, following = cases.lines.start[lines][owner], cases.following[lines][owner]
    day, late = responses.day[row], (responses.precision == _MONTH)[row]
    fits = (day > start + definition["exclude_first_days"]) & ((following == NEVER) | (day <= following))
    fits &= rank[row] >= 0
    owner, row, day, late = owner[fits], row[fits], day[fits], late[fits]
    picked = best(owner, len(lines), rank[row], day, late)
    there = picked >= 0
    picked = picked[there]
    value, line = rank[row[picked]], lines[there]
    good = np.array([v in ("CR", "PR") for v in definition["order"]])[value]
    none = np.zeros(len(line), np.int64)
    return [Outcomes(cases.lines.person[line], line, cases.lines.start[line], day[picked], good.astype(np.int64), none, late[picked], value=value)]  # fmt: skip


def _response_ranks(cases: Cases, definition: Mapping[str, Any]) -> np.ndarray:
    group = cases.course.responses.group
    assert group is not None
    said, order = coded(group, "response"), definition["order"]
    meant = [definition["same_as"].get(v, v) for v in said.values]
    return said.numbers([order.index(v) if v in order else -1 for v in meant], null=-1)


_COMPUTE: Mapping[str, Compute] = {
    "OS": _os, "RWPFS": _rwpfs, "TTNT": _ttnt, "TTD": _ttd, "DFS": _dfs, "RW_BOR": _best_response,
}  # fmt: skip


# --- rows --------------------------------------------------------------------------------------------------------------------


def endpoint_table(cases: Cases) -> pa.Table:
    """The endpoint rows of all plain patients."""
    found = [
        (number, rows)
        for number, definition in enumerate(cases.rules.endpoints["definition"])
        for rows in _COMPUTE[definition["endpoint"]](cases, definition)
    ]
    schema = pa.schema([pa.field(f.name, f.type) for f in arrow_schema(release("endpoint"))])
    if not found:
        return schema.empty_table()
    columns = _columns(cases, found)
    count = len(columns["patient_id"])
    return pa.table([columns.get(f.name, pa.nulls(count, f.type)).cast(f.type) for f in schema], schema=schema)


def _columns(cases: Cases, found: list[tuple[int, Outcomes]]) -> dict[str, pa.Array]:
    definitions = cases.rules.endpoints["definition"]
    ids = [d["id"] for d in definitions]
    which = np.concatenate([np.full(len(o.person), n) for n, o in found])
    person, line, index, end, event, kind = (
        np.concatenate([getattr(o, c) for _, o in found]) for c in ("person", "line", "index", "end", "event", "kind")
    )
    anchor = np.concatenate([np.full(len(o.person), o.anchor) for _, o in found])
    imputed = np.concatenate([o.imputed for _, o in found])
    end = np.maximum(end, index)
    seen = cases.vital.first_visit[person]
    line_ids = [r["line_id"] for r in cases.lines.rows]
    owner = pa.array(person)
    return {
        "endpoint_id": _ids(cases, ids, which, anchor, person, line, line_ids),
        "patient_id": cases.tumours.patient_ids.take(owner),
        "tumour_id": cases.tumours.ids.take(owner),
        "tumour_code": chosen(cases.tumours.plain.codes, cases.tumours.plain.code[person]),
        "line_id": chosen(line_ids, line),
        "endpoint": chosen([d["endpoint"] for d in definitions], which),
        "definition_id": chosen(ids, which),
        "index_event": chosen(EVENTS, anchor),
        "index_date": day_array(index),
        "end_date": day_array(end),
        "event": pa.array(event.astype(np.int32)),
        "event_type": chosen(KINDS, np.where(kind == 0, -1, kind)),
        "time_days": pa.array((end - index).astype(np.int32)),
        "time_months": pa.array((end - index) / cases.rules.endpoints["days_per_month"]),
        "entry_date": day_array(np.where(seen == NEVER, NEVER, np.maximum(seen, index))),
        "imputed": pa.array(imputed.astype(bool)),
        "value_text": pa.concat_arrays([_values(definitions[n], o) for n, o in found]),
        "source_kind": chosen(["DERIVED"], np.zeros(len(which), np.int64)),
        "source_ref": chosen(ids, which),
        "review_status": chosen(["NOT_REVIEWED"], np.zeros(len(which), np.int64)),
        "hospital_id": cases.tumours.columns["hospital_id"].take(owner),
        "release_id": cases.tumours.columns["release_id"].take(owner),
    }


def _values(definition: Mapping[str, Any], rows: Outcomes) -> pa.Array:
    if rows.value is None:
        return pa.nulls(len(rows.person), pa.string())
    return chosen(definition["order"], rows.value)


def _ids(
    cases: Cases, ids: list[str], which: np.ndarray, anchor: np.ndarray, person: np.ndarray, line: np.ndarray,
    line_ids: list[str],
) -> pa.Array:  # fmt: skip
    tumour_ids, names = cases.tumours.ids.to_pylist(), [*line_ids, ""]
    heads = [f"|{d}|{e}|" for d in ids for e in EVENTS]
    head = (which * len(EVENTS) + anchor).tolist()
    parts = zip(person.tolist(), head, line.tolist(), strict=True)
    return tokens([f"{tumour_ids[p]}{heads[h]}{names[n]}|0" for p, h, n in parts])
