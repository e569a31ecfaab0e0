"""What the synthetic hospitals know: tumours, stages, markers, regimens, drugs, people, read once from ``data/``."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).parent / "data"


def _tsv(name: str) -> list[dict[str, str]]:
    lines = [line for line in (DATA / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def toml(name: str) -> dict[str, Any]:
    """A TOML file of ``data/``, parsed."""
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage group with a TNM that belongs to it, and what follows from it."""

    group: str
    t: str
    n: str
    m: str
    weight: float
    plan: str
    """SURG, NEO, CRT or ADV."""
    relapse: float
    """Share with relapse (or, for ADV, progression) within five years."""
    met_count: int
    met_choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome of a marker panel; ``marker`` is empty when nothing was found."""

    weight: float
    histology: str
    marker: str
    variant_p: str
    variant_c: str
    exon: str
    partner: str
    value: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A set of markers tested together."""

    name: str
    markers: tuple[str, ...]
    method: str
    is_gene: bool
    title: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Dose:
    """One drug of a regimen. ``basis``: m2, kg, AUC or flat; ``days`` is 0 for infusions, else days taken per cycle."""

    inn: str
    amount: float
    basis: str
    times_daily: int
    days: int


@dataclass(frozen=True, slots=True)
class Regimen:
    """A treatment scheme for one setting of some tumours."""

    alias: str
    tumours: tuple[str, ...]
    settings: tuple[str, ...]
    need: str
    weight: float
    drugs: tuple[Dose, ...]
    interval: int
    cycles: int
    """Most cycles; 0 means until progression."""
    maintenance: tuple[str, ...]
    pfs_factor: float

    @property
    def inns(self) -> tuple[str, ...]:
        """Drug names, sorted."""
        return tuple(sorted(d.inn for d in self.drugs))

    @property
    def oral_only(self) -> bool:
        """True when every drug is swallowed at home."""
        return all(d.days for d in self.drugs)


@dataclass(frozen=True, slots=True)
class Drug:
    """Names and route of a drug as orders show them."""

    inn: str
    names: tuple[str, ...]
    route: str
    oral: bool
    in_line: bool
    """False for drugs that do not count for lines of therapy."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A laboratory item: how sites call it, its unit, limits, healthy values and the factor after chemotherapy."""

    key: str
    names: tuple[str, ...]
    code: str
    unit: str
    low: float
    high: float
    mean: float
    sd: float
    digits: int
    nadir: float


@dataclass(frozen=True, slots=True)
class Toxicity:
    """An adverse event that a kind of drug may cause."""

    term: str
    name_zh: str
    cause: str
    share: float
    grade3: float


def parse_dose(text: str, interval: int) -> Dose:
    """``inn@75/m2``, ``inn@AUC5``, ``inn@200``, ``inn@80/d``, ``inn@1000/m2x2*14``: see the head of regimens.tsv."""
    inn, _, spec = text.partition("@")
    spec, _, days = spec.partition("*")
    daily = spec.endswith("/d")
    spec = spec.removesuffix("/d")
    twice = spec.endswith("x2")
    spec = spec.removesuffix("x2")
    oral = daily or twice
    taken = int(days) if days else (interval if oral else 0)
    if spec.startswith("AUC"):
        return Dose(inn, float(spec[3:]), "AUC", 1, 0)
    amount, _, basis = spec.partition("/")
    return Dose(inn, float(amount), basis or "flat", 2 if twice else 1, taken)


@cache
def tumours() -> dict[str, dict[str, Any]]:
    """tumours.toml by tumour code."""
    return toml("tumours.toml")


