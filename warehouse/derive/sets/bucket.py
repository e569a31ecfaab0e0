"""A bucket of patients: who is plain, and everything derived of them as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.columnar.summaries import last_days, visit_days
from warehouse.derive.person import TOP_AGE
from warehouse.derive.rules import Rules
from warehouse.derive.sets.course import CourseSet, course_set
from warehouse.derive.sets.drugs import DrugSet, drug_set
from warehouse.derive.sets.evidence import evidence_set, plain
from warehouse.derive.sets.lines import Lines, line_set
from warehouse.derive.sets.staging import StageSet, stage_set
from warehouse.derive.sets.tools import (
    NEVER,
    PRECISIONS,
    DaySet,
    coded,
    days_of,
    greatest,
    numbers,
    truths,
)
from warehouse.derive.sets.tumours import TumourSet, tumour_set, years
from warehouse.derive.sets.vital import VitalSet, vital_set


@dataclass(frozen=True)
class Bucket:
    """Everything derived of the plain patients of a bucket, as columns."""

    groups: Mapping[str, Group]
    rules: Rules
    birth_year: np.ndarray
    """-1: unknown or hidden."""
    top_coded: np.ndarray
    last_document: np.ndarray
    tumours: TumourSet
    stages: StageSet
    course: CourseSet
    vital: VitalSet
    drugs: DrugSet
    lines: Lines

    @property
    def is_plain(self) -> np.ndarray:
        """Who is derived here."""
        return self.tumours.is_plain


def bucket(groups: Mapping[str, Group], people: pa.Array, rules: Rules) -> Bucket:
    """Derive the plain patients; ``people`` are the ids behind the patients' numbers."""
    count = len(people)
    statements = evidence_set(groups, rules)
    simple = plain(statements, rules, count, ~odd_people(groups, count))
    year, capped = _birth(groups, count)
    tumours = tumour_set(statements, simple, people, (year, capped), rules)
    stages = stage_set(groups, tumours, rules)
    course = course_set(groups, tumours, stages, rules)
    vital = vital_set(groups, DaySet(visit_days(groups)), rules, count)
    drugs = drug_set(groups, tumours, rules)
    lines = line_set(groups, tumours, course, drugs, vital, rules)
    return Bucket(
        groups, rules, year, capped, _last_documents(groups, count), tumours, stages, course, vital, drugs, lines
    )


def _birth(groups: Mapping[str, Group], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Year of birth, hidden for who is 90 or older by the year of any event, and whether the age is top-coded."""
    year, capped = np.full(count, -1, np.int64), np.zeros(count, bool)
    if group := groups.get("patient"):
        told = numbers(group, "birth_year")
        year[group.person] = np.where(np.isnan(told), -1, told).astype(np.int64)
        capped[group.person] = truths(group, "age_top_coded")
    last = last_days(groups, count).astype(np.int64)
    old = (year >= 0) & (np.where(last == NEVER, 0, years(last)) - year >= TOP_AGE)
    return np.where(old, -1, year), capped | old


def _last_documents(groups: Mapping[str, Group], count: int) -> np.ndarray:
    if (group := groups.get("document")) is None:
        return np.full(count, NEVER, np.int64)
    return greatest(group.person, days_of(group, "doc_date"), count)


NEEDED: Mapping[str, tuple[str, ...]] = {
    "staging": ("stage_date",),
    "metastasis": ("first_seen_date",),
    "surgery": ("op_date",),
    "radiotherapy": ("start_date",),
    "drug_administration": ("start_date",),
    "response_assessment": ("assessed_date",),
    "adverse_event": ("onset_date",),
}
"""Days without which a row says nothing that can be counted."""
PRECISE: Mapping[str, tuple[str, ...]] = {
    "diagnosis": ("date_precision",),
    "tumour_fact": ("dx_date_precision", "fact_date_precision", "recurrence_date_precision"),
    "pathology": ("report_date_precision",),
    "staging": ("stage_date_precision",),
    "metastasis": ("first_seen_date_precision",),
    "response_assessment": ("date_precision",),
    "follow_up": ("death_date_precision",),
    "patient": ("death_date_precision",),
}
"""Precisions that must be ones that the rules know."""


def odd_people(groups: Mapping[str, Group], count: int) -> np.ndarray:
    """Patients with an incomplete or doubled row: what the rules make of it is left to the single patient's form."""
    odd = np.ones(count, bool)
    if group := groups.get("patient"):
        odd = np.bincount(group.person, minlength=count) != 1
    for table, columns in NEEDED.items():
        if group := groups.get(table):
            for column in columns:
                odd[group.person[days_of(group, column) == NEVER]] = True
    for table, columns in PRECISE.items():
        if group := groups.get(table):
            for column in columns:
                odd[group.person[~coded(group, column).among(None, *PRECISIONS)]] = True
    if group := groups.get("drug_administration"):
        unnamed = coded(group, "drug_name_std").among(None) & truths(group, "is_antineoplastic")
        odd[group.person[unnamed | (numbers(group, "days_supply") < 0)]] = True
    return odd
