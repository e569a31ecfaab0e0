"""Wording: one form for names and titles, and where one string holds several names."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlp import lexicons
from nlp.text import fold

_NUMBERING = re.compile(r"(?:^|(?<=[;,。\s]))\(?\d{1,2}[.、)](?!\d)")
_HARD = re.compile(r"[;。\n]|\+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff)])[.,](?=[\u4e00-\u9fff(])")
_SOFT = re.compile(r"[、,/]|并发|合并|伴有|伴|并|及|和|\s+|-(?=[\u4e00-\u9fff]{3})")
_OPERATION = re.compile(r"术$|切除|吻合|引流|修补|造口|造影|活检|置入|置换|清扫|成形|固定|松解|探查")
_QUOTES = str.maketrans("", "", "\"'“”")


@cache
def _rules(kind: str, name: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = (row for row in lexicons.rows("linking_wording") if row["kind"] in (kind, "any"))
    return tuple((re.compile(row["pattern"]), row["replacement"]) for row in rows if name or row["side"] == "both")


def plain(text: str) -> str:
    """The folded string without blanks and quotes."""
    return "".join(fold(text).translate(_QUOTES).split())


@lru_cache(maxsize=100_000)
def wording(text: str, kind: str, name: bool) -> str:
    """The common form of a name (``name``) or a title; ``kind`` is ``operation`` or ``diagnosis``. Never empty for a non-empty string."""
    result = plain(text)
    for pattern, replacement in _rules(kind, name):
        result = pattern.sub(replacement, result) or result
    return result


def kind_of(names: list[str]) -> str:
    """``operation`` when most titles of a table end like operations, else ``diagnosis``."""
    sample = names[:: max(1, len(names) // 500)]
    return "operation" if sum(bool(_OPERATION.search(name)) for name in sample) * 2 > len(sample) else "diagnosis"


def hard_parts(text: str) -> list[str]:
    """Parts that stand between marks which always separate names."""
    cleaned = _NUMBERING.sub(";", fold(text).translate(_QUOTES))
    return [part.strip(" ,、-:") for part in _HARD.split(cleaned) if part.strip(" ,、-:")]


def soft_parts(text: str) -> list[str]:
    """Parts between marks and words that may separate names; a caller judges whether they do."""
    parts = [part.strip() for part in _SOFT.split(text)]
    return [part for part in parts if len(part) >= 2]
