"""Wording: one form for names and titles, and where one string holds several names."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from nlp import lexicons
from nlp.linking.words import words
from nlp.text import fold

_NUMBERING = re.compile(r"(?:^|(?<=[;,。\s]))\(?\d{1,2}[.、)](?!\d)")
_HARD = re.compile(r"[;。\n]|\+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff)])[.,](?=[\u4e00-\u9fff(])")
_SOFT = re.compile(r"[、,/]|并发|合并|伴有|伴|并|及|和|\s+|-(?=[\u4e00-\u9fff]{3})")
_OPERATION = re.compile(r"术$|切除|吻合|引流|修补|造口|造影|活检|置入|置换|清扫|成形|固定|松解|探查")
_QUOTES = str.maketrans("", "", "\"'“”")


@cache
def _rules(kind: str, *sides: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = (row for row in lexicons.rows("linking_wording") if row["kind"] in (kind, "any"))
    return tuple((re.compile(row["pattern"]), row["replacement"]) for row in rows if row["side"] in sides)


def joined(text: str, kind: str) -> str:
    """The folded string in which operations that have one code together are written as one."""
    result = fold(text)
    for pattern, replacement in _rules(kind, "whole"):
        result = pattern.sub(replacement, result)
    return result


def plain(text: str) -> str:
    """The folded string without blanks and quotes."""
    return "".join(fold(text).translate(_QUOTES).split())


@lru_cache(maxsize=100_000)
def wording(text: str, kind: str, name: bool) -> str:
    """The common form of a name (``name``) or a title; ``kind`` is ``operation`` or ``diagnosis``. Never empty for a non-empty string."""
    result = plain(text)
    for pattern, replacement in _rules(kind, "both", "name" if name else "title"):
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


_ROUTE = re.compile(r"^(?:左侧?|右侧?|双侧?)?(?:3d|电视)?((?:腹腔镜|胸腔镜|宫腔镜|vats)(?:辅助)?下?)")
_ANY_ROUTE = re.compile(r"镜|经皮|开腹|开胸|剖腹|经腹|vats")


def inherited(first: str, part: str) -> str:
    """A later part of an operation string with the route of the first one, and its site when the part names none.

    ``腹腔镜下全子宫切除术+双侧输卵管切除术``: the second was done by laparoscope too; ``宫颈锥切术+成形术``: of the cervix.
    """
    if len(part) <= 5 and not words(part, "operation")[0]:
        sites = [site for site in words(first, "operation")[0] if site in first]
        part = min(sites, key=first.index) + part if sites else part
    route = _ROUTE.match(first)
    return route[1] + part if route and not _ANY_ROUTE.search(part) else part
