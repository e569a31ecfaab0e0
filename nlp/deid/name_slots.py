"""Names by their place: what stands in a list of names, or behind the label that named a person elsewhere in the note, is a name too.

Words that are names as well (成功, 向导, 任重) can be told apart by nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.deid.model import Candidate
from nlp.deid.name_forms import surname_at
from nlp.deid.scan import occurrences

_TITLE = r"(?:副?主任|主治|住院|主管)?(?:医师|医生|护师|护士长|护士|药师|技师|教授|主任|主治)"
_SPLIT = re.compile(rf"(?:{_TITLE})?\s{{0,2}}[、/]\s{{0,2}}")
_ITEM = re.compile(r"[\u3400-\u9fff]{2,4}(?![\u3400-\u9fff])")
_TITLED_ITEM = re.compile(rf"[\u3400-\u9fff]{{2,4}}?(?={_TITLE})")
_ACTING = re.compile(
    r"[\u3400-\u9fff]{2,3}?(?=商[议量]|[一共]同|均|都|陪[同护]|到场|签字|在场|要求|表示|查房|参加|讨论)"
)
_BEFORE = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff]{2,4}$")
_LABEL = re.compile(r"([\u3400-\u9fff]{1,6})([ :：=]{0,3})$")
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
        bare = re.sub(r"\s{0,2}[、/]\s{0,2}$", "", left)
        before = _BEFORE.search(bare) if bare != left else None
        if before:
            yield from _item(text, start - len(left) + before.start(), "list")


def _item(text: str, at: int, cue: str) -> Iterator[Candidate]:
    item = _TITLED_ITEM.match(text, at) or _ACTING.match(text, at) or _ITEM.match(text, at)
    surname = surname_at(text, at)
    if item and surname and 1 <= len(item.group()) - len(surname) <= 2:
        yield Candidate(at, item.end(), "NAME", "name.slot", cue, _PRIORITY)


def _same_label(text: str, names: list[Candidate], starts: dict[int, Candidate]) -> Iterator[Candidate]:
    """What stands behind a label as the name behind the same label did (给药 …)."""
    before = (_LABEL.search(text[max(0, name.start - 9) : name.start]) for name in names)
    labels = {found[0] for found in before if found and found[2] and len(found[1]) > 1}
    for label in labels:
        for end in (at + len(label) for at in occurrences(text, label)):
            if end not in starts:
                yield from _item(text, end, label.strip(" :：="))


def _row(text: str, names: list[Candidate]) -> Iterator[Candidate]:
    """定位李红，计划王强，验证向导: a short clause whose neighbours on both sides, or two on one side, end in names."""
    ends = {c.end: c for c in names}
    clauses = (
        [(m.start(), m.end()) for m in re.finditer(r"[^，,;；。\n　]{3,12}|[，,;；]", text)] if len(ends) > 1 else []
    )
    spans = [(s, e) for s, e in clauses if e - s > 1]
    named = [e in ends and ends[e].start - s <= 6 and ends[e].start > s for s, e in spans]
    for i, (start, end) in enumerate(spans):
        near = [
            j
            for j in (i - 2, i - 1, i + 1, i + 2)
            if 0 <= j < len(spans) and named[j] and abs(spans[j][0] - start) < 30
        ]
        if not named[i] and len(near) >= 2 and "\u3400" <= text[end - 1] <= "\u9fff":
            yield from _tail(text, start, end)


def _tail(text: str, start: int, end: int) -> Iterator[Candidate]:
    """The last two or three characters of a clause when they open with a family name and a label is left before them."""
    for size in (3, 2):
        at = end - size
        head = text[start:at].strip(" :：")
        if at - start >= 2 and surname_at(text, at) and re.fullmatch(r"[\u3400-\u9fff]{2,6}", head):
            yield Candidate(at, end, "NAME", "name.slot", head, _PRIORITY)
            return