@cache
def stages() -> dict[str, tuple[Stage, ...]]:
    """Stage groups by tumour code."""
    found: dict[str, list[Stage]] = {}
    for row in _tsv("stages.tsv"):
        count, _, choices = row["mets"].partition(":")
        mets = tuple(choices.split(",")) if choices else ()
        t, n, m = ("" if row[k] == "-" else row[k] for k in "tnm")
        stage = Stage(
            row["group"],
            t,
            n,
            m,
            float(row["weight"]),
            row["plan"],
            float(row["relapse_5y"]),
            int(count) if mets else 0,
            mets,
        )
        found.setdefault(row["tumour_code"], []).append(stage)
    return {code: tuple(rows) for code, rows in found.items()}


@cache
def panels() -> dict[str, tuple[Panel, ...]]:
    """Marker panels by tumour code."""
    outcomes: dict[tuple[str, str], list[Outcome]] = {}
    for r in _tsv("markers.tsv"):
        marker = "" if r["marker"] == "-" else r["marker"]
        outcome = Outcome(
            float(r["weight"]),
            r["histology"],
            marker,
            r["variant_p"],
            r["variant_c"],
            r["exon"],
            r["partner"],
            r["value"],
            int(r["low"]),
            int(r["high"]),
        )
        outcomes.setdefault((r["tumour_code"], r["panel"]), []).append(outcome)
    found: dict[str, list[Panel]] = {}
    for r in _tsv("panels.tsv"):
        rows = tuple(outcomes[r["tumour_code"], r["panel"]])
        panel = Panel(
            r["panel"], tuple(r["markers"].split(";")), r["method"], r["gene"] == "1", r["panel_name"] or "", rows
        )
        found.setdefault(r["tumour_code"], []).append(panel)
    return {code: tuple(rows) for code, rows in found.items()}


@cache
def regimens(tumour: str, setting: str) -> tuple[Regimen, ...]:
    """Schemes for a tumour in a setting (NEO, ADJ, ENDO, CRT, L1, L2, L3)."""
    return tuple(r for r in _all_regimens() if tumour in r.tumours and setting in r.settings)


@cache
def _all_regimens() -> tuple[Regimen, ...]:
    found = []
    for r in _tsv("regimens.tsv"):
        interval = int(r["interval"])
        drugs = tuple(parse_dose(d, interval) for d in r["drugs"].split(";"))
        maintenance = tuple(r["maintenance"].split(";")) if r["maintenance"] else ()
        found.append(
            Regimen(r["alias"], tuple(r["tumours"].split(",")), tuple(r["setting"].split(",")), r["need"], float(r["weight"]), drugs, interval,
                    int(r["cycles"]), maintenance, float(r["pfs_factor"]))
        )  # fmt: skip
    return tuple(found)


@cache
def drugs() -> dict[str, Drug]:
    """Drugs by INN."""
    return {
        r["inn"]: Drug(r["inn"], tuple(r["names"].split(";")), r["route"], r["oral"] == "1", r["in_line"] == "1")
        for r in _tsv("drugs.tsv")
    }


@cache
def labs() -> dict[str, Lab]:
    """Laboratory items by key."""
    return {
        r["key"]: Lab(r["key"], tuple(r["names"].split(";")), r["code"], r["unit"], float(r["low"]), float(r["high"]), float(r["mean"]), float(r["sd"]),
                      int(r["digits"]), float(r["nadir"]))
        for r in _tsv("labs.tsv")
    }  # fmt: skip


@cache
def toxicities() -> tuple[Toxicity, ...]:
    """Adverse events."""
    return tuple(
        Toxicity(r["ae_term"], r["name_zh"], r["cause"], float(r["share"]), float(r["grade3"]))
        for r in _tsv("toxicities.tsv")
    )


def weighted(rng: Random, rows: list[list[Any]]) -> list[Any]:
    """One of ``[[weight, …], …]``, by weight."""
    point = rng.random() * sum(row[0] for row in rows)
    for row in rows:
        point -= row[0]
        if point < 0:
            return row
    return rows[-1]


def stream(seed: int, patient: int, purpose: str) -> Random:
    """A random stream that depends on nothing but its name, so that more patients never change earlier ones."""
    return Random(f"oncorwe-synth|{seed}|{patient}|{purpose}")
