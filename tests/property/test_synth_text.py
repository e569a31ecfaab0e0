"""Text that knows its own spans: whatever is written, the remembered offsets are those of the words."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from jobs.synth.text import Fact, Mention, NoteText, Phi, compile_template

_words = st.text(alphabet="患者张伟无发热肺癌2021-3年月，。 \n", min_size=1, max_size=12)
_leaf = st.one_of(_words, st.builds(Phi, _words, st.just("NAME")), st.builds(Mention, _words, st.just("disease")))
_part = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.builds(lambda p: Fact(p, "staging", {}), st.lists(inner, max_size=3))
    ),
    max_leaves=12,
)


def _leaves(part):
    if isinstance(part, str):
        return []
    if isinstance(part, list):
        return [x for p in part for x in _leaves(p)]
    if isinstance(part, Fact):
        return _leaves(part.parts)
    return [part]


@given(st.lists(_part, max_size=6))
def test_offsets_are_those_of_the_words(parts: list) -> None:
    note = NoteText(Random(1))
    for part in parts:
        note.put(part)
    leaves = _leaves(parts)
    assert note.length == len(note.text)
    assert [note.text[s["start"] : s["end"]] for s in note.phi] == [x.text for x in leaves if isinstance(x, Phi)]
    assert [note.text[s["start"] : s["end"]] for s in note.mentions] == [
        x.text for x in leaves if isinstance(x, Mention)
    ]
    assert all(0 <= f["evidence"][0] <= f["evidence"][1] <= note.length for rows in note.facts.values() for f in rows)


@given(st.integers(0, 10**6))
def test_slips_of_the_keyboard_keep_offsets_right(seed: int) -> None:
    note = NoteText(Random(seed), slip=1.0)
    note.render(
        "患者，因咳嗽。{name}，‹disease/negated/history|否认高血压›、{what}（黏膜）。",
        {"name": Phi("张伟", "NAME"), "what": [Mention("肺癌", "tumour")]},
    )
    assert [note.text[s["start"] : s["end"]] for s in (*note.phi, *note.mentions)] == ["张伟", "否认高血压", "肺癌"]


def test_template_marks_carry_their_meaning() -> None:
    [kind, part] = compile_template("‹family_history/negated/current/family|否认›")[0]
    assert kind == "part"
    assert (part.label, part.polarity, part.temporality, part.experiencer) == (
        "family_history",
        "negated",
        "current",
        "family",
    )
