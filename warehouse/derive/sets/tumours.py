"""The tumours of plain patients as columns: dates, codes, side, words and provenance of one primary a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.derive import site
from warehouse.derive.coding import behaviour_of
from warehouse.derive.columnar.arrays import Group
from warehouse.derive.common import best_dated
from warehouse.derive.person import TOP_AGE
from warehouse.derive.rules import Rules, code_range, in_ranges
from warehouse.derive.sets.evidence import EvidenceSet, Plain
from warehouse.derive.sets.tools import (
    FAR,
    NEVER,
    PRECISIONS,
    best,
    chosen,
    first_of,
    least,
    order_by,
    order_by_text,
    tokens,
    votes,
    when,
)
from warehouse.derive.tumours import BASIS_ORDER

SIDES = ("B", "L", "M", "R")
_DIAGNOSIS, _PATHOLOGY, _FACT = range(3)
HERE_DAYS = 30


@dataclass(frozen=True)
class TumourSet:
    """One tumour for each plain patient; arrays have an entry for every patient."""

    plain: Plain
    members: EvidenceSet
    ids: pa.Array
    patient_ids: pa.Array
    first_dx: np.ndarray
    precision: np.ndarray
    """Of the first diagnosis, place in ``PRECISIONS``."""
    age: np.ndarray
    """At diagnosis, -1 when unknown."""
    columns: Mapping[str, pa.Array]
    """Further columns of the tumour's row."""

    @property
    def is_plain(self) -> np.ndarray:
        """Who has such a tumour."""
        return self.plain.is_plain

    @cached_property
    def code_names(self) -> list[str]:
        """The tumour type of each patient."""
        return [self.plain.codes[c] for c in self.plain.code.tolist()] if self.plain.codes else []

    def type_flags(self, wanted: frozenset[str] | Sequence[str]) -> np.ndarray:
        """Is the tumour's type one of these?"""
        return np.array([*(c in wanted for c in self.plain.codes), False], bool)[self.plain.code]


def tumour_set(
    e: EvidenceSet, plain: Plain, patient_ids: pa.Array, birth: tuple[np.ndarray, np.ndarray], rules: Rules
) -> TumourSet:
    """The tumours; ``birth``: year of birth of each patient (-1: unknown, or hidden) and whether the age is top-coded."""
    return _Builder(e, plain, patient_ids, rules).build(birth)


