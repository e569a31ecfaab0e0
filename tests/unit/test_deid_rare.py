"""A rare pattern is skipped only in texts in which it cannot be found."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.deid.alternation import either
from nlp.deid.rare import Rare, last_chars, needs

CASES = [
    (r"[张王](?<!姓.)某{1,2}(?=[，。]|$)", "患者王某", "患者王平"),
    (r"(?:由|[，。])(?P<name>[关党])(?=负责[追跟]|值班处理)", "由关负责追踪", "由关医生追踪"),
    (r"\d{1,3}(?:号楼|栋)\s?\d{3,4}室?", "３号楼２０１室", "3月201室"),
    (r"www\.[a-z]{3,9}", "见WWW.ABC", "见w.abc"),
    (r"(?:[省市]院|医大)[一二]?院", "医大二院", "医大附"),
    (r"[A-Z](?<![A-Z].)[a-z]+(?: [A-Z][a-z]+){1,3}(?=[，,]?(?:男|[Mm]ale))", "John Doe，male", "John Doe，女"),
    (r"(?:a|)b", "b", "a"),
    (r"(?i)é[kς]", "ÉK", "ek"),
]


@pytest.mark.parametrize(("source", "holds", "lacks"), CASES)
def test_a_pattern_is_tried_where_it_may_be_found_and_skipped_where_not(source: str, holds: str, lacks: str) -> None:
    rare = Rare(re.compile(source, re.I if "www" in source else 0))
    assert list(rare.finditer(holds))
    assert rare.finditer(lacks) == ()


@given(
    st.sampled_from(CASES),
    st.text("张王某由关党负责追跟值班处理，。0３A栋号楼室省市院医大一二abwWſ.男mMale \ud800", max_size=30),
)
def test_what_is_found_is_never_skipped(case: tuple[str, str, str], text: str) -> None:
    pattern = re.compile(case[0], re.I)
    rare = Rare(pattern)
    assert [m.span() for m in rare.finditer(text)] == [m.span() for m in pattern.finditer(text)]


def test_a_pattern_that_may_be_anything_has_no_needs() -> None:
    assert needs(re.compile(r"[^a]{2}|\w+")) == ()


@given(st.lists(st.text("医院省市立.", min_size=1, max_size=4), min_size=1), st.text("医院省市立.", max_size=8))
def test_words_by_shared_beginnings_are_found_as_in_a_plain_list(listed: list[str], text: str) -> None:
    plain = "|".join(map(re.escape, sorted(listed, key=len, reverse=True)))
    found = [m.span() for m in re.finditer(f"(?:{either(listed)})", text)]
    assert found == [m.span() for m in re.finditer(f"(?:{plain})", text)]


@pytest.mark.parametrize(
    ("source", "chars"),
    [
        ("患者[:：]?", "者:："),
        (r"(?:床|第\d)\s{0,3}", "床0 "),
        ("(?<!外)核", "核"),
        ("家(?:属(?:代表)?)?", "家属表"),
        ("患.", None),
        ("[甲乙]?", None),
    ],
)
def test_the_characters_with_which_a_match_may_end(source: str, chars: str | None) -> None:
    assert last_chars(re.compile(source)) == (frozenset(chars) if chars else None)
