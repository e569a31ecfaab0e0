"""The bench of what touches a date or a number: its texts hold what they say, where they say it."""

from __future__ import annotations

import random
import re
from itertools import islice

import pytest

from bench import deid_touching as touching
from nlp.deid import Deidentifier, DeidSettings

PLAIN = ["肝功能正常", "予输液50ml", "切缘阴性", "3次/日", "Ki-67约30%"]
DEID = Deidentifier(DeidSettings(network=False))


@pytest.mark.parametrize("name", [*touching.HIDDEN, *touching.KEPT])
def test_a_text_holds_the_form_between_two_clauses(name: str) -> None:
    form = (touching.HIDDEN | touching.KEPT)[name]
    for one in islice(touching.tries(form, PLAIN, random.Random(3)), 40):
        assert one.text.startswith(tuple(PLAIN)) and one.text.endswith(tuple(PLAIN))
        assert 0 < one.start < one.end < len(one.text)
        beside = one.text[one.start - 1] + one.text[one.end]
        assert not (one.text[one.start].isdecimal() and beside[0].isdecimal())
        assert not (one.text[one.end - 1].isdecimal() and beside[1].isdecimal())


def test_forms_are_drawn_as_written() -> None:
    draw = random.Random(1)
    for name, shape in (
        ("Y.M", r"20\d\d\.\d{1,2}"),
        ("y年M月D日", r"\d\d年\d{1,2}月\d{1,2}日"),
        ("age", r"(9\d|10[0-4])岁"),
        ("YMMDD", r"20\d{6}"),
    ):
        assert re.fullmatch(shape, touching.HIDDEN[name](draw)[1])


def test_half_hidden_counts_as_leaked() -> None:
    whole = touching.Try("复查，2019.3手术", 3, 9)
    assert touching.marked(DEID, whole) == (True, True)
    assert touching.marked(DEID, whole._replace(end=11)) == (True, False)
    assert touching.marked(DEID, touching.Try("肿物3.2cm", 2, 5)) == (False, False)
