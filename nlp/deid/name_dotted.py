"""Names in parts joined by dots (阿依古丽·买买提): where they begin and end in running text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.deid.lexicon import surname_weight
from nlp.deid.name_context import left_of, right_of
from nlp.deid.name_forms import chars, part_words
from nlp.deid.name_words import best_reading
from nlp.deid.ordinary import clinical
from nlp.deid.scan import Hit

_DOTTED = re.compile(r"[\u3400-\u9fff]{1,10}(?:·[\u3400-\u9fff]{1,10}){1,4}")
_INSIDE, _OUTSIDE = -4.6, -9.0
"""Logarithms of the share of a character that transcribed names use, and of any other, within such a name."""
_CUE = 4.0
"""What a cue word at the cut is worth."""
_NO_NAME = ("科", "室", "组", "区", "院", "中心", "基因", "公司")
"""Ends of what stands behind a dot and is no name (随访群·胃肠外科)."""
_CALLS = frozenset(("relation", "named", "label", "before", "title"))
_ACTS = frozenset(("verb", "title", "label", "act"))


def _share(part: str) -> float:
    foreign = chars("foreign")
    return sum(_INSIDE if c in foreign else _OUTSIDE for c in part)


def _cut_left(part: str) -> int:
    """Where the first part of the name begins behind words; a part of nothing but transcribing characters is whole."""
    if all(c in chars("foreign") for c in part):
        return 0
    for at in range(1, len(part)):
        if all(c in chars("foreign") for c in part[at:]) and left_of(part, at).word in _CALLS:
            return at
    options = (
        (best_reading(part[:at]) + _share(part[at:]) + _CUE * (at > 0 and left_of(part, at).word in _CALLS), -at)
        for at in range(max(1, len(part) - 1))
    )
    return -max(options)[1]


def _cut_right(part: str) -> int:
    """Where the last part of the name ends before words; a usual part is never cut, nor one to a single character."""
    known = max((len(p) for p in part_words() if part.startswith(p)), default=0)
    if known:
        return known + len(part[known:]) - len(part[known:].lstrip("".join(chars("foreign"))))
    if all(c in chars("foreign") for c in part):
        return len(part)
    options = (
        (_share(part[:end]) + best_reading(part[end:]) + _CUE * (right_of(part, end).word in _ACTS), end)
        for end in range(min(2, len(part)), len(part) + 1)
    )
    return max(options)[1]


def dotted_names(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every name in parts; words before and behind it are left out."""
    for match in _DOTTED.finditer(text) if "·" in text else ():
        first, *rest, last = match.group().split("·")
        if last.endswith(_NO_NAME) or first.endswith(_NO_NAME[-3:]) or first in clinical():
            continue
        start = match.start() + _cut_left(first)
        end = match.end() - len(last) + _cut_right(last)
        vietnamese = first[-2:] in surname_weight() and len(first[-2:]) == 2
        if end - start >= 4 and not vietnamese:
            yield start, end
        elif first[-2:] in surname_weight() and len(last) >= 2 and not rest:
            yield match.end() - len(last) - 3, match.end() - len(last) + 2
        elif first[-1:] in surname_weight() and len(last) == 2 and not rest:
            yield match.end() - len(last) - 2, match.end()


def joined_names(text: str, parts: list[Hit]) -> Iterator[tuple[int, int]]:
    """Names of peoples who use no family name, written without a dot: two or more of their usual parts (次仁旺堆), or one of three or
    more characters between a person's cue and a mark or title (病人巴特尔教授)."""
    hits = {(h.start, h.end) for h in parts}
    ends_at: dict[int, int] = {}
    for start, end in sorted(hits, reverse=True):
        ends_at[start] = max(ends_at.get(start, 0), ends_at.get(end, end))
    taken = -1
    for start, end in sorted(ends_at.items()):
        if start < taken:
            continue
        whole = (start, end) in hits
        if not whole or (end - start >= 3 and _alone(text, start, end)):
            taken = end
            yield start, end


def _alone(text: str, start: int, end: int) -> bool:
    """Does the single part stand where a person does?"""
    left, right = left_of(text, start), right_of(text, end)
    if right.word == "title":
        return True
    return (left.gap != "none" or left.word in _CALLS or left.word == "agent") and (
        right.gap != "none" or right.word in _ACTS
    )
