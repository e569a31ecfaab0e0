"""Rows of ``line_of_therapy`` and ``regimen`` for one tumour, built from lines of every setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from warehouse.derive.common import Row, Rows, days, derived, token
from warehouse.derive.course import curative_surgeries, index_date, of_tumour, radical_courses
from warehouse.derive.early import early_lines
from warehouse.derive.exposures import Exposure, cycles, exposures
from warehouse.derive.lines import Line, Surroundings, advanced_lines
from warehouse.derive.rules import LinePolicy, Rules
from warehouse.derive.tumours import Tumour
from warehouse.derive.vital import Vital, usable_death

EARLY = ("NEOADJUVANT", "ADJUVANT", "CURATIVE_CRT")


@dataclass(frozen=True, slots=True)
class Around:
    """What the lines of one tumour rest on besides its drugs."""

    index: date | None
    """Day that advanced lines are counted from; None: no advanced lines."""
    surgeries: list[date]
    """Curative ones."""
    courses: list[tuple[date, date]]
    """Radiotherapy meant to cure."""
    progressions: Sequence[date]
    transplants: Sequence[date]
    death: tuple[date, bool] | None
    """Day of death for endpoints, and whether it is imputed."""
    last_activity: date | None
    facts: Sequence[Row]
    """What notes say of the tumour's regimens."""


def derive_lines(tumour: Tumour, rows: Rows, rules: Rules, vital: Vital) -> list[tuple[Line, Row]]:
    """The tumour's lines with their rows, in order of start."""
    xs = exposures(of_tumour(rows, "drug_administration", tumour), rules, rules.policy(tumour.code).background)
    if not xs:
        return []
    around = Around(
        index=index_date(tumour, rows, rules),
        surgeries=curative_surgeries(rows, tumour),
        courses=radical_courses(rows, tumour, rules),
        progressions=progression_dates(rows, tumour),
        transplants=sorted(
            r["op_date"] for r in of_tumour(rows, "surgery", tumour) if r.get("procedure_kind") == "HSCT"
        ),
        death=usable_death(vital, rules),
        last_activity=vital.last_activity,
        facts=of_tumour(rows, "regimen_fact", tumour),
    )
    return build_lines(tumour.row, xs, around, rules)


def build_lines(
    tumour: Row, xs: list[Exposure], around: Around, rules: Rules, name: Callable[..., str] = token
) -> list[tuple[Line, Row]]:
    """Lines of one tumour's exposures; of the tumour's row the ids, the type and the recurrence are read.

    ``name`` makes a line's id of its parts; who derives many patients makes the ids of all at once (``joined``).
    """
    policy = rules.policy(tumour["tumour_code"])
    lines = _all_lines(rules, policy, xs, around)
    built = [
        (line, _line_row(name(tumour["tumour_id"], "line", n), line, tumour, rules, policy))
        for n, line in enumerate(lines)
    ]
    _close(built, rules, policy, around)
    _flag_relapse(built, tumour.get("recurrence_date"), rules)
    for line, row in built:
        row.update(_clinician_line(line, row, around.facts))
    return built


def progression_dates(rows: Rows, tumour: Tumour) -> list[date]:
    """Days of documented progression in order."""
    return sorted(
        {r["assessed_date"] for r in of_tumour(rows, "response_assessment", tumour) if r.get("is_progression")}
    )


def _all_lines(rules: Rules, policy: LinePolicy, xs: list[Exposure], around: Around) -> list[Line]:
    first_day = around.index - days(rules.lines["defaults"]["lookback_days"]) if around.index else date.max
    before = [x for x in xs if x.start < first_day]
    after = [x for x in xs if x.start >= first_day]
    early = early_lines(before, around.surgeries, around.courses, policy, rules)
    return [*early, *advanced_lines(after, policy, rules, Surroundings(around.progressions, around.transplants))]


