"""The tagger: features, the network read in pieces, and what becomes of its probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import deid_tagger
from nlp.deid import Deidentifier, DeidSettings, tag_features, tag_spans
from nlp.deid.date_reading import Found
from nlp.deid.fold import fold
from nlp.deid.model import Candidate
from nlp.deid.scan import index, longest
from nlp.deid.tagger import COLUMNS, DILATIONS, PIECE, REACH, TAGS, WEIGHTS, WIDTH, Tagger, read, tagger
from nlp.network import Network, Shape


def odds_of(text: str, **marked: str) -> np.ndarray:
    """Probabilities that are sure of the given stretches: tag=stretch, all else nothing."""
    odds = np.zeros((len(text), len(TAGS)), np.float32)
    odds[:, 0] = 1.0
    for name, stretch in marked.items():
        start = text.index(stretch)
        odds[start : start + len(stretch)] = np.eye(len(TAGS), dtype=np.float32)[TAGS.index(name)]
    return odds


def added(text: str, found: list[Candidate] | None = None, **marked: str) -> tuple[list[tuple[str, str]], list[Found]]:
    more, days = tag_spans.added(text, odds_of(text, **marked), found or [], [])
    return [(c.label, text[c.start : c.end]) for c in more], days


@pytest.mark.parametrize("size", [0, 1, 5, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 300])
def test_reading_in_pieces_equals_the_network(size: int) -> None:
    rng = np.random.default_rng(size)
    network = Network.new(Shape(90, COLUMNS, WIDTH, DILATIONS, -1, len(TAGS)), rng)
    network.parameters["out"] = rng.normal(size=(WIDTH, len(TAGS))).astype(np.float32)
    ids = rng.integers(0, 90, (size, COLUMNS)).astype(np.int32)
    got = read(network.parameters, ids)
    assert got.shape == (size, len(TAGS))
    if size > 2 * REACH:
        assert np.allclose(got, network.probabilities(ids), atol=1e-5)


def test_features_fold_digits_and_capitals() -> None:
    assert tag_features.letters("A９3").tolist() == [ord("a"), ord("0"), ord("0")]
    assert tag_features.letters("\U00020000")[0] == 0


@pytest.mark.parametrize("text", ["", "癌", "患者王芳，女", "\ud800x", "𠮷野家"])
def test_every_text_has_a_row_a_character(text: str) -> None:
    folded = fold(text)
    hits = index().every(folded)
    odds = tagger().probabilities(folded, longest(hits["keep"]), hits)
    assert odds.shape == (len(text), len(TAGS))
    assert np.allclose(odds.sum(1), 1, atol=1e-3) if text else True


@pytest.mark.parametrize(
    ("text", "marked", "expected"),
    [
        ("由徐丽取片", {"NAME": "徐丽"}, [("NAME", "徐丽")]),
        ("在树兰查", {"HOSPITAL": "树兰"}, [("HOSPITAL", "树兰")]),
        ("在“树兰”查", {"HOSPITAL": "“树兰”"}, [("HOSPITAL", "树兰")]),
        ("在宝钢上班", {"ORG": "宝钢"}, [("ORG", "宝钢")]),
        ("在当地医院查", {"HOSPITAL": "当地医院"}, []),
        ("请外院教授会诊", {"NAME": "教授"}, []),
        ("____签字", {"NAME": "____"}, []),
        ("片号84-7721外送", {"NUMBER": "84-7721"}, [("RECORD_NO", "84-7721")]),
        ("体温37.5-38.0℃", {"NUMBER": "37.5-38.0"}, []),
        ("编码M8140/3", {"NUMBER": "M8140/3"}, []),
        ("08:50—12:15", {"DATE": "12:15"}, []),
        ("自2016年冬咳嗽", {"DATE": "2016年"}, []),
        ("拨13800138000", {"NUMBER": "13800138000"}, [("PHONE", "13800138000")]),
        ("2019年13月", {"DATE": "2019年13月"}, [("DATE", "2019年13月")]),
    ],
)
def test_words_and_numbers(text: str, marked: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert added(text, **marked) == (expected, [])


@pytest.mark.parametrize(
    ("text", "day", "parts"),
    [
        ("针3-31打", "3-31", (None, 3, 31)),
        ("2.2022年8月12日回院", "2022年8月12日", (2022, 8, 12)),
        ("于12日到", "12日", (None, None, 12)),
    ],
)
def test_days_are_read(text: str, day: str, parts: tuple[int | None, ...]) -> None:
    more, days = added(text, DATE=day)
    assert more == []
    assert [((d.year, d.month, d.day), text[d.start : d.end]) for d in days] == [(parts, day)]


def test_what_a_rule_found_is_left_to_it() -> None:
    text = "患者徐丽芳诉"
    rule = Candidate(2, 4, "NAME", "name.label", "患者", 50)
    assert added(text, [rule], NAME="徐丽")[0] == []
    assert added(text, [rule], NAME="徐丽芳")[0] == [("NAME", "徐丽芳")], "the rest of the name"


def test_a_character_that_is_not_sure_is_no_rest() -> None:
    text = "患者徐丽芳诉"
    odds = odds_of(text, NAME="徐丽芳")
    odds[4] = [0.2, 0.8, 0, 0, 0, 0, 0]
    assert tag_spans.added(text, odds, [Candidate(2, 4, "NAME", "name.label", "患者", 50)], [])[0] == []


def test_the_network_is_the_last_layer_and_can_be_left_out() -> None:
    texts = ["由徐丽把片子拿去。", "老同事沈建国陪同来诊，已打电话。", "回报：康达肾病送检，编号B77-120的片子。"]
    rules = Deidentifier(DeidSettings(network=False))
    both = Deidentifier()
    for text in texts:
        kept = rules.deid(text, offset_days=3, surrogate_key=b"k").spans
        assert not [s for s in kept if s.rule.startswith("network")]
        covered = {i for s in both.deid(text, offset_days=3, surrogate_key=b"k").spans for i in range(s.start, s.end)}
        assert {i for s in kept for i in range(s.start, s.end)} <= covered


@pytest.mark.parametrize(
    ("text", "sure", "expected"),
    [
        ("停药5-28出院", 0.3, 1),
        ("癌转移5/28出院", 0.3, 0),  # a fraction needs more
        ("每5-28天", 0.3, 0),
        ("见图5-28结节", 0.3, 0),
        ("约5-8日拆线", 0.9, 0),
        ("今06-30 G-CSF", 0.9, 1),  # no range is padded, so no unit of weight either
        ("今6-30 g", 0.9, 0),
        ("比0-30低", 0.9, 0),
        ("周期C2 6/30开始", 0.3, 1),
    ],
)
def test_a_day_by_its_form_and_the_odds(text: str, sure: float, expected: int) -> None:
    odds = odds_of(text)
    digits = [
        i for i, c in enumerate(text) if c in "0123456789-/" and i >= text.index(" 6/" if " 6/" in text else text[2:3])
    ]
    odds[digits, 0], odds[digits, TAGS.index("DATE")] = 1 - sure, sure
    more, days = tag_spans.added(text, odds, [], [])
    assert (len(more), len(days)) == (0, expected)


def test_a_full_date_inside_a_numeral_is_shifted_alone() -> None:
    more, days = added("谷丙60IU/L2016-12-26复查", DATE="60IU/L2016-12-26")
    assert more == []
    assert [(d.year, d.month, d.day) for d in days] == [(2016, 12, 26)]


def test_an_account_is_name_and_number_to_the_network() -> None:
    text = "由linf06提交，予nse检测"
    odds = odds_of(text, NAME="linf", NUMBER="06")
    odds[text.index("nse") : text.index("检测")] = np.eye(len(TAGS), dtype=np.float32)[TAGS.index("NUMBER")]
    found = [text[c.start : c.end] for c in tag_spans.added(text, odds, [], [])[0]]
    assert "linf06" in found
    assert "nse" not in found


def test_days_of_the_network_are_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "留置针3-31打的"
    monkeypatch.setattr(Tagger, "probabilities", lambda *_: odds_of(text, DATE="3-31"))
    result = Deidentifier().deid(text, offset_days=3, surrogate_key=b"k", note_date="2021-04-02")
    assert result.text == "留置针4-3打的"


def test_weights_are_small_and_readable() -> None:
    assert WEIGHTS.stat().st_size < 9_000_000
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        assert {"characters", "pairs", "embedding", "out"} <= set(arrays.files)
        assert all(np.isfinite(arrays[name]).all() for name in arrays.files)


def test_fitting_is_repeatable_and_learns(tmp_path: Path) -> None:
    notes = [next(deid_tagger.group_notes("E", "E")), *list(deid_tagger.word_notes())[:1]]
    notes += [
        {"text": f"患者{name}诉痛。", "spans": [{"start": 2, "end": 4, "kind": "patient_name"}]}
        for name in ("王芳", "李丽", "张华")
    ] * 20
    first, second = deid_tagger.fit(notes), deid_tagger.fit(notes)
    first.save(tmp_path / "a.npz")
    second.save(tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert all((a[name] == b[name]).all() for name in a.files)
        hits = index().every("患者王芳诉痛。")
        odds = Tagger.of(dict(a)).probabilities("患者王芳诉痛。", longest(hits["keep"]), hits)
    assert odds[2:4, 1].min() > 0.5 > odds[5:, 1].max()
