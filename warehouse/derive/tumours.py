"""From diagnosis statements to primary tumours (rules: ``rules/tumours.toml``, after IACR and ENCR)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from warehouse.derive import site
from warehouse.derive.coding import (
    at_site,
    behaviour_of,
    icd_stem,
    morphology_stem,
    site_group,
    tumour_code,
    usual_type,
)
from warehouse.derive.common import Row, Rows, best_dated, derived, token
from warehouse.derive.rules import Rules, in_ranges

RULE = "tumour@1"
BASIS_ORDER = ("PATH_PRIMARY", "PATH_META", "CYTOLOGY", "IMAGING", "MARKER", "CLINICAL", "DCO")
RANK = {"pathology": 0, "tumour_fact": 1, "diagnosis": 2}
CERTAIN = (None, "CONFIRMED", "HISTORY")
FACT_CODES = ("icd10_code", "topography_icdo3", "morphology_icdo3", "behaviour", "tumour_code")
BY_DATE = attrgetter("sort_key")


@dataclass(slots=True)
class Evidence:
    """One statement that a primary tumour exists."""

    table: str
    row: Row
    date: date | None
    precision: str
    code: str
    icd10: str
    topography: str
    morphology: str
    basis: str
    group: str = ""
    sort_key: tuple[Any, ...] = field(init=False)
    """An order that does not depend on how the rows came."""

    def __post_init__(self) -> None:
        self.sort_key = (
            self.date or date.max,
            self.table,
            self.code,
            self.icd10,
            self.morphology,
            str(self.row.get("source_ref") or ""),
        )


@dataclass(slots=True)
class Tumour:
    """One primary: its release row and what it rests on."""

    row: Row
    group: str
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def id(self) -> str:
        """tumour_id"""
        return self.row["tumour_id"]

    @property
    def code(self) -> str:
        """tumour_code"""
        return self.row["tumour_code"]

    @property
    def first_dx(self) -> date:
        """first_dx_date"""
        return self.row["first_dx_date"]


def derive_tumours(rows: Rows, rules: Rules) -> list[Tumour]:
    """The patient's primaries in order of first diagnosis; their rows lack the dates that need treatment (see ``course``)."""
    patient = (rows.get("patient") or [{}])[0]
    evidence, hints = _sited(rows, rules)
    _place_unsited(rows, rules, evidence)
    _join_bare_codes(rules, evidence)
    evidence = _without_ill_defined(rules, evidence)
    clusters = _clusters(rules, sorted(evidence, key=BY_DATE))
    tumours = [
        t
        for code, group, members in clusters
        if (t := _tumour(rules, patient, code, group, members, [h for h in hints if h.group == group]))
    ]
    tumours.sort(key=lambda t: (t.first_dx, t.code, t.group))
    for number, tumour in enumerate(tumours, 1):
        tumour.row["tumour_seq"] = number
    return tumours


def _sited(rows: Rows, rules: Rules) -> tuple[list[Evidence], list[Evidence]]:
    """Statements that make a primary, and hints: those that only suspect one may say where in its organ a proven one sits."""
    certain: list[Evidence] = []
    hints: list[Evidence] = []
    for row in rows.get("diagnosis", ()):
        if row.get("certainty") in CERTAIN and (e := from_diagnosis(rules, row)):
            certain.append(e)
    for row in rows.get("tumour_fact", ()):
        if e := from_fact(rules, row):
            (certain if _told_for_certain(rules, row) else hints).append(e)
    return certain, hints


def _told_for_certain(rules: Rules, fact: Row) -> bool:
    confidence = fact.get("confidence")
    return fact.get("certainty") in CERTAIN and (
        confidence is None or confidence >= rules.tumours["fact_min_confidence"]
    )