def _line_row(line_id: str, line: Line, tumour: Row, rules: Rules, policy: LinePolicy) -> Row:
    month = any(x.month for x in line.exposures)
    confidence = rules.lines["defaults"]["month_precision_confidence"] if month else None
    return {
        **derived(policy.rule_set, line.exposures[0].rows[0], confidence=confidence),
        "document_id": None,
        "mention_ids": None,
        "line_id": line_id,
        "patient_id": tumour["patient_id"],
        "tumour_id": tumour["tumour_id"],
        "tumour_code": tumour["tumour_code"],
        "setting": line.setting,
        "line_number": line.number if line.setting == "ADVANCED" else 0,
        "is_maintenance": line.maintenance,
        "line_name": " + ".join(sorted(line.drugs)),
        "start_date": line.start,
        "end_date": line.runout,
        "last_dose_date": line.last_dose,
        "end_reason": "CENSORED",
        "exemptions": sorted(line.exemptions) or None,
        "relapse_within_180d": None,
        "has_reported_drugs": any(x.reported for x in line.exposures),
        "rule_set": policy.rule_set,
        "clinician_line": None,
        "line_agrees": None,
    }


def _close(built: list[tuple[Line, Row]], rules: Rules, policy: LinePolicy, around: Around) -> None:
    """Step 7: end dates that never reach into the next line or past death, and the reason of each end."""
    death = around.death
    for (line, row), (following, _) in zip(built, [*built[1:], (None, None)], strict=True):
        limit = following.start - days(1) if following else None
        if death:
            limit = min(limit, death[0]) if limit else death[0]
        for column in ("end_date", "last_dose_date"):
            row[column] = max(line.start, min(row[column], limit)) if limit else row[column]
        row["end_reason"] = (
            _reason(line, following, rules, around.progressions) if following else _last_reason(row, policy, around)
        )


def _reason(line: Line, following: Line, rules: Rules, progressions: Sequence[date]) -> str:
    reason = following.opened_by or ("NEW_DRUG" if following.drugs - line.drugs else "GAP")
    window = rules.lines["defaults"]["progression_before_switch_days"]
    if reason == "NEW_DRUG" and any(0 <= (following.start - p).days <= window and p > line.start for p in progressions):
        return "PROGRESSION_DOCUMENTED"
    return reason


def _last_reason(row: Row, policy: LinePolicy, around: Around) -> str:
    if around.last_activity and (around.last_activity - row["end_date"]).days > policy.gap_days:
        return "GAP"
    return "DEATH" if around.death else "CENSORED"


def _flag_relapse(built: list[tuple[Line, Row]], recurrence: date | None, rules: Rules) -> None:
    early = [row for line, row in built if line.setting in EARLY]
    for row in early:
        row["relapse_within_180d"] = False
    if early and recurrence and recurrence > early[-1]["start_date"]:
        gap = (recurrence - early[-1]["last_dose_date"]).days
        early[-1]["relapse_within_180d"] = gap <= rules.lines["early"]["relapse_days"]


def _clinician_line(line: Line, row: Row, facts: Sequence[Row]) -> Row:
    """The line number that notes state for drugs of this line while it ran; the most frequent, the smallest on a tie."""
    stated = []
    for fact in facts:
        when = fact.get("start_date") or fact.get("fact_date")
        number = fact.get("clinician_line") if fact.get("clinician_line") is not None else fact.get("line_number")
        shares = not fact.get("drug_names") or set(fact["drug_names"]) & line.drugs
        if number is not None and when and shares and (line.start - when).days <= 14 and when <= row["end_date"]:
            stated.append(int(number))
    if not stated:
        return {"clinician_line": None, "line_agrees": None}
    value = min(stated, key=lambda v: (-stated.count(v), v))
    return {"clinician_line": value, "line_agrees": value == row["line_number"]}


