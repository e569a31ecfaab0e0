"""Run the synthetic hospitals: person by person, straight into the files."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from jobs.runtime.errors import ConfigError
from jobs.runtime.sites import DEFAULT_SITES, Site
from jobs.synth.course import Course
from jobs.synth.deliver import Delivered, Planted, deliver, delivery_days
from jobs.synth.hospital import KINDS, Hospital, Patient, place_visits, visits_of
from jobs.synth.knowledge import stream
from jobs.synth.notes import Writer, plan_notes
from jobs.synth.rows import Row, followups, structured
from jobs.synth.simulate import simulate
from jobs.synth.truth import TruthWriter
from jobs.synth.write import Landing

CUTOFF = date(2024, 6, 1)
"""Day of every hospital's last delivery."""
MOST_SITES = 26
_OTHER_NAMES = (
    "柳荫区人民医院",
    "碧潭县肿瘤防治院",
    "南浦大学附属医院",
    "长亭区中心医院",
    "鹿湾市第一医院",
    "望川肿瘤医院",
)


@dataclass(slots=True)
class SynthSummary:
    """What was made. ``rows`` by (site, delivery, table); ``planted`` bad rows by (table, reason)."""

    persons: int
    sites: tuple[str, ...]
    cutoff: date
    rows: dict[tuple[str, str, str], int] = field(default_factory=dict)
    planted: Counter[tuple[str, str]] = field(default_factory=Counter)
    duplicates: int = 0
    deletions: int = 0
    corrections: int = 0
    two_hospital_persons: int = 0

    def describe(self) -> str:
        """A few lines for a reader: persons, rows of each table by hospital, what was planted."""
        tables = sorted({table for _, _, table in self.rows})
        lines = [
            f"{self.persons:,} persons, {self.two_hospital_persons:,} of them in two hospitals; last delivery {self.cutoff}"
        ]
        for site in self.sites:
            counts = {t: sum(n for (s, _, table), n in self.rows.items() if (s, table) == (site, t)) for t in tables}
            lines.append(f"{site}: " + ", ".join(f"{table} {n:,}" for table, n in counts.items() if n))
        planted = ", ".join(f"{table} {reason} {n:,}" for (table, reason), n in sorted(self.planted.items()))
        lines.append(
            f"Planted: {self.duplicates:,} duplicates, {self.corrections:,} corrections, {self.deletions:,} deletions; "
            f"bad rows: {planted or 'none'}"
        )
        return "\n".join(lines)


@dataclass(slots=True)
class Made:
    """One person's part of the output."""

    course: Course
    patients: list[Patient]
    planted: Planted
    delivered: list[tuple[Hospital, Delivered]]
    notes: list[dict[str, Any]]


def site_toml(index: int) -> tuple[str, str]:
    """(id, TOML) of the site with this index: the three hospitals, then the same kinds under other names."""
    kind = KINDS[index % 3]
    raw = (DEFAULT_SITES / f"site_{kind}.toml").read_text(encoding="utf-8")
    if index < 3:
        return f"site_{kind}", raw
    name = f"site_{chr(ord('a') + index)}"
    title = _OTHER_NAMES[index % len(_OTHER_NAMES)] + ("" if index < 9 else f"{index}分院")
    lines = [line for line in raw.splitlines() if not line.startswith("aliases = ")]
    lines = [
        f'id = "{name}"'
        if line.startswith("id = ")
        else f'name_zh = "{title}"'
        if line.startswith("name_zh = ")
        else line
        for line in lines
    ]
    return name, "\n".join(lines) + "\n"


def open_hospitals(count: int) -> tuple[Hospital, ...]:
    """The first ``count`` hospitals."""
    if not 1 <= count <= MOST_SITES:
        raise ConfigError(
            f"{count} synthetic sites were asked for",
            where="--sites",
            why=f"from 1 to {MOST_SITES} can be made",
            do="Choose a number in this range",
        )
    found = []
    for index in range(count):
        site = Site.model_validate(tomllib.loads(site_toml(index)[1]))
        kind = KINDS[index % 3]
        found.append(Hospital(index, kind, site, delivery_days(kind, CUTOFF)))
    return tuple(found)


