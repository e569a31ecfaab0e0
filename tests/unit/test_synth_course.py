"""Courses of disease make sense: treatment fits stage and markers, time goes forward, advanced disease is deadlier."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from statistics import mean

import pytest
from stdnum.cn import ric

from jobs.synth.course import Course
from jobs.synth.generate import CUTOFF
from jobs.synth.knowledge import drugs, parse_dose, regimens, stages, stream, tumours
from jobs.synth.person import make_person
from jobs.synth.simulate import simulate

_EGFR = {"osimertinib", "gefitinib", "almonertinib", "afatinib"}
_ALK = {"alectinib", "lorlatinib"}
_HER2 = {"trastuzumab", "pertuzumab", "pyrotinib", "trastuzumab deruxtecan"}


@pytest.fixture(scope="module")
def courses() -> list[Course]:
    return [simulate(stream(21, n, "course"), n, CUTOFF) for n in range(1, 2501)]


def test_at_least_fourteen_tumour_types_occur(courses: list[Course]) -> None:
    assert len({c.code for c in courses}) >= 14


def test_targeted_drugs_go_to_those_with_the_target(courses: list[Course]) -> None:
    seen = set()
    for c in courses:
        inns = {inn for line in c.lines for inn in line.inns}
        for group, marker in ((_EGFR, "EGFR"), (_ALK, "ALK"), (_HER2, "HER2")):
            if inns & group:
                seen.add(marker)
                assert c.positive(marker), (c.code, inns)
        if "cetuximab" in inns:
            assert not c.positive("KRAS")
        if c.lines and c.code == "NSCLC" and c.positive("EGFR") and c.stage.plan == "ADV" and c.lines[0].number == 1:
            assert set(c.lines[0].inns) & _EGFR
    assert seen == {"EGFR", "ALK", "HER2"}


def test_time_goes_forward(courses: list[Course]) -> None:
    for c in courses:
        assert c.person.birth < c.dx < CUTOFF
        end = c.death or CUTOFF
        assert all(c.dx <= line.start <= line.last_dose <= end and line.start <= line.end for line in c.lines)
        assert all(a < b for line in c.lines for a, b in pairwise(line.cycles))
        assert all(c.dx <= r.day <= end for r in c.responses)
        assert all(c.dx < s.day <= end for s in c.surgeries)
        assert all(c.dx < r.start <= r.end <= end for r in c.radiations)
        assert c.last_contact and c.dx <= c.last_contact <= CUTOFF
        assert not (c.death and c.death > CUTOFF)


def test_advanced_lines_are_numbered_and_do_not_overlap(courses: list[Course]) -> None:
    for c in courses:
        advanced = [line for line in c.lines if line.setting == "ADVANCED"]
        numbers = [line.number for line in advanced if not line.is_maintenance]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(a.end < b.start for a, b in pairwise(advanced))
        assert all(line.number == 0 for line in c.lines if line.setting != "ADVANCED")
        if advanced and c.code != "DLBCL":
            assert c.advanced and advanced[0].start >= c.advanced - timedelta(days=14)


_SAME = {
    "carboplatin": "cisplatin",
    "nedaplatin": "cisplatin",
    "nab-paclitaxel": "paclitaxel",
    "capecitabine": "fluorouracil",
    "tegafur-gimeracil-oteracil": "fluorouracil",
}


def test_a_new_line_brings_a_new_drug(courses: list[Course]) -> None:
    for c in courses:
        lines = [
            {_SAME.get(inn, inn) for inn in x.inns} for x in c.lines if x.setting == "ADVANCED" and not x.is_maintenance
        ]
        assert all(after - before for before, after in pairwise(lines)), (c.code, lines)


def test_no_gap_inside_a_line(courses: list[Course]) -> None:
    for c in courses:
        for line in c.lines:
            pauses = [(b - a).days for a, b in pairwise(line.cycles)]
            assert max(pauses, default=0) <= max(line.regimen.interval + 7, 35)


def test_maintenance_follows_four_cycles_of_lung_cancer_induction(courses: list[Course]) -> None:
    found = [(c, i) for c in courses for i, line in enumerate(c.lines) if line.is_maintenance]
    assert found
    for c, i in found:
        line, before = c.lines[i], c.lines[i - 1]
        assert c.code == "NSCLC" and line.number == 1
        assert set(line.inns) < set(before.inns) and len(before.cycles) >= 4
        assert line.start == before.last_dose + timedelta(days=1)


def test_operations_need_a_stage_that_allows_them(courses: list[Course]) -> None:
    for c in courses:
        if c.surgeries:
            assert c.stage.plan in ("SURG", "NEO") and c.stage.m in ("M0", "")
        if c.advanced == c.dx:
            assert c.stage.group.startswith("IV") or (c.code == "NSCLC" and c.stage.group == "IIIC")


def test_stage_four_dies_earlier(courses: list[Course]) -> None:
    def observed(group: str) -> float:
        chosen = [
            c
            for c in courses
            if c.stage.group.rstrip("ABC123") == group and c.dx < date(2020, 6, 1) and c.code != "DLBCL" and not c.lost
        ]
        return mean(bool(c.death and (c.death - c.dx).days < 4 * 365) for c in chosen)

    assert observed("I") < observed("III") < observed("IV")
    assert observed("IV") > 0.5 and observed("I") < 0.2


def test_pathological_response_only_after_therapy(courses: list[Course]) -> None:
    clean = [s for c in courses for s in c.surgeries if s.complete_response]
    assert clean and all(s.after_therapy and s.nodes_positive == 0 for s in clean)


def test_nobody_smokes_for_longer_than_from_fifteen_on() -> None:
    for number in range(400):
        person = make_person(Random(number), number, "M", 12 + number % 60, date(2020, 1, 1))
        status, a_day, years = person.smoking
        assert (status == "NEVER") == (years == 0) == (a_day == 0)
        assert years <= max(0, 12 + number % 60 - 15)


def test_identity_numbers_are_valid(courses: list[Course]) -> None:
    for c in courses[:400]:
        number = c.person.id_number
        if number and len(number) == 18:
            assert ric.calc_check_digit(number) == number[-1]  # area codes are not checked by year of issue
            assert ric.get_birth_date(number) == c.person.birth
            assert (int(number[16]) % 2 == 1) == (c.person.sex == "M")
    assert any(c.person.id_number and len(c.person.id_number) == 15 for c in courses)
    assert any(c.person.age(c.dx) >= 90 for c in courses)


def test_every_drug_of_a_scheme_is_known() -> None:
    for code in tumours():
        for setting in ("NEO", "ADJ", "ENDO", "CRT", "L1", "L2", "L3"):
            for regimen in regimens(code, setting):
                assert {d.inn for d in regimen.drugs} <= set(drugs())


def test_shares_of_the_tables_are_shares() -> None:
    assert set(stages()) == set(tumours())
    for rows in stages().values():
        assert all(s.weight > 0 and 0 <= s.relapse <= 1 for s in rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a@75/m2", (75, "m2", 1, 0)), ("a@AUC5", (5, "AUC", 1, 0)), ("a@80/d", (80, "flat", 1, 21)), ("a@12/d*14", (12, "flat", 1, 14)),
     ("a@1000/m2x2*14", (1000, "m2", 2, 14)), ("a@200", (200, "flat", 1, 0))],
)  # fmt: skip
def test_dose_words(text: str, expected: tuple) -> None:
    dose = parse_dose(text, 21)
    assert (dose.amount, dose.basis, dose.times_daily, dose.days) == expected
