"""Small cells cannot be had back: an attacker who knows every total and every shown count learns no small count."""

from __future__ import annotations

import itertools
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures import crowd
from warehouse import questions
from warehouse.errors import WarehouseError
from warehouse.privacy.cells import SUPPRESSED, SmallCells, is_small, nested, parse, protect, suppressed
from warehouse.release import Release

T = 5
counts = st.one_of(st.integers(0, 8), st.integers(0, 60))


def possible(hidden: list[int], lines: list[tuple[list[int], int]], top: int) -> set[tuple[int, ...]]:
    """Every way to fill the hidden cells with whole numbers so that all totals hold: what an attacker can try out."""
    found: set[tuple[int, ...]] = set()

    def fill(done: dict[int, int]) -> None:
        if len(done) == len(hidden):
            found.add(tuple(done[c] for c in hidden))
            return
        cell = hidden[len(done)]
        for value in range(top + 1):
            trial = {**done, cell: value}
            if all(_may_hold(line, total, trial) for line, total in lines):
                fill(trial)

    fill({})
    return found


def _may_hold(line: list[int], total: int, trial: dict[int, int]) -> bool:
    known = sum(trial[c] for c in line if c in trial)
    return known == total if all(c in trial for c in line) else known <= total


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(counts, min_size=1, max_size=8))
def test_one_line_with_its_total(values: list[int]) -> None:
    hidden = suppressed(values, [[0] * len(values)], T)
    assert all(hide for hide, v in zip(hidden, values, strict=True) if is_small(v, T))
    if not any(hidden):
        return
    rest = [v for v, hide in zip(values, hidden, strict=True) if hide]
    assert sum(rest) >= T or all(hidden), "the difference to the total is no small count itself"
    assert len(rest) >= 2 or len(values) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(2, 3), st.integers(2, 3), st.data())
def test_a_table_with_both_margins_cannot_be_differenced_back(rows: int, columns: int, data: st.DataObject) -> None:
    """Tried out by counting every possible table, without the algebra of the code under test."""
    values = data.draw(st.lists(st.integers(0, 9), min_size=rows * columns, max_size=rows * columns))
    cells = list(itertools.product(range(rows), range(columns)))
    margins = [[r for r, _ in cells], [c for _, c in cells]]
    hidden = suppressed(values, margins, T)
    concealed = [i for i, hide in enumerate(hidden) if hide]
    if all(hidden) or not concealed:
        return
    lines = []
    for margin in margins:
        for label in set(margin):
            line = [i for i in concealed if margin[i] == label]
            lines.append((line, sum(values[i] for i in line)))
    ways = possible(concealed, [x for x in lines if x[0]], 27)
    for place, cell in enumerate(concealed):
        inside = [i for margin in margins for i in range(len(values)) if margin[i] == margin[cell]]
        if is_small(values[cell], T) and not all(hidden[i] for i in inside):
            seen = {way[place] for way in ways}
            assert len(seen) > 1, f"{values} gives {values[cell]} back"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(counts, min_size=1, max_size=9))
def test_steps_of_an_attrition_do_not_differ_by_little(steps: list[int]) -> None:
    falling = sorted(steps, reverse=True)
    kept = [v for v, hide in zip(falling, nested(falling, T), strict=True) if not hide]
    assert all(not is_small(v, T) for v in kept)
    assert all(not is_small(a - b, T) for a, b in itertools.combinations(kept, 2))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_a_part_is_judged_with_its_complement(pairs: list[tuple[int, int]]) -> None:
    table = pa.table(
        {"g": [str(i) for i in range(len(pairs))], "n": [a + b for a, b in pairs], "k": [a for a, _ in pairs]}
    )
    table = table.append_column(
        "pct", pa.array([100.0 * a / (a + b) if a + b else None for a, b in pairs], pa.float64())
    )
    rules = [SmallCells("n", hides=("k", "pct"), within=((),)), SmallCells("k", of="n", hides=("pct",), within=((),))]
    for row in protect(table, rules, T).to_pylist():
        if row["n"] is None:
            assert row["k"] is None and row["pct"] is None
        if row["k"] is not None:
            assert not is_small(row["k"], T) and not is_small(row["n"] - row["k"], T)
        said = set((row[SUPPRESSED] or "").split(",")) - {""}
        assert all(row[c] is None for c in said)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return crowd.build(tmp_path_factory.mktemp("cells"), 260, 9)


def _answers(release: Release, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return questions.run(name, release).to_pylist(), questions.answer(name, release).to_pylist()


@pytest.mark.parametrize("name", [q.name for q in questions.questions() if not q.rows_of_persons])
def test_no_question_lets_a_small_count_out(release: Release, name: str) -> None:
    exact, open_ = _answers(release, name)
    asked = questions.question(name)
    assert asked.small, "every question that counts says how its counts are protected"
    assert len(exact) == len(open_)
    for before, after in zip(exact, open_, strict=True):
        for rule in asked.small:
            if rule.count and after[rule.count] is not None:
                assert not is_small(after[rule.count], T) and after[rule.count] == before[rule.count]
            if rule.count and after[rule.count] is None and before[rule.count] is not None:
                assert all(after[c] is None for c in rule.hides)
        shown = {k: v for k, v in after.items() if v is not None and k != SUPPRESSED}
        assert all(before[k] == v for k, v in shown.items()), "what is shown is as it was"


def test_survival_after_a_hidden_number_at_risk_is_hidden_too() -> None:
    table = pa.table(
        {
            "stage": ["IV"] * 3 + ["I"] * 3,
            "at_risk": [3, 0, 0, 30, 20, 0],
            "survival": [1.0, 0.667, 0.667, 0.9, 0.8, 0.8],
        }
    )
    shown = protect(table, [parse("count=at_risk; hides=survival; nested=yes; within=stage")], T)
    assert shown["survival"].to_pylist() == [None, None, None, 0.9, 0.8, 0.8], "2 of 3 persons alive is a small count"


def test_something_is_hidden_at_all(release: Release) -> None:
    assert any(
        row[SUPPRESSED] for name in ("q02", "q06") for row in questions.answer(name, release, threshold=25).to_pylist()
    )


def test_every_column_of_a_rule_is_a_column_of_the_answer() -> None:
    for asked in questions.questions():
        names = {c.name for c in asked.columns}
        for rule in asked.small:
            used = {rule.count, rule.pct, rule.of, *rule.hides, *(c for m in rule.within for c in m)} - {""}
            assert used <= names, f"{asked.name}: {used - names}"


def test_evidence_of_single_persons_never_leaves(release: Release) -> None:
    with pytest.raises(WarehouseError, match="single persons"):
        questions.answer("q15b", release)


def test_rules_are_read_and_odd_words_refused() -> None:
    rule = parse("count=n; of=m; hides=a,b; within=|x,y; nested=yes")
    assert rule == SmallCells("n", "", "m", ("a", "b"), ((), ("x", "y")), True)
    with pytest.raises(ValueError, match="unknown word hide"):
        parse("count=n; hide=a")
