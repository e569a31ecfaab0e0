"""How far a release agrees with the truth behind the synthetic hospitals, variable by variable.

Needs the project key (to know which released person is which simulated one) and so runs beside the private zone only. Counts
are returned, never names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jobs.runtime import keys
from nlp.deid.normal import normalise_id

Person = dict[str, Any]
_VITAL = {"LOST": "UNKNOWN"}
_STARTED, _WEEK, _EVENT, _MONTH = 3, 7, 21, 30
"""Days by which dates may differ: starts of lines, of courses, of adverse events, assessments."""
_DOSES_FOUND = 0.9
"""Share of a line's cycles that must show as days with a dose."""
_INDICES = ("KI67",)
"""Markers that are a share of cells and neither positive nor negative."""
_BASELINE = 14
"""A progression this soon after a line's start is the one that led to it."""


@dataclass
class Agreement:
    """Compared and agreeing cases of each variable, with the persons (numbers of the simulation) that disagree."""

    compared: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    agreed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    misses: dict[str, list[tuple[int, str, str]]] = field(default_factory=lambda: defaultdict(list))
    """(person number, expected, found)."""

    def add(self, variable: str, person: int, expected: object, found: object, agrees: bool | None = None) -> None:
        """Compare one case."""
        same = expected == found if agrees is None else agrees
        self.compared[variable] += 1
        self.agreed[variable] += same
        if not same:
            self.misses[variable].append((person, str(expected), str(found)))

    def share(self, variable: str) -> float:
        """Agreeing share, 1.0 when nothing was compared."""
        return self.agreed[variable] / self.compared[variable] if self.compared[variable] else 1.0

    def __str__(self) -> str:
        rows = (
            f"{name:<28}{self.agreed[name]:>6} of {n:<6}{100 * self.share(name):6.1f} %"
            for name, n in self.compared.items()
        )
        return "\n".join(rows)