class _Builder:
    """What the columns share: the members and their two orders."""

    def __init__(self, e: EvidenceSet, plain: Plain, patient_ids: pa.Array, rules: Rules) -> None:
        self.plain, self.rules, self.patient_ids, self.count = plain, rules, patient_ids, len(patient_ids)
        group, _ = e.kinds.ranked(4)
        mine = plain.is_plain[e.person] & (group[e.kind] == plain.group[e.person])
        self.all = e.only(mine)
        certain = self.all.certain
        self.members, self.hints = self.all.only(certain), self.all.only(~certain)
        self.weight = self.all.weights(rules)
        self.by_date, self.by_rank = self._orders()

    def _orders(self) -> tuple[np.ndarray, np.ndarray]:
        """All statements by date, and by weight of the source and then date, patient by patient."""
        e = self.all
        code, _ = e.kinds.ranked(0, 1, 3)
        day = np.where(e.day == NEVER, e.day.max(initial=NEVER) + 1, e.day)
        keys = (day, e.table, code[e.kind])
        by_date = order_by_text((e.person, *keys), lambda rows: e.only(rows).column("source_ref"))
        return by_date, by_date[order_by(e.person[by_date], e.rank[by_date])]

    def build(self, birth: tuple[np.ndarray, np.ndarray]) -> TumourSet:
        """All columns."""
        day, precision = self._first_diagnosis()
        topography, sites = self._topography()
        morphology, histologies = self._morphology()
        ids = self._ids()
        age = _age(birth, day)
        columns = {
            "dx_basis": chosen(BASIS_ORDER, np.clip(self._least_basis(), 0, len(BASIS_ORDER) - 1)),
            "topography_icdo3": chosen(sites, topography),
            "morphology_icdo3": chosen(histologies, morphology),
            "behaviour": self._behaviour(morphology),
            "icd10_code": self._icd10(),
            "laterality": self._laterality(topography, sites),
            "dx_hospital_same": pa.array(self._here(day)),
            "size_text": self._first_text("size_text"),
            "grade": self._first_text("grade"),
            "primary_site_text": self._words("primary_site_text", 2, topography, sites, hints=True),
            "histology_raw": self._words("histology_raw", 3, morphology, histologies, hints=False),
            "confidence": self._confidence(),
            **self._provenance(),
        }
        columns["index_candidate"] = self._candidate(precision, self._least_basis())
        return TumourSet(self.plain, self.members, ids, self.patient_ids, day, precision, age, columns)

    def _ids(self) -> pa.Array:
        names = zip(self.patient_ids.to_pylist(), self.plain.group.tolist(), self.plain.code.tolist(), strict=True)
        groups, codes = self.plain.site_groups or [""], self.plain.codes or [""]
        return tokens(f"{p}|tumour|{groups[g]}|{codes[c]}" for p, g, c in names)

    # --- dates ---------------------------------------------------------------------------------------------------------

    def _first_diagnosis(self) -> tuple[np.ndarray, np.ndarray]:
        m = self.members
        first, precision = self._best_dated(m.day != NEVER)
        proof, proof_precision = self._best_dated((m.day != NEVER) & (m.table == _PATHOLOGY))
        delay = proof - first
        near = (proof != NEVER) & (delay >= 0) & (delay <= self.rules.tumours["pathology_preferred_days"])
        return np.where(near, proof, first), np.where(near, proof_precision, precision)

    def _best_dated(self, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``common.best_dated`` of some members of each patient; only where the earliest date is vague it is asked."""
        m, rows = self.members, np.flatnonzero(where)
        low = least(m.person[rows], m.day[rows] * len(PRECISIONS) + m.precision[rows], self.count)
        none = low == FAR
        day = np.where(none, NEVER, low // len(PRECISIONS))
        precision = np.where(none, 0, low % len(PRECISIONS))
        vague = (precision > 0) & ~none
        dated: dict[int, list[tuple[Any, str]]] = {}
        for row in rows[vague[m.person[rows]]].tolist():
            told = (when(int(m.day[row])), PRECISIONS[m.precision[row]])
            dated.setdefault(int(m.person[row]), []).append(told)
        for person, candidates in dated.items():
            found = best_dated(candidates)
            if found:
                day[person] = (found[0] - when(0)).days
                precision[person] = PRECISIONS.index(found[1])
        return day, precision

    def _here(self, day: np.ndarray) -> np.ndarray:
        """Does a record of the hospital, not a history told to it, carry the diagnosis within 30 days of its date?"""
        m = self.members
        own = (m.table != _FACT) & ~m.coded("certainty").among("HISTORY") & (m.day != NEVER)
        near = own & (np.abs(m.day - day[m.person]) <= HERE_DAYS)
        return np.bincount(m.person[near], minlength=self.count) > 0

    # --- codes by vote -------------------------------------------------------------------------------------------------

    def _topography(self) -> tuple[np.ndarray, list[str]]:
        """The most supported exact part of the organ with most support."""
        person, site_of, weight, sites, hint = self._site_votes()
        organs = sorted({s[:3] for s in sites})
        organ_of = np.array([organs.index(s[:3]) for s in sites], np.int64)
        told = ~hint
        owner, organ, sums = votes(person[told], organ_of[site_of[told]], weight[told], len(organs))
        top = best(owner, self.count, -sums, organ)
        home = np.where(top >= 0, organ[top] if len(organ) else -1, -1)
        inside = organ_of[site_of] == home[person] if len(sites) else np.zeros(0, bool)
        owner, item, sums = votes(person[inside], site_of[inside], weight[inside], len(sites))
        overlaid = self.rules.tumours["topography"]["overlaid"]
        level = np.array([2 if s.endswith((".8", ".9")) else int(s in overlaid) for s in sites], np.int64)
        picked = best(owner, self.count, level[item], -sums, item)
        found = np.where(picked >= 0, item[picked] if len(item) else -1, -1)
        return self._only_site(found, sites)

    def _site_votes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str], np.ndarray]:
        """Patients, sites, weights, the names of the sites, and whether only a hint says so."""
        e = self.all
        organ = [k[1] if site.is_organ(self.rules, "", k[1]) else "" for k in e.kinds.all]
        own = np.array([*(c in self.rules.haematological for c in self.plain.codes), False], bool)[self.plain.code]
        rows, names = [], []
        for place, told in ((0, [k[2] for k in e.kinds.all]), (1, organ)):
            named = e.kinds.flags(
                [bool(t) and not (place == 1 and t == k[2]) for t, k in zip(told, e.kinds.all, strict=True)]
            )
            where = named[e.kind] & (e.table != _PATHOLOGY)
            if place == 1:
                where &= ~own[e.person]
            rows.append(np.flatnonzero(where))
            names.append([t if "." in t else f"{t}.9" for t in told])
        sites = sorted({n for told in names for n in told if n != ".9"})
        number = {s: i for i, s in enumerate(sites)}
        site_of = [
            np.array([number.get(n, 0) for n in told], np.int64)[e.kind[r]] for told, r in zip(names, rows, strict=True)
        ]
        row = np.concatenate(rows)
        return e.person[row], np.concatenate(site_of), self.weight[row], sites, ~e.certain[row]

    def _only_site(self, found: np.ndarray, sites: list[str]) -> tuple[np.ndarray, list[str]]:
        """Without any site it is the only one that the type can have."""
        alone = {}
        for number, code in enumerate(self.plain.codes):
            ranges = self.rules.types[code].topography if code in self.rules.types else ()
            if ranges and ranges[0][0] == ranges[0][1]:
                alone[number] = ranges[0][0]
        names = [*sites, *sorted(set(alone.values()) - set(sites))]
        default = np.array([*(names.index(alone[n]) if n in alone else -1 for n in range(len(self.plain.codes))), -1])
        return np.where(found >= 0, found, default[self.plain.code]), names

    def _morphology(self) -> tuple[np.ndarray, list[str]]:
        """The most supported histology; where several are told, as for a single patient."""
        m = self.members
        rank, values = m.kinds.ranked(3)
        names = [v[0] for v in values]
        item = rank[m.kind]
        told = np.array([*map(bool, names)], bool)[item] if names else np.zeros(0, bool)
        owner, item, sums = votes(m.person[told], item[told], m.weights(self.rules)[told], len(names))
        found = np.full(self.count, -1, np.int64)
        found[owner] = item
        several = np.bincount(owner, minlength=self.count) > 1
        said: dict[int, dict[str, int]] = {}
        rows = np.flatnonzero(several[owner])
        for person, code, weight in zip(owner[rows].tolist(), item[rows].tolist(), sums[rows].tolist(), strict=True):
            said.setdefault(person, {})[names[code]] = weight
        for person, weights in said.items():
            found[person] = names.index(site.most_supported(self.rules, weights) or "")
        return found, names

    def _icd10(self) -> pa.Array:
        """As recorded by the hospital rather than read, the more exact and then the more frequent one."""
        m = self.members
        rank, values = m.kinds.ranked(1)
        names = [v[0] for v in values]
        told = np.array([*(n[:1] in ("C", "D") for n in names)], bool)[rank[m.kind]] if names else np.zeros(0, bool)
        owner, item, sums = votes(m.person[told], rank[m.kind[told]], None, len(names))
        recorded = told & m.coded("source_kind").among("STRUCTURED")
        keys = m.person[recorded] * max(len(names), 1) + rank[m.kind[recorded]]
        is_recorded = np.isin(owner * max(len(names), 1) + item, keys)
        vague = np.array([*("." not in n or n.endswith((".8", ".9")) for n in names)], bool)[item] if names else item
        picked = best(owner, self.count, ~is_recorded, vague, -sums, item)
        return chosen(names, np.where(picked >= 0, item[picked] if len(item) else -1, -1))

    def _least_basis(self) -> np.ndarray:
        return np.where(self.plain.is_plain, least(self.members.person, self.members.basis, self.count), 0)

    def _candidate(self, precision: np.ndarray, basis: np.ndarray) -> pa.Array:
        needed = self.rules.tumours["minimum_data_set"]
        exact = np.array([p in needed["precision"] for p in PRECISIONS])[precision]
        proven = np.array([*(b in needed["basis"] for b in BASIS_ORDER), False])[basis]
        return pa.array(exact & proven)

    # --- side, behaviour, words ----------------------------------------------------------------------------------------

    def _laterality(self, topography: np.ndarray, sites: list[str]) -> pa.Array:
        unpaired = tuple(code_range(c) for c in self.rules.tumours["topography"]["unpaired"])
        no_side = np.array([*(in_ranges(s, unpaired) for s in sites), False])[topography]
        told = self.all.coded("laterality")
        side = told.numbers([SIDES.index(v) if v in SIDES else -1 for v in told.values], null=-1)
        stated = self._stated_side(side, self.all.certain)
        stated = np.where(stated >= 0, stated, self._stated_side(side, ~self.all.certain))
        said = np.array([*map(bool, told.values), False])[told.codes] & self.all.certain
        row = first_of(self.all.person, self.by_date, said, self.count)
        other = np.where(row >= 0, told.codes[row] if len(told.codes) else -1, -1)
        values = ["NA", *SIDES, *told.values]
        codes = np.where(stated >= 0, stated + 1, np.where(other >= 0, other + 1 + len(SIDES), -1))
        return chosen(values, np.where(no_side, 0, codes))

    def _stated_side(self, side: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Place in ``SIDES``; left and right together are both sides unless one is the slip of a single note."""
        rows = where & (side >= 0)
        cell = self.all.person[rows] * len(SIDES) + side[rows]
        counts = np.bincount(cell, minlength=self.count * len(SIDES)).reshape(self.count, len(SIDES))
        left, right = counts[:, SIDES.index("L")], counts[:, SIDES.index("R")]
        both = (left > 0) & (right > 0) & (np.minimum(left, right) * 5 >= counts.sum(axis=1))
        found = np.where(both, SIDES.index("B"), counts.argmax(axis=1))
        return np.where(counts.sum(axis=1) > 0, found, -1)

    def _behaviour(self, morphology: np.ndarray) -> pa.Array:
        e = self.all
        by_code, own = e.coded("morphology_icdo3"), e.coded("behaviour")
        digits = [behaviour_of(v) for v in by_code.values]
        values = sorted({*digits, *own.values} - {"", None})
        first = by_code.numbers([values.index(d) if d else -1 for d in digits], null=-1)
        second = own.numbers([values.index(v) if v else -1 for v in own.values], null=-1)
        stated = np.where(first >= 0, first, second)
        row = first_of(e.person, self.by_rank, (stated >= 0) & e.certain, self.count)
        found = [values[stated[r]] if r >= 0 else None for r in row.tolist()]
        silent = np.flatnonzero((row < 0) & self.plain.is_plain)
        for person, value in self._unstated_behaviour(silent, morphology).items():
            found[person] = value
        return pa.array(found, pa.string())

    def _unstated_behaviour(self, people: np.ndarray, morphology: np.ndarray) -> dict[int, str | None]:
        m, codes = self.members, {int(p): set[str]() for p in people}
        for row in np.flatnonzero(np.isin(m.person, people)).tolist():
            codes[int(m.person[row])].add(m.kinds.all[int(m.kind[row])][1])
        return {p: site.usual_behaviour(found, has_histology=bool(morphology[p] >= 0)) for p, found in codes.items()}

    def _first_text(self, name: str) -> pa.Array:
        """First value that is there, best source first."""
        told = self.all.coded(name)
        there = told.flags([*map(bool, told.values)]) & self.all.certain
        row = first_of(self.all.person, self.by_rank, there, self.count)
        return chosen(told.values, np.where(row >= 0, told.codes[row] if len(told.codes) else -1, -1))

    def _words(self, name: str, place: int, code: np.ndarray, names: list[str], *, hints: bool) -> pa.Array:
        """The words behind a code: of a statement with that code, else of the best one."""
        e = self.all
        told = e.coded(name)
        if not told.values:
            return pa.nulls(self.count, pa.string())
        there = told.flags([*map(bool, told.values)]) & (e.certain | hints)
        number = {n: i for i, n in enumerate(names)}
        own = np.array([number.get(k[place], -2) for k in e.kinds.all], np.int64)[e.kind]
        fitting = first_of(e.person, self.by_rank, there & (own == code[e.person]), self.count)
        row = np.where(fitting >= 0, fitting, first_of(e.person, self.by_rank, there, self.count))
        return chosen(told.values, np.where(row >= 0, told.codes[row], -1))

    # --- provenance ----------------------------------------------------------------------------------------------------

    def _confidence(self) -> pa.Array:
        """None when a structured record names the tumour, else the best confidence of the notes."""
        m = self.members
        column = m.column("confidence")
        value = np.zeros(0) if not len(column) else column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        there = ~np.isnan(value)
        top = np.full(self.count, -1.0)
        np.maximum.at(top, m.person[there], value[there])
        structured = np.bincount(m.person[m.coded("source_kind").among("STRUCTURED")], minlength=self.count) > 0
        return pa.array(top, mask=structured | (top < 0))

    def _provenance(self) -> dict[str, pa.Array]:
        """Document, mentions, hospital and release of the best statement."""
        row = first_of(self.all.person, self.by_rank, self.all.certain, self.count)
        picked = pa.array(row, mask=row < 0)
        found = {c: self.all.column(c).take(picked) for c in ("document_id", "hospital_id", "release_id")}
        mentions = self._mentions(row)
        empty = {c: pc.fill_null(found[c].cast(pa.string()), "") for c in ("hospital_id", "release_id")}
        return {"document_id": found["document_id"], "mention_ids": mentions, **empty}

    def _mentions(self, row: np.ndarray) -> pa.Array:
        """Only of the rows that are needed: lists are slow to move."""
        kind = pa.list_(pa.field("element", pa.string()))
        parts, order = [pa.nulls(1, kind)], np.zeros(self.count, np.int64)
        for table in self.all.tables:
            mine = (
                np.flatnonzero((row >= 0) & (self.all.table[row] == table)) if len(self.all.row) else np.zeros(0, int)
            )
            if not len(mine):
                continue
            group: Group = self.all.groups[("diagnosis", "pathology", "tumour_fact")[table]]
            column = group.column("mention_ids")
            order[mine] = sum(map(len, parts)) + np.arange(len(mine))
            taken = column.take(pa.array(self.all.row[row[mine]])) if column is not None else pa.nulls(len(mine))
            parts.append(taken.cast(kind))
        return pa.concat_arrays(parts).take(pa.array(order))


def _age(birth: tuple[np.ndarray, np.ndarray], day: np.ndarray) -> np.ndarray:
    """Years from the year of birth, capped at 90; 90 when only that is known, -1 when nothing is."""
    year, capped = birth
    known = np.clip(years(day) - year, 0, TOP_AGE)
    return np.where(year >= 0, known, np.where(capped, TOP_AGE, -1))


def years(day: np.ndarray) -> np.ndarray:
    """Calendar year of a day number; meaningless for ``NEVER``."""
    return np.where(day == NEVER, 0, day).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
