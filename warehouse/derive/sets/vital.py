"""Vital status of many patients as columns; only where sources of a death meet is the single patient's rule asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from warehouse.derive.columnar.arrays import Group
from warehouse.derive.rules import Rules
from warehouse.derive.sets.tools import FAR, NEVER, PRECISIONS, DaySet, coded, days_of, greatest, precision_of, when
from warehouse.derive.vital import PERIOD, Death, agree, choose

STATES = ("ALIVE", "DEAD", "UNKNOWN")


@dataclass(frozen=True)
class VitalSet:
    """One entry a patient; days are ``NEVER`` where there is none."""

    state: np.ndarray
    """Place in ``STATES``."""
    death: np.ndarray
    precision: np.ndarray
    source: np.ndarray
    """Place in ``sources``, -1 without a death."""
    sources: list[str]
    conflict: np.ndarray
    told: np.ndarray
    """Statements of death."""
    agreeing: np.ndarray
    visits: DaySet
    """In-person days, none after death."""
    first_visit: np.ndarray
    last_activity: np.ndarray
    proof_of_life: np.ndarray
    usable_death: np.ndarray
    """Day of death for endpoints."""
    imputed: np.ndarray


@dataclass(frozen=True)
class _Deaths:
    person: np.ndarray
    day: np.ndarray
    precision: np.ndarray
    source: np.ndarray
    sources: list[str]


def vital_set(groups: Mapping[str, Group], visits: DaySet, rules: Rules, count: int) -> VitalSet:
    """Death, vital status and in-person activity of each patient."""
    deaths = _deaths(groups, rules)
    told = np.bincount(deaths.person, minlength=count)
    chosen, agreeing = _chosen(deaths, told, rules, count)
    dead = told > 0
    some = len(deaths.day) > 0
    death = np.where(dead, deaths.day[chosen] if some else 0, NEVER)
    precision = np.where(dead, deaths.precision[chosen] if some else 0, 0)
    source = np.where(dead, deaths.source[chosen] if some else 0, -1)
    end = np.where(dead, death + np.array([PERIOD[p] for p in PRECISIONS])[precision], FAR)
    alive = _alive(groups, rules)
    last_word = np.maximum(visits.last(count), alive.last(count))
    conflict = dead & ((last_word - end > rules.vital["agree_within_days"]) | (agreeing < told))
    state = np.where(dead | _said_dead(groups, count), 1, _living(groups, last_word, count))
    kept, contact = visits.until(end), alive.until(end).last(count)
    last = kept.last(count)
    usable, imputed = _usable(death, precision, kept, rules, count)
    return VitalSet(
        state, death, precision, source, deaths.sources, conflict, told, agreeing, kept, kept.first(count), last,
        np.maximum(last, contact), usable, imputed,
    )  # fmt: skip


def _deaths(groups: Mapping[str, Group], rules: Rules) -> _Deaths:
    """All statements of death: follow-up, then discharge, then the patient's row."""
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]] = []
    if group := groups.get("follow_up"):
        rows = np.flatnonzero(days_of(group, "death_date") != NEVER)
        parts.append((group.person[rows], days_of(group, "death_date")[rows], precision_of(group, "death_date_precision")[rows], _channels(group, rows, rules)))  # fmt: skip
    if group := groups.get("encounter"):
        way = coded(group, "discharge_disposition")
        died = way.flags([str(v or "").upper() in rules.vital["death_dispositions"] for v in way.values])
        rows = np.flatnonzero(died & (days_of(group, "end_date") != NEVER))
        parts.append((group.person[rows], days_of(group, "end_date")[rows], np.zeros(len(rows), np.int64), ["HOSPITAL"] * len(rows)))  # fmt: skip
    if group := groups.get("patient"):
        rows, source = np.flatnonzero(days_of(group, "death_date") != NEVER), coded(group, "death_source")
        named = [source.values[c] if c >= 0 else "" for c in source.codes[rows].tolist()]
        parts.append((group.person[rows], days_of(group, "death_date")[rows], precision_of(group, "death_date_precision")[rows], [n or "HOSPITAL" for n in named]))  # fmt: skip
    none = np.zeros(0, np.int64)
    person, day, precision = (np.concatenate([none, *(p[i] for p in parts)]).astype(np.int64) for i in range(3))  # type: ignore[misc]
    names = [n for p in parts for n in p[3]]
    sources = sorted(set(names))
    number = {s: i for i, s in enumerate(sources)}
    return _Deaths(person, day, precision, np.array([number[n] for n in names], np.int64), sources)