def read_truth(truth: Path) -> list[Person]:
    """Simulated persons."""
    with (truth / "patients.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


_TOLD = {
    "response_assessment": ("response", "assessed_date"),
    "adverse_event": ("ae_term", "onset_date"),
    "tumour_attribute": ("variable_code", "value_text"),
}


def written_facts(truth: Path) -> dict[int, set[tuple[str, str, str]]]:
    """(table, code, date or value) of what some note of a person tells; the rest of a course cannot be found."""
    written: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    with (truth / "notes.jsonl").open(encoding="utf-8") as lines:
        for note in map(json.loads, lines):
            for table, (code, day) in _TOLD.items():
                written[note["patient"]] |= {(table, fact[code], fact[day]) for fact in note["facts"].get(table, ())}
    return written


def person_ids(person: Person) -> list[str]:
    """Person keys under which a simulated person may have been released, the expected one first."""
    found = []
    if person["id_number"] and any(site["id_number_known"] for site in person["sites"]):
        found.append(keys.person_key(f"id:{normalise_id(person['id_number'])}"))
    found += sorted(keys.person_key(f"sn:{site['site']}:{site['patient_sn']}") for site in person["sites"])
    return found


def major(group: str | None) -> str | None:
    """Stage group without sub-letter."""
    return None if not group else group.rstrip("ABCDE123")


def stage_groups(rows: list[dict[str, Any]]) -> str | None:
    """Stage group at diagnosis: of the first staging that names one."""
    known = [r["stage_group"] for r in rows if r["stage_group"] not in (None, "UNK")]
    return known[0] if known else None


def _shifted(text: str | None, offset: int) -> date | None:
    return date.fromisoformat(text) + timedelta(days=offset) if text and len(text) == 10 else None


class _Release:
    """A release (or candidate) by person."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.patients = {r["patient_id"]: r for r in self._rows("select * from patient")}
        self.tumours = self._by_person("select * from tumour order by tumour_seq")
        self.stagings = self._by_person("select * from staging order by stage_date, staging_id")
        self.lines = self._by_person("select * from line_of_therapy order by start_date, line_number, is_maintenance")
        self.endpoints = self._by_person("select * from endpoint")
        self.surgeries = self._by_person("select * from surgery order by op_date")
        self.biomarkers = self._by_person("select * from biomarker")
        self.responses = self._by_person("select * from response_assessment order by assessed_date")
        self.metastases = self._by_person("select * from metastasis")
        self.attributes = self._by_person("select * from tumour_attribute")
        self.radiotherapy = self._by_person("select * from radiotherapy")
        self.events = self._by_person("select * from adverse_event")
        self.doses = self._by_person(
            "select distinct patient_id, drug_name_std, start_date from drug_administration where is_antineoplastic"
        )

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self._connection.sql(sql).to_arrow_table().to_pylist()

    def _by_person(self, sql: str) -> dict[str, list[dict[str, Any]]]:
        grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows(sql):
            grouped[row["patient_id"]].append(row)
        return grouped


def compare(connection: duckdb.DuckDBPyConnection, truth: Path) -> Agreement:
    """Agreement of a release, opened by ``warehouse.release.Release.connect``, with a truth folder."""
    release, result, written = _Release(connection), Agreement(), written_facts(truth)
    for person in read_truth(truth):
        told = written[person["person"]]
        person["responses"] = [
            r for r in person["responses"] if ("response_assessment", r["response"], r["date"]) in told
        ]
        person["adverse_events"] = [
            e for e in person["adverse_events"] if ("adverse_event", e["ae_term"], e["date"]) in told
        ]
        for tumour in person["tumours"]:
            told_of = {(code, value) for table, code, value in told if table == "tumour_attribute"}
            tumour["variables"] = {c: v for c, v in tumour["variables"].items() if (c, v) in told_of}
        ids = [key for key in person_ids(person) if key in release.patients]
        result.add("patient: one row", person["person"], int(person["consent_scope"] != "OPT_OUT"), len(ids))
        if ids:
            _compare_person(release, result, person, ids[0])
    return result


def _compare_person(release: _Release, result: Agreement, person: Person, key: str) -> None:
    offset, number = keys.date_offset(key), person["person"]
    row, tumours = release.patients[key], release.tumours[key]
    result.add("patient: sex", number, person["sex"], row["sex"])
    result.add(
        "patient: vital status", number, _VITAL.get(person["vital_status"], person["vital_status"]), row["vital_status"]
    )
    result.add("patient: death date", number, _shifted(person["death_date"], offset), row["death_date"])
    result.add("tumour: number", number, len(person["tumours"]), len(tumours))
    for planned in person["tumours"][:1]:
        _compare_tumour(release, result, number, planned, tumours, key, offset)
    _compare_lines(result, number, person["lines"], release.lines[key], offset)
    compare_events(release, result, person, key, offset)
    for operation in person["surgeries"]:
        when = _shifted(operation["date"], offset)
        hit = any(
            r["procedure_kind"] == operation.get("kind", "RESECTION") and r["op_date"] == when
            for r in release.surgeries[key]
        )
        result.add("surgery: kind and date", number, operation.get("kind"), hit, hit)
    for progression in person["progressions"]:
        when = _shifted(progression, offset)
        near = any(
            r["is_progression"] and when and abs((r["assessed_date"] - when).days) <= 30 for r in release.responses[key]
        )
        result.add("progression within 30 days", number, when, near, near)


def _compare_tumour(
    release: _Release, result: Agreement, number: int, planned: Person, tumours: list[Person], key: str, offset: int
) -> None:
    found = next((t for t in tumours if t["tumour_code"] == planned["tumour_code"]), tumours[0] if tumours else {})
    result.add("tumour: code", number, planned["tumour_code"], found.get("tumour_code"))
    result.add(
        "tumour: first diagnosis ±7 d",
        number,
        planned["first_dx_date"],
        found.get("first_dx_date"),
        _near(found.get("first_dx_date"), _shifted(planned["first_dx_date"], offset), 7),
    )
    result.add("tumour: topography", number, planned["topography"], found.get("topography_icdo3"))
    result.add("tumour: morphology", number, planned["morphology"][:4], found.get("morphology_icdo3"))
    for code, value in planned["variables"].items():
        seen = {a["value_text"].casefold() for a in release.attributes[key] if a["variable_code"] == code}
        result.add("tumour: its own variables", number, f"{code} {value}", sorted(seen), seen == {value.casefold()})
    result.add("tumour: laterality", number, planned["laterality"], found.get("laterality") or "NA")
    expected = _shifted(planned["advanced_date"], offset)
    result.add(
        "tumour: advanced date ±30 d",
        number,
        expected,
        found.get("advanced_date"),
        _near(found.get("advanced_date"), expected, 30),
    )
    stagings = [s for s in release.stagings[key] if s["stage_class"] in ("c", "p")]
    result.add("stage: major group", number, major(planned["stage_group"]), stage_groups(stagings))
    for category in "tnm":
        wanted = planned.get(category)
        if wanted and wanted[1:].upper() != "X":
            seen = {s[f"{category}_category"] for s in stagings}
            result.add(f"stage: {category.upper()}", number, wanted, sorted(filter(None, seen)), wanted in seen)
    for marker in planned["biomarkers"]:
        if marker["marker"] in _INDICES:
            values = {b["value_num"] for b in release.biomarkers[key] if b["marker"] == marker["marker"]}
            wanted = float(marker["value"].rstrip("%"))
            result.add(
                "biomarker: index", number, f"{marker['marker']} {wanted}", sorted(map(str, values)), wanted in values
            )
        elif marker["result"] in ("POS", "NEG"):
            seen = {b["result"] for b in release.biomarkers[key] if b["marker"] == marker["marker"]}
            result.add(
                "biomarker: result",
                number,
                f"{marker['marker']} {marker['result']}",
                sorted(seen),
                marker["result"] in seen,
            )
    sites = {m["site_code"] for m in release.metastases[key]}
    for metastasis in planned["metastases"]:
        result.add("metastasis: site", number, metastasis["site_code"], sorted(sites), metastasis["site_code"] in sites)


def _near(found: date | None, expected: date | None, days: int) -> bool:
    if found is None or expected is None:
        return found is expected
    return abs((found - expected).days) <= days


def _named(lines: list[Person]) -> Iterator[tuple[str, int, bool, str]]:
    for line in lines:
        name = line["line_name"] if "line_name" in line else " + ".join(sorted(line["drugs"]))
        yield line["setting"], line["line_number"], bool(line["is_maintenance"]), name


def _compare_lines(result: Agreement, number: int, planned: list[Person], found: list[Person], offset: int) -> None:
    result.add("lines: number", number, len(planned), len(found))
    by_place = {(s, n, m): line for (s, n, m, _), line in zip(_named(found), found, strict=True)}
    for (setting, line_number, maintenance, name), line in zip(_named(planned), planned, strict=True):
        seen = by_place.get((setting, line_number, maintenance), {})
        result.add(
            "lines: name",
            number,
            f"{setting} {line_number} {name}",
            seen.get("line_name"),
            seen.get("line_name") == name,
        )
        result.add(
            "lines: start ±3 d",
            number,
            _shifted(line["start"], offset),
            seen.get("start_date"),
            _near(seen.get("start_date"), _shifted(line["start"], offset), 3),
        )


def compare_events(release: _Release, result: Agreement, person: Person, key: str, offset: int) -> None:
    """Radiotherapy, adverse events, assessments, doses and endpoints of one person."""
    number = person["person"]
    for course in person["radiotherapy"]:
        when = _shifted(course["start"], offset)
        hit = any(_near(r["start_date"], when, _WEEK) for r in release.radiotherapy[key])
        result.add("radiotherapy: start ±7 d", number, when, hit, hit)
    for event in person["adverse_events"]:
        _compare_adverse_event(release, result, number, event, key, _shifted(event["date"], offset))
    for response in person["responses"]:
        when = _shifted(response["date"], offset)
        near = {r["response"] for r in release.responses[key] if _near(r["assessed_date"], when, _MONTH)}
        result.add(
            "response: code ±30 d",
            number,
            (response["response"], str(when)),
            sorted(filter(None, near)),
            response["response"] in near,
        )
    for line in person["lines"]:
        _compare_doses(release, result, number, line, key, offset)
    _compare_survival(release, result, person, key, offset)
    for line in person["lines"]:
        if line["setting"] == "ADVANCED" and not line["is_maintenance"]:
            _compare_progression_free(release, result, person, line, key, offset)


def _compare_adverse_event(
    release: _Release, result: Agreement, number: int, event: Person, key: str, when: date | None
) -> None:
    same = [r for r in release.events[key] if r["ae_term"] == event["ae_term"] and _near(r["onset_date"], when, _EVENT)]
    result.add("adverse event: term ±21 d", number, (event["ae_term"], str(when)), len(same), bool(same))
    if same:
        grades = {r["grade"] for r in same}
        result.add(
            "adverse event: grade",
            number,
            (event["ae_term"], event["grade"]),
            sorted(map(str, grades)),
            event["grade"] in grades,
        )


def _compare_doses(release: _Release, result: Agreement, number: int, line: Person, key: str, offset: int) -> None:
    first, last = _shifted(line["start"], offset), _shifted(line["last_dose"], offset)
    if first is None or last is None:
        return
    drugs, slack = set(line["drugs"]), timedelta(days=_STARTED)
    days = {
        r["start_date"]
        for r in release.doses[key]
        if r["drug_name_std"] in drugs and first - slack <= r["start_date"] <= last + slack
    }
    result.add("doses: days of a line", number, line["cycles"], len(days), len(days) >= _DOSES_FOUND * line["cycles"])


def _compare_survival(release: _Release, result: Agreement, person: Person, key: str, offset: int) -> None:
    rows = [r for r in release.endpoints[key] if r["definition_id"] == "os_default@1" and r["index_event"] == "DX"]
    death = _shifted(person["death_date"], offset)
    for row in rows[:1]:
        result.add("OS: event", person["person"], bool(death), bool(row["event"]))
        if death:
            result.add("OS: end", person["person"], death, row["end_date"])


def _compare_progression_free(
    release: _Release, result: Agreement, person: Person, line: Person, key: str, offset: int
) -> None:
    start = _shifted(line["start"], offset)
    worse = [d for p in person["progressions"] if (d := _shifted(p, offset)) and start and (d - start).days > _BASELINE]
    rows = [
        r
        for r in release.endpoints[key]
        if r["definition_id"] == "rwpfs_default@1" and _near(r["index_date"], start, _STARTED)
    ]
    for row in rows[:1]:
        if worse:
            result.add(
                "rwPFS: progression ±30 d",
                person["person"],
                worse[0],
                row["end_date"],
                row["event"] == 1 and _near(row["end_date"], worse[0], _MONTH),
            )
        elif not person["death_date"]:
            result.add("rwPFS: no event", person["person"], 0, row["event"])
