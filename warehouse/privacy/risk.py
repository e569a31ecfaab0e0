"""Risk of re-identification of a release: k-anonymity, l-diversity, prosecutor and marketer risk.

Definitions. A *class* holds the persons who agree in all quasi-identifiers; f is its size, n the number of persons, J the
number of classes. An unknown value counts as a value of its own, which never makes a class look larger than it is.

- k-anonymity: the smallest f (Sweeney 2002, Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 10(5):557-570).
- Prosecutor risk of a person: 1/f, for an attacker who knows that the person is in the release. Maximum 1/min f, average
  J/n, share of persons above a threshold (El Emam 2013, Guide to the De-Identification of Personal Health Information;
  El Emam and Dankar 2008, JAMIA 15(5):627-637).
- Marketer risk: the share of persons that an attacker who matches everybody gets right, on average
  (1/n) * sum over classes of f/F with F the class's size in the population (Dankar and El Emam 2010, PAIS). The population
  is unknown, so F = f / ``population_share``; with the default 1, the worst case, it equals the average prosecutor risk.
- l-diversity of a sensitive attribute: the smallest number of distinct values in a class, and exp of the smallest entropy
  (Machanavajjhala et al. 2007, ACM TKDD 1(1):3).
- GB/T 37964-2019 names the K-anonymity model; GB/T 42460-2023 grades de-identification by measured risk. Which limit a grade
  asks for is to be taken from the standard's text by the institution; no limit here claims to be it.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb

from warehouse.errors import WarehouseError

DEFAULT_QUASI = ("sex", "age_band", "province", "tumour", "dx_year")
DEFAULT_SENSITIVE = ("vital_status", "biomarker")
HIGH_RISK = (1 / 5, 1 / 11)
"""Shares of persons above these prosecutor risks are reported: k < 5, usual under agreement, and k < 11, usual in public."""
SIZES = ((1, 1), (2, 4), (5, 10), (11, 19), (20, None))
"""Class sizes of the distribution, from and to."""

_FROM = """
FROM patient p
LEFT JOIN (SELECT * FROM tumour WHERE tumour_seq = 1 QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY tumour_id) = 1) u
  ON u.patient_id = p.patient_id
LEFT JOIN (SELECT patient_id, string_agg(DISTINCT marker, '+' ORDER BY marker) AS positive FROM biomarker WHERE result = 'POS' GROUP BY 1) m
  ON m.patient_id = p.patient_id