def from_diagnosis(rules: Rules, row: Row) -> Evidence | None:
    key = ("diagnosis", row.get("icd10_code"))
    if key not in rules.memo:
        icd10 = icd_stem(row.get("icd10_code"))
        rules.memo[key] = (tumour_code(rules, icd10, "", "") if icd10 else None, icd10)
    code, icd10 = rules.memo[key]
    if not code:
        return None
    basis = "PATH_PRIMARY" if row.get("dx_role") == "PATHOLOGY" else "CLINICAL"
    return evidence_of(
        rules, "diagnosis", row, row.get("diagnosis_date"), row.get("date_precision"), code, icd10, "", "", basis
    )


def from_fact(rules: Rules, row: Row) -> Evidence | None:
    key = tuple([row.get(c) for c in FACT_CODES])
    if key not in rules.memo:
        rules.memo[key] = _fact_codes(rules, row)
    if (found := rules.memo[key]) is None:
        return None
    code, icd10, topography, morphology = found
    when, precision = row.get("first_dx_date"), row.get("dx_date_precision")
    if when is None:
        when, precision = row.get("fact_date"), row.get("fact_date_precision")
    basis = row.get("dx_basis") or "CLINICAL"
    return evidence_of(rules, "tumour_fact", row, when, precision, code, icd10, topography, morphology, basis)


def _fact_codes(rules: Rules, row: Row) -> tuple[str, str, str, str] | None:
    """Tumour type, ICD-10, topography and morphology that a fact states; None when it names no primary."""
    icd10, topography = icd_stem(row.get("icd10_code")), (row.get("topography_icdo3") or "")[:5]
    morphology = morphology_stem(row.get("morphology_icdo3"))
    if behaviour_of(row.get("morphology_icdo3")) == "6" or row.get("behaviour") == "6":
        return None
    stated = row.get("tumour_code") or ""
    code = tumour_code(rules, icd10, topography, morphology) or stated
    if stated in rules.types and _compatible(rules, stated, morphology):
        code = stated
    return (code, icd10, topography, morphology) if code in rules.types else None


def _compatible(rules: Rules, stated: str, morphology: str) -> bool:
    """May a tumour of the stated type have this morphology?"""
    return (
        not morphology
        or morphology in rules.tumours["unspecified_morphologies"]
        or in_ranges(morphology, rules.types[stated].morphology)
    )


def evidence_of(
    rules: Rules,
    table: str,
    row: Row,
    when: date | None,
    precision: str | None,
    code: str,
    icd10: str,
    topography: str,
    morphology: str,
    basis: str,
) -> Evidence:
    key = ("group", code, icd10, topography)
    if key not in rules.memo:
        default_site = rules.types[code].icd10[0][0] if code in rules.types and rules.types[code].icd10 else ""
        rules.memo[key] = site_group(rules, code, icd10 or default_site, topography)
    group = rules.memo[key]
    return Evidence(table, row, when, precision or "D", code, icd10, topography, morphology, basis, group)


def _place_unsited(rows: Rows, rules: Rules, evidence: list[Evidence]) -> None:
    """Pathology names a histology but no ICD site: give it to the site where that histology belongs."""
    sites = sorted({(e.icd10 or e.topography, e.topography, e.group) for e in evidence if e.icd10 or e.topography})
    for row in rows.get("pathology", ()):
        morphology = morphology_stem(row.get("morphology_icdo3"))
        if not morphology or behaviour_of(row.get("morphology_icdo3")) in ("0", "6"):
            continue
        basis = "CYTOLOGY" if row.get("specimen_type") in ("CYTOLOGY", "FLUID") else "PATH_PRIMARY"
        when, precision = row.get("specimen_date") or row.get("report_date"), row.get("report_date_precision")
        key = ("histology", morphology, tuple(sites), row.get("tumour_code"))
        if key not in rules.memo:
            rules.memo[key] = histology_site(rules, morphology, sites, row.get("tumour_code"))
        found = rules.memo[key]
        if found:
            code, icd10, topography = found
            evidence.append(
                evidence_of(rules, "pathology", row, when, precision, code, icd10, topography, morphology, basis)
            )


