"""One person's course as a timeline: what was recorded when, in lanes over calendar time (shifted dates).

The lanes are declared in :mod:`warehouse.lanes`; a lane is a query over one table. The page is inline SVG, the text a dated list.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import duckdb

from warehouse.errors import WarehouseError
from warehouse.lanes import LANES, Lane
from warehouse.pages import render
from warehouse.release import Release

WIDTH = 1180
GUTTER = 150
RIGHT = 24
ROW = 26
LAB_HEIGHT = 64
LABS_SHOWN = 6
RETOLD_DAYS = 31
"""Points of one lane with the same label within so many days are one mark: notes repeat what the last one said."""
MIN_LABEL_PX = 7.2
"""Width of a character in the lanes' type size; Chinese ones count double."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something with a date: a point, or a stretch when it has an end."""

    start: dt.date
    end: dt.date | None
    label: str
    detail: str
    tone: str
    key: str


@dataclass(frozen=True, slots=True)
class Series:
    """One laboratory item over time: (date, value), its unit and reference limits where known."""

    name: str
    unit: str
    points: tuple[tuple[dt.date, float], ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PatientTimeline:
    """A person's course in one release."""

    release_id: str
    patient_id: str
    headline: str
    lanes: tuple[tuple[Lane, tuple[Event, ...]], ...]
    """Lanes that have events, in declared order."""
    labs: tuple[Series, ...]

    def to_text(self) -> str:
        """A dated list, oldest first."""
        told = [(event.start, lane.name, event) for lane, events in self.lanes for event in events]
        lines = [
            f"{_span(event):22}  {name:15} {event.label}  {event.detail}".rstrip()
            for _, name, event in sorted(told, key=lambda item: (item[0], item[1], item[2].key))
        ]
        labs = [f"{s.name} [{s.unit}]: " + ", ".join(f"{day} {value:g}" for day, value in s.points) for s in self.labs]
        head = f"patient {self.patient_id}   (release {self.release_id})\n{self.headline}"
        return "\n".join([head, "", *lines, *([""] if labs else []), *labs]) + "\n"

    def to_html(self) -> str:
        """One offline page with inline SVG."""
        return render("timeline", it=self, chart=_chart(self))


@dataclass(frozen=True, slots=True)
class Mark:
    """An event placed in the chart: pixels, and where its label stands."""

    x: float
    width: float
    y: float
    event: Event
    tip: str
    label: str
    """Where the label stands: inside the bar, right or left of the mark, or none."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The placed timeline: what the template draws without reckoning."""

    width: int
    height: float
    ticks: tuple[tuple[float, str], ...]
    bands: tuple[tuple[float, float, str, str], ...]
    """(top, height, English name, Chinese name) of each lane."""
    marks: tuple[Mark, ...]
    curves: tuple[tuple[float, Series, str, tuple[tuple[float, float, str], ...], float | None], ...]
    """(top, series, SVG path, dots with tips, y of the upper reference limit)."""


class _Scale:
    """Days to pixels over the person's observed time, padded by 2 %."""

    def __init__(self, days: list[dt.date]) -> None:
        first, last = min(days), max(days)
        pad = max((last - first).days // 50, 20)
        self.first, self.last = first - dt.timedelta(pad), last + dt.timedelta(pad)
        self.per_day = (WIDTH - GUTTER - RIGHT) / (self.last - self.first).days

    def x(self, day: dt.date) -> float:
        return round(GUTTER + (day - self.first).days * self.per_day, 1)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        years = range(self.first.year, self.last.year + 2)
        months = (1,) if (self.last - self.first).days > 900 else (1, 4, 7, 10)
        days = [dt.date(year, month, 1) for year in years for month in months]
        return tuple(
            (self.x(d), str(d.year) if d.month == 1 else f"{d:%Y-%m}") for d in days if self.first <= d <= self.last
        )


def _span(event: Event) -> str:
    return f"{event.start}..{event.end}" if event.end and event.end != event.start else str(event.start)


def _text_px(text: str) -> float:
    return sum(MIN_LABEL_PX * (1.7 if ord(char) > 0x2E7F else 1.0) for char in text)


def _tip(event: Event) -> str:
    span = f" – {event.end}" if event.end and event.end != event.start else ""
    return f"{event.start}{span}\n{event.label}\n{event.detail}".strip()


def _place(lane: Lane, events: Iterable[Event], scale: _Scale, top: float) -> tuple[list[Mark], int]:
    """Stack marks so that no label runs into another mark; returns the marks and the number of rows used."""
    free: list[float] = []
    marks = []
    for event in events:
        x = scale.x(event.start)
        width = max(scale.x(event.end) - x, 0.0) if event.end else 0.0
        label = _label_place(lane, x, width, _text_px(event.label))
        left, right = _extent(x, width, label, _text_px(event.label))
        row = 0 if lane.quiet else next((number for number, taken in enumerate(free) if taken <= left), len(free))
        free[row : row + 1] = [right + 6]
        marks.append(Mark(x, width, top + row * ROW, event, _tip(event), label))
    return marks, max(len(free), 1)


def _label_place(lane: Lane, x: float, width: float, label: float) -> str:
    if lane.quiet:
        return "none"
    if width > label + 10:
        return "inside"
    return "right" if x + width + 16 + label < WIDTH else "left"


def _extent(x: float, width: float, label: str, label_px: float) -> tuple[float, float]:
    """Left and right pixel that a mark with its label takes."""
    start = x if width else x - 5
    match label:
        case "right":
            return start, x + width + 16 + label_px
        case "left":
            return x - 16 - label_px, x + width + 5
        case _:
            return start, x + width + 5


def _curve(
    series: Series, scale: _Scale, top: float
) -> tuple[float, Series, str, tuple[tuple[float, float, str], ...], float | None]:
    values = [value for _, value in series.points] + ([series.high] if series.high is not None else [])
    low, high = min(*values, 0.0), max(*values, 1e-9)

    def y(value: float) -> float:
        return round(top + LAB_HEIGHT - 12 - (value - low) / (high - low) * (LAB_HEIGHT - 24), 1)

    dots = tuple((scale.x(day), y(value), f"{day}: {value:g} {series.unit}") for day, value in series.points)
    path = "M" + " L".join(f"{x} {height}" for x, height, _ in dots)
    return top, series, path, dots, None if series.high is None else y(series.high)


def joined(events: Iterable[Event]) -> list[Event]:
    """Points that only repeat the last one of the same label drawn as one, with their number and all their tips."""
    found: list[list[Event]] = []
    last: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        before = last.get((event.label, event.tone))
        if before and not event.end and (event.start - before[0].start).days <= RETOLD_DAYS:
            before.append(event)
            continue
        found.append([event])
        if not event.end:
            last[event.label, event.tone] = found[-1]
    return [group[0] if len(group) == 1 else _retold(group) for group in found]


def _retold(group: list[Event]) -> Event:
    first = group[0]
    told = "\n".join(f"{e.start} {e.detail}".strip() for e in group)
    return replace(first, label=f"{first.label} ×{len(group)}", detail=told)


def _chart(timeline: PatientTimeline) -> Chart | None:
    """The chart; None for a person without any dated event."""
    days = [day for _, events in timeline.lanes for e in events for day in (e.start, e.end or e.start)]
    days += [day for series in timeline.labs for day, _ in series.points]
    if not days:
        return None
    scale, top = _Scale(days), 34.0
    bands: list[tuple[float, float, str, str]] = []
    marks: list[Mark] = []
    for lane, events in timeline.lanes:
        placed, rows = _place(lane, joined(events), scale, top + 6)
        marks += placed
        bands.append((top, rows * ROW + 10, lane.name, lane.zh))
        top += rows * ROW + 10
    curves = []
    for series in timeline.labs:
        curves.append(_curve(series, scale, top))
        bands.append((top, LAB_HEIGHT, series.name, series.unit))
        top += LAB_HEIGHT
    return Chart(WIDTH, top + 8, scale.ticks(), tuple(bands), tuple(marks), tuple(curves))


def _events(connection: duckdb.DuckDBPyConnection, lane: Lane, patient_id: str) -> tuple[Event, ...]:
    cursor = connection.execute(lane.sql, [patient_id])
    key = next(n for n, column in enumerate(cursor.description) if n >= 5)
    return tuple(Event(row[0], row[1], row[2] or "", row[3] or "", row[4], str(row[key])) for row in cursor.fetchall())


LABS_SQL = f"""
WITH mine AS (SELECT * FROM lab_measurement WHERE patient_id = ? AND value_num IS NOT NULL),
items AS (
  SELECT test_code, any_value(test_name_raw ORDER BY sample_date, lab_id) AS name,
    any_value(unit ORDER BY sample_date, lab_id) AS unit,
    max(ref_low) AS low, max(ref_high) AS high,
    count(*) FILTER (WHERE abnormal_flag IN ('H', 'HH', 'L', 'LL')) AS n_abnormal, count(*) AS n
  FROM mine GROUP BY test_code HAVING count(DISTINCT sample_date) >= 2
  ORDER BY n_abnormal DESC, n DESC, test_code LIMIT {LABS_SHOWN}
)
SELECT i.test_code, i.name, i.unit, i.low, i.high, m.sample_date, m.value_num
FROM items i JOIN mine m ON m.test_code = i.test_code
ORDER BY i.n_abnormal DESC, i.n DESC, i.test_code, m.sample_date, m.lab_id
"""
"""The items with most abnormal results: they move with the disease more often than the others."""


def _labs(connection: duckdb.DuckDBPyConnection, patient_id: str) -> tuple[Series, ...]:
    points: dict[tuple[str, str, str, float | None, float | None], list[tuple[dt.date, float]]] = defaultdict(list)
    for code, name, unit, low, high, day, value in connection.execute(LABS_SQL, [patient_id]).fetchall():
        points[code, name or code, unit or "", low, high].append((day, value))
    return tuple(Series(name, unit, tuple(found), low, high) for (_, name, unit, low, high), found in points.items())


def _headline(connection: duckdb.DuckDBPyConnection, patient_id: str, release_id: str) -> str:
    row = connection.execute(
        "SELECT sex, birth_year, vital_status FROM patient WHERE patient_id = ?", [patient_id]
    ).fetchone()
    if row is None:
        raise WarehouseError(
            "The release has no patient with that key.",
            where=f"release {release_id}",
            do="take a patient_id from the same release",
        )
    tumours = connection.execute(
        "SELECT tumour_code FROM tumour WHERE patient_id = ? ORDER BY tumour_seq", [patient_id]
    ).fetchall()
    told = [
        {"M": "male", "F": "female"}.get(row[0], "sex unknown"),
        f"born {row[1]}" if row[1] else "",
        row[2].lower() if row[2] else "",
    ]
    return ", ".join(part for part in (*told, *(code for (code,) in tumours)) if part)


def explain_patient(release: Release, patient_id: str) -> PatientTimeline:
    """A person's course. Raises WarehouseError when the release has no such patient."""
    with release.connect() as connection:
        headline = _headline(connection, patient_id, release.release_id)
        lanes = tuple((lane, events) for lane in LANES if (events := _events(connection, lane, patient_id)))
        return PatientTimeline(release.release_id, patient_id, headline, lanes, _labs(connection, patient_id))
