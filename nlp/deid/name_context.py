"""What stands left and right of a possible name, as a few named features that ``name_weights.tsv`` weighs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from nlp.deid.lexicon import words

_GAP = " :：=，,、/\\;；。()（[]|~^#\t\"“'→+-_*<>"
_LONGEST_CUE = 5
_KINDS = {
    ":": "colon", "：": "colon", "=": "colon", "，": "comma", ",": "comma", ";": "semi", "；": "semi", "。": "stop", "!": "stop", "?": "stop",
    "、": "list", "/": "list", "|": "cell", "~": "cell", "^": "cell", "\t": "cell", "#": "cell", "&": "cell", "(": "open", "（": "open", "[": "open",
    "\"": "quote", "“": "quote", "”": "quote", "'": "quote", ")": "close", "）": "close", "]": "close", "→": "arrow", ">": "arrow", "<": "arrow", "\n": "edge",
    "\r": "edge",
}  # fmt: skip
_PERSON = re.compile(
    r"[（(]其?(?:妻|夫|子|女|儿|母|父|兄|弟|姐|妹|媳|婿|孙|配偶|老伴|爱人|患者|本人|家属|长|次|之)|[（(][男女]|[\s|~^,，、/]{0,4}[男女](?![\u3400-\u9fff])|"
    r"[\s|~^,，、/]{0,4}[男女]性|[\s，,(（]{0,3}\d{1,3}岁|[\s,，、(（]{0,3}(?:\+86)?1[3-9]\d|[\s|~^]{1,3}[MF][|~^]"
)


_KIN_OF = re.compile(
    r"[的之](?:外甥|侄|[大小二三长次]?(?:妻|夫|儿|女|子|母|父|兄|弟|姐|妹|媳|婿|孙|舅|姑|姨|叔|伯)|爱人|老伴|家属|丈夫|邻居|同事|朋友)"
)
_LONG_RUN = re.compile(r"[\u3400-\u9fff]{7}")
_PERSONAL = frozenset("男女的之")
"""Chinese characters with which the two patterns above can begin."""
_ACT = frozenset("查审接签核述诉说称答问嘱示阅录记言告陪护家班写扶带送呼改代交填跑收来到接叫批")
_AGENT = frozenset("人者员师士医护长生手")
"""Last characters of words for who does something: 复检者, 洗消员."""
_PLACE_END = frozenset("院科室部社站所局厂校区村镇乡组号楼")


class Side(NamedTuple):
    """``gap``: what kind of character stands between (``none``: Chinese text touches); ``word``: what the nearest word is."""

    gap: str
    word: str


@cache
def _side(gap: str, word: str) -> Side:
    """One object for all equal sides: a note has hundreds, and few kinds of them."""
    return Side(gap, word)


@cache
def _before() -> dict[str, str]:
    """word → kind of cue that stands before a person; the first kind counts."""
    cues, labels = words("cues.tsv"), words("labels.tsv")
    found: dict[str, str] = {}
    kinds = [("relation", cues["relation"]), ("named", cues["named"]), ("label", labels["name"] + labels["staff"]),
             ("title", cues["title_after"]), ("before", cues["before"]), ("role", cues["role_tail"])]  # fmt: skip
    for kind, listed in kinds:
        for word in listed:
            found.setdefault(word, kind)
    return found


@cache
def _after() -> dict[str, str]:
    """word → kind of cue that stands behind a person."""
    cues, labels = words("cues.tsv"), words("labels.tsv")
    found = dict.fromkeys(cues["title_after"], "title")
    for word in cues["verb_after"]:
        found.setdefault(word, "verb")
    for kind, listed in labels.items():
        for word in listed:
            if len(word) > 1 and kind != "lot":
                found.setdefault(word, "label")
    return found


def _sizes(words_at: Iterable[tuple[str, str]]) -> dict[str, tuple[int, ...]]:
    """character → lengths of the words that begin (or end) with it, longest first."""
    found: dict[str, set[int]] = {}
    for char, word in words_at:
        if len(word) <= _LONGEST_CUE:
            found.setdefault(char, set()).add(len(word))
    return {char: tuple(sorted(sizes, reverse=True)) for char, sizes in found.items()}


@cache
def _before_sizes() -> dict[str, tuple[int, ...]]:
    return _sizes((word[-1], word) for word in _before())


@cache
def _after_sizes() -> dict[str, tuple[int, ...]]:
    return _sizes((word[0], word) for word in _after())


@cache
def title_heads() -> frozenset[str]:
    """First characters of titles."""
    return frozenset(word[0] for word in words("cues.tsv")["title_after"])


def left_of(text: str, at: int) -> Side:
    """The side before an offset."""
    end, gap = at, "none"
    while end > 0 and at - end < 8 and text[end - 1] in _GAP:
        end -= 1
    if at == 0 or text[at - 1] in "\n\r":
        return _side("edge", "")
    if end < at:
        gap = _gap(text[end:at])
        if end == 0 or text[end - 1] in "\n\r":
            return _side("edge" if gap in ("blank", "blanks") else gap, "line")
    last = text[end - 1]
    if not "\u3400" <= last <= "\u9fff":
        return _side("ascii" if end == at else gap, "digit" if last.isdecimal() else "other")
    for size in _before_sizes().get(last, ()):
        kind = _before().get(text[end - size : end]) if size <= end and (size > 1 or last not in _AGENT) else None
        if kind:
            return _side(gap, kind)
    if last in _PLACE_END and gap == "none":
        return _side(gap, "place")
    if last in _AGENT:
        return _side(gap, "agent")
    return _side(gap, "run" if _short_run(text, end) else "text")


def _short_run(text: str, end: int) -> bool:
    """Does a Chinese run of at most six characters end here, behind a mark or blank: the shape of a label?"""
    return end < 7 or _LONG_RUN.match(text, end - 7) is None


def _gap(between: str) -> str:
    marks = between.replace(" ", "").replace("\u3000", "")
    if not marks:
        return "blanks" if len(between) > 1 else "blank"
    return _KINDS.get(marks[-1], "mark")


def right_of(text: str, end: int) -> Side:
    """The side behind an offset."""
    if end >= len(text) or text[end] in "\n\r":
        return _side("edge", "")
    chinese = "\u3400" <= text[end] <= "\u9fff"
    if (not chinese or text[end] in _PERSONAL) and (_PERSON.match(text, end) or _KIN_OF.match(text, end)):
        return _side("none" if chinese else "mark", "person")
    at = end
    while at < len(text) and at - end < 4 and text[at] == " ":
        at += 1
    if at >= len(text) or text[at] in "\n\r":
        return _side("edge", "")
    first = text[at]
    if "\u3400" <= first <= "\u9fff":
        if first in _ACT and not "\u3400" <= text[at + 1 : at + 2] <= "\u9fff":
            return _side("none" if at == end else "blank", "act")
        gap = "none" if at == end else ("blank" if at - end == 1 else "blanks")
        for size in _after_sizes().get(first, ()):
            kind = _after().get(text[at : at + size])
            if kind:
                return _side(gap, kind)
        return _side(gap, "text")
    if first.isalnum():
        return _side("ascii" if at == end else "blank", "digit" if first.isdecimal() else "other")
    return _side(_KINDS.get(first, "mark"), "")
