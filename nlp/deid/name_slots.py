"""Names by their place: what stands in a list of names, or behind the label that named a person elsewhere in the note, is a name too.

Words that are names as well (成功, 向导, 任重) can be told apart by nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from nlp.deid.model import Candidate
from nlp.deid.name_forms import surname_at
from nlp.deid.scan import occurrences

_TITLE = r"(?:副?主任|主治|住院|主管)?(?:医师|医生|护师|护士长|护士|药师|技师|教授|主任|主治)"
_SPLIT = re.compile(rf"(?:{_TITLE})?\s{{0,2}}[、/]\s{{0,2}}")
_SPLIT_END = re.compile(r"\s{0,2}[、/]\s{0,2}$")
_ITEM = re.compile(r"[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff])")
_TITLED_ITEM = re.compile(rf"[\u3400-\u9fff]{{2,4}}?(?={_TITLE})")
_ACTING = re.compile(
    r"[\u3400-\u9fff]{2,3}?(?=商[议量]|[一共]同|均|都|陪[同护]|到场|签字|在场|要求|表示|查房|参加|讨论)"
)
_HEAD = re.compile(r"[\u3400-\u9fff]{2,6}")
_CLAUSE = re.compile(r"[^，,;；。\n　]{3,12}")
_BEFORE = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,4}$")
_LABEL = re.compile(r"([\u3400-\u9fff]{1,6})([ :：=]{0,3})$")
_LABEL_MARKS = frozenset(" :：=")
AMID = "amid names"
"""Cue of an item with a name on both sides: so sure that a protected word may be one."""
_PRIORITY = 45


def in_slots(text: str, names: list[Candidate]) -> list[Candidate]:
    """Names that only their neighbours give away; ``names`` are those found so far."""
    ends = {c.end: c for c in names}
    starts = {c.start: c for c in names}
    found = [*_beside(text, starts, ends), *_same_label(text, names, starts), *_row(text, names)]
    return list(dict.fromkeys(found))


def _beside(text: str, starts: dict[int, Candidate], ends: dict[int, Candidate]) -> Iterator[Candidate]:
    """A/B, A、B: an item of two or three characters beside a name, both ends free."""
    for end in ends:
        step = _SPLIT.match(text, end)
        if step and step.end() not in starts:
            for item in _item(text, step.end(), "list"):
                onward = _SPLIT.match(text, item.end)
                last = step.group().strip() == "/" and text[item.end : item.end + 1] in ("", "\n")
                amid = (onward is not None and onward.end() in starts) or last
                yield item._replace(cue=AMID) if amid else item
    for start in starts:
        left = text[max(0, start - 8) : start]
        split = _SPLIT_END.search(left)
        before = _BEFORE.search(left[: split.start()]) if split else None
        if before:
            yield from _item(text, start - len(left) + before.start(), "list")


def _item(text: str, at: int, cue: str) -> Iterator[Candidate]:
    item = _TITLED_ITEM.match(text, at) or _ACTING.match(text, at) or _ITEM.match(text, at)
    surname = surname_at(text, at)
    if item and surname and 1 <= len(item.group()) - len(surname) <= 2:
        yield Candidate(at, item.end(), "NAME", "name.slot", cue, _PRIORITY)


def _same_label(text: str, names: list[Candidate], starts: dict[int, Candidate]) -> Iterator[Candidate]:
    """What stands behind a label as the name behind the same label did (给药 …)."""
    marked = (name.start for name in names if text[name.start - 1 : name.start] in _LABEL_MARKS)
    before = (_LABEL.search(text[max(0, start - 9) : start]) for start in marked)
    labels = {found[0] for found in before if found and found[2] and len(found[1]) > 1}
    for label in labels:
        for end in (at + len(label) for at in occurrences(text, label)):
            if end not in starts:
                yield from _item(text, end, label.strip(" :：="))


def _row(text: str, names: list[Candidate]) -> Iterator[Candidate]:
    """定位李红，计划王强，验证向导: a short clause whose neighbours on both sides, or two on one side, end in names."""
    ends = {c.end: c for c in names}
    spans = [m.span() for m in _CLAUSE.finditer(text)] if len(ends) > 1 else []
    named = {i for i, (s, e) in enumerate(spans) if e in ends and s < ends[e].start <= s + 6}
    beside = Counter(i + n for i in named for n in (-2, -1, 1, 2) if _near(spans, i, i + n))
    for i in sorted(i for i, count in beside.items() if count >= 2 and i not in named):
        start, end = spans[i]
        if "\u3400" <= text[end - 1] <= "\u9fff":
            yield from _tail(text, start, end)


def _near(spans: list[tuple[int, int]], one: int, other: int) -> bool:
    """Is there such another clause, and does it begin within a line of this one?"""
    return 0 <= other < len(spans) and abs(spans[other][0] - spans[one][0]) < 30


def _tail(text: str, start: int, end: int) -> Iterator[Candidate]:
    """The last two or three characters of a clause when they open with a family name and a label is left before them."""
    for size in (3, 2):
        at = end - size
        head = text[start:at].strip(" :：")
        if at - start >= 2 and surname_at(text, at) and _HEAD.fullmatch(head):
            yield Candidate(at, end, "NAME", "name.slot", head, _PRIORITY)
            return