def histology_site(
    rules: Rules, morphology: str, sites: list[tuple[str, str, str]], stated: str | None
) -> tuple[str, str, str] | None:
    if stated and stated in rules.types:
        low = rules.types[stated].icd10[0][0]
        return stated, low, ""
    if morphology in rules.tumours["unspecified_morphologies"]:
        if len({group for _, _, group in sites}) != 1:
            return None
        icd10, topography, _ = sites[0]
        code = tumour_code(rules, icd10, topography, morphology)
        return (code, icd10, topography) if code else None
    for icd10, topography, _ in sites:
        fits = [
            t for t in rules.types.values() if in_ranges(morphology, t.morphology) and at_site(t, icd10, topography)
        ]
        if fits and (code := tumour_code(rules, icd10, topography, morphology)):
            return code, icd10, topography
    code = tumour_code(rules, "", "", morphology)
    if code is None and len({group for _, _, group in sites}) == 1:
        icd10, topography, _ = sites[0]
        code = tumour_code(rules, icd10, topography, "")
        return (code, icd10, topography) if code else None
    return (code, rules.types[code].icd10[0][0], "") if code else None


def _join_bare_codes(rules: Rules, evidence: list[Evidence]) -> None:
    """A bare organ code joins a tumour that is grouped by its type and may sit in that organ (C25.9 and an islet-cell tumour)."""
    named = sorted({e.code for e in evidence if e.group == e.code and e.morphology})
    proven = {e.group for e in evidence if e.morphology and e.group != e.code}
    for e in evidence:
        if not e.morphology and e.group not in proven and e.group not in named:
            e.group = next((c for c in named if at_site(rules.types[c], e.icd10, e.topography)), e.group)


def _without_ill_defined(rules: Rules, evidence: list[Evidence]) -> list[Evidence]:
    """An unknown or ill-defined primary site gives way to a known one."""
    ill = tuple(rules.tumours["ill_defined"])
    known = [e for e in evidence if e.code != "CUP" and not (e.icd10 or e.topography).startswith(ill)]
    return known or [e for e in evidence if e.code]


def _clusters(rules: Rules, evidence: list[Evidence]) -> list[tuple[str, str, list[Evidence]]]:
    """(tumour code, site group, evidence): one tumour per site group and specific histology."""
    groups: dict[str, list[Evidence]] = {}
    for e in evidence:
        groups.setdefault(e.group, []).append(e)
    clusters = []
    for group, members in sorted(groups.items()):
        codes = _specific_codes(rules, members) or [_likeliest(rules, members)]
        home = codes[0]
        for code in codes:
            mine = [e for e in members if e.code == code or (code == home and e.code not in codes)]
            clusters.append((code, group, mine))
    return clusters


def _specific_codes(rules: Rules, members: list[Evidence]) -> list[str]:
    """Types that a specific morphology supports, the one with most evidence first; a further one needs enough of it."""
    vague = rules.tumours["unspecified_morphologies"]
    weights: Counter[str] = Counter()
    for e in members:
        if e.morphology and e.morphology not in vague:
            weights[e.code] += rules.tumours["evidence_weight"][e.table]
    ordered = sorted(weights, key=lambda c: (-weights[c], c))
    return [c for n, c in enumerate(ordered) if n == 0 or weights[c] >= rules.tumours["second_primary_weight"]]


def _likeliest(rules: Rules, members: list[Evidence]) -> str:
    """Without a histology: a type that says more than the usual one of its site, else the one with most evidence."""
    weights: Counter[str] = Counter()
    for e in members:
        weights[e.code] += rules.tumours["evidence_weight"][e.table]
    usual = {usual_type(rules, e.icd10, e.topography) for e in members if e.icd10 or e.topography}
    return min(weights, key=lambda c: (c in usual, -weights[c], c))


def _words(column: str, ranked: list[Evidence], fits: Callable[[Evidence], bool]) -> str | None:
    """The words behind a code: of a statement with that code, else of the best one."""
    told = [e for e in ranked if e.row.get(column)]
    return next((e.row[column] for e in told if fits(e)), told[0].row[column] if told else None)