def _channels(group: Group, rows: np.ndarray, rules: Rules) -> list[str]:
    channel, noted = coded(group, "channel"), coded(group, "source_kind").among("NLP")[rows].tolist()
    default, by_channel = rules.vital["default_source"], rules.vital["channel_source"]
    told = [channel.values[c] if c >= 0 else None for c in channel.codes[rows].tolist()]
    return ["NOTE" if note else by_channel.get(c, default) for c, note in zip(told, noted, strict=True)]


def _chosen(deaths: _Deaths, told: np.ndarray, rules: Rules, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Row of the death that counts, and how many statements agree with it."""
    chosen, agreeing = np.zeros(count, np.int64), np.minimum(told, 1)
    chosen[deaths.person] = np.arange(len(deaths.person))
    several: dict[int, list[int]] = {}
    for row in np.flatnonzero(told[deaths.person] > 1).tolist():
        several.setdefault(int(deaths.person[row]), []).append(row)
    limit = rules.vital["agree_within_days"]
    for person, rows in several.items():
        stated = [_death(deaths, row) for row in rows]
        one = choose(stated, rules)
        if one is not None:
            chosen[person] = rows[next(n for n, d in enumerate(stated) if d is one)]
            agreeing[person] = sum(agree(d, one, limit) for d in stated)
    return chosen, agreeing


def _death(deaths: _Deaths, row: int) -> Death:
    return Death(when(int(deaths.day[row])), PRECISIONS[deaths.precision[row]], deaths.sources[deaths.source[row]], {})


def _alive(groups: Mapping[str, Group], rules: Rules) -> DaySet:
    none = np.zeros(0, np.int64)
    if (group := groups.get("follow_up")) is None:
        return DaySet.of(none, none)
    rows = coded(group, "status").among(*rules.vital["living"])
    return DaySet.of(group.person[rows], days_of(group, "contact_date")[rows])


def _said_dead(groups: Mapping[str, Group], count: int) -> np.ndarray:
    """Told dead, be it without a date."""
    if (group := groups.get("follow_up")) is None:
        return np.zeros(count, bool)
    return np.bincount(group.person[coded(group, "status").among("DEAD")], minlength=count) > 0


def _living(groups: Mapping[str, Group], seen: np.ndarray, count: int) -> np.ndarray:
    """ALIVE when the last word is a sign of life, else UNKNOWN."""
    lost = np.full(count, NEVER, np.int64)
    if group := groups.get("follow_up"):
        rows = coded(group, "status").among("LOST")
        lost = greatest(group.person[rows], days_of(group, "contact_date")[rows], count)
    return np.where((seen == NEVER) | (lost > seen), STATES.index("UNKNOWN"), STATES.index("ALIVE"))


def _usable(
    death: np.ndarray, precision: np.ndarray, visits: DaySet, rules: Rules, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """``vital.usable_death`` for columns: the day, and whether it is imputed."""
    before, after = rules.endpoints["death_month_window"]
    month = (death != NEVER) & (precision == PRECISIONS.index("M"))
    last = visits.last_until(np.arange(count), death + after)
    late = np.where(last >= death - before, np.maximum(last, death), death)
    year = precision == PRECISIONS.index("Y")
    return np.where(year, NEVER, np.where(month, late, death)), month
