"""The rules of the derivation stage, read from ``warehouse/derive/rules/*.toml`` and the code tables, compiled once.

A :class:`Rules` is immutable and cheap to share: one per process. Whoever changes a rule changes a TOML file and its version;
no number that a clinician could dispute stands in Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

RULES_DIR = Path(__file__).parent / "rules"


class RuleError(ValueError):
    """A rule file contradicts itself or names something that does not exist."""


@dataclass(frozen=True, slots=True)
class TumourType:
    """What the derivation needs of one tumour type: the ranges that its codes lie in."""

    code: str
    order: int
    icd10: tuple[tuple[str, str], ...]
    topography: tuple[tuple[str, str], ...]
    any_site: bool
    morphology: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Drug:
    """What the derivation needs of one drug."""

    inn: str
    code: str
    drug_class: str
    antineoplastic: bool
    oral: bool
    days_supply: int | None
    irae: bool


@dataclass(frozen=True)
class LinePolicy:
    """Line-of-therapy rules of one tumour type, defaults filled in."""

    rule_set: str
    gap_days: int
    exempt: frozenset[str]
    additions: tuple[Mapping[str, Any], ...]
    maintenance: Mapping[str, Any] | None
    background: frozenset[str]
    reset_attribute: str
    transplant_arc: tuple[int, int] | None


@dataclass(frozen=True)
class Rules:
    """All rules. ``cutoff`` is the data cut-off of the release (None: no cut-off endpoints)."""

    lines: Mapping[str, Any]
    endpoints: Mapping[str, Any]
    tumours: Mapping[str, Any]
    staging: Mapping[str, Any]
    vital: Mapping[str, Any]
    adverse_events: Mapping[str, Any]
    types: Mapping[str, TumourType]
    drugs: Mapping[str, Drug]
    regimen_alias: Mapping[frozenset[str], tuple[tuple[str, frozenset[str]], ...]]
    """Drugs of a regimen -> (alias, tumour codes it is used in; empty = any)."""
    regimen_drugs: Mapping[str, tuple[str, ...]]
    stage_groups: Mapping[tuple[str, str], tuple[tuple[str, str, str, str], ...]]
    ae_terms: Mapping[str, tuple[str, bool]]
    """CTCAE term -> (system organ class, may be immune-related)."""
    cutoff: date | None = None
    gap_override: int | None = None
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def with_cutoff(self, cutoff: date | None) -> Rules:
        """The same rules with a data cut-off."""
        return replace(self, cutoff=cutoff)

    def with_gap(self, days: int) -> Rules:
        """The same rules with one treatment gap for all tumours (sensitivity analysis)."""
        return replace(self, gap_override=days, memo={})

    def policy(self, tumour_code: str) -> LinePolicy:
        """Line rules of one tumour type."""
        key = ("policy", tumour_code)
        if key not in self.memo:
            self.memo[key] = _policy(self, tumour_code)
        return self.memo[key]

    def substitutes(self, drug: str) -> frozenset[str]:
        """Drugs that ``drug`` may stand in for within a line."""
        if "substitutes" not in self.memo:
            groups = [frozenset(s["drugs"]) for s in self.lines["substitution"]]
            self.memo["substitutes"] = {
                d: frozenset().union(*(g for g in groups if d in g)) - {d} for g in groups for d in g
            }
        return self.memo["substitutes"].get(drug, frozenset())

    @property
    def haematological(self) -> frozenset[str]:
        """Types whose index date is the first diagnosis."""
        if "haem" not in self.memo:
            self.memo["haem"] = frozenset(self.lines["haematology"]["types"])
        return self.memo["haem"]


def _policy(rules: Rules, tumour_code: str) -> LinePolicy:
    name, raw = tumour_code, rules.lines["tumour"].get(tumour_code, {})
    while "same_as" in raw:
        name = raw["same_as"]
        raw = rules.lines["tumour"][name]
    gap = rules.gap_override or raw.get("gap_days", rules.lines["defaults"]["gap_days"])
    suffix = f"_gap{rules.gap_override}" if rules.gap_override else ""
    arc = raw.get("transplant_arc_days")
    base = name.lower() if raw else "default"
    return LinePolicy(
        rule_set=f"{rules.lines['id']}_{base}{suffix}@{rules.lines['version']}",
        gap_days=gap,
        exempt=frozenset(raw.get("gap_exempt_drugs", ())),
        additions=tuple(raw.get("addition", ())),
        maintenance=raw.get("maintenance"),
        background=frozenset(raw.get("background_drugs", ())),
        reset_attribute=raw.get("reset_attribute", ""),
        transplant_arc=(arc[0], arc[1]) if arc else None,
    )


def _toml(name: str) -> Mapping[str, Any]:
    return tomllib.loads((RULES_DIR / f"{name}.toml").read_text(encoding="utf-8"))


def code_range(text: str) -> tuple[str, str]:
    """``C18.2-C18.9`` -> its inclusive bounds; behaviour digits (``/3``) are cut off."""
    low, _, high = text.replace(" ", "").partition("-")
    low, high = low.split("/")[0], (high or low).split("/")[0]
    return low, high


def in_ranges(code: str, ranges: tuple[tuple[str, str], ...]) -> bool:
    """Does ``code`` (``C18.2``, ``8140``) lie in one of the inclusive ranges? A bound covers its sub-codes."""
    return any(low <= code and code[: len(high)] <= high for low, high in ranges)


def tumour_type(
    order: int, code: str, icd10: Iterable[str], topography: Iterable[str], morphology: Iterable[str]
) -> TumourType:
    """Compile one row of the tumour-type table."""
    sites = tuple(topography)
    return TumourType(
        code=code,
        order=order,
        icd10=tuple(code_range(c) for c in icd10),
        topography=tuple(code_range(c) for c in sites if c != "any"),
        any_site="any" in sites,
        morphology=tuple(code_range(c) for c in morphology),
    )


def _drugs() -> dict[str, Drug]:
    from warehouse import codes

    return {
        row.inn: Drug(
            inn=row.inn,
            code=row.code,
            drug_class=row.drug_class,
            antineoplastic=row.is_antineoplastic,
            oral=row.oral,
            days_supply=row.days_supply,
            irae=row.irae_class,
        )
        for row in codes.drugs()
    }


def _regimens() -> tuple[dict[frozenset[str], tuple[tuple[str, frozenset[str]], ...]], dict[str, tuple[str, ...]]]:
    from warehouse import codes

    alias: dict[frozenset[str], tuple[tuple[str, frozenset[str]], ...]] = {}
    drugs: dict[str, tuple[str, ...]] = {}
    for row in codes.regimens():
        inns = row.drugs
        key = frozenset(inns)
        alias[key] = (*alias.get(key, ()), (row.regimen, frozenset(row.tumours)))
        for name in (row.regimen, *row.synonyms):
            drugs.setdefault(name.upper(), inns)
    return alias, drugs


def _stage_groups() -> dict[tuple[str, str], tuple[tuple[str, str, str, str], ...]]:
    from warehouse import codes

    table: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
    for row in codes.stage_groups():
        table.setdefault((row.tumour_code, str(row.edition)), []).append((row.t, row.n, row.m, row.group))
    return {key: tuple(rows) for key, rows in table.items()}


@cache
def load_rules() -> Rules:
    """The project's rules. Raises RuleError when a rule names an unknown tumour type or drug."""
    from warehouse import codes

    types = {
        row.tumour_code: tumour_type(i, row.tumour_code, row.icd10, row.topography, row.morphology)
        for i, row in enumerate(codes.tumour_types())
    }
    alias, regimen_drugs = _regimens()
    return Rules(
        lines=_toml("lines"),
        endpoints=_toml("endpoints"),
        tumours=_toml("tumours"),
        staging=_toml("staging"),
        vital=_toml("vital"),
        adverse_events=_toml("adverse_events"),
        types=types,
        drugs=_drugs(),
        regimen_alias=alias,
        regimen_drugs=regimen_drugs,
        stage_groups=_stage_groups(),
        ae_terms={row.ae_term: (row.soc, row.is_irae) for row in codes.ae_terms()},
    )