def derive_regimens(built: Iterable[tuple[Line, Row]], rules: Rules, name: Callable[..., str] = token) -> list[Row]:
    """Regimen instances within the lines: drugs begun within the window of each other, a later drug begins a new instance."""
    found = []
    for line, row in built:
        for number, members in enumerate(_instances(line, rules)):
            found.append(_regimen_row(name(row["line_id"], "regimen", number), members, row, rules))
    return found


def _instances(line: Line, rules: Rules) -> list[list[Exposure]]:
    window = rules.lines["defaults"]["regimen_window_days"]
    groups: list[tuple[date, set[str], list[Exposure]]] = []
    kept = [x for x in line.exposures if x.drug in line.drugs] or line.exposures
    for x in kept:
        fitting = [g for g in groups if x.drug in g[1]]
        if fitting:
            fitting[-1][2].append(x)
        elif groups and (x.start - groups[-1][0]).days <= window:
            groups[-1][1].add(x.drug)
            groups[-1][2].append(x)
        else:
            groups.append((x.start, {x.drug}, [x]))
    return [members for _, _, members in groups]


_OF_LINE = itemgetter(
    "source_kind", "confidence", "review_status", "hospital_id", "release_id", "patient_id", "tumour_id", "tumour_code", "line_id"
)  # fmt: skip


def _regimen_row(regimen_id: str, members: list[Exposure], row: Row, rules: Rules) -> Row:
    drugs = sorted({x.drug for x in members})
    end = min(max([x.runout for x in members]), row["end_date"])
    start = max(members[0].start, row["start_date"])
    kind, confidence, review, hospital, release, patient, tumour, code, line = _OF_LINE(row)
    return {
        "source_kind": kind,
        "confidence": confidence,
        "review_status": review,
        "hospital_id": hospital,
        "release_id": release,
        "patient_id": patient,
        "tumour_id": tumour,
        "tumour_code": code,
        "line_id": line,
        "source_ref": "regimen@1",
        "document_id": None,
        "mention_ids": None,
        "dq_flags": None,
        "regimen_id": regimen_id,
        "regimen_name": " + ".join(drugs),
        "regimen_alias": regimen_alias(drugs, code, rules),
        "hemonc_code": None,
        "drug_names": drugs,
        "regimen_class": regimen_class(members),
        "start_date": start,
        "end_date": max(start, end),
        "n_cycles": cycles(members, rules.lines["defaults"]["cycle_days"]),
        "drug_admin_ids": sorted({i for x in members for r in x.rows if (i := r.get("drug_admin_id"))}),
    }


def regimen_alias(drugs: Sequence[str], tumour_code: str, rules: Rules) -> str | None:
    """The name that doctors use; one listed for the tumour before a general one."""
    key = ("alias", frozenset(drugs), tumour_code)
    if key not in rules.memo:
        named = rules.regimen_alias.get(key[1], ())
        fitting = [a for a in named if not a[1] or tumour_code in a[1]]
        first = min(fitting, key=lambda a: (tumour_code not in a[1], bool(a[1]), a[0]), default=None)
        rules.memo[key] = first[0] if first else None
    alias: str | None = rules.memo[key]
    return alias


def regimen_class(members: Sequence[Any]) -> str:
    """CHEMO, TARGETED, IO, IO_CHEMO, ENDOCRINE, ADC, or COMBO for any other mixture."""
    classes = {x.drug_class for x in members}
    single = {
        "CHEMO": "CHEMO",
        "TARGETED": "TARGETED",
        "ANTIANGIO": "TARGETED",
        "IMMUNO": "IO",
        "ENDOCRINE": "ENDOCRINE",
        "ADC": "ADC",
    }
    if len(classes) == 1:
        return single.get(next(iter(classes)), "COMBO")
    if classes == {"TARGETED", "ANTIANGIO"}:
        return "TARGETED"
    return "IO_CHEMO" if classes == {"IMMUNO", "CHEMO"} else "COMBO"