def make(seed: int, number: int, hospitals: tuple[Hospital, ...]) -> Made:
    """Everything about person ``number``; depends on the seed, the number and the hospitals alone."""
    course = simulate(stream(seed, number, "course"), number, CUTOFF)
    rng = stream(seed, number, "visits")
    patients = [p for p in place_visits(course, visits_of(course, rng), hospitals, rng) if p.visits]
    planted = Planted()
    delivered: list[tuple[Hospital, Delivered]] = []
    truths: list[dict[str, Any]] = []
    for order, patient in enumerate(patients):
        rows, notes = _rows(seed, number, order, patient, contacts=order == len(patients) - 1)
        faults = stream(seed, number, f"faults{order}")
        delivered += [(patient.hospital, d) for d in deliver(patient.hospital, rows, faults, planted)]
        truths += notes
    truths += _second_versions(truths, planted)
    return Made(course, patients, planted, delivered, truths)


def _rows(
    seed: int, number: int, order: int, patient: Patient, *, contacts: bool
) -> tuple[list[Row], list[dict[str, Any]]]:
    rng = stream(seed, number, f"rows{order}")
    rows = list(structured(patient, rng))
    if contacts:
        rows += followups(patient, rng, CUTOFF)
    words = stream(seed, number, f"notes{order}")
    writer = Writer(patient, words)
    notes = [writer.write(i, plan) for i, plan in enumerate(plan_notes(patient, words, CUTOFF), 1) if plan.day < CUTOFF]
    rows += [("notes", note.values, note.day) for note in notes]
    return rows, [note.truth for note in notes]


def _second_versions(truths: list[dict[str, Any]], planted: Planted) -> list[dict[str, Any]]:
    changed = {entry["key"] for entry in planted.corrections if entry["table"] == "notes"}
    return [{**truth, "version": "2"} for truth in truths if truth["note_id"] in changed]


def people(patients: int, seed: int, hospitals: tuple[Hospital, ...]) -> Iterator[Made]:
    """Persons 1 to ``patients``, one at a time."""
    return (make(seed, number, hospitals) for number in range(1, patients + 1))


def synthesise(
    patients: int,
    sites: int = 3,
    seed: int = 7,
    output: Path = Path("landing"),
    truth: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> SynthSummary:
    """Write ``patients`` synthetic people into the landing folders of ``sites`` hospitals.

    Args:
        patients: number of persons; those of a smaller number are the same persons.
        sites: hospitals, cycling through the three kinds.
        seed: the same seed gives the same bytes.
        output: landing folder; ``output/_sites`` receives the site files.
        truth: folder for what is true about the persons, or None.
        progress: called with the number of persons done.

    Raises:
        ConfigError: fewer than one person, or a number of sites out of range.
    """
    if patients < 1:
        raise ConfigError(
            f"{patients} synthetic patients were asked for",
            where="--patients",
            why="at least one is needed",
            do="Give a number of 1 or more",
        )
    hospitals = open_hospitals(sites)
    _write_site_files(Path(output), sites)
    summary = SynthSummary(patients, tuple(h.id for h in hospitals), CUTOFF)
    landing = Landing(Path(output), hospitals)
    truths = TruthWriter(Path(truth)) if truth else None
    for done, made in enumerate(people(patients, seed, hospitals), 1):
        for hospital, (n, table, values) in made.delivered:
            landing.add(hospital, n, table, values)
        if truths:
            truths.person(made.course, made.patients, made.planted)
            truths.notes(made.notes)
        _count(summary, made)
        if progress:
            progress(done)
    landing.close()
    if truths:
        truths.close()
    summary.rows = landing.rows
    return summary


def _write_site_files(output: Path, sites: int) -> None:
    folder = output / "_sites"
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(sites):
        name, raw = site_toml(index)
        (folder / f"{name}.toml").write_text(raw, encoding="utf-8", newline="\n")


def _count(summary: SynthSummary, made: Made) -> None:
    delivered_tables = {p.hospital.id: p.hospital.tables for p in made.patients}
    for entry in made.planted.bad_rows:
        if entry["table"] in delivered_tables[entry["site"]]:
            summary.planted[entry["table"], entry["reason"]] += 1
    summary.duplicates += len(made.planted.duplicates)
    summary.deletions += len(made.planted.deletions)
    summary.corrections += len(made.planted.corrections)
    summary.two_hospital_persons += len(made.patients) > 1
