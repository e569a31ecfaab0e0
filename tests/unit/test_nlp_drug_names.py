"""The two lists of medicines: what the code table names is not named again among the general ones, so that no code gets lost."""

from __future__ import annotations

import pytest

from nlp import lexicons
from nlp.entities.drug.component import find, ingredient
from nlp.model import Note
from nlp.text import fold
from warehouse import codes

CLASSES = {"低分子肝素钠", "低分子量肝素钠"}
"""Sodium salts of several low-molecular heparins, while the code table's 低分子肝素 is a calcium salt."""

WORDS = {"聚乙二醇", "白蛋白", "降钙素", "安素", "人参皂苷", "鸦胆子"}
"""Substances of their own with which a coded name begins; the longer name wins where it stands."""


def _terms(*classes: str) -> set[str]:
    rows = (row for row in lexicons.rows("drugs_general") if row["class"] in classes)
    return {fold(term) for row in rows for term in row["term"].split(";")}


def _coded() -> set[str]:
    return {fold(name) for drug in codes.drugs() for name in codes.names(drug) if len(name) > 1}


def _bare(term: str, before: set[str], after: set[str]) -> set[str]:
    """A name, and what is left of it without salts, origins and dosage forms, at any depth."""
    found, waiting = {term}, [term]
    while waiting:
        name = waiting.pop()
        shorter = {name.removeprefix(one) for one in before} | {name.removesuffix(one) for one in after}
        waiting += shorter - found
        found |= shorter
    return found


def test_no_general_medicine_is_a_coded_one_in_another_form() -> None:
    before, after, coded = _terms("prefix"), _terms("form"), _coded()
    lost = {term for term in _terms("drug", "aside") - CLASSES if _bare(term, before, after) & coded}
    assert not lost


def test_no_general_medicine_begins_a_coded_name() -> None:
    coded = _coded()
    assert {term for term in _terms("drug", "aside") if any(name.startswith(term) for name in coded)} == WORDS


@pytest.mark.parametrize(
    ("text", "written", "inn"),
    [
        ("予甲氨蝶呤片10mg口服", "甲氨蝶呤片", "methotrexate"),
        ("盐酸曲马多缓释片0.1g q12h", "盐酸曲马多缓释片", "tramadol"),
        ("胸腺五肽注射液10mg", "胸腺五肽注射液", "thymopentin"),
        ("羟考酮缓释片止痛", "羟考酮缓释片", "oxycodone"),
        ("改吗啡缓释片30mg", "吗啡缓释片", "morphine"),
        ("怡宝1万U皮下", "怡宝", "epoetin"),
        ("枢丹8mg静推", "枢丹", "ondansetron"),
        ("瑞血新300ug皮下注射", "瑞血新", "filgrastim"),
        ("予立生素升白", "立生素", "filgrastim"),
        ("百杰依3mg皮下注射", "百杰依", "interleukin-11"),
        ("密固达5mg静滴", "密固达", "zoledronic acid"),
        ("依班膦酸4mg", "依班膦酸", "ibandronic acid"),
        ("口服氯屈膦酸", "氯屈膦酸", "clodronic acid"),
    ],
)
def test_written_form_leads_to_the_ingredient(text: str, written: str, inn: str) -> None:
    found = find(Note(text, fold(text)))
    assert [(mention.text, mention.value.inn) for mention in found] == [(written, inn)]


def test_names_of_other_things_are_no_medicine() -> None:
    for text in ("拟用罗拉替尼", "人参一支"):
        assert not find(Note(text, fold(text)))


def test_class_of_heparins_has_no_ingredient() -> None:
    known = ingredient("低分子肝素钠")
    assert known is not None and not known.inn
