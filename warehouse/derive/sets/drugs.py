"""Drug rows of plain patients as columns: what notes add, which rows count, exposures merged over holes of a week."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.compile.arrow import arrow_schema
from warehouse.derive.columnar.arrays import EPOCH, Group, dates
from warehouse.derive.columnar.columns import READS
from warehouse.derive.common import Row
from warehouse.derive.exposures import RECORDED, UNDATED, Exposure
from warehouse.derive.reported import drugs_told, reported_drugs
from warehouse.derive.rules import Rules
from warehouse.derive.sets.tools import (
    NEVER,
    Coded,
    DaySet,
    coded,
    days_of,
    distinct,
    keyed,
    least,
    numbers,
    order_by,
    order_by_text,
    texts_of,
    truths,
)
from warehouse.derive.sets.tumours import TumourSet
from warehouse.schema import release

FACT_COLUMNS = (
    "regimen_alias",
    "regimen_name",
    "drug_names",
    "start_date",
    "fact_date",
    "clinician_line",
    "line_number",
)
DRUG_COLUMNS = (
    "patient_id", "drug_admin_id", "drug_name_std", "drug_class", "is_antineoplastic", "record_kind", "start_date", "end_date", "date_precision",
    "route", "days_supply", "hospital_id", "release_id",
)  # fmt: skip


@dataclass(frozen=True)
class DrugSet:
    """All drug rows of all patients, those that notes add at the end."""

    group: Group | None
    undated: np.ndarray
    told: list[Row]
    """New rows of plain patients."""
    dropped: list[Row]
    facts: dict[int, list[Row]]
    """What notes say of the regimens of each plain patient."""


def drug_set(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules) -> DrugSet:
    """The drug rows, and those that regimens of notes add for plain patients."""
    own = groups.get("drug_administration")
    facts, told, dropped, owners = _reported(groups, tumours, rules)
    undated = _undated(groups)
    if told:
        own = _with_told(own, told, owners)
        undated = np.concatenate([undated, [bool(r[UNDATED]) for r in told]])
    return DrugSet(own, undated, told, dropped, facts)


def _undated(groups: Mapping[str, Group]) -> np.ndarray:
    """Told rows whose date is just the day of their note."""
    group, documents = groups.get("drug_administration"), groups.get("document")
    found = np.zeros(0 if group is None else len(group.person), bool)
    if group is None or documents is None:
        return found
    ids, known = group.column("document_id"), documents.column("document_id")
    rows = np.flatnonzero(coded(group, "record_kind").among("REPORTED"))
    if ids is None or known is None or not len(rows):
        return found
    rows = rows[ids.take(pa.array(rows)).is_valid().to_numpy(zero_copy_only=False)]
    place = pc.fill_null(pc.index_in(ids.take(pa.array(rows)), value_set=known), -1).to_numpy(zero_copy_only=False)
    rows, place = rows[place >= 0], place[place >= 0]
    same = documents.person[place] == group.person[rows]
    found[rows] = same & (days_of(documents, "doc_date")[place] == days_of(group, "start_date")[rows])
    return found


# --- what notes add ----------------------------------------------------------------------------------------------------------

Reported = tuple[dict[int, list[Row]], list[Row], list[Row], list[int]]


def _reported(groups: Mapping[str, Group], tumours: TumourSet, rules: Rules) -> Reported:
    """Facts by patient, new drug rows with their patients, facts without a drug or a date."""
    group = groups.get("regimen_fact")
    if group is None:
        return {}, [], [], []
    where = tumours.is_plain[group.person]
    mine = group.rows(FACT_COLUMNS, where)
    facts = {n: rows for n, rows in enumerate(mine) if rows}
    unknown = _with_news(groups.get("drug_administration"), facts, tumours, rules)
    if not unknown:
        return facts, [], [], []
    asked = np.zeros(len(tumours.is_plain), bool)
    asked[sorted(unknown)] = True
    whole = group.rows(READS["regimen_fact"], asked[group.person])
    given = _drug_days(groups.get("drug_administration"), asked)
    told: list[Row] = []
    dropped: list[Row] = []
    owners: list[int] = []
    for person in sorted(unknown):
        rows = {"regimen_fact": whole[person], "drug_administration": given.get(person, [])}
        new, lost = reported_drugs(rows, rules, [tumours.code_names[person]])
        told, dropped, owners = [*told, *new], [*dropped, *lost], [*owners, *[person] * len(new)]
    return facts, told, dropped, owners


def _with_news(group: Group | None, facts: dict[int, list[Row]], tumours: TumourSet, rules: Rules) -> set[int]:
    """Patients of whom a note tells a drug at a day that no record holds, or tells no drug or no day."""
    names = Coded(np.zeros(0, np.int64), []) if group is None else coded(group, "drug_name_std")
    asked = _Asked({name: n for n, name in enumerate(names.values)}, rules)
    for person, rows in facts.items():
        for row in rows:
            asked.add(person, row, tumours.code_names[person])
    if group is None or not asked.owner:
        return asked.news
    size = len(asked.number) + 1
    there = distinct(keyed(group.person.astype(np.int64) * size + names.codes, days_of(group, "start_date")))
    owner, day = np.array(asked.owner), np.array([d.toordinal() for d in asked.day]) - EPOCH
    missing = ~_in_sorted(keyed(owner, day), there)
    return asked.news | set((owner[missing] // size).tolist())


def _in_sorted(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which keys are among the sorted known ones."""
    if not len(known):
        return np.zeros(len(keys), bool)
    return known[np.minimum(np.searchsorted(known, keys), len(known) - 1)] == keys


