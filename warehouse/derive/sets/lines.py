"""Lines and regimens of plain patients: the walk is a single patient's, all that it rests on comes from columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.common import Row, joined
from warehouse.derive.lines import Line
from warehouse.derive.rules import Rules
from warehouse.derive.sets.course import CourseSet
from warehouse.derive.sets.drugs import DrugSet, exposures_by_person
from warehouse.derive.sets.tools import NEVER, DaySet, coded, days_of, tokens, when
from warehouse.derive.sets.tumours import TumourSet
from warehouse.derive.sets.vital import VitalSet
from warehouse.derive.therapy import Around, build_lines, derive_regimens


@dataclass(frozen=True)
class Lines:
    """Lines as columns."""

    rows: list[Row]
    regimens: list[Row]
    person: np.ndarray
    start: np.ndarray
    end: np.ndarray
    advanced: np.ndarray
    number: np.ndarray

    def following(self) -> np.ndarray:
        """Start of the next advanced line that is not the maintenance phase of the same one, ``NEVER`` without any."""
        found = np.full(len(self.person), NEVER, np.int64)
        for step in range(1, len(self.person)):
            here, there = slice(None, -step), slice(step, None)
            same = self.person[here] == self.person[there]
            if not same.any():
                break
            fits = same & self.advanced[here] & self.advanced[there] & (found[here] == NEVER)
            fits &= (self.start[there] > self.start[here]) & (self.number[there] > self.number[here])
            found[here] = np.where(fits, self.start[there], found[here])
        return found


def line_set(
    groups: Mapping[str, Group], tumours: TumourSet, course: CourseSet, drugs: DrugSet, vital: VitalSet, rules: Rules
) -> Lines:
    """Lines and regimens of each plain patient."""
    around = _Surroundings(groups, tumours, course, drugs, vital)
    built: list[tuple[Line, Row]] = []
    owners: list[int] = []
    for person, xs in exposures_by_person(drugs, tumours, rules).items():
        mine = build_lines(around.tumour(person), xs, around.of(person), rules, joined)
        built += mine
        owners += [person] * len(mine)
    rows = _named([row for _, row in built], "line_id")
    return _columns(rows, _named(derive_regimens(built, rules, joined), "regimen_id"), owners)


def _named(rows: list[Row], key: str) -> list[Row]:
    """The rows with the ids that their parts give."""
    for row, made in zip(rows, tokens([r[key] for r in rows]).to_pylist(), strict=True):
        row[key] = made
    return rows


def _columns(rows: list[Row], regimens: list[Row], owners: list[int]) -> Lines:
    epoch = when(0).toordinal()
    start, end = ([r[c].toordinal() - epoch for r in rows] for c in ("start_date", "end_date"))
    advanced = np.array([r["setting"] == "ADVANCED" for r in rows], bool)
    numbers = (np.array(n, np.int64) for n in (owners, start, end, [r["line_number"] for r in rows]))
    person, starts, ends, number = numbers
    return Lines(rows, regimens, person, starts, ends, advanced, number)


class _Surroundings:
    """Columns as values of single patients, made where they are asked for."""

    def __init__(
        self, groups: Mapping[str, Group], tumours: TumourSet, course: CourseSet, drugs: DrugSet, vital: VitalSet
    ) -> None:
        count = len(tumours.is_plain)
        self.facts, self.codes = drugs.facts, tumours.code_names
        self.ids, self.patients = tumours.ids.to_pylist(), tumours.patient_ids.to_pylist()
        self.recurrence = course.recurrence.not_before(tumours.first_dx).tolist()
        self.index, self.death = course.index.tolist(), vital.usable_death.tolist()
        self.imputed, self.last = vital.imputed.tolist(), vital.last_activity.tolist()
        responses = course.responses
        worse = responses.is_progression
        self.progressions = DaySet.of(responses.person[worse], responses.day[worse]).lists(count)
        self.surgeries = course.surgeries.lists(count)
        self.transplants = _transplants(groups).lists(count)
        self.courses = _courses(course)

    def tumour(self, person: int) -> Row:
        """Of the tumour's row what lines read."""
        return {
            "tumour_id": self.ids[person],
            "patient_id": self.patients[person],
            "tumour_code": self.codes[person],
            "recurrence_date": _date(self.recurrence[person]),
        }

    def of(self, person: int) -> Around:
        """What the patient's lines rest on."""
        death = _date(self.death[person])
        return Around(
            _date(self.index[person]), self.surgeries[person], self.courses.get(person, []), self.progressions[person],
            self.transplants[person], (death, self.imputed[person]) if death else None, _date(self.last[person]),
            self.facts.get(person, ()),
        )  # fmt: skip


def _date(day: int) -> Any:
    return None if day == NEVER else when(day)


def _transplants(groups: Mapping[str, Group]) -> DaySet:
    none = np.zeros(0, np.int64)
    if (group := groups.get("surgery")) is None:
        return DaySet.of(none, none)
    rows = coded(group, "procedure_kind").among("HSCT")
    return DaySet.of(group.person[rows], days_of(group, "op_date")[rows])


def _courses(course: CourseSet) -> dict[int, list[tuple[Any, Any]]]:
    found: dict[int, list[tuple[Any, Any]]] = {}
    columns = (course.radiation.person, course.radiation.start, course.radiation.end)
    for person, start, end in zip(*(c.tolist() for c in columns), strict=True):
        found.setdefault(person, []).append((when(start), when(end)))
    return {person: sorted(spans) for person, spans in found.items()}
