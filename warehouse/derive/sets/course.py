"""The course of plain patients' tumours as columns: curative treatment, metastasis, recurrence, progression, the advanced date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.course import name_test
from warehouse.derive.response import NO_PROGRESSION
from warehouse.derive.rules import Rules
from warehouse.derive.sets.evidence import TABLES
from warehouse.derive.sets.staging import StageSet
from warehouse.derive.sets.tools import (
    FAR,
    NEVER,
    PRECISIONS,
    DaySet,
    coded,
    days_of,
    least,
    numbers,
    precision_of,
    truths,
)
from warehouse.derive.sets.tumours import TumourSet

_N = len(PRECISIONS)


@dataclass(frozen=True)
class Dated:
    """A day and its precision for each patient; ``NEVER`` without one."""

    day: np.ndarray
    precision: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Where there is one."""
        return self.day != NEVER

    @classmethod
    def least(cls, owner: np.ndarray, mark: np.ndarray, count: int) -> Dated:
        """The earliest of marks (see ``marks``), the more precise one of a day."""
        low = least(owner, mark, count)
        return cls(np.where(low == FAR, NEVER, low // _N), np.where(low == FAR, 0, low % _N))

    @classmethod
    def earlier(cls, *some: tuple[Dated, np.ndarray]) -> Dated:
        """The earliest of several, each with where it counts."""
        marks = [np.where(d.known & where, d.day * _N + d.precision, FAR) for d, where in some]
        low = np.minimum.reduce(marks)
        return cls(np.where(low == FAR, NEVER, low // _N), np.where(low == FAR, 0, low % _N))

    def not_before(self, first: np.ndarray) -> np.ndarray:
        """The days, moved up to ``first``."""
        return np.where(self.known, np.maximum(self.day, first), NEVER)


@dataclass(frozen=True)
class Responses:
    """Response assessments of all patients."""

    group: Group | None
    person: np.ndarray
    day: np.ndarray
    precision: np.ndarray
    is_progression: np.ndarray
    is_pd: np.ndarray


@dataclass(frozen=True)
class Radiation:
    """Courses of radiotherapy meant to cure."""

    person: np.ndarray
    start: np.ndarray
    end: np.ndarray


@dataclass(frozen=True)
class CourseSet:
    """What later rules need of each patient's course."""

    responses: Responses
    surgeries: DaySet
    """Curative ones."""
    first_surgery: np.ndarray
    radiation: Radiation
    metastatic: Dated
    recurrence: Dated
    advanced: Dated
    index: np.ndarray
    """Day that advanced lines are counted from, ``NEVER``: no advanced lines."""
    haematological: np.ndarray


def course_set(groups: Mapping[str, Group], tumours: TumourSet, stages: StageSet, rules: Rules) -> CourseSet:
    """The course of each plain patient's tumour; entries of the others carry no meaning."""
    count = len(tumours.is_plain)
    haem = tumours.type_flags(rules.haematological)
    responses = _responses(groups)
    surgeries = _surgeries(groups)
    first = surgeries.first(count)
    metastatic = _metastatic(groups, stages, haem, rules, count)
    radiation = _radiation(groups, surgeries, metastatic, rules)
    recurrence = _recurrence(groups, tumours, responses, first, rules)
    curative = DaySet.of(
        np.concatenate([surgeries.owner, radiation.person]), np.concatenate([surgeries.day, radiation.start])
    )
    advanced = _advanced(stages, curative, metastatic, recurrence, haem, rules)
    late = advanced.not_before(tumours.first_dx)
    index = np.where(haem, tumours.first_dx, _reset(groups, tumours, rules, late))
    return CourseSet(responses, surgeries, first, radiation, metastatic, recurrence, advanced, index, haem)


def _responses(groups: Mapping[str, Group]) -> Responses:
    group, none = groups.get("response_assessment"), np.zeros(0, np.int64)
    if group is None:
        return Responses(None, none, none, none, none.astype(bool), none.astype(bool))
    said = coded(group, "response")
    is_pd = said.among("PD")
    worse = is_pd | (truths(group, "is_progression") & ~said.among(*NO_PROGRESSION))
    day, precision = days_of(group, "assessed_date"), precision_of(group, "date_precision")
    return Responses(group, group.person.astype(np.int64), day, precision, worse, is_pd)


def _surgeries(groups: Mapping[str, Group]) -> DaySet:
    """Resections and transplants meant to cure: stated so, or a resection with no other intent and no R2."""
    none = np.zeros(0, np.int64)
    if (group := groups.get("surgery")) is None:
        return DaySet.of(none, none)
    intent = coded(group, "intent")
    cures = intent.among("CURATIVE") | (intent.among(None, "UNK") & ~coded(group, "residual").among("R2"))
    rows = cures & coded(group, "procedure_kind").among("RESECTION", "TRANSPLANT")
    return DaySet.of(group.person[rows], days_of(group, "op_date")[rows])


def _metastatic(groups: Mapping[str, Group], stages: StageSet, haem: np.ndarray, rules: Rules, count: int) -> Dated:
    """First confirmed distant metastasis: a metastasis row, or M1 in a stage. Blood-forming tumours do not metastasise."""
    owner, mark = [stages.person[stages.metastatic]], [(stages.day * _N + stages.precision)[stages.metastatic]]
    if group := groups.get("metastasis"):
        regional = rules.tumours["advanced"]["regional_sites"]
        rows = ~coded(group, "certainty").among("SUSPECTED") & ~coded(group, "site_code").among(*regional)
        owner.append(group.person[rows])
        mark.append(_marks(group, "first_seen_date", "first_seen_date_precision")[rows])
    found = Dated.least(np.concatenate(owner).astype(np.int64), np.concatenate(mark), count)
    return Dated(np.where(haem, NEVER, found.day), found.precision)


def _marks(group: Group, day: str, precision: str) -> np.ndarray:
    """Day and precision as one sortable number."""
    return days_of(group, day) * _N + precision_of(group, precision)


def _radiation(groups: Mapping[str, Group], surgeries: DaySet, spread: Dated, rules: Rules) -> Radiation:
    """Courses meant to cure: stated so, or of that dose with no operation near it and no spread before it."""
    none = np.zeros(0, np.int64)
    if (group := groups.get("radiotherapy")) is None:
        return Radiation(none, none, none)
    conf, person = rules.lines["early"], group.person.astype(np.int64)
    start, end = days_of(group, "start_date"), days_of(group, "end_date")
    end = np.where(end == NEVER, start, end)
    intent, dose = coded(group, "intent"), numbers(group, "total_dose_gy")
    enough = np.where(np.isnan(dose), 0.0, dose) >= conf["radical_dose_gy"]
    operated = surgeries.within(
        person, start - conf["operated_within_days"], end + conf["neoadjuvant_max_days_to_surgery"]
    )
    local = ~spread.known[person] | (spread.day[person] > start)
    rows = intent.among("RADICAL") | (intent.among(None, "UNK") & enough & ~operated & local)
    return Radiation(person[rows], start[rows], end[rows])


def _recurrence(
    groups: Mapping[str, Group], tumours: TumourSet, responses: Responses, surgery: np.ndarray, rules: Rules
) -> Dated:
    """First recurrence: stated in a note or a diagnosis, or a metastasis or progression after curative surgery."""
    told = [*_stated(groups, tumours, rules), *_after_surgery(groups, responses, surgery, rules)]
    owner = np.concatenate([np.zeros(0, np.int64), *(o for o, _ in told)]).astype(np.int64)
    mark = np.concatenate([np.zeros(0, np.int64), *(m for _, m in told)])
    later = mark // _N > tumours.first_dx[owner]
    return Dated.least(owner[later], mark[later], len(tumours.is_plain))


Told = tuple[np.ndarray, np.ndarray]
"""Patients and marks."""


def _stated(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules) -> list[Told]:
    found: list[Told] = []
    members = tumours.members
    for table, name in enumerate(TABLES):
        rows = members.row[members.table == table]
        if len(rows) and groups[name].column("recurrence_date") is not None:
            rows = rows[days_of(groups[name], "recurrence_date")[rows] != NEVER]
            mark = _marks(groups[name], "recurrence_date", "recurrence_date_precision")[rows]
            found.append((groups[name].person[rows], mark))
    rows = members.row[members.table == TABLES.index("diagnosis")]
    if len(rows):
        group, test = groups["diagnosis"], name_test(rules.tumours["recurrence"]["name_pattern"])
        names = coded(group, "name_raw")
        again = names.flags([test(v or "") for v in names.values], null=test("")) & coded(group, "certainty").among("CONFIRMED")  # fmt: skip
        rows = rows[again[rows]]
        found.append((group.person[rows], _marks(group, "diagnosis_date", "date_precision")[rows]))
    return found


def _after_surgery(groups: Mapping[str, Group], responses: Responses, surgery: np.ndarray, rules: Rules) -> list[Told]:
    """Metastases and progressions that came after surgery for a tumour that was not metastatic before."""
    from_day = np.where(surgery == NEVER, FAR, surgery + rules.tumours["recurrence"]["after_surgery_days"])
    found, spread = [], np.zeros(len(surgery), bool)
    if group := groups.get("metastasis"):
        person, day = group.person, days_of(group, "first_seen_date")
        real, late = ~coded(group, "certainty").among("SUSPECTED"), day > from_day[person]
        distant = ~coded(group, "site_code").among(*rules.tumours["advanced"]["regional_sites"])
        spread = np.bincount(person[real & ~late & distant], minlength=len(surgery)) > 0
        rows = real & late & ~spread[person]
        found.append((person[rows], _marks(group, "first_seen_date", "first_seen_date_precision")[rows]))
    rows = responses.is_pd & (responses.day > from_day[responses.person]) & ~spread[responses.person]
    found.append((responses.person[rows], (responses.day * _N + responses.precision)[rows]))
    return found


def _advanced(
    stages: StageSet, curative: DaySet, metastatic: Dated, recurrence: Dated, haem: np.ndarray, rules: Rules
) -> Dated:
    """First of stage IV, M1 or unresectable recurrence; IIIB/IIIC for lung only when nothing curative follows in time."""
    limit, count = rules.tumours["advanced"]["curative_within_days"], len(haem)
    first = curative.first(count)
    treated = (first != NEVER)[stages.person] & (first[stages.person] <= stages.day + limit)
    rows = stages.advanced | (stages.late & ~treated)
    staged = Dated.least(stages.person[rows], (stages.day * _N + stages.precision)[rows], count)
    followed = curative.within(np.arange(count), recurrence.day, recurrence.day + limit)
    always = np.ones(count, bool)
    found = Dated.earlier((metastatic, always), (staged, always), (recurrence, ~followed))
    return Dated(np.where(haem, NEVER, found.day), found.precision)


def _reset(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules, advanced: np.ndarray) -> np.ndarray:
    """The advanced date, or the day from which the type's rules count anew (castration resistance)."""
    index, group = advanced.copy(), groups.get("tumour_attribute")
    if group is None:
        return index
    variable, day = coded(group, "variable_code"), days_of(group, "assessed_date")
    for number, code in enumerate(tumours.plain.codes):
        if wanted := rules.policy(code).reset_attribute:
            rows = variable.among(wanted) & (day != NEVER) & (tumours.plain.code[group.person] == number)
            first = least(group.person[rows], day[rows], len(index))
            index = np.where(first == FAR, index, first)
    return index
