"""The note as the matchers of facts read it: one-to-one folded text, and small tools over its offsets.

Everything here keeps the length of the text, so an offset in the surface is an offset in the note.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from nlp.model import Label, Mention, Note
from nlp.text import OneToOne, fold

_PUNCTUATION = {
    "，": ",", "；": ";", "：": ":", "（": "(", "）": ")", "【": "[", "】": "]", "［": "[", "］": "]",
    "＋": "+", "－": "-", "—": "-", "–": "-", "−": "-", "‐": "-", "×": "x", "✕": "x", "╳": "x", "＊": "*", "∗": "*",
    "％": "%", "～": "~", "∼": "~", "〜": "~", "／": "/", "＝": "=", "＜": "<", "＞": ">", "≦": "≤", "≧": "≥",
    "＂": '"', "“": '"', "”": '"', "。": "。", "？": "?", "！": "!", "º": "°", "˚": "°", "㎜": "㎜", "\u3000": " ",
    "\xa0": " ", "\t": " ", "〔": "(", "〕": ")", "﹢": "+", "﹣": "-", "﹝": "(", "﹞": ")", "ｘ": "x",
}  # fmt: skip


def _fold_table() -> dict[int, str]:
    table = {ord(key): value for key, value in _PUNCTUATION.items()}
    for point in range(0xFF01, 0xFF5F):
        table.setdefault(point, chr(point - 0xFEE0).lower())
    table.update({point: chr(point + 32) for point in range(ord("A"), ord("Z") + 1)})
    return table


_FOLDING = OneToOne(_fold_table())
_CLAUSE_END = re.compile(r"[,;。!?\n.]")
_SENTENCE_END = re.compile(r"[。;!?\n]")
_QUOTED = re.compile(r'(?<=[因以断诊为示患])"[^"。\n]{1,80}"')
"""Items in quotation marks (``因"1.盆腔包块;2.糖尿病"行…``): a semicolon between them ends no sentence."""


@lru_cache(maxsize=8)
def fold_surface(norm: str) -> str:
    """Lower case ASCII, half width, Chinese punctuation as its ASCII twin; same length as ``norm``."""
    return _FOLDING.apply(norm)


@lru_cache(maxsize=4096)
def fold_words(words: str) -> str:
    """A few words of a note as its surface has them."""
    return _FOLDING.apply(fold(words))


def surface(note: Note) -> str:
    """The surface of a note (cached: all matchers of one note share it)."""
    return fold_surface(note.norm or note.text)


@lru_cache(maxsize=8)
def _clause_starts(text: str) -> tuple[int, ...]:
    ends = [match.end() for match in _CLAUSE_END.finditer(text)]
    return (0, *(end for end in ends if text[end - 1] != "." or not _in_number(text, end - 1)))


def _in_number(text: str, at: int) -> bool:
    """Has the point at an offset a digit on either side?"""
    return text[at - 1 : at].isdecimal() or text[at + 1 : at + 2].isdecimal()


@lru_cache(maxsize=8)
def _sentence_starts(text: str) -> tuple[int, ...]:
    items = [match.span() for match in _QUOTED.finditer(text)] if '"' in text else []
    quoted = {at for low, high in items for at in range(low, high)}
    return (0, *(match.end() for match in _SENTENCE_END.finditer(text) if match.start() not in quoted))


def clause_span(text: str, at: int) -> tuple[int, int]:
    """Bounds of the clause (between , ; 。 and the like) around an offset."""
    return _span(_clause_starts(text), text, at)


def sentence_span(text: str, at: int) -> tuple[int, int]:
    """Bounds of the sentence (between 。 ; and line ends) around an offset."""
    return _span(_sentence_starts(text), text, at)


def _span(starts: tuple[int, ...], text: str, at: int) -> tuple[int, int]:
    index = bisect_right(starts, at)
    end = starts[index] if index < len(starts) else len(text)
    return starts[index - 1], end


def mention(note: Note, start: int, end: int, label: Label, value: object, engine: str) -> Mention:
    """A mention of ``note.text[start:end]`` that carries its typed value."""
    return Mention(start=start, end=end, label=label, text=note.text[start:end], engine=engine, value=value)


class Occupied:
    """Which characters of a text are taken by a mention (constant time per character, however many mentions)."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length + 1)

    def free(self, start: int, end: int) -> bool:
        """Is no character of the span taken?"""
        return not any(self._taken[start:end])

    def take(self, mentions: list[Mention]) -> None:
        """Mark the spans of mentions."""
        for one in mentions:
            self._taken[one.start : one.end] = b"\1" * (one.end - one.start)


_CN_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "双": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}


def chinese_int(text: str) -> int | None:
    """``十二`` -> 12, ``3`` -> 3, ``二十`` -> 20; None when it is no number below 1000."""
    if text.isdigit():
        return int(text)
    total, current = 0, 0
    for char in text:
        if char in _CN_DIGITS:
            current = _CN_DIGITS[char]
        elif char == "十":
            total, current = total + (current or 1) * 10, 0
        elif char == "百":
            total, current = total + (current or 1) * 100, 0
        else:
            return None
    return total + current


_ROMAN = {"ⅳ": "IV", "Ⅳ": "IV", "ⅲ": "III", "Ⅲ": "III", "ⅱ": "II", "Ⅱ": "II", "ⅰ": "I", "Ⅰ": "I", "Ⅴ": "V", "ⅴ": "V"}
_ROMAN_ASCII = {"i": "I", "ii": "II", "iii": "III", "iv": "IV", "v": "V", "1": "I", "2": "II", "3": "III", "4": "IV", "5": "V",
                "一": "I", "二": "II", "三": "III", "四": "IV", "0": "0", "l": "I", "ll": "II", "lll": "III", "lv": "IV"}  # fmt: skip
_ROMAN_VALUE = {"0": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}


def roman(text: str) -> str | None:
    """``Ⅲ``, ``iii``, ``3``, ``三``, ``lll`` (a typing slip) -> ``III``."""
    joined = "".join(_ROMAN.get(char, char) for char in text.strip())
    if joined.isupper() and joined.isascii():
        return joined if joined in _ROMAN_VALUE else _ROMAN_ASCII.get(joined.lower())
    return _ROMAN_ASCII.get(joined.lower())


def roman_int(text: str) -> int | None:
    """Value 0-5 of a grade or stage number in any writing."""
    value = roman(text)
    return None if value is None else _ROMAN_VALUE.get(value)