LEFT JOIN (SELECT patient_id, arg_min(stage_group, stage_date) AS stage_group FROM staging WHERE stage_group <> 'UNK' GROUP BY 1) s
  ON s.patient_id = p.patient_id
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A quasi-identifier or sensitive attribute: its SQL over the tables of a release, and its name in both languages."""

    name: str
    sql: str
    en: str
    zh: str


@cache
def attributes(kind: str) -> Mapping[str, Attribute]:
    """Declared attributes of a kind (``quasi`` or ``sensitive``) by name."""
    raw = tomllib.loads((files("warehouse.privacy") / "risk.toml").read_text(encoding="utf-8"))
    return {name: Attribute(name, **entry) for name, entry in raw[kind].items()}


def chosen(kind: str, names: tuple[str, ...]) -> tuple[Attribute, ...]:
    """The attributes of these names. Raises WarehouseError for an unknown one."""
    declared = attributes(kind)
    for name in names:
        if name not in declared:
            raise WarehouseError(
                f"There is no {kind} attribute {name}.",
                where="privacy.risk",
                do=f"use some of: {', '.join(declared)}; warehouse/privacy/risk.toml declares them",
            )
    return tuple(declared[name] for name in names)


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """What is measured and what it may not exceed. Limits are by measure, e.g. ``{"k_min": 5, "marketer": 0.2}``."""

    quasi: tuple[str, ...] = DEFAULT_QUASI
    sensitive: tuple[str, ...] = DEFAULT_SENSITIVE
    k: tuple[int, ...] = (5, 11)
    population_share: float = 1.0
    warn: Mapping[str, float] = field(default_factory=dict)
    block: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diversity:
    """l-diversity of one attribute over all classes."""

    attribute: str
    distinct: int
    """Smallest number of distinct values in a class; 0 without persons."""
    entropy: float
    """exp of the smallest entropy: the number of equally frequent values that would be as diverse."""
    share_below_2: float
    """Persons in classes where everybody has the same value: to know the class is to know the value."""


@dataclass(frozen=True, slots=True)
class Risk:
    """The measures of one set of tables."""

    persons: int
    classes: int
    k_min: int
    uniques: int
    """Persons who are alone in their class."""
    below: Mapping[str, int]
    """Persons in classes smaller than k, by k."""
    share_below: Mapping[str, float]
    prosecutor_max: float
    prosecutor_average: float
    high_risk: Mapping[str, float]
    """Share of persons with a prosecutor risk above a threshold, by threshold."""
    marketer: float
    sizes: tuple[tuple[str, int, int], ...]
    """Distribution: class size, classes, persons."""
    diversity: tuple[Diversity, ...]

    def measure(self, name: str) -> float:
        """A measure by the name that limits use. Raises WarehouseError when there is none of that name."""
        if name.startswith("share_below_") and name.removeprefix("share_below_") in self.share_below:
            return self.share_below[name.removeprefix("share_below_")]
        if name.startswith("l_") and (found := next((d for d in self.diversity if d.attribute == name[2:]), None)):
            return found.distinct
        if name in ("k_min", "prosecutor_max", "prosecutor_average", "marketer"):
            return float(getattr(self, name))
        shares = ", ".join(f"share_below_{k}" for k in self.share_below)
        raise WarehouseError(
            f"There is no risk measure {name}.",
            where="privacy.risk",
            do=f"use k_min, prosecutor_max, prosecutor_average, marketer, {shares} or l_<sensitive attribute>",
        )

    def exceeds(self, name: str, limit: float) -> bool:
        """True when a measure breaks its limit: k and l have a floor, everything else a ceiling. Nobody is at risk in an empty set."""
        value = self.measure(name)
        if not self.persons:
            return False
        return value < limit if name == "k_min" or name.startswith("l_") else value > limit

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def _classes(db: duckdb.DuckDBPyConnection, quasi: tuple[Attribute, ...]) -> list[int]:
    keys = ", ".join(f"{a.sql} AS {a.name}" for a in quasi)
    names = ", ".join(a.name for a in quasi)
    rows = db.execute(f"SELECT count(*) FROM (SELECT {keys} {_FROM}) GROUP BY {names} ORDER BY 1").fetchall()
    return [int(row[0]) for row in rows]


def _diversity(
    db: duckdb.DuckDBPyConnection, quasi: tuple[Attribute, ...], attribute: Attribute, persons: int
) -> Diversity:
    keys = ", ".join(f"{a.sql} AS {a.name}" for a in quasi)
    names = ", ".join(a.name for a in quasi)
    value = f"coalesce(CAST({attribute.sql} AS VARCHAR), '') AS _value"
    sql = f"""
        SELECT sum(n), count(*), sum(-(n / f) * ln(n / f)) FROM (
          SELECT *, sum(n) OVER (PARTITION BY {names}) AS f
          FROM (SELECT {names}, _value, count(*) AS n FROM (SELECT {keys}, {value} {_FROM}) GROUP BY {names}, _value)
        ) GROUP BY {names}
    """
    rows = db.execute(sql).fetchall()
    alone = sum(int(f) for f, distinct, _ in rows if distinct < 2)
    return Diversity(
        attribute=attribute.name,
        distinct=min((int(d) for _, d, _ in rows), default=0),
        entropy=round(math.exp(max(0.0, min((float(h) for _, _, h in rows), default=0.0))), 6) if rows else 0.0,
        share_below_2=round(alone / persons, 6) if persons else 0.0,
    )


def _sizes(classes: list[int]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for low, high in SIZES:
        inside = [f for f in classes if f >= low and (high is None or f <= high)]
        label = f"{low}+" if high is None else str(low) if low == high else f"{low}-{high}"
        found.append((label, len(inside), sum(inside)))
    return tuple(found)


def assess(db: duckdb.DuckDBPyConnection, settings: RiskSettings = RiskSettings()) -> Risk:
    """Measure the tables that a connection shows (views named as the release tables)."""
    quasi = chosen("quasi", settings.quasi)
    sensitive = chosen("sensitive", settings.sensitive)
    classes = _classes(db, quasi)
    n = sum(classes)

    def share(persons: int) -> float:
        return round(persons / n, 6) if n else 0.0

    below = {str(k): sum(f for f in classes if f < k) for k in settings.k}
    average = round(len(classes) / n, 6) if n else 0.0
    return Risk(
        persons=n,
        classes=len(classes),
        k_min=min(classes, default=0),
        uniques=classes.count(1),
        below=below,
        share_below={k: share(persons) for k, persons in below.items()},
        prosecutor_max=round(1 / min(classes), 6) if classes else 0.0,
        prosecutor_average=average,
        high_risk={f"{t:.2f}": share(sum(f for f in classes if 1 / f > t)) for t in HIGH_RISK},
        marketer=round(average * settings.population_share, 6),
        sizes=_sizes(classes),
        diversity=tuple(_diversity(db, quasi, a, n) for a in sensitive),
    )
