"""Spec cases: small input tables and the rows they must give, as text that a clinician reads.

A case begins with ``== title``; prose follows; then blocks of a table name, a header and rows, cells parted by ``|``. A block
whose name begins with ``=>`` is expected output: its columns are compared, its rows must be all rows of that table (and no
block row at all means that the table stays empty); ``grade_value`` holds the laboratory rows behind grades. A date cell ``2020-01-01 +21 x4`` stands for four rows, 21 days apart.
Columns that a block leaves out take the defaults of ``DEFAULTS``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from warehouse.derive import Row, Rows, Rules, derive_patient
from warehouse.derive.adverse import grade_facts, values_behind
from warehouse.schema import Type, release

DEFAULTS: dict[str, Row] = {
    "patient": {"sex": "F", "birth_year": 1960},
    "diagnosis": {"certainty": "CONFIRMED", "date_precision": "D", "dx_role": "MAIN", "name_raw": ""},
    "pathology": {"specimen_type": "BIOPSY", "report_date_precision": "D"},
    "staging": {"staging_system": "AJCC", "stage_class": "c", "stage_date_precision": "D"},
    "metastasis": {"certainty": "CONFIRMED", "first_seen_date_precision": "D"},
    "drug_administration": {"is_antineoplastic": True, "record_kind": "ADMINISTERED", "date_precision": "D"},
    "surgery": {"procedure_kind": "RESECTION", "intent": "CURATIVE", "op_date_precision": "D"},
    "radiotherapy": {"intent": "RADICAL"},
    "response_assessment": {"date_precision": "D", "anchor": "RADIOLOGY"},
    "adverse_event": {"onset_date_precision": "D"},
    "encounter": {"encounter_type": "OUT"},
    "follow_up": {"channel": "PHONE", "status": "ALIVE_UNK", "contact_date_precision": "D"},
    "lab_measurement": {},
}
KEYS = {
    "drug_administration": "drug_admin_id",
    "response_assessment": "response_id",
    "imaging_finding": "finding_id",
    "adverse_event": "ae_id",
    "tumour_attribute": "attribute_id",
    "vital_sign": "vital_id",
    "lab_measurement": "lab_id",
}
REPEAT = re.compile(r"(\d{4}-\d\d-\d\d)(?: \+(\d+) x(\d+))?$")


@dataclass
class Case:
    """One spec case."""

    title: str
    line: int
    prose: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Block:
    """A small table of a case."""

    table: str
    expected: bool
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


def read_cases(path: Path) -> list[Case]:
    """The cases of one file. Raises ValueError with the line number when a row does not fit its header."""
    cases: list[Case] = []
    block: Block | None = None
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("== "):
            cases.append(Case(text[3:], number))
            block = None
        elif not text:
            block = None
        elif cases:
            block = _take(cases[-1], block, text, f"{path.name}:{number}")
    return cases


def _take(case: Case, block: Block | None, text: str, where: str) -> Block | None:
    expected = text.startswith("=> ")
    name = text.removeprefix("=> ").strip()
    if (
        block is None
        and re.fullmatch(r"[a-z_]+", name)
        and (
            expected
            or name
            in (
                *DEFAULTS,
                "tumour_fact",
                "regimen_fact",
                "comorbidity",
                "biomarker",
                "tumour_attribute",
                "document",
                "vital_sign",
            )
        )
    ):
        case.blocks.append(Block(name, expected))
        return case.blocks[-1]
    if block is None:
        case.prose.append(text)
        return None
    cells = [cell.strip() for cell in text.split("|")]
    if not block.header:
        block.header = cells
    elif len(cells) != len(block.header):
        raise ValueError(f"{where}: {len(cells)} cells under {len(block.header)} columns")
    else:
        block.rows.append(cells)
    return block


def parse_cell(table: str, column: str, text: str) -> Any:
    """A cell as its column's type wants it; ``-`` or nothing is NULL."""
    if text in ("", "-"):
        return None
    declared = (
        next((c.type for c in release(table).columns if c.name == column), None)
        if table not in ("tumour_fact", "regimen_fact")
        else None
    )
    if declared is Type.INTEGER:
        return int(text)
    if declared is Type.DOUBLE:
        return float(text)
    if declared is Type.BOOLEAN:
        return text == "true"
    if declared is Type.VARCHAR_LIST or column == "drug_names":
        return [part.strip() for part in text.split(",")]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    numbers = {"clinician_line": int, "confidence": float}
    return numbers[column](text) if column in numbers else text


