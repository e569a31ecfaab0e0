"""Statements of a primary tumour as columns, and which patients they make plain: one tumour, no statement that needs a closer look.

What a statement says (type, site, histology, site group) is asked of the same functions as for a single patient, once for every
distinct combination of codes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from warehouse.derive.coding import behaviour_of, morphology_stem, usual_type
from warehouse.derive.columnar.arrays import Group
from warehouse.derive.rules import Rules
from warehouse.derive.sets.tools import (
    FAR,
    NEVER,
    Coded,
    best,
    coded,
    combinations,
    days_of,
    greatest,
    least,
    numbers,
    precision_of,
    votes,
)
from warehouse.derive.tumours import BASIS_ORDER, CERTAIN, RANK, evidence_of, from_diagnosis, from_fact, histology_site

TABLES = ("diagnosis", "pathology", "tumour_fact")
"""Where statements come from; the order is alphabetical, as the order of statements wants it."""
Kind = tuple[str, str, str, str, str]
"""Tumour type, ICD-10, topography, morphology, site group."""
Statements = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Rows of one table, their kinds, bases, days, precisions, and whether they are certain."""


@dataclass
class Kinds:
    """Everything that statements say, each numbered once."""

    found: dict[Kind, int]

    def number(self, kind: Kind) -> int:
        """The kind's number, a new one when it is new."""
        return self.found.setdefault(kind, len(self.found))

    @cached_property
    def all(self) -> list[Kind]:
        """The kinds by number; no further ones may come."""
        return list(self.found)

    def ranked(self, *places: int) -> tuple[np.ndarray, list[tuple[str, ...]]]:
        """Number of each kind's value at some places among the sorted distinct values, and these."""
        parts = [tuple(kind[p] for p in places) for kind in self.all]
        values = sorted(set(parts))
        number = {v: n for n, v in enumerate(values)}
        return np.array([number[p] for p in parts], np.int64), values

    def flags(self, each: list[bool]) -> np.ndarray:
        """One flag a kind."""
        return np.array(each, bool)


@dataclass(frozen=True)
class EvidenceSet:
    """The statements of all patients: one entry each, first those of diagnoses, then of notes, then of pathology."""

    groups: Mapping[str, Group]
    kinds: Kinds
    person: np.ndarray
    table: np.ndarray
    row: np.ndarray
    kind: np.ndarray
    basis: np.ndarray
    day: np.ndarray
    precision: np.ndarray
    certain: np.ndarray

    def column(self, name: str) -> pa.Array:
        """A column of the rows behind the statements."""
        parts: list[pa.Array] = []
        for table in self.tables:
            rows = self.row[self.table == table]
            column = self.groups[TABLES[table]].column(name) if len(rows) else None
            kind = column.type if column is not None else pa.null()
            parts.append(column.take(pa.array(rows)) if column is not None else pa.nulls(len(rows), kind))
        kinds = [p.type for p in parts if not pa.types.is_null(p.type)]
        if not kinds:
            return pa.nulls(len(self.row), pa.string())
        return pa.concat_arrays([p.cast(kinds[0]) for p in parts])

    @property
    def tables(self) -> list[int]:
        """Numbers of the tables in the order of the entries."""
        return [TABLES.index(t) for t in ("diagnosis", "tumour_fact", "pathology")]

    def coded(self, name: str) -> Coded:
        """A string column of the rows behind the statements."""
        parts = []
        for table in self.tables:
            rows = self.row[self.table == table]
            column = self.groups[TABLES[table]].stored(name) if len(rows) else None
            parts.append(Coded.of(None if column is None else column.take(pa.array(rows)), len(rows)))
        return Coded.joined(parts)

    def weights(self, rules: Rules) -> np.ndarray:
        """What each statement weighs."""
        each = [rules.tumours["evidence_weight"][t] for t in TABLES]
        return np.array(each, np.int64)[self.table]

    @cached_property
    def rank(self) -> np.ndarray:
        """Reports before facts of notes before coded diagnoses."""
        return np.array([RANK[t] for t in TABLES], np.int64)[self.table]

    def only(self, where: np.ndarray) -> EvidenceSet:
        """Some of the statements."""
        arrays = (self.person, self.table, self.row, self.kind, self.basis, self.day, self.precision, self.certain)
        return EvidenceSet(self.groups, self.kinds, *(a[where] for a in arrays))


def evidence_set(groups: Mapping[str, Group], rules: Rules) -> EvidenceSet:
    """All statements of all patients."""
    kinds = Kinds({})
    parts: dict[str, Statements] = {}
    if group := groups.get("diagnosis"):
        parts["diagnosis"] = _diagnoses(group, rules, kinds)
    if group := groups.get("tumour_fact"):
        parts["tumour_fact"] = _facts(group, rules, kinds)
    if group := groups.get("pathology"):
        parts["pathology"] = _reports(group, rules, kinds, _sites(groups, parts, kinds))
    names = [n for n in ("diagnosis", "tumour_fact", "pathology") if n in parts]
    columns = [np.concatenate(c) for c in zip(*(parts[n] for n in names), strict=True)] if names else [_none()] * 6
    person = np.concatenate([_none(), *(groups[n].person[parts[n][0]] for n in names)]).astype(np.int64)
    table = np.repeat([TABLES.index(n) for n in names], [len(parts[n][0]) for n in names]).astype(np.int64)
    row, kind, basis, day, precision, certain = columns
    return EvidenceSet(groups, kinds, person, table, row, kind, basis, day, precision, certain.astype(bool))


