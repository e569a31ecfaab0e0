"""Write ``docs/derivations.md``: what is derived and how, with the spec cases as examples. Run as ``python -m warehouse.derive.docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from warehouse.derive.cases import Block, Case, read_cases
from warehouse.derive.rules import Rules, load_rules

ROOT = Path(__file__).parent.parent.parent
TARGET = ROOT / "docs" / "derivations.md"
CASES = ROOT / "tests" / "spec" / "derive"
CHAPTERS = (
    ("tumours", "Primary tumours, advanced date, recurrence"),
    ("staging", "Stage groups"),
    ("lines", "Regimens and lines of therapy"),
    ("endpoints", "Endpoints, vital status, responses, adverse events"),
)
INTRO = """# Derivations

What the warehouse derives from a patient's facts, and by which rules. This page is made from the rule files in
`warehouse/derive/rules/` and from the spec cases in `tests/spec/derive/`, which are executed as tests; make it again with
`python -m warehouse.derive.docs`. **All rules await a clinician's sign-off.**

Each patient is derived alone (`warehouse.derive.derive_patient`): nothing depends on other patients, on the order of rows or on
the day of the run. A derived row says so (`source_kind = DERIVED`) and names its rule and version in `source_ref`.

## In short

- **Tumours**: diagnosis statements, notes and pathology are grouped by site (IACR groups) and histology. Metastases are never
  primaries; unspecific types give way to specific ones; a further primary of one organ needs a pathology report or two notes.
- **Site, side, histology**: of the organ with most support the most supported exact part; a suspected statement only says which
  part. A kind of a histology replaces its general name. No side for an organ that is not paired.
- **First diagnosis**: the earliest confirmed date; the first pathology within {pathology} days of it takes its place. A vague date gives
  way to a precise one of the same month or year.
- **Advanced date**: the first of stage IV, M1, or a recurrence without curative surgery or radical radiotherapy within {curative} days;
  IIIB and IIIC for lung cancer only, under the same condition. Blood-forming tumours count lines from first diagnosis.
- **Lines**: drugs first given within {window} days form the regimen; a new drug or a gap opens the next line; substitutions,
  additions, early switches and exempt gaps are written down in `exemptions`. Early settings keep number 0.
- **Stage**: a p or yp stage told later than 90 days after the last resection dates from that resection; a group alone that is
  called pathological without any resection is a clinical one.
- **Radiotherapy** of unstated intent with 45 Gy or more, no resection near it and no spread before it counts as radical.
- **Ages**: a person who is 90 or older by the calendar year of any event has no year of birth, and every age is shown as 90.
- **Dates**: a month-only date stands at its 15th, a year-only date at 1 July; lines built on months have confidence {month}.
"""


def render() -> str:
    """The page."""
    rules = load_rules()
    lines, tumours = rules.lines["defaults"], rules.tumours
    intro = INTRO.format(
        pathology=tumours["pathology_preferred_days"], curative=tumours["advanced"]["curative_within_days"],
        window=lines["regimen_window_days"], month=lines["month_precision_confidence"],
    )  # fmt: skip
    parts = [intro, _gaps(rules), _endpoints(rules), _grades(rules)]
    for name, title in CHAPTERS:
        parts.append(f"## {title}: cases\n")
        parts += [_case(case) for case in read_cases(CASES / f"{name}.txt")]
    return "\n".join(parts).rstrip() + "\n"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _gaps(rules: Rules) -> str:
    rows = [["all others", str(rules.lines["defaults"]["gap_days"]), "-", "-"]]
    for code in sorted(rules.lines["tumour"]):
        policy = rules.policy(code)
        rows.append([code, str(policy.gap_days), str(len(policy.exempt) or "-"), "yes" if policy.maintenance else "-"])
    return "## Treatment gap by tumour type\n\n" + _table(
        ["type", "gap (days)", "gap-exempt drugs", "maintenance rules"], rows
    )


def _endpoints(rules: Rules) -> str:
    rows = [[f"`{d['id']}`", d["endpoint"], d["en"], d["zh"]] for d in rules.endpoints["definition"]]
    return "## Endpoint definitions\n\n" + _table(["id", "endpoint", "definition", "定义"], rows)


def _grades(rules: Rules) -> str:
    rows = [
        [
            g["ae_term"],
            ", ".join(g["codes"]),
            "below" if g["direction"] == "low" else "above",
            " / ".join(f"{b:g}" for b in g["bounds"]),
            g["unit"] if g["of"] == "unit" else "× upper limit of normal",
        ]
        for g in rules.adverse_events["grade"]
    ]
    return "## Adverse events read off laboratory values (CTCAE v5)\n\n" + _table(
        ["term", "LOINC", "value is", "limits of grades 1, 2, …", "unit"], rows
    )


def _case(case: Case) -> str:
    blocks = [_block(b) for b in case.blocks]
    return "\n".join([f"### {case.title}\n", *(f"{line}" for line in case.prose), "", *blocks])


def _block(block: Block) -> str:
    label = f"gives **{block.table}**" if block.expected else block.table
    if not block.rows:
        return f"{label}: no row\n"
    return f"{label}\n\n{_table([f'`{h}`' for h in block.header], [[c or '-' for c in row] for row in block.rows])}"


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check`` only say whether it is up to date."""
    text = render()
    if "--check" in arguments:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