def _tumour(
    rules: Rules, patient: Mapping[str, Any], code: str, group: str, members: list[Evidence], hints: list[Evidence]
) -> Tumour | None:
    dated = [e for e in members if e.date]
    first = _first_diagnosis(rules, dated)
    if first is None:
        return None
    when, precision = first
    ranked = _by_weight(members)
    topography, morphology = site.topography(rules, code, members, hints), site.morphology(rules, members)
    row = {
        **derived(RULE, ranked[0].row, confidence=_confidence(members)),
        "tumour_id": token(patient.get("patient_id", ""), "tumour", group, code),
        "patient_id": patient.get("patient_id"),
        "tumour_code": code,
        "first_dx_date": when,
        "dx_date_precision": precision,
        "dx_basis": _basis(members),
        "topography_icdo3": topography,
        "morphology_icdo3": morphology,
        "behaviour": _behaviour(ranked, morphology),
        "icd10_code": site.icd10(members),
        "laterality": site.laterality(rules, topography, members, hints),
        "age_at_dx": age_at(patient, when),
        "dx_hospital_same": _diagnosed_here(members, when),
        **{c: _first(e.row.get(c) for e in ranked) for c in ("size_text", "grade")},
        "primary_site_text": _words(
            "primary_site_text", _by_weight([*ranked, *hints]), lambda e: e.topography == topography
        ),
        "histology_raw": _words("histology_raw", ranked, lambda e: e.morphology == morphology),
    }
    needed = rules.tumours["minimum_data_set"]
    row["index_candidate"] = precision in needed["precision"] and row["dx_basis"] in needed["basis"]
    return Tumour(row, group, members)


def _first_diagnosis(rules: Rules, dated: list[Evidence]) -> tuple[date, str] | None:
    """Earliest confirmed date; the first pathology within three months of it takes its place (ENCR)."""
    first = best_dated((e.date, e.precision) for e in dated if e.date)
    if first is None:
        return None
    proof = best_dated((e.date, e.precision) for e in dated if e.date and e.table == "pathology")
    if proof and 0 <= (proof[0] - first[0]).days <= rules.tumours["pathology_preferred_days"]:
        return proof
    return first


def _by_weight(members: list[Evidence]) -> list[Evidence]:
    """Reports before facts of notes before coded diagnoses, each in order of date."""
    ordered = sorted(members, key=BY_DATE)
    ordered.sort(key=lambda e: RANK[e.table])
    return ordered


def _first(values: Iterable[Any]) -> Any:
    return next((v for v in values if v), None)


def _confidence(members: list[Evidence]) -> float | None:
    """None when a structured record names the tumour, else the best confidence of the notes."""
    if any(e.row.get("source_kind") == "STRUCTURED" for e in members):
        return None
    return max((e.row["confidence"] for e in members if e.row.get("confidence") is not None), default=None)


def _basis(members: list[Evidence]) -> str:
    return min((e.basis for e in members), key=lambda b: BASIS_ORDER.index(b) if b in BASIS_ORDER else 5)


def _behaviour(members: list[Evidence], morphology: str | None) -> str | None:
    stated = _first(behaviour_of(e.row.get("morphology_icdo3")) or e.row.get("behaviour") for e in members)
    if stated:
        return stated
    return site.usual_behaviour([e.icd10 for e in members], has_histology=bool(morphology))


def _diagnosed_here(members: list[Evidence], when: date) -> bool:
    """True when a record of the hospital, not a history told to it, carries the diagnosis within 30 days of its date."""
    return any(
        e.table != "tumour_fact" and e.row.get("certainty") != "HISTORY" and e.date and abs((e.date - when).days) <= 30
        for e in members
    )


def age_at(patient: Mapping[str, Any], when: date) -> int | None:
    """Age in years from the birth year, capped at 90; NULL when the birth year is unknown."""
    if patient.get("birth_year") is None:
        return 90 if patient.get("age_top_coded") else None
    return min(90, max(0, when.year - int(patient["birth_year"])))
