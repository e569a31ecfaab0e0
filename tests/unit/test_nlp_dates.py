"""Dates: written forms, anchors and precision."""

from __future__ import annotations

import pytest

from nlp import clauses, dates, sections
from nlp.model import Note
from nlp.text import fold


def read(text: str, note_date: str | None = "2016-03-15") -> Note:
    note = Note(text, fold(text), note_date=note_date)
    sections.split(note)
    clauses.split(note)
    dates.find(note)
    return note


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-10-03", "2015-10-03"),
        ("２０１５．１０．３", "2015-10-03"),
        ("2015年10月3日", "2015-10-03"),
        ("2015/10", "2015-10"),
        ("2015年10月", "2015-10"),
        ("2015年", "2015"),
        ("20151003行CT", "2015-10-03"),
        ("二〇一五年十月三日", "2015-10-03"),
        ("2月前", "2016-01"),
        ("半年前", "2015-09"),
        ("3天前", "2016-03-12"),
        ("10余天前", "2016-03"),
        ("2周前", "2016-03-01"),
        ("入院前1年", "2015"),
        ("昨日", "2016-03-14"),
        ("去年3月", "2015-03"),
        ("10月3日", "2015-10-03"),
    ],
)
def test_one_date(text: str, expected: str) -> None:
    assert [value.iso for value in read(text).dates] == [expected]


@pytest.mark.parametrize("text", ["病理号20151003", "大小3.5*2cm", "高血压10年", "第3周期", "2015-13-45", "CA199 2015"])
def test_no_day(text: str) -> None:
    assert not [value for value in read(text).dates if value.precision == "D"]


def test_anchors_in_the_text() -> None:
    note = read("于2015-10-26行右肺癌根治术，术后3月复查，次日出院，同年12月复发。")
    assert [value.iso for value in note.dates] == ["2015-10-26", "2016-01", "2015-10-27", "2015-12"]


def test_admission_anchor() -> None:
    note = read("入院日期：2016-01-05，患者入院前3天发热。")
    assert note.dates[-1].iso == "2016-01-02"


def test_list_takes_year_and_month() -> None:
    note = read("分别于2015年3月5日、26日，4月16日化疗")
    assert [value.iso for value in note.dates] == ["2015-03-05", "2015-03-26", "2015-04-16"]


def test_without_anchor_no_iso() -> None:
    assert [value.iso for value in read("3天前发热", None).dates] == [None]


def test_date_for_prefers_the_clause() -> None:
    note = read("2014-10-26行手术，2014-12-01予化疗，过程顺利。复查良好。")
    iso = {
        word: note.date_for((note.text.index(word), note.text.index(word) + 2))
        for word in ("手术", "化疗", "顺利", "良好")
    }
    assert {word: value and value.iso for word, value in iso.items()} == {
        "手术": "2014-10-26", "化疗": "2014-12-01", "顺利": "2014-12-01", "良好": "2014-12-01",
    }  # fmt: skip


def test_dates_do_not_leak_over_lines() -> None:
    note = read("2015-10-26行手术。\n体格检查：腹软。")
    assert note.date_for((note.text.index("腹软"), note.text.index("腹软") + 2)) is None
