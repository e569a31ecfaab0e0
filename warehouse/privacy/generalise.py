"""Decide how far profile ``wide`` has to generalise, and for whom, until every class has at least k persons.

First the whole release is made coarser, step by step along the declared ladder, until few persons stand in small classes
(global recoding). For those who are left, the region, then the age, then the tumour type is suppressed (cells); whoever is
then still in a small class is left out with all rows. Removing whole small classes makes no other class smaller, so the
result is k-anonymous over the quasi-identifiers of the risk report. It is not more than that: the course of disease in the
other tables is published, and who knows enough of it can still recognise a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from warehouse import codes
from warehouse.errors import WarehouseError
from warehouse.privacy.profile import Action, WideSettings, declaration, steps, wide
from warehouse.privacy.report import Taken
from warehouse.privacy.risk import RiskSettings

OTHER = "OTHER"
AGES = {"5": 5, "10": 10, "20": 20, "none": None}
_GONE = frozenset({"ethnicity", "birth_year", "hospital"})
"""Quasi-identifiers that ``wide`` does not publish: nobody differs in them."""


class NotAnonymous(WarehouseError):
    """The release cannot be made k-anonymous without leaving out more persons than allowed."""


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What the quasi-identifiers are made of, of one person."""

    patient_id: str
    sex: str | None
    age: int | None
    region: str | None
    tumour: str | None
    others: tuple[Any, ...] = ()
    """Values of the remaining quasi-identifiers, as published."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What is suppressed of one person."""

    region: bool = False
    age: bool = False
    tumour: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Levels:
    """How coarse everybody's values are."""

    region: str
    age: int | None
    tumour: str = "rare"
    """rare (rare types grouped), group (all types grouped), all (no type)."""


@dataclass(frozen=True, slots=True)
class WidePlan:
    """Everything that :mod:`warehouse.privacy.apply` needs. Plain values, so that workers can be given it."""

    levels: Levels
    date_unit: str
    tumours: Mapping[str, str]
    """Published name by tumour code."""
    cells: Mapping[str, Cells]
    """Persons of whom something is suppressed, by person key."""
    grouped: frozenset[str]
    """Persons with a tumour whose type is not published."""
    common: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Values that enough persons share, by ``table.column``; all others become NULL."""
    areas: Mapping[str, str] = field(default_factory=dict)
    taken: tuple[Taken, ...] = ()
    persons: int = 0
    removed: int = 0

    def region(self, code: str | None) -> str | None:
        """A region as coarse as everybody's."""
        if code is None or self.levels.region == "none":
            return None
        return self.areas.get(code[:1], code[:1]) if self.levels.region == "area" else code

    def age(self, age: int | None) -> int | None:
        """Lower end of the age's band."""
        return None if age is None or self.levels.age is None else age // self.levels.age * self.levels.age

    def tumour(self, code: str | None) -> str | None:
        """Published name of a tumour type."""
        return None if code is None else self.tumours.get(code, OTHER)


def group_of(code: str) -> str:
    """Name of the group of a tumour type, e.g. ``GROUP_GYNAE``; OTHER for a type that the dictionary lacks."""
    found = next((t.system_group for t in codes.tumour_types() if t.tumour_code == code), "")
    return f"GROUP_{found.upper()}" if found else OTHER


def tumour_names(persons: Mapping[str, frozenset[str]], rare: int, level: str) -> dict[str, str]:
    """Published name by code: itself, its group when too few persons have it, OTHER when too few have the group.

    ``persons`` holds the tumour codes of every person.
    """
    every = {code for own in persons.values() for code in own}
    if level == "all":
        return dict.fromkeys(every, OTHER)
    having = Counter(code for own in persons.values() for code in own)
    names = {c: c if level == "rare" and having[c] >= rare else group_of(c) for c in every}
    groups = Counter(name for own in persons.values() for name in {names[c] for c in own})
    return {c: OTHER if n != c and groups[n] < rare else n for c, n in names.items()}