class _Asked:
    """Drugs that notes tell, by patient and day; ``news``: patients whose notes need a closer look in any case."""

    def __init__(self, number: Mapping[str, int], rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.owner: list[int] = []
        self.day: list[Any] = []
        self.news: set[int] = set()
        self.meant: dict[Any, list[int] | None] = {}

    def add(self, person: int, fact: Row, code: str) -> None:
        """Take up one fact."""
        drugs, day = self._numbers(fact, code), fact.get("start_date")
        if drugs is None or day is None:
            self.news.add(person)
            return
        for drug in drugs:
            self.owner.append(person * (len(self.number) + 1) + drug)
            self.day.append(day)

    def _numbers(self, fact: Row, code: str) -> list[int] | None:
        """Numbers of the drugs that the fact means; None when it means none, or one that no record has."""
        key = (fact.get("regimen_alias"), fact.get("regimen_name"), tuple(fact.get("drug_names") or ()), code)
        if key not in self.meant:
            told = [d for d in drugs_told(fact, self.rules, [code]) if d in self.rules.drugs]
            known = [self.number[d] for d in told if d in self.number]
            self.meant[key] = known if told and len(known) == len(told) else None
        return self.meant[key]


def _drug_days(group: Group | None, asked: np.ndarray) -> dict[int, list[Row]]:
    if group is None:
        return {}
    rows = group.rows(("drug_name_std", "start_date"), asked[group.person])
    return {n: found for n, found in enumerate(rows) if found}


def _with_told(own: Group | None, told: list[Row], owners: list[int]) -> Group:
    types = {f.name: f.type for f in arrow_schema(release("drug_administration"))}
    schema = pa.schema([(c, types[c]) for c in DRUG_COLUMNS])
    new = pa.table([pa.array([r.get(f.name) for r in told], f.type) for f in schema], schema=schema)
    if own is None:
        return Group(new, None, np.array(owners, np.int64), [])
    columns = [own.column(f.name) for f in schema]
    old = pa.table(
        [pa.nulls(len(own.person), f.type) if c is None else c.cast(f.type) for c, f in zip(columns, schema, strict=True)],
        schema=schema,
    )  # fmt: skip
    person = np.concatenate([own.person, np.array(owners, own.person.dtype)])
    return Group(pa.concat_tables([old, new]), None, person, [])


# --- exposures ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Rows:
    """Rows that count, as columns."""

    at: np.ndarray
    """Position in the drug rows."""
    person: np.ndarray
    drug: np.ndarray
    """Number of the drug's name in alphabetical order."""
    start: np.ndarray
    reported: np.ndarray
    undated: np.ndarray
    drugs: int

    def only(self, where: np.ndarray) -> _Rows:
        arrays = (self.at, self.person, self.drug, self.start, self.reported, self.undated)
        at, person, drug, start, reported, undated = (a[where] for a in arrays)
        return _Rows(at, person, drug, start, reported, undated, self.drugs)

    @property
    def owner(self) -> np.ndarray:
        """Patient and drug as one number."""
        return self.person * self.drugs + self.drug


def exposures_by_person(drugs: DrugSet, tumours: TumourSet, rules: Rules) -> dict[int, list[Exposure]]:
    """Exposures of each plain patient's antineoplastic drugs in order of start; their doses are numbers of drug rows."""
    group = drugs.group
    if group is None or not len(group.person):
        return {}
    names = coded(group, "drug_name_std")
    order = sorted(range(len(names.values)), key=names.values.__getitem__)
    place = {n: i for i, n in enumerate(order)}
    ranked = [names.values[n] for n in order]
    rows = _usable(drugs, group, names.numbers([place[n] for n in range(len(order))], null=-1), ranked, tumours, rules)
    rows = _without_told_twice(_without_history(rows, rules), rules)
    return _merged(rows, group, ranked, rules)


def _usable(
    drugs: DrugSet, group: Group, drug: np.ndarray, ranked: Sequence[str], tumours: TumourSet, rules: Rules
) -> _Rows:
    """Antineoplastic drugs of a known day that are no background; orders only where a hospital recorded nothing else."""
    conf, person, start = rules.lines["defaults"], group.person.astype(np.int64), days_of(group, "start_date")
    usable = truths(group, "is_antineoplastic") & ~coded(group, "drug_class").among(*conf["excluded_classes"])
    usable &= (start != NEVER) & ~coded(group, "date_precision").among("Y") & tumours.is_plain[person] & (drug >= 0)
    background = np.zeros((len(tumours.plain.codes) + 1, len(ranked) + 1), bool)
    for number, code in enumerate(tumours.plain.codes):
        background[number, :-1] = [name in rules.policy(code).background for name in ranked]
    usable &= ~background[tumours.plain.code[person], drug]
    kind, hospital = coded(group, "record_kind"), coded(group, "hospital_id")
    place = person * (len(hospital.values) + 1) + hospital.codes + 1
    recorded = np.isin(place, place[usable & kind.among(*RECORDED)])
    at = np.flatnonzero(usable & ~(kind.among("ORDERED") & recorded))
    return _Rows(
        at, person[at], drug[at], start[at], kind.among("REPORTED")[at], drugs.undated[at], max(len(ranked), 1)
    )


def _without_history(rows: _Rows, rules: Rules) -> _Rows:
    """Drops told drugs without a date of their own that are memories (see ``exposures``)."""
    if not rows.undated.any():
        return rows
    near = rules.lines["defaults"]["reported_duplicate_days"]
    recorded = DaySet.of(rows.person[~rows.reported], rows.start[~rows.reported])
    owner, which = np.unique(rows.owner, return_inverse=True)
    dated = ~rows.undated
    known = least(which.reshape(-1)[dated], rows.start[dated], len(owner))[which.reshape(-1)]
    memory = (known <= rows.start) | recorded.within(rows.person, rows.start - near, rows.start + near)
    return rows.only(dated | ~memory)


def _without_told_twice(rows: _Rows, rules: Rules) -> _Rows:
    """Drops told drugs when a record of the same drug lies within a month."""
    if not rows.reported.any():
        return rows
    near = rules.lines["defaults"]["reported_duplicate_days"]
    recorded = DaySet.of(rows.owner[~rows.reported], rows.start[~rows.reported])
    twice = rows.reported & recorded.within(rows.owner, rows.start - near, rows.start + near)
    return rows.only(~twice)


def _run_out(rows: _Rows, group: Group, ranked: Sequence[str], rules: Rules) -> np.ndarray:
    """``exposures.run_out`` for columns."""
    conf, start, end = rules.lines["defaults"], rows.start, days_of(group, "end_date")[rows.at]
    route = coded(group, "route")
    tablets = np.array([*(n in rules.drugs and rules.drugs[n].oral for n in ranked), False])[rows.drug]
    oral = route.among("PO")[rows.at] | (route.among(None)[rows.at] & tablets)
    supply = numbers(group, "days_supply")[rows.at]
    supply = np.where(np.isnan(supply), 0, supply).astype(np.int64)
    default = np.array([*(conf["oral_supply_by_drug"].get(n, conf["oral_supply_days"]) for n in ranked), 0])[rows.drug]
    stated = np.where(supply != 0, start + supply - 1, np.where(end > start, end, start + default - 1))
    return np.where(oral, stated, np.maximum(end, start))


def _merged(rows: _Rows, group: Group, ranked: Sequence[str], rules: Rules) -> dict[int, list[Exposure]]:
    """Exposure objects: rows of one drug that touch or lie no more than the hole apart are one."""
    if not len(rows.at):
        return {}
    runout, hole = _run_out(rows, group, ranked, rules), rules.lines["defaults"]["merge_hole_days"]
    keys = (rows.person, rows.drug, rows.start, runout - rows.start)
    order = order_by_text(keys, lambda some: pc.fill_null(texts_of(group, "drug_admin_id", rows.at[some]), "None"))
    rows, runout = rows.only(order), runout[order]
    new = np.ones(len(order), bool)
    new[1:] = rows.owner[1:] != rows.owner[:-1]
    segment = np.cumsum(new)
    reach = np.maximum.accumulate(segment * (1 << 33) + runout) - segment * (1 << 33)
    new[1:] |= rows.start[1:] - reach[:-1] - 1 > hole
    first = np.flatnonzero(new)
    return _objects(rows, group, ranked, first, np.maximum.reduceat(runout, first))


def _objects(
    rows: _Rows, group: Group, ranked: Sequence[str], first: np.ndarray, runout: np.ndarray
) -> dict[int, list[Exposure]]:
    month = coded(group, "date_precision").among("M")[rows.at]
    class_of = coded(group, "drug_class")
    classes = [class_of.values[c] or "" if c >= 0 else "" for c in class_of.codes[rows.at[first]].tolist()]
    days, doses = dates(rows.start), rows.at.tolist()
    spans = list(itertools.pairwise([*first.tolist(), len(doses)]))
    parts = zip(
        [ranked[d] for d in rows.drug[first].tolist()], classes, dates(rows.start[first]), dates(runout),
        np.logical_or.reduceat(month, first).tolist(), np.logical_or.reduceat(rows.reported, first).tolist(),
        [days[a:b] for a, b in spans], [doses[a:b] for a, b in spans], strict=True,
    )  # fmt: skip
    objects: list[Any] = list(itertools.starmap(Exposure, parts))
    by_start = order_by(rows.person[first], rows.start[first], rows.drug[first])
    people, starts = np.unique(rows.person[first][by_start], return_index=True)
    ordered = [objects[n] for n in by_start.tolist()]
    bounds = [*starts.tolist(), len(ordered)]
    return {p: ordered[a:b] for p, a, b in zip(people.tolist(), bounds[:-1], bounds[1:], strict=True)}
