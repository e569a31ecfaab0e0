"""What is true about the synthetic people, for tests and accuracy figures: raw dates, raw offsets, all faults that were planted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from jobs.synth.course import Course, Line, Marker
from jobs.synth.deliver import Planted
from jobs.synth.hospital import Patient


def _iso(value: Any) -> str | None:
    return value.isoformat() if value else None


def _setting(course: Course, line: Line) -> str:
    """The setting that the line rules can see: neoadjuvant needs its operation, curative chemoradiation its radiotherapy."""
    if line.setting == "NEOADJUVANT" and not course.surgeries:
        return "UNKNOWN"
    if line.setting == "CURATIVE_CRT" and not any(r.intent == "RADICAL" for r in course.radiations):
        return "UNKNOWN"
    return line.setting


def rule_lines(course: Course) -> list[dict[str, Any]]:
    """Lines as the line rules count them: background drugs left out, all adjuvant treatment of an operation in one row."""
    background = set(course.cfg.get("background_drugs", ()))
    found: list[dict[str, Any]] = []
    for line in course.lines:
        names = [inn for inn in line.inns if inn not in background]
        setting = _setting(course, line)
        if not names:
            continue
        if setting == "ADJUVANT" and found and found[-1]["setting"] == "ADJUVANT":
            found[-1].update(
                drugs=sorted({*found[-1]["drugs"], *names}), end=_iso(line.end), last_dose=_iso(line.last_dose)
            )
            continue
        found.append({"setting": setting, "line_number": line.number, "is_maintenance": line.is_maintenance, "drugs": names, "alias": line.regimen.alias,
                      "start": _iso(line.start), "end": _iso(line.end), "last_dose": _iso(line.last_dose), "cycles": len(line.cycles)})  # fmt: skip
    return found


def _marker(m: Marker) -> dict[str, Any]:
    return {"marker": m.marker, "result": m.result, "value": m.value, "date": _iso(m.day), "method": m.method, "variant_p": m.variant_p or None,
            "variant_c": m.variant_c or None, "exon": m.exon or None, "fusion_partner": m.partner or None, "vaf": m.vaf}  # fmt: skip


def _tumour(course: Course) -> dict[str, Any]:
    stage = course.stage
    return {
        "tumour_code": course.code, "variables": {v.code: v.value for v in course.variables}, "first_dx_date": _iso(course.dx), "topography": course.site[1], "morphology": course.histology[1], "laterality": course.laterality,
        "t": stage.t or None, "n": stage.n or None, "m": stage.m or None, "stage_group": stage.group, "staging_system": course.cfg["staging_system"],
        "advanced_date": _iso(course.advanced), "recurrence_date": _iso(course.recurrence),
        "metastases": [{"site_code": site, "date": _iso(day)} for site, day in course.metastases], "biomarkers": [_marker(m) for m in course.markers],
    }  # fmt: skip


def person_truth(course: Course, patients: list[Patient]) -> dict[str, Any]:
    """One line of ``patients.jsonl``."""
    p = course.person
    return {
        "person": p.number, "sites": [{"site": x.hospital.id, "patient_sn": x.sn, "id_number_known": x.id_known} for x in patients if x.visits],
        "name": p.name, "sex": p.sex, "birth_date": _iso(p.birth), "id_number": p.id_number, "phone": p.phone, "address": p.address, "employer": p.employer or None,
        "contact_name": p.contact_name, "contact_phone": p.contact_phone, "consent_scope": p.consent,
        "smoking": {"value_code": p.smoking[0], "amount_per_day": p.smoking[1], "years": p.smoking[2]},
        "comorbidities": [{"name": c[0], "code": c[1]} for c in p.comorbidities], "family_cancer": list(p.family) if p.family else None,
        "tumours": [_tumour(course)],
        "surgeries": [{"date": _iso(s.day), "name": s.name, "code": s.code, "approach": s.approach, "ln_examined": s.nodes_examined, "ln_positive": s.nodes_positive, "pcr": s.complete_response} for s in course.surgeries],
        "radiotherapy": [{"start": _iso(r.start), "end": _iso(r.end), "site": r.site, "technique": r.technique, "dose_gy": r.dose_gy, "fractions": r.fractions, "intent": r.intent} for r in course.radiations],
        "lines": rule_lines(course),
        "responses": [{"date": _iso(r.day), "response": r.code, "line_number": r.line.number if r.line else None, "new_site": r.new_site or None} for r in course.responses],
        "progressions": [_iso(d) for d in course.progressions],
        "adverse_events": [{"date": _iso(t.day), "ae_term": t.term, "grade": t.grade} for t in course.toxicities],
        "death_date": _iso(course.death), "last_contact": _iso(course.last_contact), "vital_status": "DEAD" if course.death else "LOST" if course.lost else "ALIVE",
    }  # fmt: skip


class TruthWriter:
    """Writes ``patients.jsonl``, ``notes.jsonl`` and ``planted.json`` as it goes; nothing grows with the number of people."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._people = self._file("patients.jsonl")
        self._notes = self._file("notes.jsonl")
        self._kinds = [*(f.name for f in fields(Planted)), "two_hospital_persons"]
        self._spools = {kind: self._file(f".{kind}.part") for kind in self._kinds}

    def _file(self, name: str) -> IO[str]:
        return (self._folder / name).open("w", encoding="utf-8", newline="\n")

    def person(self, course: Course, patients: list[Patient], planted: Planted) -> None:
        """Truth about one person."""
        _dump(self._people, person_truth(course, patients))
        for kind in self._kinds[:-1]:
            for entry in getattr(planted, kind):
                _dump(self._spools[kind], entry)
        if sum(bool(x.visits) for x in patients) > 1:
            _dump(
                self._spools["two_hospital_persons"],
                {
                    "person": course.person.number,
                    "sites": [
                        {"site": x.hospital.id, "patient_sn": x.sn, "id_number_known": x.id_known} for x in patients
                    ],
                },
            )

    def notes(self, truths: Iterable[dict[str, Any]]) -> None:
        """Truth about notes."""
        for truth in truths:
            _dump(self._notes, truth)

    def close(self) -> None:
        """Close the files and join the planted faults into one JSON object."""
        self._people.close()
        self._notes.close()
        with self._file("planted.json") as out:
            for i, kind in enumerate(self._kinds):
                self._spools[kind].close()
                part = self._folder / f".{kind}.part"
                out.write(("{" if i == 0 else ",\n") + json.dumps(kind) + ": [")
                with part.open(encoding="utf-8") as lines:
                    out.writelines((",\n" if j else "\n") + line.rstrip("\n") for j, line in enumerate(lines))
                out.write("]")
                part.unlink()
            out.write("}\n")


_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def _dump(file: IO[str], value: dict[str, Any]) -> None:
    file.write(_ENCODE(value) + "\n")
