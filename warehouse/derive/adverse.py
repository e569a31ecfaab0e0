"""Adverse events: those of the notes completed and linked to lines, those that laboratory values show graded (CTCAE v5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from warehouse.derive.common import Row, days, derived, token
from warehouse.derive.rules import Rules
from warehouse.derive.summary import Graded, grade_limits, graded_labs, grades_by_code

RULE = "ctcae_lab@1"


def derive_adverse_events(
    noted: list[Row], graded: Mapping[str, Sequence[Graded]], lines: Sequence[Row], rules: Rules, patient_id: str
) -> list[Row]:
    """Note events with line, organ class and missing grades filled, then laboratory events that no note tells."""
    episodes = _lab_episodes(graded, lines, rules) if lines else []
    for row in noted:
        _complete(row, episodes, lines, rules)
    told = [(row.get("ae_term"), row["onset_date"]) for row in noted]
    limit = rules.adverse_events["same_event_days"]
    new = [
        e
        for e in episodes
        if not any(term == e["ae_term"] and abs((when - e["onset_date"]).days) <= limit for term, when in told)
    ]
    return [*noted, *(_lab_row(e, n, patient_id) for n, e in enumerate(new))]


def _complete(row: Row, episodes: list[Row], lines: Sequence[Row], rules: Rules) -> None:
    line = line_of_event(lines, row["onset_date"], rules)
    row["line_id"] = line["line_id"] if line else None
    soc, may_be_immune = rules.ae_terms.get(row.get("ae_term") or "", (None, False))
    row["soc"] = row.get("soc") or soc
    if row.get("grade") is not None:
        row["grade_source"] = row.get("grade_source") or "NOTE"
    else:
        _grade_from_lab(row, episodes, rules)
    if row.get("is_irae") is None:
        row["is_irae"] = bool(may_be_immune and line and _immune_drug(line, rules))


def _grade_from_lab(row: Row, episodes: list[Row], rules: Rules) -> None:
    if near := _near(row, episodes, rules):
        row["grade"], row["grade_source"] = max(e["grade"] for e in near), "LAB"


def _near(row: Row, episodes: list[Row], rules: Rules) -> list[Row]:
    limit = rules.adverse_events["same_event_days"]
    return [
        e
        for e in episodes
        if e["ae_term"] == row.get("ae_term") and abs((e["onset_date"] - row["onset_date"]).days) <= limit
    ]


def values_behind(event: Row, labs: Sequence[Row], lines: Sequence[Row], rules: Rules) -> list[Row]:
    """The laboratory rows whose value gave an event its grade, in order of day; ``lines`` as ``derive_adverse_events`` has them.

    Empty when no row gives that grade by these rules: an older version of them graded it, or a row was taken out since.
    """
    episodes = _lab_episodes(graded_labs(labs, rules), lines, rules)
    if event["source_kind"] == "DERIVED":
        own = (event["source_ref"], event["ae_term"], event["onset_date"])
        found = [e for e in episodes if (RULE, e["ae_term"], e["onset_date"]) == own]
    else:
        found = _near(event, episodes, rules)
    return [dict(lab) for e in found if e["grade"] == event["grade"] for lab in e["worst"]]


def grade_facts(event: Row, lab: Row, rules: Rules) -> Row:
    """How a laboratory row gave an event its grade: ``grade``, ``value``, ``unit``, ``side`` and ``limit`` of the grade."""
    entry = next(e for e in grades_by_code(rules)[lab["test_code"]] if e["ae_term"] == event["ae_term"])
    limit = grade_limits(lab, entry)[event["grade"] - 1]
    side = "below" if entry["direction"] == "low" else "above"
    return {"grade": event["grade"], "value": lab["value_num"], "unit": entry["unit"], "side": side, "limit": limit}


def _immune_drug(line: Row, rules: Rules) -> bool:
    return any(d in rules.drugs and rules.drugs[d].irae for d in line["line_name"].split(" + "))


def line_of_event(lines: Sequence[Row], onset: date, rules: Rules) -> Row | None:
    """The last line begun by the onset, if the onset is no later than a month after its end."""
    after = rules.adverse_events["during_line_days_after"]
    begun = [line for line in lines if line["start_date"] <= onset]
    return begun[-1] if begun and (onset - begun[-1]["end_date"]).days <= after else None


def _lab_episodes(graded: Mapping[str, Sequence[Graded]], lines: Sequence[Row], rules: Rules) -> list[Row]:
    """Runs of graded values of one term during treatment; highest grade, first and last-plus-recovery day."""
    return [episode for term in sorted(graded) for episode in _episodes(term, graded[term], lines, rules)]


def _episodes(term: str, values: Sequence[Graded], lines: Sequence[Row], rules: Rules) -> list[Row]:
    gap = days(rules.adverse_events["episode_gap_days"])
    found: list[Row] = []
    current: Row | None = None
    for when, grade, lab in values:
        if current and (grade == 0 or when - current["last"] > gap):
            current["end_date"] = when if grade == 0 and when > current["last"] else None
            current = None
        if grade and current is None and (line := line_of_event(lines, when, rules)):
            soc = rules.ae_terms.get(term, (_soc(term, rules), False))[0]
            current = {
                "ae_term": term,
                "soc": soc,
                "grade": grade,
                "onset_date": when,
                "last": when,
                "end_date": None,
                "line": line,
                "lab": lab,
                "worst": [lab],
            }
            found.append(current)
        elif grade and current:
            if grade > current["grade"]:
                current["grade"], current["worst"] = grade, []
            if grade == current["grade"]:
                current["worst"].append(lab)
            current["last"] = when
    return found


def _soc(term: str, rules: Rules) -> str | None:
    return next((e["soc"] for e in rules.adverse_events["grade"] if e["ae_term"] == term), None)


def _lab_row(episode: Row, number: int, patient_id: str) -> Row:
    line, lab = episode["line"], episode["lab"]
    return {
        **derived(RULE, lab),
        "document_id": None,
        "mention_ids": None,
        "ae_id": token(patient_id, "ae_lab", episode["ae_term"], number),
        "patient_id": patient_id,
        "tumour_id": line["tumour_id"],
        "line_id": line["line_id"],
        "ae_term": episode["ae_term"],
        "ae_term_raw": None,
        "soc": episode["soc"],
        "grade": episode["grade"],
        "grade_source": "LAB",
        "onset_date": episode["onset_date"],
        "onset_date_precision": "D",
        "end_date": episode["end_date"],
        "attribution": "UNK",
        "is_irae": False,
        "action_taken": None,
        "outcome": "RECOVERED" if episode["end_date"] else "UNK",
    }
