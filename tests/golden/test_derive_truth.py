"""Complete facts of synthetic people: derivation finds the tumours, stages, lines, survival and rwPFS that were planned for them."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.synth.agreement import Agreement
from jobs.synth.course import Course
from jobs.synth.knowledge import stream
from jobs.synth.perfect import CUTOFF, compare, facts, planned_progression_free
from jobs.synth.simulate import simulate
from warehouse.derive import load_rules

PEOPLE = 150
WANTED = 0.98
VARIABLES = ("tumour type", "first diagnosis", "stage group", "line starts and names", "OS: event", "OS: end", "rwPFS")


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return compare(PEOPLE)


@pytest.mark.parametrize("variable", VARIABLES)
def test_derived_agrees_with_what_was_planned(agreement: Agreement, variable: str) -> None:
    assert agreement.compared[variable] > 20
    assert agreement.share(variable) >= WANTED, agreement.misses[variable]


def test_nothing_else_is_compared(agreement: Agreement) -> None:
    assert set(agreement.compared) == set(VARIABLES)


def _course(days: list[date], worse: date | None, death: date | None) -> Course:
    """A person with contacts on these days only, the scan of one of them being a progression."""
    course = simulate(stream(7, 1, "course"), 1, CUTOFF)
    course.dx, course.surgeries, course.radiations, course.lines, course.toxicities = days[0], [], [], [], []
    response = course.responses[0]
    course.responses = [type(response)(d, "PD" if d == worse else "SD", None, 10) for d in days]
    course.death = death
    return course


@pytest.mark.parametrize(
    ("worse", "death", "expected"),
    [
        (date(2020, 3, 1), None, (1, date(2020, 3, 1))),
        (date(2020, 1, 10), None, (0, date(2020, 3, 1))),  # within 14 days of the start
        (date(2020, 9, 1), None, (0, date(2020, 3, 1))),  # after a hole of more than 90 days
        (None, date(2020, 3, 20), (1, date(2020, 3, 20))),
        (None, date(2020, 8, 20), (0, date(2020, 3, 1))),
    ],
)
def test_the_plan_of_rwpfs(worse: date | None, death: date | None, expected: tuple[int, date]) -> None:
    days = [date(2020, 1, 1), date(2020, 1, 10), date(2020, 3, 1), date(2020, 9, 1)]
    course = _course(days, worse, death)
    assert planned_progression_free(course, date(2020, 1, 1)) == expected


def test_complete_facts_hold_every_dose() -> None:
    course = simulate(stream(7, 3, "course"), 3, CUTOFF)
    rows = facts(course, load_rules())
    assert {r["start_date"] for r in rows["drug_administration"]} == {d for line in course.lines for d in line.cycles}