def _none() -> np.ndarray:
    return np.zeros(0, np.int64)


def _basis_number(basis: str) -> int:
    return BASIS_ORDER.index(basis) if basis in BASIS_ORDER else len(BASIS_ORDER)


def _kept(kind: np.ndarray, *columns: np.ndarray) -> Statements:
    """Rows whose codes name a primary."""
    rows = np.flatnonzero(kind >= 0)
    return (rows, *(c[rows] for c in (kind, *columns)))  # type: ignore[return-value]


def _diagnoses(group: Group, rules: Rules, kinds: Kinds) -> Statements:
    said, which = combinations({c: coded(group, c) for c in ("icd10_code", "dx_role")})
    found = [from_diagnosis(rules, row) for row in said]
    kind = np.array([kinds.number((e.code, e.icd10, "", "", e.group)) if e else -1 for e in found], np.int64)[which]
    basis = np.array([_basis_number(e.basis) if e else -1 for e in found], np.int64)[which]
    certain = coded(group, "certainty").among(*CERTAIN)
    kind = np.where(certain, kind, -1)
    return _kept(
        kind, basis, days_of(group, "diagnosis_date"), precision_of(group, "date_precision"), np.ones(len(kind), bool)
    )


FACT_COLUMNS = ("icd10_code", "topography_icdo3", "morphology_icdo3", "behaviour", "tumour_code", "dx_basis")


def _facts(group: Group, rules: Rules, kinds: Kinds) -> Statements:
    said, which = combinations({c: coded(group, c) for c in FACT_COLUMNS})
    found = [from_fact(rules, row) for row in said]
    names = [(e.code, e.icd10, e.topography, e.morphology, e.group) if e else None for e in found]
    kind = np.array([kinds.number(n) if n else -1 for n in names], np.int64)[which]
    basis = np.array([_basis_number(e.basis) if e else -1 for e in found], np.int64)[which]
    confidence = numbers(group, "confidence")
    sure = np.isnan(confidence) | (confidence >= rules.tumours["fact_min_confidence"])
    day, told = days_of(group, "first_dx_date"), days_of(group, "fact_date")
    precision, told_precision = precision_of(group, "dx_date_precision"), precision_of(group, "fact_date_precision")
    known = day != NEVER
    return _kept(
        kind, basis, np.where(known, day, told), np.where(known, precision, told_precision),
        coded(group, "certainty").among(*CERTAIN) & sure,
    )  # fmt: skip


Sites = tuple[list[tuple[str, str, str]], list[tuple[int, ...]]]
"""Distinct sites (code, topography, group) in order, and those of each patient by number."""


def _sites(groups: Mapping[str, Group], parts: Mapping[str, Statements], kinds: Kinds) -> Sites:
    """What sites the certain statements of each patient name."""
    named = [(k[1] or k[2], k[2], k[4]) for k in kinds.found]
    values = sorted({n for n in named if n[0]})
    number = {v: i for i, v in enumerate(values)}
    site = np.array([number.get(n, -1) for n in named], np.int64)
    count = len(next(iter(groups.values())).starts) - 1
    owner = [groups[name].person[rows[certain]] for name, (rows, *_, certain) in parts.items()]
    told = [site[kind[certain]] for _, (_, kind, *_, certain) in parts.items()]
    person, item = np.concatenate([_none(), *owner]).astype(np.int64), np.concatenate([_none(), *told])
    person, item, _ = votes(person[item >= 0], item[item >= 0], None, len(values))
    starts, items = np.searchsorted(person, np.arange(count + 1)).tolist(), item.tolist()
    return values, [tuple(items[a:b]) for a, b in itertools.pairwise(starts)]


def _reports(group: Group, rules: Rules, kinds: Kinds, sites: Sites) -> Statements:
    """Reports name a histology but no ICD site: each goes where its histology belongs among the patient's sites."""
    said, which = combinations({c: coded(group, c) for c in ("morphology_icdo3", "tumour_code", "specimen_type")})
    usable = [
        bool(morphology_stem(r["morphology_icdo3"])) and behaviour_of(r["morphology_icdo3"]) not in ("0", "6")
        for r in said
    ]
    bases = ["CYTOLOGY" if r["specimen_type"] in ("CYTOLOGY", "FLUID") else "PATH_PRIMARY" for r in said]
    values, owned = sites
    known: dict[tuple[int, tuple[int, ...]], int] = {}
    kind = np.full(len(group.person), -1, np.int64)
    rows = np.flatnonzero(np.array([*usable, False], bool)[which])
    for row, person, what in zip(rows.tolist(), group.person[rows].tolist(), which[rows].tolist(), strict=True):
        key = (what, owned[person])
        if key not in known:
            known[key] = _placed(rules, kinds, said[what], [values[n] for n in owned[person]])
        kind[row] = known[key]
    specimen, report = days_of(group, "specimen_date"), days_of(group, "report_date")
    basis = np.array([*map(_basis_number, bases), -1], np.int64)[which]
    day = np.where(specimen != NEVER, specimen, report)
    return _kept(kind, basis, day, precision_of(group, "report_date_precision"), np.ones(len(kind), bool))


