"""Every spec case of the derivation: the small input table gives the rows that the case states."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from warehouse.derive import load_rules
from warehouse.derive.cases import Case, read_cases, run_case

FOLDER = Path(__file__).parent / "derive"
CASES = [
    pytest.param(case, id=f"{path.stem}:{case.line}")
    for path in sorted(FOLDER.glob("*.txt"))
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    rules = load_rules().with_cutoff(date(2024, 12, 31))
    compared = run_case(case, rules)
    assert compared, f"the case {case.title!r} expects nothing"
    for block, expected, actual in compared:
        assert actual == expected, f"{case.title}: {block.table} {block.header}"
