"""Wording: rewrites toward classification titles, and where one string holds several names."""

from __future__ import annotations

import re
from functools import cache

from nlp import lexicons
from nlp.text import fold

_NUMBERING = re.compile(r"(?:^|(?<=[;,。\s]))\(?\d{1,2}[.、)](?!\d)")
_HARD = re.compile(r"[;。\n]|\+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[.,](?=[\u4e00-\u9fff])")
_SOFT = re.compile(r"[、,/]|并发|合并|伴有|伴|并|及|和|\s+|-(?=[\u4e00-\u9fff]{3})")
_OPERATION = re.compile(r"术$|切除|吻合|引流|修补|造口|造影|活检|置入|置换|清扫|成形|固定|松解|探查")


@cache
def _rewrites(kind: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = lexicons.rows("linking_rewrites")
    return tuple((re.compile(row["pattern"]), row["replacement"]) for row in rows if row["kind"] in (kind, "any"))


@cache
def rewrite(text: str, kind: str) -> str:
    """The folded string in the wording of titles; ``kind`` is ``operation`` or ``diagnosis``."""
    result = fold(text)
    for pattern, replacement in _rewrites(kind):
        changed = pattern.sub(replacement, result)
        result = changed or result
    return result


def kind_of(names: list[str]) -> str:
    """``operation`` when most titles of a table end like operations, else ``diagnosis``."""
    sample = names[:: max(1, len(names) // 500)]
    return "operation" if sum(bool(_OPERATION.search(name)) for name in sample) * 2 > len(sample) else "diagnosis"


def hard_parts(text: str) -> list[str]:
    """Parts that stand between marks which always separate names."""
    cleaned = _NUMBERING.sub(";", fold(text))
    return [part.strip(" ,、-:") for part in _HARD.split(cleaned) if part.strip(" ,、-:")]


def soft_parts(text: str) -> list[str]:
    """Parts between marks and words that may separate names; a caller judges whether they do."""
    parts = [part.strip() for part in _SOFT.split(text)]
    return [part for part in parts if len(part) >= 2]
