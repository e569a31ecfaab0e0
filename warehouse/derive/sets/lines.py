"""Lines and regimens of plain patients: the walk is a single patient's, all that it rests on comes from columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.common import Row
from warehouse.derive.rules import Rules
from warehouse.derive.sets.course import CourseSet
from warehouse.derive.sets.drugs import DrugSet, exposures_by_person
from warehouse.derive.sets.tools import NEVER, DaySet, coded, days_of, when
from warehouse.derive.sets.tumours import TumourSet
from warehouse.derive.sets.vital import VitalSet
from warehouse.derive.therapy import Around, build_lines, derive_regimens


@dataclass
class LineSet:
    """The lines of all plain patients in order of patient and start; arrays have one entry a line."""

    rows: list[Row] = field(default_factory=list)
    regimens: list[Row] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)

    def freeze(self) -> Lines:
        """The lines as columns."""
        rows = self.rows
        epoch = when(0)
        return Lines(
            rows, self.regimens, np.array(self.owners, np.int64),
            np.array([(r["start_date"] - epoch).days for r in rows], np.int64),
            np.array([(r["end_date"] - epoch).days for r in rows], np.int64),
            np.array([r["setting"] == "ADVANCED" for r in rows], bool),
            np.array([r["line_number"] for r in rows], np.int64),
        )  # fmt: skip


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
    found = LineSet()
    exposures = exposures_by_person(drugs, tumours, rules)
    around = _Surroundings(groups, tumours, course, drugs, vital)
    for person, xs in exposures.items():
        built = build_lines(around.tumour(person), xs, around.of(person), rules)
        found.rows += [row for _, row in built]
        found.owners += [person] * len(built)
        found.regimens += derive_regimens(built, rules)
    return found.freeze()


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


