"""What must always hold for de-identified text."""

from __future__ import annotations

import re
import time
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.deid import Deidentifier, DeidSettings, Known
from nlp.deid.fold import squeeze
from nlp.evaluation import deid_gold

TAG, SURROGATE = Deidentifier(), Deidentifier(DeidSettings(style="surrogate"))
KEY = b"q" * 32
DAYS = st.dates(date(1960, 1, 1), date(2030, 12, 31))
OFFSETS = st.integers(-30, 30).filter(bool)
FORMS = (
    "{0.year}年{0.month}月{0.day}日",
    "{0.year}-{0.month:02d}-{0.day:02d}",
    "{0.year}/{0.month}/{0.day}",
    "{0:%Y%m%d}",
)


def known_of(note: dict) -> Known:
    return Known(**{k: tuple(v) if isinstance(v, list) else v for k, v in note["known"].items()})


def read(text: str) -> date:
    digits = re.findall(r"\d+", text)
    return date.fromisoformat(digits[0]) if len(digits) == 1 else date(*map(int, digits[:3]))


@settings(max_examples=150, deadline=None)
@given(DAYS, DAYS, OFFSETS, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_intervals_are_kept(first: date, second: date, offset: int, form: str, form2: str) -> None:
    for style in (TAG, SURROGATE):
        result = style.deid(
            f"于{form.format(first)}入院；于{form2.format(second)}出院。", offset_days=offset, surrogate_key=KEY
        )
        moved = [read(s.replacement) for s in result.spans]
        assert moved == [first + timedelta(days=offset), second + timedelta(days=offset)]


@pytest.mark.parametrize("family", ["dev", "check"])
@pytest.mark.parametrize("with_known", [True, False])
def test_spans_offsets_and_known_values(family: str, with_known: bool) -> None:
    for note in deid_gold.notes(family, 70, 5):
        known = known_of(note)
        for deid in (TAG, SURROGATE):
            result = deid.deid(note["text"], known=known if with_known else Known(), offset_days=17, surrogate_key=KEY)
            assert result.status == "ok"
            check_offsets(note["text"], result)
            if with_known:
                check_known(known, note, result, deid)


def check_offsets(text: str, result) -> None:
    at = out_at = 0
    for span, (start, end, out_start, out_end) in zip(result.spans, result.offset_map, strict=True):
        assert (span.start, span.end) == (start, end)
        assert text[at:start] == result.text[out_at:out_start]
        assert result.text[out_start:out_end] == span.replacement
        month_only = re.fullmatch(r"(\d{2,4}|[〇零一二三四五六七八九]{4})[年.\-/].{1,4}?月?份?", text[start:end])
        assert span.replacement != text[start:end] or (span.label == "DATE" and month_only)
        assert result.to_raw(out_start) == start
        at, out_at = end, out_end
    assert text[at:] == result.text[out_at:]


def check_known(known: Known, note: dict, result, deid: Deidentifier) -> None:
    left = squeeze(result.text) if deid is TAG else squeeze("".join(kept_parts(note["text"], result)))
    for value in (*known.names, *known.id_numbers, *known.phones, *known.record_numbers, *known.addresses):
        if len(squeeze(value)) >= 2:
            assert squeeze(value) not in left


def kept_parts(text: str, result) -> list[str]:
    edges = [0, *(i for s in result.spans for i in (s.start, s.end)), len(text)]
    return [text[a:b] + "\n" for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_same_person_same_surrogate_in_all_notes_whatever_their_order() -> None:
    texts = ["患者王小明来院", "姓名：王 小 明，男", "王小明代诉", "王主任查房"]
    forward = [SURROGATE.deid(t, offset_days=3, surrogate_key=KEY).spans[0].replacement for t in texts]
    backward = [SURROGATE.deid(t, offset_days=3, surrogate_key=KEY).spans[0].replacement for t in reversed(texts)]
    assert forward == backward[::-1]
    assert len({*forward[:3]}) == 1
    assert forward[3] == forward[0][0] and "王" not in forward[3]
    other = SURROGATE.deid(texts[0], offset_days=3, surrogate_key=b"z" * 32).spans[0].replacement
    assert other != forward[0]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_unicode(text: str) -> None:
    result = TAG.deid(text, known=Known(names=("张三",), phones=("13812345678",)), offset_days=-30, surrogate_key=KEY)
    assert result.status in ("ok", "quarantined")
    if result.status == "ok":
        check_loose(text, result)


def check_loose(text: str, result) -> None:
    assert "".join(p[:-1] for p in kept_parts(text, result)) == "".join(
        result.text[a:b]
        for a, b in zip(
            [0, *(m[3] for m in result.offset_map)], [*(m[2] for m in result.offset_map), len(result.text)], strict=True
        )
    )


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789年月日.-/ :张王李医院省市区路号x*|\n〇一二三十", max_size=300))
def test_adversarial_digits_and_cues(text: str) -> None:
    assert TAG.deid(text, offset_days=7, surrogate_key=KEY).status in ("ok", "quarantined")


def seconds(text: str) -> float:
    start = time.process_time()
    TAG.deid(text, offset_days=7, surrogate_key=KEY)
    return time.process_time() - start


@pytest.mark.soak
@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "1 ",
        "1-",
        "2019-",
        "张",
        "张三",
        "省市",
        "路1号",
        "医院",
        "姓名：",
        "一",
        "a.b@",
        "1.",
        "于2019年3月5日入院，",
        "患者一般情况好，未诉不适。",
        "·张",
        "某*",
        "同上，响水附近",
        "系东营子人，",
        "，11/12入",
        "在望海",
        "号12",
        "1.2分别1.3、",
    ],
)
def test_time_grows_linearly(unit: str) -> None:
    small, large = unit * (4_000 // len(unit)), unit * (32_000 // len(unit))
    base = max(min(seconds(small) for _ in range(2)), 0.004)
    assert min(seconds(large) for _ in range(2)) < 8 * 4 * base


def test_a_megabyte_and_the_limits() -> None:
    line = "患者一般情况可，复查白细胞4.5×10^9/L，继续原方案化疗，未诉特殊不适。\n"
    assert TAG.deid(line * (1_000_000 // len(line)), offset_days=7, surrogate_key=KEY).status == "ok"
    tight = Deidentifier(DeidSettings(max_chars=10))
    assert tight.deid("a" * 11, offset_days=1, surrogate_key=KEY).status == "quarantined"
    budget = Deidentifier(DeidSettings(max_candidates_per_1000_chars=0))
    result = budget.deid("13812345678，" * 3000, offset_days=1, surrogate_key=KEY)
    assert (result.status, result.text) == ("quarantined", None)