def _placed(rules: Rules, kinds: Kinds, report: Mapping[str, str | None], sites: list[tuple[str, str, str]]) -> int:
    morphology = morphology_stem(report["morphology_icdo3"])
    found = histology_site(rules, morphology, sites, report["tumour_code"])
    if found is None:
        return -1
    code, icd10, topography = found
    e = evidence_of(rules, "pathology", {}, None, None, code, icd10, topography, morphology, "PATH_PRIMARY")
    return kinds.number((code, icd10, topography, morphology, e.group))


@dataclass(frozen=True)
class Plain:
    """Patients with exactly one tumour by simple means, and its type and site group."""

    is_plain: np.ndarray
    code: np.ndarray
    """Number among the sorted types, ``codes``; meaningless for the others."""
    codes: list[str]
    group: np.ndarray
    site_groups: list[str]


def plain(e: EvidenceSet, rules: Rules, count: int, may: np.ndarray) -> Plain:
    """Who of those that ``may`` is plain: statements of one site group, one histology at most that counts, a date; none or all of them ill-defined."""
    group, site_groups = e.kinds.ranked(4)
    code, codes = e.kinds.ranked(0)
    certain = e.only(e.certain)
    one_group = least(certain.person, group[certain.kind], count)
    ill = tuple(rules.tumours["ill_defined"])
    vague = e.kinds.flags([k[0] == "CUP" or (k[1] or k[2]).startswith(ill) or not k[0] for k in e.kinds.all])
    same = _one_value(certain.person, group[certain.kind], count)
    same &= _one_value(certain.person, vague[certain.kind].astype(np.int64), count)
    same &= greatest(certain.person, certain.day, count) != NEVER
    same &= greatest(certain.person, certain.basis, count) < len(BASIS_ORDER)
    same &= least(certain.person, (~e.kinds.flags([not k[0] for k in e.kinds.all])[certain.kind]).astype(np.int64), count) == 1  # fmt: skip
    picked, alone = _type(certain, rules, code, codes, count)
    return Plain(
        may & same & alone, picked, [c[0] for c in codes], np.where(same, one_group, 0), [g[0] for g in site_groups]
    )


def _one_value(owner: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """Has the owner one value, and is it the same everywhere?"""
    low = least(owner, value, count)
    return (low != FAR) & (low == greatest(owner, value, count))


def _type(
    certain: EvidenceSet, rules: Rules, code: np.ndarray, codes: list[tuple[str, ...]], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The type of each patient's tumour, and whether no further histology has enough support to be one of its own."""
    unspecified = rules.tumours["unspecified_morphologies"]
    specific = certain.kinds.flags([bool(k[3]) and k[3] not in unspecified for k in certain.kinds.all])[certain.kind]
    weight, types = certain.weights(rules), code[certain.kind]
    owner, item, sums = votes(certain.person[specific], types[specific], weight[specific], len(codes))
    first = best(owner, count, -sums, item)
    heavy = np.bincount(owner, sums >= rules.tumours["second_primary_weight"], count)
    top = first >= 0
    own_heavy = np.zeros(count, bool)
    own_heavy[top] = sums[first[top]] >= rules.tumours["second_primary_weight"]
    likeliest = _likeliest(certain, rules, types, weight, len(codes), count)
    picked = likeliest
    picked[top] = item[first[top]]
    return picked, heavy - own_heavy == 0


def _likeliest(
    certain: EvidenceSet, rules: Rules, types: np.ndarray, weight: np.ndarray, items: int, count: int
) -> np.ndarray:
    """Without a histology: a type that says more than the usual one of its site, else the one with most evidence."""
    _, codes = certain.kinds.ranked(0)
    number = {c[0]: n for n, c in enumerate(codes)}
    usual = np.array(
        [number.get(usual_type(rules, k[1], k[2]) or "", -1) if k[1] or k[2] else -1 for k in certain.kinds.all],
        np.int64,
    )[certain.kind]
    owner, item, sums = votes(certain.person, types, weight, items)
    expected = certain.person[usual >= 0] * max(items, 1) + usual[usual >= 0]
    is_usual = np.isin(owner * max(items, 1) + item, expected)
    first = best(owner, count, is_usual.astype(np.int64), -sums, item)
    return np.where(first >= 0, item[first] if len(item) else 0, 0)
