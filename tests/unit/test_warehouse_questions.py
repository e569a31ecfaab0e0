"""The 15 questions: documented, run on an empty release, and right on the six patients of the mini release."""

import datetime as dt
import random
import re
from fractions import Fraction

import pytest
import sqlglot
from lifelines import KaplanMeierFitter

from tests.fixtures import mini_release
from warehouse.codes import drugs
from warehouse.errors import WarehouseError
from warehouse.questions import question, questions, run
from warehouse.questions.page import page

NAMES = [q.name for q in questions()]


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return mini_release.build(tmp_path_factory.mktemp("w"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return mini_release.build_empty(tmp_path_factory.mktemp("e"))


def test_there_are_fifteen_and_the_evidence_query():
    assert len(NAMES) == 16
    assert {name[:3] for name in NAMES} == {f"q{n:02d}" for n in range(1, 16)}


@pytest.mark.parametrize("name", NAMES)
def test_documented_columns_are_the_answer_also_on_an_empty_release(mini, empty, name):
    asked = question(name)
    assert asked.title_en and asked.title_zh and asked.definition and all(c.en and c.zh for c in asked.columns)
    for release in (mini, empty):
        assert run(name, release).column_names == [column.name for column in asked.columns]


@pytest.mark.parametrize("name", NAMES)
def test_every_declared_parameter_is_used_and_none_is_hidden(name):
    asked = question(name)
    used = {
        node.name
        for node in sqlglot.parse_one(asked.sql, dialect="duckdb").find_all(
            sqlglot.exp.Parameter, sqlglot.exp.Placeholder
        )
    }
    assert used == {param.name for param in asked.params}


EXPECTED = {
    "q01": {("n", 0): 2, ("n", 4): 2, ("n", 5): 1, ("n", 6): 1, ("pct_of_start", 6): 50.0},
    "q02": {("line_name", 0): "gefitinib", ("year", 1): 2020, ("pct", 3): 100.0},
    "q05": {("stage", 0): "III", ("survival", 3): 1.0, ("at_risk", 3): 0},
    "q06": {("tumour_code", 3): "HCC", ("median_days", 4): 18.0, ("treated", 4): 2},
    "q07": {("line_2", 0): "osimertinib", ("line_3", 0): "(died)", ("line_3", 1): "(no further line)"},
    "q08": {("progressed", 0): 1, ("retested", 0): 1, ("t790m_positive", 0): 1, ("third_generation_tki", 0): 1},
    "q09": {("endpoint", 0): "TTD", ("n", 1): 2, ("median_months_if_event", 1): round((622 + 382) / 2 / 30.4375, 2)},
    "q10": {("blockade", 0): "dual", ("n_pcr", 0): 1},
    "q12": {("denominator", 0): 1.0, ("value", 0): 100.0, ("denominator", 1): round(538 / 30.4375, 1)},
    "q13": {("bclc", 0): "B", ("child_pugh", 0): "A", ("first_treatment", 0): "TACE"},
    "q14": {("side", 0): "left", ("arm", 0): "anti-EGFR", ("deaths", 0): 1},
    "q15": {("variable", 3): "stage group", ("complete_pct", 3): 83.3, ("from_nlp_pct", 1): 33.3},
    "q15b": {("words", 0): "cT2aN3M1b IVA期", ("polarity", 0): "affirmed"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_answers_on_the_mini_release(mini, name):
    rows = run(name, mini).to_pylist()
    assert {(column, row): rows[row][column] for column, row in EXPECTED[name]} == EXPECTED[name]


def test_testing_rate_separates_untested_negative_and_positive(mini):
    rows = {(r["year"], r["marker"]): r for r in run("q03", mini).to_pylist()}
    assert (rows[2020, "EGFR"]["tested_pct"], rows[2020, "EGFR"]["positive_pct"]) == (100.0, 100.0)
    assert (rows[2020, "ALK"]["tested_pct"], rows[2020, "ALK"]["positive_pct"]) == (100.0, 0.0)
    assert (rows[2018, "ALK"]["tested_pct"], rows[2018, "ALK"]["positive_pct"]) == (0.0, None)


@pytest.mark.parametrize(
    ("name", "tumour", "told", "wanted"),
    [
        ("q03", "t1", [("ALK", "UNK", "2020-01-20")], {"year": 2020, "marker": "ALK", "tested": 0}),
        ("q03", "t1", [("ALK", "UNK", "2020-01-20"), ("ALK", "NEG", "2020-02-01")], {"marker": "ALK", "tested": 1}),
        ("q08", "t2", [("EGFR", "UNK", "2019-03-20")], {"progressed": 1, "retested": 0, "t790m_positive": 0}),
        ("q14", "t5", [("KRAS", "UNK", "2019-09-12"), ("NRAS", "UNK", "2019-09-12")], None),
        ("q14", "t5", [("KRAS", "UNK", "2019-09-12"), ("NRAS", "NEG", "2019-09-12")], {"side": "left", "n": 1}),
    ],
)
def test_a_result_that_is_awaited_is_no_test(tmp_path, name, tumour, told, wanted):
    rows = run(name, mini_release.with_markers(tmp_path, tumour, told)).to_pylist()
    if wanted is None:
        assert rows == []
    else:
        assert any(row.items() >= wanted.items() for row in rows), rows


def test_small_groups_are_shown_only_when_asked_for(mini):
    assert run("q04", mini).num_rows == 0
    assert [r["regimen"] for r in run("q04", mini, min_n=1).to_pylist()] == ["gefitinib", "osimertinib"]


def test_response_rate_has_assessed_lines_as_denominator(mini):
    rows = {r["line_name"]: r for r in run("q11", mini, min_n=1).to_pylist()}
    assert (rows["osimertinib"]["response_pct"], rows["gefitinib"]["response_pct"]) == (100.0, 0.0)


def test_a_response_in_the_first_two_weeks_describes_the_baseline(tmp_path):
    rows = mini_release.rows()
    rows["response_assessment"] = [
        {"response_id": "r", "patient_id": "p1", "line_id": "l1", "assessed_date": "2020-02-15", "response": "PR"}
    ]
    release = mini_release.write_release(tmp_path, rows)
    assert {r["assessed"] for r in run("q11", release, min_n=1).to_pylist()} == {0}


def _default(name, param):
    return re.compile(next(p.default for p in question(name).params if p.name == param))


def _drugs(test):
    return {drug.inn for drug in drugs() if test(drug)}


def test_drug_lists_of_the_questions_are_those_of_the_drug_table():
    third, earlier = _default("q08", "third_generation"), _default("q08", "earlier_generation")
    assert third == _default("q01", "third_generation")
    egfr = _drugs(lambda d: d.subclass == "EGFR TKI")
    assert egfr == {d for d in egfr if bool(third.search(d)) != bool(earlier.search(d))}
    for param, wanted in (
        ("pd1", _drugs(lambda d: d.subclass.startswith("PD-"))),
        ("platinum", _drugs(lambda d: d.subclass == "platinum")),
    ):
        assert wanted == _drugs(lambda d, p=param: _default("q12", p).search(d.inn)), param


def test_unknown_question_and_parameter_say_what_there_is(mini):
    with pytest.raises(WarehouseError, match="q01_attrition"):
        question("q99")
    with pytest.raises(WarehouseError, match="min_n"):
        run("q04", mini, minimum=3)


def _exact_median(times, events):
    """Kaplan-Meier median in exact fractions, and whether the curve touches 0.5 exactly (where floats may differ)."""
    survival, touches = Fraction(1), False
    for time in sorted(set(times)):
        risk = sum(t >= time for t in times)
        survival *= 1 - Fraction(sum(e for t, e in zip(times, events, strict=True) if t == time), risk)
        touches |= survival == Fraction(1, 2)
        if survival <= Fraction(1, 2):
            return time, touches
    return None, touches


def _release_of(tmp_path, groups):
    lines, endpoints = [], []
    for name, (times, events) in groups.items():
        for number, (days, event) in enumerate(zip(times, events, strict=True)):
            key = f"{name}{number}"
            base = {"patient_id": key, "tumour_id": key, "tumour_code": "NSCLC", "line_id": key}
            start, end = dt.date(2020, 1, 1), dt.date(2020, 1, 1) + dt.timedelta(days)
            lines.append(
                base
                | {
                    "setting": "ADVANCED",
                    "line_number": 1,
                    "is_maintenance": "",
                    "line_name": name,
                    "start_date": start,
                    "end_date": end,
                    "end_reason": "CENSORED",
                    "rule_set": "x@1",
                }
            )
            endpoints.append(
                base
                | {
                    "endpoint_id": key,
                    "endpoint": "RWPFS",
                    "definition_id": "rwpfs_default@1",
                    "index_event": "LINE_START",
                    "index_date": start,
                    "end_date": end,
                    "event": event,
                    "time_days": days,
                    "time_months": days / 30.4375,
                }
            )
    return mini_release.write_release(tmp_path, {"line_of_therapy": lines, "endpoint": endpoints})


def test_sql_median_equals_lifelines_on_random_data(tmp_path):
    random.seed(20240630)
    groups = {}
    for n in (10, 11, 17, 40, 41, 99, 150, 200):
        times = [random.randint(1, 900) if n != 40 else random.randint(1, 12) * 30 for _ in range(n)]
        groups[f"g{n}"] = (times, [int(random.random() < (0.15 if n == 17 else 0.7)) for _ in times])
    answers = {r["regimen"]: r for r in run("q04", _release_of(tmp_path, groups)).to_pylist()}
    assert set(answers) == set(groups)
    for name, (times, events) in groups.items():
        exact, touches = _exact_median(times, events)
        expected = None if exact is None else round(exact / 30.4375, 2)
        assert answers[name]["km_median_months"] == expected, name
        assert (answers[name]["n"], answers[name]["events"]) == (len(times), sum(events))
        if not touches:
            fitted = KaplanMeierFitter().fit([t / 30.4375 for t in times], events).median_survival_time_
            assert (None if fitted == float("inf") else round(fitted, 2)) == expected, name


def test_a_curve_that_touches_one_half_exactly_has_its_median_there(tmp_path):
    times = list(range(10, 130, 10))
    answer = run("q04", _release_of(tmp_path, {"half": (times, [1] * len(times))})).to_pylist()
    assert answer[0]["km_median_months"] == round(60 / 30.4375, 2)


def test_landmark_survival_equals_lifelines(tmp_path):
    random.seed(7)
    times = [random.randint(30, 2500) for _ in range(120)]
    events = [int(random.random() < 0.6) for _ in times]
    rows = [
        {
            "endpoint_id": f"e{i}",
            "patient_id": f"p{i}",
            "tumour_id": f"t{i}",
            "tumour_code": "GASTRIC",
            "endpoint": "OS",
            "definition_id": "os_default@1",
            "index_event": "DX",
            "event": e,
            "time_days": t,
            "time_months": t / 30.4375,
        }
        for i, (t, e) in enumerate(zip(times, events, strict=True))
    ]
    answer = run("q05", mini_release.write_release(tmp_path, {"endpoint": rows})).to_pylist()
    fitted = KaplanMeierFitter().fit([t / 30.4375 for t in times], events)
    assert [(r["month"], r["survival"]) for r in answer] == [
        (m, round(float(fitted.predict(m)), 3)) for m in (12, 24, 36, 60)
    ]
    assert [r["at_risk"] for r in answer] == [sum(t / 30.4375 >= m for t in times) for m in (12, 24, 36, 60)]


def test_the_page_has_every_question_with_its_answer_and_loads_nothing(mini):
    text = page(mini, share=False)
    assert not re.search(r"https?://|@import|url\(|<script", text)
    for asked in questions():
        assert asked.title_zh in text and f'id="{asked.name}"' in text
    assert "cT2aN3M1b IVA期" in text and "osimertinib" in text and "exact counts" in text


def test_a_page_to_be_passed_on_hides_small_counts_and_single_persons(mini):
    text = page(mini, "q02")
    assert "counts below 5 are hidden" in text and "<td>osimertinib</td><td>…</td><td>…</td><td>…</td>" in text
    assert "it is not shown here" in page(mini, "q15b") and "cT2aN3M1b" not in page(mini, "q15b")
    with pytest.raises(WarehouseError, match="no question q99"):
        page(mini, "q99")
