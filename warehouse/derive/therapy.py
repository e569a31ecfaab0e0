"""Rows of ``line_of_therapy`` and ``regimen`` for one tumour, built from lines of every setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from warehouse.derive.common import Row, Rows, days, derived, token
from warehouse.derive.course import curative_surgeries, index_date, of_tumour, radical_courses
from warehouse.derive.early import early_lines
from warehouse.derive.exposures import Exposure, cycles, exposures
from warehouse.derive.lines import Line, Surroundings, advanced_lines
from warehouse.derive.rules import LinePolicy, Rules
from warehouse.derive.tumours import Tumour
from warehouse.derive.vital import Vital, usable_death

REGIMEN_RULE = "regimen@1"
EARLY = ("NEOADJUVANT", "ADJUVANT", "CURATIVE_CRT")


class Around(NamedTuple):
    """What the lines of one tumour rest on besides its drugs."""

    index_date: date | None
    """Day that advanced lines are counted from; None: no advanced lines."""
    surgeries: list[date]
    """Curative ones."""
    courses: list[tuple[date, date]]
    """Radiotherapy meant to cure."""
    progressions: Sequence[date]
    transplants: Sequence[date]
    recurrence: date | None
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
        index_date=index_date(tumour, rows, rules),
        surgeries=curative_surgeries(rows, tumour),
        courses=radical_courses(rows, tumour, rules),
        progressions=progression_dates(rows, tumour),
        transplants=sorted(
            r["op_date"] for r in of_tumour(rows, "surgery", tumour) if r.get("procedure_kind") == "HSCT"
        ),
        recurrence=tumour.row.get("recurrence_date"),
        death=usable_death(vital, rules),
        last_activity=vital.last_activity,
        facts=of_tumour(rows, "regimen_fact", tumour),
    )
    built = build_lines(tumour.code, xs, around, rules)
    return [(line, _line_row(n, line, facts, tumour.row)) for n, (line, facts) in enumerate(built)]


def _line_row(number: int, line: Line, facts: Row, tumour: Row) -> Row:
    return {
        **derived(facts["rule_set"], line.exposures[0].doses[0]),
        "document_id": None,
        "mention_ids": None,
        "line_id": token(tumour["tumour_id"], "line", number),
        **{c: tumour[c] for c in ("patient_id", "tumour_id", "tumour_code")},
        **facts,
    }


def build_lines(tumour_code: str, xs: list[Exposure], around: Around, rules: Rules) -> list[tuple[Line, Row]]:
    """Lines of one tumour's exposures, each with the columns that the rules make; ids and provenance are the caller's."""
    policy = rules.policy(tumour_code)
    lines = _all_lines(rules, policy, xs, around)
    built = [(line, _line_facts(line, rules, policy)) for line in lines]
    _close(built, rules, policy, around)
    _flag_relapse(built, around.recurrence, rules)
    if around.facts:
        for line, row in built:
            _add_clinician_line(line, row, around.facts)
    return built


def progression_dates(rows: Rows, tumour: Tumour) -> list[date]:
    """Days of documented progression in order."""
    return sorted(
        {r["assessed_date"] for r in of_tumour(rows, "response_assessment", tumour) if r.get("is_progression")}
    )


def _all_lines(rules: Rules, policy: LinePolicy, xs: list[Exposure], around: Around) -> list[Line]:
    first_day = around.index_date - days(rules.lines["defaults"]["lookback_days"]) if around.index_date else date.max
    before = [x for x in xs if x.start < first_day]
    after = [x for x in xs if x.start >= first_day]
    early = early_lines(before, around.surgeries, around.courses, policy, rules) if before else []
    return [*early, *advanced_lines(after, policy, rules, Surroundings(around.progressions, around.transplants))]


def _line_facts(line: Line, rules: Rules, policy: LinePolicy) -> Row:
    month = any(x.month for x in line.exposures)
    advanced = line.setting == "ADVANCED"
    return {
        "confidence": rules.lines["defaults"]["month_precision_confidence"] if month else None,
        "setting": line.setting,
        "line_number": line.number if advanced else 0,
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


def _add_clinician_line(line: Line, row: Row, facts: Sequence[Row]) -> None:
    """The line number that notes state for drugs of this line while it ran; the most frequent, the smallest on a tie."""
    stated = []
    for fact in facts:
        when = fact.get("start_date") or fact.get("fact_date")
        number = fact.get("clinician_line") if fact.get("clinician_line") is not None else fact.get("line_number")
        shares = not fact.get("drug_names") or set(fact["drug_names"]) & line.drugs
        if number is not None and when and shares and (line.start - when).days <= 14 and when <= row["end_date"]:
            stated.append(int(number))
    if stated:
        value = min(stated, key=lambda v: (-stated.count(v), v))
        row["clinician_line"], row["line_agrees"] = value, value == row["line_number"]


def derive_regimens(built: Iterable[tuple[Line, Row]], rules: Rules) -> list[Row]:
    """Regimen instances within the lines: drugs begun within the window of each other, a later drug begins a new instance."""
    return [
        _regimen_row(number, facts, doses, row)
        for line, row in built
        for number, (facts, doses) in enumerate(build_regimens(line, row, row["tumour_code"], rules))
    ]


OF_LINE = ("source_kind", "confidence", "review_status", "hospital_id", "release_id", "patient_id", "tumour_id", "tumour_code", "line_id")  # fmt: skip
"""Columns of a line that its regimens take over."""


def _regimen_row(number: int, facts: Row, doses: list[Row], row: Row) -> Row:
    return {
        **{c: row[c] for c in OF_LINE},
        "source_ref": REGIMEN_RULE,
        "document_id": None,
        "mention_ids": None,
        "dq_flags": None,
        "regimen_id": token(row["line_id"], "regimen", number),
        **facts,
        "drug_admin_ids": sorted({i for dose in doses if (i := dose.get("drug_admin_id"))}),
    }


def build_regimens(line: Line, row: Row, tumour_code: str, rules: Rules) -> list[tuple[Row, list[Any]]]:
    """The columns that the rules make of each regimen of a line, and the doses behind it."""
    return [
        (_regimen_facts(members, row, tumour_code, rules), [dose for x in members for dose in x.doses])
        for members in _instances(line, rules)
    ]


def _instances(line: Line, rules: Rules) -> list[list[Exposure]]:
    window = rules.lines["defaults"]["regimen_window_days"]
    kept = [x for x in line.exposures if x.drug in line.drugs] or line.exposures
    found: list[list[Exposure]] = []
    of_drug: dict[str, list[Exposure]] = {}
    for x in kept:
        if x.drug not in of_drug:
            if not found or (x.start - found[-1][0].start).days > window:
                found.append([])
            of_drug[x.drug] = found[-1]
        of_drug[x.drug].append(x)
    return found


def _regimen_facts(members: list[Exposure], row: Row, tumour_code: str, rules: Rules) -> Row:
    drugs = sorted({x.drug for x in members})
    end = min(max([x.runout for x in members]), row["end_date"])
    start = max(members[0].start, row["start_date"])
    return {
        "regimen_name": " + ".join(drugs),
        "regimen_alias": regimen_alias(drugs, tumour_code, rules),
        "drug_names": drugs,
        "regimen_class": regimen_class(members),
        "start_date": start,
        "end_date": max(start, end),
        "n_cycles": cycles(members, rules.lines["defaults"]["cycle_days"]),
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


_CLASS_ALONE = {"CHEMO": "CHEMO", "TARGETED": "TARGETED", "ANTIANGIO": "TARGETED", "IMMUNO": "IO", "ENDOCRINE": "ENDOCRINE", "ADC": "ADC"}  # fmt: skip


def regimen_class(members: Sequence[Any]) -> str:
    """CHEMO, TARGETED, IO, IO_CHEMO, ENDOCRINE, ADC, or COMBO for any other mixture."""
    classes = {x.drug_class for x in members}
    if len(classes) == 1:
        return _CLASS_ALONE.get(next(iter(classes)), "COMBO")
    if classes == {"TARGETED", "ANTIANGIO"}:
        return "TARGETED"
    return "IO_CHEMO" if classes == {"IMMUNO", "CHEMO"} else "COMBO"
