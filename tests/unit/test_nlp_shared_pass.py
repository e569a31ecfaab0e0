"""One pass over a note for many dictionaries gives what each dictionary finds by itself."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.text import Dictionary

ONE = {"肝": 1, "肝转移": 2, "转移": 3, "er": 4, "her2": 5}
OTHER = {"转移": "a", "肝": "b", "2": "c", "移灶": "d"}
SHARED = [(Dictionary(terms, shared=True), Dictionary(terms)) for terms in (ONE, OTHER)]


@settings(deadline=None)
@given(st.text(alphabet="肝转移灶her2 𠮷，", max_size=40))
def test_shared_and_own_search_agree(text: str) -> None:
    for shared, own in SHARED:
        assert shared.find(text) == own.find(text)


def test_a_dictionary_that_joins_late_is_searched_in_the_same_note() -> None:
    text = "肝转移灶"
    assert [match.payload for match in Dictionary(ONE, shared=True).find(text)] == [2]
    late = Dictionary(OTHER, shared=True)
    assert [match.payload for match in late.find(text)] == ["b", "a"]
    assert [match.payload for match in late.find(text + "。")] == ["b", "a"]


def test_a_window_is_searched_alone() -> None:
    shared, own = SHARED[0]
    assert [match.payload for match in shared.find("肝转移", 1)] == [3]
    assert shared.find("肝转移", 0, 2) == own.find("肝转移", 0, 2)
