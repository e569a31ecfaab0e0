"""Lines and regimens of plain patients: the walk is a single patient's, all that it rests on comes from columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.columnar.rows import column_of, plain_schema
from warehouse.derive.common import Row
from warehouse.derive.lines import Line
from warehouse.derive.rules import Rules
from warehouse.derive.sets.course import CourseSet
from warehouse.derive.sets.drugs import DrugSet, exposures_by_person
from warehouse.derive.sets.tools import NEVER, DaySet, chosen, coded, days_of, sorted_lists, texts_of, tokens, when
from warehouse.derive.sets.tumours import TumourSet
from warehouse.derive.sets.vital import VitalSet
from warehouse.derive.therapy import OF_LINE, REGIMEN_RULE, Around, build_lines, build_regimens


@dataclass(frozen=True)
class Lines:
    """Lines and their regimens as columns."""

    rows: list[Row]
    """What the rules make of each line, and ``line_id`` and ``tumour_id``."""
    regimens: list[Row]
    """What the rules make of each regimen."""
    person: np.ndarray
    start: np.ndarray
    end: np.ndarray
    advanced: np.ndarray
    number: np.ndarray
    ids: pa.Array
    first_dose: np.ndarray
    """Number of the drug row that the line begins with."""
    of_regimen: np.ndarray
    """Number of the line of each regimen."""
    doses: np.ndarray
    """Numbers of the regimens' drug rows, regimen by regimen."""
    of_dose: np.ndarray
    """Number of the regimen of each of them."""
    tumours: TumourSet
    drugs: DrugSet

    @cached_property
    def table(self) -> pa.Table:
        """``line_of_therapy``."""
        t, of = self.tumours, pa.array(self.person)
        constant = np.zeros(len(self.rows), np.int64)
        known = {
            "line_id": self.ids,
            "patient_id": t.patient_ids.take(of),
            "tumour_id": t.ids.take(of),
            "tumour_code": chosen(t.plain.codes, t.plain.code[self.person]),
            "source_kind": chosen(["DERIVED"], constant),
            "source_ref": pa.array([r["rule_set"] for r in self.rows], pa.string()),
            "review_status": chosen(["NOT_REVIEWED"], constant),
            "hospital_id": self._of_dose("hospital_id"),
            "release_id": self._of_dose("release_id"),
        }
        return _table("line_of_therapy", self.rows, known)

    @cached_property
    def regimen_table(self) -> pa.Table:
        """``regimen``."""
        of = pa.array(self.of_regimen)
        known = {name: pc.take(self.table[name], of) for name in OF_LINE}
        known["regimen_id"] = tokens(f"{self.rows[n]['line_id']}|regimen|{k}" for n, k in _counted(self.of_regimen))
        known["source_ref"] = chosen([REGIMEN_RULE], np.zeros(len(self.regimens), np.int64))
        known["drug_admin_ids"] = self._drug_ids()
        return _table("regimen", self.regimens, known)

    def _of_dose(self, name: str) -> pa.Array:
        group = self.drugs.group
        if group is None or group.stored(name) is None:
            return chosen([""], np.zeros(len(self.rows), np.int64))
        return pc.fill_null(texts_of(group, name, self.first_dose), "")

    def _drug_ids(self) -> pa.Array:
        group, count = self.drugs.group, len(self.regimens)
        texts = pa.nulls(0, pa.string()) if group is None else texts_of(group, "drug_admin_id", self.doses)
        return sorted_lists(texts, self.of_dose, count)

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
        mine = build_lines(around.codes[person], xs, around.of(person), rules)
        built += mine
        owners += [person] * len(mine)
    made = [build_regimens(line, row, around.codes[p], rules) for (line, row), p in zip(built, owners, strict=True)]
    return _columns(built, owners, made, tumours, drugs)


def _columns(
    built: list[tuple[Line, Row]], owners: list[int], made: list[list[tuple[Row, list[int]]]], tumours: TumourSet, drugs: DrugSet
) -> Lines:  # fmt: skip
    rows, epoch = [row for _, row in built], when(0).toordinal()
    person = np.array(owners, np.int64)
    start, end = (np.array([r[c].toordinal() for r in rows], np.int64) - epoch for c in ("start_date", "end_date"))
    tumour_ids = tumours.ids.to_pylist()
    ids = tokens(f"{tumour_ids[p]}|line|{n}" for p, n in _counted(person))
    for row, line_id, p in zip(rows, ids.to_pylist(), owners, strict=True):
        row["line_id"], row["tumour_id"] = line_id, tumour_ids[p]
    regimens = [each for found in made for each in found]
    doses = [d for _, found in regimens for d in found]
    return Lines(
        rows, [facts for facts, _ in regimens], person, start, end,
        np.array([r["setting"] == "ADVANCED" for r in rows], bool), np.array([r["line_number"] for r in rows], np.int64),
        ids, np.array([line.exposures[0].doses[0] for line, _ in built], np.int64),
        np.repeat(np.arange(len(made)), [len(found) for found in made]), np.array(doses, np.int64),
        np.repeat(np.arange(len(regimens)), [len(found) for _, found in regimens]), tumours, drugs,
    )  # fmt: skip


def _counted(owners: np.ndarray) -> Iterator[tuple[int, int]]:
    """Each owner with the place of the row among the owner's; rows of one owner stand together."""
    first = np.searchsorted(owners, owners)
    return zip(owners.tolist(), (np.arange(len(owners)) - first).tolist(), strict=True)


def _table(name: str, rows: list[Row], known: Mapping[str, pa.Array]) -> pa.Table:
    schema = plain_schema(name)
    columns = [known[f.name].cast(f.type) if f.name in known else column_of(rows, f) for f in schema]
    return pa.table(columns, schema=schema)


class _Surroundings:
    """Columns as values of single patients, made where they are asked for."""

    def __init__(
        self, groups: Mapping[str, Group], tumours: TumourSet, course: CourseSet, drugs: DrugSet, vital: VitalSet
    ) -> None:
        count = len(tumours.is_plain)
        self.facts, self.codes = drugs.facts, tumours.code_names
        self.recurrence = course.recurrence.not_before(tumours.first_dx).tolist()
        self.index, self.death = course.index.tolist(), vital.usable_death.tolist()
        self.imputed, self.last = vital.imputed.tolist(), vital.last_activity.tolist()
        responses = course.responses
        worse = responses.is_progression
        self.progressions = DaySet.of(responses.person[worse], responses.day[worse]).lists(count)
        self.surgeries = course.surgeries.lists(count)
        self.transplants = _transplants(groups).lists(count)
        self.courses = _courses(course)

    def of(self, person: int) -> Around:
        """What the patient's lines rest on."""
        death = _date(self.death[person])
        return Around(
            _date(self.index[person]), self.surgeries[person], self.courses.get(person, []), self.progressions[person],
            self.transplants[person], _date(self.recurrence[person]), (death, self.imputed[person]) if death else None,
            _date(self.last[person]),
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