def _facts(db: duckdb.DuckDBPyConnection, quasi: Sequence[str], date_unit: str) -> list[PersonFacts]:
    month = "u.first_dx_date" if date_unit == "month" else "date_trunc('quarter', u.first_dx_date) + INTERVAL 1 MONTH"
    sql = {
        "dx_year": "year(u.first_dx_date)",
        "death_year": "year(p.death_date)",
        "dx_month": f"strftime({month}, '%Y-%m')",
    }
    others = [sql[name] for name in quasi if name in sql]
    more = "".join(f", {expression}" for expression in others)
    rows = db.execute(
        f"""SELECT p.patient_id, p.sex, coalesce(u.age_at_dx, p.age_at_index), p.residence_region, u.tumour_code{more}
        FROM patient p LEFT JOIN (SELECT * FROM tumour WHERE tumour_seq = 1
          QUALIFY row_number() OVER (PARTITION BY patient_id ORDER BY tumour_id) = 1) u ON u.patient_id = p.patient_id
        ORDER BY 1"""
    ).fetchall()
    return [PersonFacts(row[0], row[1], row[2], row[3], row[4], tuple(row[5:])) for row in rows]


def _codes_of(db: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    rows = db.execute("SELECT patient_id, list(DISTINCT tumour_code) FROM tumour GROUP BY 1").fetchall()
    return {patient: frozenset(c for c in own if c) for patient, own in rows}


def key_of(person: PersonFacts, plan: WidePlan, quasi: Sequence[str]) -> tuple[Any, ...]:
    """The person's class: published values of the quasi-identifiers."""
    cells = plan.cells.get(person.patient_id, Cells())
    values: dict[str, Any] = {
        "sex": person.sex,
        "age_band": None if cells.age else plan.age(person.age),
        "province": None if cells.region else plan.region(person.region),
        "tumour": OTHER if cells.tumour and person.tumour else plan.tumour(person.tumour),
    }
    return (*(values[q] for q in quasi if q in values), *person.others)


def _small(facts: Sequence[PersonFacts], plan: WidePlan, quasi: Sequence[str], k: int) -> list[PersonFacts]:
    """Persons in classes below k, among those who are not left out."""
    kept = [p for p in facts if not plan.cells.get(p.patient_id, Cells()).removed]
    sizes = Counter(key_of(p, plan, quasi) for p in kept)
    return [p for p in kept if sizes[key_of(p, plan, quasi)] < k]


def _climb(levels: Levels, step: tuple[str, str]) -> Levels:
    what, how = step
    match what:
        case "region":
            return replace(levels, region=how)
        case "age":
            return replace(levels, age=AGES[how])
        case _:
            return replace(levels, tumour=how)


def _coarser(now: Levels, after: Levels) -> bool:
    """False for a step that the settings have taken already."""
    order = ("province", "area", "none")
    if after.region != now.region:
        return order.index(after.region) > order.index(now.region)
    if after.age != now.age:
        return now.age is not None and (after.age is None or after.age > now.age)
    return after != now


def _suppress(facts: Sequence[PersonFacts], plan: WidePlan, quasi: Sequence[str], k: int) -> WidePlan:
    """Suppress cells, then persons, until no class is small."""
    for cell in ("region", "age", "tumour", "removed"):
        small = _small(facts, plan, quasi, k)
        if not small:
            return plan
        more = {p.patient_id: replace(plan.cells.get(p.patient_id, Cells()), **{cell: True}) for p in small}
        plan = replace(plan, cells={**plan.cells, **more})
    return plan


def _common_values(db: duckdb.DuckDBPyConnection, least: int) -> dict[str, frozenset[str]]:
    """Values of COMMON and DETAIL columns that at least ``least`` persons have."""
    found = {}
    for table, plan in wide().items():
        for column in (*plan.having(Action.COMMON), *plan.having(Action.DETAIL)):
            sql = f'SELECT "{column}" FROM "{table}" GROUP BY 1 HAVING count(DISTINCT patient_id) >= ? AND "{column}" IS NOT NULL'
            found[f"{table}.{column}"] = frozenset(str(v) for (v,) in db.execute(sql, [least]).fetchall())
    return found


def _taken(plan: WidePlan, before: Levels, names: Mapping[str, frozenset[str]]) -> tuple[Taken, ...]:
    cells = plan.cells.values()
    regrouped = sum(any(plan.tumour(c) != c for c in own) for own in names.values())
    width, place = (
        plan.levels.age,
        {"province": ("province", "省"), "area": ("greater region", "大区"), "none": ("nothing", "不发布")},
    )
    rows = [
        Taken("texts", "texts, words of notes and evidence left out", "删除正文、原文字词与证据"),
        Taken("dates", f"dates to the {plan.date_unit}; durations worked out anew from them", f"日期泛化到{'月' if plan.date_unit == 'month' else '季度'}，时长据此重新计算"),
        Taken("age", f"ages in bands of {width} years" if width else "ages left out", f"年龄按 {width} 岁分组" if width else "不发布年龄"),
        Taken("region", f"residence to {place[plan.levels.region][0]}", f"居住地泛化到{place[plan.levels.region][1]}"),
        Taken("tumour", "rare tumour types grouped", "罕见肿瘤类型归组", regrouped),
        Taken("keys", "keys replaced, so that no other profile can be joined", "更换主键，无法与其他发布型关联"),
        Taken("hospital", "hospital, variants in detail, free values and single rare values left out", "删除医院、变异细节、自由文本值与罕见取值"),
        Taken("region_suppressed", "region suppressed", "抑制地区", sum(c.region and not c.removed for c in cells)),
        Taken("age_suppressed", "age suppressed", "抑制年龄", sum(c.age and not c.removed for c in cells)),
        Taken("tumour_suppressed", "tumour type suppressed", "抑制肿瘤类型", sum(c.tumour and not c.removed for c in cells)),
        Taken("persons_suppressed", "persons left out with all rows", "整人删除", plan.removed),
    ]  # fmt: skip
    return tuple(rows)


def plan_wide(db: duckdb.DuckDBPyConnection, settings: WideSettings, risk: RiskSettings) -> WidePlan:
    """The plan for the tables that a connection shows.

    Raises:
        NotAnonymous: even the coarsest step would leave out more persons than ``max_suppressed``.
    """
    quasi = [name for name in risk.quasi if name not in _GONE]
    facts, names = _facts(db, quasi, settings.date_unit), _codes_of(db)
    levels = start = Levels(settings.region, settings.age_band)
    ladder = list(steps())
    while True:
        tumours = tumour_names(names, settings.rare_tumour, levels.tumour)
        plan = WidePlan(
            levels, settings.date_unit, tumours, {}, frozenset(), areas=declaration()["areas"], persons=len(facts)
        )
        if len(_small(facts, plan, quasi, settings.k)) <= settings.max_suppressed * len(facts):
            break
        while ladder and not _coarser(levels, _climb(levels, ladder[0])):
            ladder.pop(0)
        if not ladder:
            break
        levels = _climb(levels, ladder.pop(0))
    plan = _suppress(facts, plan, quasi, settings.k)
    removed = sum(c.removed for c in plan.cells.values())
    _refuse(removed, len(facts), settings)
    grouped = frozenset(
        patient for patient, own in names.items()
        if plan.cells.get(patient, Cells()).tumour or any(plan.tumour(c) != c for c in own)
    )  # fmt: skip
    plan = replace(plan, grouped=grouped, common=_common_values(db, settings.k), removed=removed)
    return replace(plan, taken=_taken(plan, start, names))


def _refuse(removed: int, persons: int, settings: WideSettings) -> None:
    if removed > settings.max_suppressed * persons:
        raise NotAnonymous(
            f"Profile wide cannot reach k = {settings.k}.",
            where="release.wide",
            why=f"{removed:,} of {persons:,} persons would have to be left out, allowed are {settings.max_suppressed:.0%}",
            do="wait for more patients, lower k, raise max_suppressed, or ask for fewer quasi-identifiers in privacy.risk",
        )
