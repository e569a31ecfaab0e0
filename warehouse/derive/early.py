"""Curative-intent settings: neoadjuvant, adjuvant and curative chemoradiotherapy get rows of their own with line_number 0."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from warehouse.derive.common import days
from warehouse.derive.exposures import Exposure
from warehouse.derive.lines import Line, Surroundings, walk
from warehouse.derive.rules import LinePolicy, Rules

Span = tuple[date, date]


def early_lines(
    xs: list[Exposure], surgeries: list[date], courses: list[Span], policy: LinePolicy, rules: Rules
) -> list[Line]:
    """Lines of exposures that began before the advanced index (all exposures when there is none)."""
    setting = _settings(xs, surgeries, courses, rules)
    lines: list[Line] = []
    for (name, _), run in groupby(xs, key=lambda x: setting[x.start]):
        members = list(run)
        if name == "UNKNOWN":
            parts = walk(members, policy, rules, Surroundings())
        else:
            parts = [Line(members[0].start, {x.drug for x in members}, members)]
        for part in parts:
            part.setting = name
        lines += parts
    return lines


def _settings(
    xs: list[Exposure], surgeries: list[date], courses: list[Span], rules: Rules
) -> dict[date, tuple[str, date | None]]:
    """Setting and its anchor (the surgery or course) for each day on which an exposure began."""
    ends: dict[date, date] = {}
    for x in xs:
        ends[x.start] = max(ends.get(x.start, x.start), x.runout)
    setting: dict[date, tuple[str, date | None]] = {}
    _mark_radiotherapy(setting, ends, courses, rules)
    for number, surgery in enumerate(surgeries):
        previous = surgeries[number - 1] if number else date.min
        following = surgeries[number + 1] if number + 1 < len(surgeries) else date.max
        _mark_before(setting, ends, surgery, previous, rules)
        _mark_after(setting, ends, surgery, following, rules)
    return {day: setting.get(day, ("UNKNOWN", None)) for day in ends}


def _mark_radiotherapy(
    setting: dict[date, tuple[str, date | None]], ends: dict[date, date], courses: list[Span], rules: Rules
) -> None:
    window = days(rules.lines["early"]["crt_window_days"])
    for start, end in courses:
        for day in ends:
            if start - window <= day <= end + window:
                setting.setdefault(day, ("CURATIVE_CRT", start))


def _mark_before(
    setting: dict[date, tuple[str, date | None]], ends: dict[date, date], surgery: date, previous: date, rules: Rules
) -> None:
    limit, edge = rules.lines["early"]["neoadjuvant_max_days_to_surgery"], surgery
    for day in sorted((d for d in ends if previous < d < surgery), reverse=True):
        if (edge - min(ends[day], edge)).days > limit:
            break
        setting.setdefault(day, ("NEOADJUVANT", surgery))
        edge, limit = day, rules.lines["early"]["chain_gap_days"]


def _mark_after(
    setting: dict[date, tuple[str, date | None]], ends: dict[date, date], surgery: date, following: date, rules: Rules
) -> None:
    limit, edge = rules.lines["early"]["adjuvant_within_days"], surgery
    for day in sorted(d for d in ends if surgery <= d < following):
        if (day - edge).days > limit:
            break
        setting.setdefault(day, ("ADJUVANT", surgery))
        edge, limit = max(edge, ends[day]), rules.lines["early"]["chain_gap_days"]
