"""The independent gold set: offsets cut out what was meant, the same arguments give the same notes, the groups stay apart."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
import re
from pathlib import Path

import pytest

from bench.deid_independent import codes, dates, generate, identifying, measure, people

GROUPS = tuple(
    letter for letter in "ABCDEFGHIJ" if (generate.FOLDER / f"group_{letter.lower()}" / "layouts.txt").exists()
)
APART = GROUPS[:4]
"""Groups whose words are disjoint; the later ones draw names by their share in the population, so they share the common ones."""
CLOSED = ("trap", "size", "plate_head")  # of these lists groups may share words: there are only 31 plate heads


@pytest.fixture(scope="module", params=GROUPS)
def notes(request: pytest.FixtureRequest) -> list[dict]:
    return list(generate.generate(request.param, 3, 60))


def cut(note: dict, kind: str) -> list[str]:
    return [note["text"][span["start"] : span["end"]] for span in note["spans"] if span["kind"] == kind]


def test_no_mark_up_is_left_and_no_span_overlaps(notes: list[dict]) -> None:
    for note in notes:
        assert not re.search(r"\{|\}|<<|\[\[", note["text"])
        places = sorted((span["start"], span["end"]) for span in note["spans"] + note["keep"])
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))


def test_spans_cut_out_what_was_meant(notes: list[dict]) -> None:
    shapes = {
        "id_18": r"\d{17}[\dXx]", "mobile": r"1\d{10}", "date_month_day": r"\d+月\d+[日号]", "email": r"\w+@[\w.-]+",
        "ip": r"(\d+\.){3}\d+", "date_chinese": r"[〇○零一二三四五六七八九]{4}年[一二三四五六七八九十]+月[一二三四五六七八九十]+日", "passport": r"[A-Z]{1,2}\d+",
        "age_over_89": r"(9\d|10[01]|九十.?)岁?",
    }  # fmt: skip
    for kind, shape in shapes.items():
        texts = [text.replace(" ", "").replace("\n", "") for note in notes for text in cut(note, kind)]
        assert all(re.fullmatch(shape, text) for text in texts), kind
        assert texts or notes[0]["hospital"][0] not in APART, kind


def test_the_patient_is_known_and_planted(notes: list[dict]) -> None:
    for note in notes:
        planted = [
            text.replace(" ", "").replace("\n", "")
            for text in cut(note, "patient_name") + cut(note, "patient_name_split")
        ]
        assert all(name in note["known"]["names"] for name in planted)


def test_same_arguments_same_notes_other_seed_other_notes() -> None:
    first = list(generate.generate("A", 5, 21))
    assert first == list(generate.generate("A", 5, 21))
    assert [note["text"] for note in first] != [note["text"] for note in generate.generate("A", 6, 21)]


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_holds_many_kinds_and_twenty_layouts(group: str) -> None:
    layouts = generate.read_group(group)[0]
    assert len(layouts) >= 20 and len({layout.layout_id for layout in layouts}) == len(layouts)
    assert len({span["kind"] for note in generate.generate(group, 1, 120) for span in note["spans"]}) >= 50


@pytest.mark.parametrize(("first", "second"), itertools.combinations(APART, 2))
def test_words_of_the_groups_are_disjoint(first: str, second: str) -> None:
    words, others = generate.read_group(first)[1], generate.read_group(second)[1]
    shared = {name: set(words[name]) & set(others.get(name, ())) for name in words if name not in CLOSED}
    assert not {name: both for name, both in shared.items() if both}


def test_checksums_hold() -> None:
    rng = random.Random(1)
    number = codes.id_number(rng, "110101", dt.date(1950, 2, 3))
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], codes.STANDARD_WEIGHTS, strict=True))
    assert codes.CHECK_CHARACTERS[total % 11] == number[17]
    digits = [int(digit) for digit in reversed(codes.bank_card(rng, ""))]
    assert sum(digits[::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0


@pytest.mark.parametrize(
    ("text", "kind", "left"),
    [
        ("张某某", "patient_name_masked", "张"),
        ("欧阳主任", "staff_name_title", "欧阳"),
        ("小方", "relative_name_title", "方"),
        ("3月5日", "date_month_day", "35"),
        ("2019-03-05 08:30", "date_time", "20190305"),
        ("2019年3月5日8时30分", "date_time", "201935"),
        ("九十二岁", "age_over_89", "九十二"),
        ("+12床", "bed_no", "12"),
        ("绵阳市肿瘤医院", "hospital", "绵阳市肿瘤"),
        ("3栋2单元501室", "room", "32501"),
        ("李主 任", "staff_name_title", "李"),
        ("绵阳市肿\n瘤医\n院", "hospital", "绵阳市肿瘤"),
        ("2019-03-05\n 08:30", "date_time", "20190305"),
    ],
)
def test_what_identifies(text: str, kind: str, left: str) -> None:
    assert "".join(text[place] for place in sorted(identifying.identifying(text, kind))) == left


def test_chinese_numbers_and_titles() -> None:
    assert [dates.chinese_number(value) for value in (5, 10, 12, 30, 97)] == ["五", "十", "十二", "三十", "九十七"]
    person = people.Person("李", "敏", "one")
    forms = ("split", "star", "mou", "t主任", "t小")
    assert [people.write_name(person, form) for form in forms] == ["李 敏", "李*", "李某", "李主任", "小李"]


def test_one_bare_character_is_a_leak() -> None:
    tally = measure.Tally(notes=2)
    note = {"text": "患者张三，肺癌", "hospital": "A01", "spans": [{"start": 2, "end": 4, "kind": "patient_name"}],
            "keep": [{"start": 5, "end": 7, "kind": "term"}]}  # fmt: skip
    measure._count(tally, note, {2})
    measure._count(tally, note, {2, 3, 5})
    assert (tally.clean, tally.found["patient_name"], tally.seen["patient_name"]) == (1, 1, 2)
    assert (tally.damaged["term"], tally.covered, tally.covered_rightly) == (1, 4, 3)


def test_misses_of_a_reserved_group_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold, misses = tmp_path / "gold.jsonl", tmp_path / "misses.txt"
    gold.write_text(json.dumps(generate.make_note("J", 1, 0), ensure_ascii=False) + "\n", "utf-8")
    monkeypatch.setattr(measure, "OPEN", ("A",))
    monkeypatch.setattr("sys.argv", ["measure", str(gold), "--misses", str(misses)])
    assert measure.main() == 2 and not misses.exists()


def bodies(group: str) -> set[str]:
    layouts, words, *_ = generate.read_group(group)
    return {name for layout in layouts for name in layout.hospital} | set("|".join(words["hospital"]).split("|"))


@pytest.mark.parametrize(("first", "second"), itertools.combinations(GROUPS, 2))
def test_hospitals_of_the_groups_are_apart(first: str, second: str) -> None:
    shared, allowed = bodies(first) & bodies(second), 0 if second in APART else 0.08 * len(bodies(second))
    assert len(shared) <= allowed


def test_lines_are_wrapped_within_identifiers_and_spans_follow() -> None:
    pieces = list(generate.wrap([("一" * 36, ""), ("甲乙丙丁", "staff_name"), ("二" * 36, ""), ("戊己", "term")]))
    note = generate.assemble(pieces)
    assert note["text"] == "一" * 36 + "甲乙\n丙丁" + "二" * 36 + "\n戊己"
    assert cut(note, "staff_name") == ["甲乙\n丙丁"] and note["keep"][0]["end"] == len(note["text"])


def test_wilson_interval() -> None:
    low, high = measure.wilson(98, 100)
    assert (round(low, 3), round(high, 3)) == (0.930, 0.994)