def _expand(block: Block) -> Iterator[Row]:
    for cells in block.rows:
        repeats = [
            (c, m) for c, cell in zip(block.header, cells, strict=True) if (m := REPEAT.match(cell)) and m.group(3)
        ]
        if not repeats:
            yield {c: parse_cell(block.table, c, cell) for c, cell in zip(block.header, cells, strict=True)}
            continue
        column, match = repeats[0]
        first, step, times = date.fromisoformat(match.group(1)), int(match.group(2)), int(match.group(3))
        rest = {c: parse_cell(block.table, c, cell) for c, cell in zip(block.header, cells, strict=True) if c != column}
        for n in range(times):
            yield {**rest, column: first + timedelta(days=step * n)}


def case_rows(case: Case, rules: Rules) -> Rows:
    """The patient that a case describes."""
    rows: Rows = {"patient": [{"patient_id": "p", **DEFAULTS["patient"]}]}
    for block in case.blocks:
        if block.expected:
            continue
        if block.table == "patient":
            rows["patient"] = []
        for row in _expand(block):
            rows.setdefault(block.table, []).append(
                _with_defaults(block.table, row, len(rows.get(block.table, ())), rules)
            )
    return rows


def _with_defaults(table: str, row: Row, number: int, rules: Rules) -> Row:
    full = {
        "patient_id": "p",
        "hospital_id": "h",
        "source_kind": "STRUCTURED",
        "release_id": "r",
        **DEFAULTS.get(table, {}),
        **row,
    }
    full.setdefault(KEYS.get(table, f"{table}_id"), f"{table}-{number}")
    if table == "drug_administration" and (drug := rules.drugs.get(full["drug_name_std"])):
        full.setdefault("drug_class", drug.drug_class)
        full.setdefault("route", "PO" if drug.oral else "IV")
    return full


def run_case(case: Case, rules: Rules) -> list[tuple[Block, list[list[str]], list[list[str]]]]:
    """For each expected block: the block, its rows and the rows that derivation gives, as text in a fixed order."""
    rows = case_rows(case, rules)
    derived = derive_patient(rows, rules)
    derived["grade_value"] = _grade_values(rows, derived, rules)
    found = []
    for block in (b for b in case.blocks if b.expected):
        actual = [[_show(row.get(column)) for column in block.header] for row in _chosen(block, derived)]
        found.append((block, sorted([[c or "-" for c in r] for r in block.rows]), sorted(actual)))
    return found


def _grade_values(rows: Rows, derived: Rows, rules: Rules) -> list[Row]:
    """Laboratory rows that grades were read from, each with the term and grade: what ``oncorwe explain`` leads to."""
    labs, lines = rows.get("lab_measurement", []), derived["line_of_therapy"]
    by_start = sorted(lines, key=lambda r: (r["start_date"], r["line_id"]))
    return [
        {**lab, "ae_term": event["ae_term"], **grade_facts(event, lab, rules)}
        for event in derived["adverse_event"]
        if event["grade_source"] == "LAB"
        for lab in values_behind(event, labs, by_start, rules)
    ]


def _chosen(block: Block, derived: Rows) -> list[Row]:
    """Rows of the expected table; endpoint blocks that name endpoints or definitions compare those only."""
    rows = derived.get(block.table, [])
    for column in ("definition_id", "index_event"):
        if block.table == "endpoint" and column in block.header:
            at = block.header.index(column)
            named = {r[at] for r in block.rows}
            rows = [r for r in rows if r[column] in named]
    return rows


def _show(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
