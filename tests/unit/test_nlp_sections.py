"""Sections, clauses, folding and the dictionary."""

from __future__ import annotations

import pytest

from nlp import clauses, sections
from nlp.model import Note
from nlp.pipeline import canonical_note_type
from nlp.text import Dictionary, fold, number


def codes(text: str, note_type: str = "") -> list[str]:
    note = Note(text, fold(text), note_type=note_type)
    sections.split(note)
    return [section.code for section in note.sections]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("主诉：咳嗽1月。现病史：患者咳嗽。", ["chief_complaint", "present_illness"]),
        ("主诉:咳嗽\n既往史:高血压", ["chief_complaint", "past_history"]),
        ("【主诉】咳嗽【现病史】患者咳嗽", ["chief_complaint", "present_illness"]),
        ("一、主诉：咳嗽 二、现病史：咳嗽", ["chief_complaint", "present_illness"]),
        ("1.主诉：咳嗽。2.家族史：无", ["chief_complaint", "family_history"]),
        ("患者入院。既往史无特殊。", ["", "past_history"]),
        ("病理诊断：腺癌。免疫组化：ER(+)", ["pathology_diagnosis", "immunohistochemistry"]),
        ("患者否认家族史，既往史不详", [""]),
        ("影像所见：左肺结节。影像诊断：肺癌", ["imaging_findings", "imaging_conclusion"]),
        ("既往史\n高血压\n个人史\n吸烟", ["past_history", "personal_history"]),
    ],
)
def test_sections(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_note_type_gives_the_default_section() -> None:
    assert codes("左肺上叶结节。", canonical_note_type("CT报告")) == ["imaging_findings"]


def test_sections_cover_the_note() -> None:
    text = "前言。主诉：咳嗽。\n诊断：肺癌"
    note = Note(text, fold(text))
    sections.split(note)
    assert "".join(text[s.start : s.end] for s in note.sections) == text


def test_clauses_keep_numbers_together() -> None:
    text = "大小3.5*2cm，血小板1,000，无发热。复查"
    note = Note(text, fold(text))
    clauses.split(note)
    assert [text[a:b] for a, b in note.clauses] == ["大小3.5*2cm，", "血小板1,000，", "无发热。", "复查"]
    assert note.sentence_at(text.index("复查")) == (text.index("复查"), len(text))


def test_fold_keeps_length() -> None:
    text = "ＣＥＡ１２．３【主訴】：肝癌 HER－２（２＋）İßﬁ"
    assert len(fold(text)) == len(text)
    assert fold(text).startswith("cea12.3[主诉]:肝癌 her-2(2+)")


def test_dictionary_is_longest_and_minds_latin_words() -> None:
    terms = Dictionary({"ER": "er", "HER2": "her2", "癌": "c", "肝癌": "lc", "T1": "t1"})
    found = [(m.start, m.payload) for m in terms.find(fold("HER2 ER t10 肝癌 ther"))]
    assert found == [(0, "her2"), (5, "er"), (12, "lc")]


@pytest.mark.parametrize(
    ("words", "value"),
    [("十二", 12), ("二〇一五", 2015), ("半", 0.5), ("3.5", 3.5), ("百", 100), ("x", None), ("", None)],
)
def test_number(words: str, value: float | None) -> None:
    assert number(words) == value
