"""Candidates and dates out of the tagger's probabilities: stretches of characters for words, whole numerals for dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp.deid.date_context import is_lasting
from nlp.deid.date_forms import UNIT_AFTER
from nlp.deid.date_reading import Found, read, valid
from nlp.deid.dates import timed
from nlp.deid.model import Candidate
from nlp.deid.name_forms import no_persons, surname_at
from nlp.deid.name_words import word_share
from nlp.deid.numbers import kept_back
from nlp.deid.ordinary import any_of, brands, clinical, coded
from nlp.deid.tagger import TAGS
from nlp.network import Array

_WORDS, _DATE, _NUMBER = slice(1, 5), TAGS.index("DATE"), TAGS.index("NUMBER")
_DOUBT, _SURE, _SURE_NUMERAL, _SURE_CRUMB, _SURE_WORD = 0.15, 0.4, 0.6, 0.9, 0.95
"""Probability from which a character belongs to a stretch, and mean from which a stretch or a numeral is taken."""
_SURE_DAY = 0.2
"""The same for a numeral written as a day is, if not as a fraction: its form is half the proof."""
_EVERYDAY, _RARE = -14.5, -99.0
"""Logarithm of the share of a word from which it is an everyday one."""
_COUNTED_BY = "次周程期个天日站组肋腰趾指掌跖年月版节段批轮例位"
_PART = re.compile(r"[^、，；;]+")
_MASKED = re.compile(r"(?:\*|某医?)(?:[一二三四五六七八九十]|总|健|医|卫生)?院\Z")
"""A mask before the end of a hospital's name."""
_TERM = 3
"""Characters from which a clinical term is no name; shorter ones are names too."""
_LONGEST_TERM = 8
PRIORITY = 20
"""Below every rule: what a rule found keeps its label."""
_NUMERAL = re.compile(r"[A-Za-z0-9_]+(?:[-./:\\年月日号][A-Za-z0-9]+)*[年月日号]?")
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9_])[a-z]{2,12}(?:_[a-z]{0,8})?\d{0,4}(?![A-Za-z0-9_])")
"""An account of a member of staff: to the network its letters are a name and its digits a number (linf06)."""
_WORD = re.compile(r"[\u3400-\u9fffA-Za-z]")
_LATIN = re.compile(r"[A-Za-z][A-Za-z]")
_EDGE = re.compile(r"\W|_")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
_VALUE = re.compile(
    r"\d{1,3}\.\d{1,2}(?:[-~]\d{1,3}\.\d{1,2})?月?|\d{1,2}(?:[-/]\d{1,2}){1,3}|M\d{4}/\d|[A-Z]\d\d\.[0-9xX]\w{0,4}|\d\d\.\d{2,4}|(?:19|20)?\d\d年|Lot.*"
)
_GROUPS = re.compile(r"\d(?:[\d ]{0,22}\d)? $")
"""Earlier groups of digits of one number (28647 28 237388)."""
_UNITS = frozenset("℃%％次分")
_PADDED = re.compile(r"0\d[-/][0-3]\d|1[0-2]-0\d")
"""No range is written with zeros in front."""
_CYCLE = re.compile(r"[Cc]\d{1,2}\s?$")
_NUMBERED = re.compile(r"(?:手术)?[间台室楼门厅线管针刀床机窗诊]|(?:化疗|治疗)?方案")
"""What has a number and is no day (2号手术间)."""
_YEARS = re.compile(r"[0-3]?\d年\d{1,2}月")
_NAMED = re.compile(r"-(?![至今现目])['DN\u3400-\u9fff]|'-|基因|\(OH")
"""What goes on behind the number in the name of a substance or a test (5-氟尿嘧啶, 21基因)."""
_RATIO, _AMONG = re.compile(r"[A-Za-zκλ]/[A-Za-zκλ]{1,4}\s?$"), re.compile(r"[、,，]\s?\d{2,4}(?!\d|[./月-]\d)")
"""The name of a ratio before its value; a next value in a list of values."""
_NODES = re.compile(r"\s?(?:见癌|可?见?转移|阳性|枚|淋巴|LN|\+)")
_COUNTED = re.compile(r"(?:每|近|约|共|第|图|[Nn]o\.?\d{1,2}\s?)$")
_FORMER, _TUMOUR = re.compile(r"\d[→↑↓]$"), re.compile(r"癌[，,、 ]?$")
"""Before a value that followed another, and before a count of nodes."""
_PLACED = re.compile(r"\s?[床号室房楼栋幢层组]")
_LEAST_DIGITS, _SURE_FEW = 4, 0.9
_HELD = re.compile(
    r"(?P<y>(?:19|20)\d\d|(?<!\d)\d\d(?=年))[-./年](?P<m>\d{1,2})(?:[-./月](?P<d>\d{1,2})(?!\d?月))?[月日号]?"
)
_ITEM = re.compile(r"\d{1,2}\.(?=(?:19|20)\d\d[-./年]|(?:0\d|1[0-2])-[0-3]\d$)")
"""The number of an item glued to a date."""
_FORMS = tuple(
    (rule, re.compile(form))
    for rule, form in (
        ("date.ymd_num", r"(?P<y>(?:19|20)?\d\d)[-./年](?P<m>\d{1,2})[-./月](?P<d>\d{1,2})[日号]?"),
        ("date.ym_num", r"(?P<y>(?:19|20)\d\d)[-./年](?P<m>\d{1,2})月?"),
        ("date.md_num", r"(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?"),
        ("date.md_num", r"(?P<m>\d{1,2})[-./](?P<d>\d{1,2})"),  # 3-5日 is a range
        ("date.day", r"(?P<d>\d{1,2})[日号]"),
    )
)


def added(
    text: str, odds: Array, found: list[Candidate], days: list[Found], blocked: Set[int] = frozenset()
) -> tuple[list[Candidate], list[Found]]:
    """What the network adds to the candidates and the dates of the rules, the dates of both in order.

    ``odds`` are the probabilities of the folded text, characters × ``TAGS``; ``blocked`` the offsets inside protected terms.
    """
    free = np.ones(len(text), bool)
    for start, end in [(c.start, c.end) for c in found] + [(d.start, d.end) for d in days]:
        free[start:end] = False
    more, seen = _numerals(text, odds, free)
    return more + _stretches(text, odds, free, blocked), _merged(text, days, seen)


def _merged(text: str, days: list[Found], seen: list[Found]) -> list[Found]:
    """All dates in order, those that the network saw with their clock times."""
    if not seen:
        return days
    starts = sorted(f.start for f in (*days, *seen))
    return sorted(days + [timed(text, f, next((s for s in starts if s > f.start), len(text))) for f in seen])


def _stretches(text: str, odds: Array, free: npt.NDArray[Any], blocked: Set[int]) -> list[Candidate]:
    """Names, bodies and places; of a stretch that a rule found in part the whole, for the rest to keep the rule's company."""
    inside = odds[:, _WORDS].sum(1)
    out = []
    for start, end in _listed(text, _runs(inside, free)):
        start, end = _before_term(text, *_trimmed(text, start, end))
        rest = sum(place not in blocked for place in range(start, end))
        if not rest or (rest == 1 < end - start and not surname_at(text, start)):
            continue  # a protected term, with one character more than it has
        if (
            _is_somebody(text, start, end)
            and not _is_term(text, start, end, odds)
            and not _is_doubtful(text, start, free[start:end], inside[start:end])
        ):
            label = TAGS[1 + int(odds[start:end, _WORDS].sum(0).argmax())]
            out.append(Candidate(start, end, label, "network", "", PRIORITY))
    return out


def _is_term(text: str, start: int, end: int, odds: Array) -> bool:
    """Is what is read as a body or a place a clinical term or the rest of a mask? Short terms are names of persons too."""
    if TAGS[1 + int(odds[start:end, _WORDS].sum(0).argmax())] == "NAME":
        return text[start:end] in clinical() and not surname_at(text, start)
    return text[start:end] in clinical() or _MASKED.search(text, max(0, start - 2), end) is not None


def _listed(text: str, runs: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Stretches cut where a list goes on (严迪、丹红)."""
    return (m.span() for start, end in runs for m in _PART.finditer(text, start, end))


def _runs(inside: Array, free: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Stretches that are likely enough as a whole and hold a character that no rule found."""
    likely = np.flatnonzero(inside >= _DOUBT).tolist()
    if not likely:
        return
    odds, new = inside.tolist(), free.tolist()
    start = likely[0]
    for at, following in zip(likely, [*likely[1:], -1], strict=True):
        if following != at + 1:
            if any(new[start : at + 1]) and sum(odds[start : at + 1]) >= _SURE * (at + 1 - start):
                yield start, at + 1
            start = following


@cache
def _nobody() -> re.Pattern[str]:
    """A body or a person without a name: 于当地医院, 超声诊断中心, 教授, 某中医院; what a mask left (于***医院); a number that is also a family name (第五次)."""
    body, part = any_of("keep.tsv", "generic"), any_of("visits.tsv", "ending_generic")
    return re.compile(
        rf"[于在至到遂就诊往来]{{0,2}}(?:{body})|(?:{part}){{0,3}}(?:中心|科|室)|(?:{any_of('cues.tsv', 'title_after')})"
        rf"|某[\u3400-\u9fff]{{0,4}}(?:[院所站厂]|公司|学校)|[于在至到]?\*+[\u3400-\u9fff]{{0,3}}|第五[{_COUNTED_BY}]?"
    )


def _is_somebody(text: str, start: int, end: int) -> bool:
    if (start and _LATIN.match(text, start - 1, end)) or _LATIN.match(text, end - 1, end + 1):
        return False  # a piece of a word in Latin letters (NGS)
    word = text[start:end]
    if (
        word.upper() in coded()
        or (len(word) >= _TERM and word in clinical())
        or word in brands()
        or word in no_persons()
    ):
        return False
    return start < end and _WORD.search(text, start, end) is not None and _nobody().fullmatch(text, start, end) is None


def _is_doubtful(text: str, start: int, free: npt.NDArray[Any], inside: Array) -> bool:
    """Is what no rule found nothing, or a single character (often an edge seen one too far) or an everyday word beside a span, and not quite sure?"""
    new = np.flatnonzero(free)
    if not new.size:
        return True
    word = text[start + new[0] : start + new[-1] + 1]
    if len(word) == 1:
        return float(inside[new[0]]) < _SURE_CRUMB
    return (
        len(word) < len(free) and word_share().get(word, _RARE) > _EVERYDAY and float(inside[free].mean()) < _SURE_WORD
    )


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and _EDGE.match(text[start]):
        start += 1
    while end > start and _EDGE.match(text[end - 1]):
        end -= 1
    return start, end


def _before_term(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch without the beginning of a clinical term that goes on behind it (沧东肾|造瘘); empty when a longer term holds all of it."""
    for at in range(max(0, start - _LONGEST_TERM), end):
        longest = next(
            (n for n in range(_LONGEST_TERM, _TERM - 1, -1) if at + n >= end and text[at : at + n] in clinical()), 0
        )
        if longest and at <= start:
            return start, start
        if longest and at + longest > end:
            return start, at
    return start, end


def _numerals(text: str, odds: Array, free: npt.NDArray[Any]) -> tuple[list[Candidate], list[Found]]:
    """Numbers, dates that no form reads, and dates."""
    marked = np.where(free, odds[:, _DATE] + odds[:, _NUMBER], 0.0)
    for account in _ACCOUNT.finditer(text):
        place = slice(account.start(), account.end())
        marked[place] = np.where(free[place], 1 - odds[place, 0], 0.0)
    numbers: list[Candidate] = []
    days: list[Found] = []
    end = 0
    for at in np.flatnonzero(marked >= _SURE_DAY).tolist():
        match = _numeral_at(text, at) if at >= end else None
        if match is None:
            continue
        end = match.end()
        part = slice(match.start(), end)
        sure = float(marked[part].mean())
        if (
            not free[part].all()
            or sure < _SURE_DAY
            or _CLOCK.fullmatch(match.group())
            or match.group().upper() in coded()
        ):
            continue
        if _lasts(text, match):
            continue
        if odds[part, _DATE].sum() >= odds[part, _WORDS].sum() + odds[part, _NUMBER].sum():
            read_days, unread = _days(text, match, sure)
            days += read_days
            numbers += unread
        elif sure >= _SURE_NUMERAL and not _is_value(text, match, sure):
            numbers.append(Candidate(part.start, end, _kind(match.group()), "network", "", PRIORITY))
    return numbers, days


def _lasts(text: str, match: re.Match[str]) -> bool:
    """Is the numeral a length of time?"""
    left, right = text[max(0, match.start() - 6) : match.start()], text[match.end() : match.end() + 8]
    return _YEARS.fullmatch(match.group()) is not None and is_lasting(left, right)


def _numeral_at(text: str, at: int) -> re.Match[str] | None:
    """The numeral over a character."""
    return next((m for m in _NUMERAL.finditer(text, max(0, at - 40), at + 40) if m.end() > at), None)


def _days(text: str, match: re.Match[str], sure: float) -> tuple[list[Found], list[Candidate]]:
    """The date that a numeral is, or the full one that it holds (60IU/L2016-12-26); one that the calendar does not know, to be masked."""
    item = _ITEM.match(text, match.start(), match.end())
    for rule, form in _FORMS:
        whole = form.fullmatch(text, item.end() if item else match.start(), match.end())
        if whole and valid(found := read(whole, rule)) and found.month != 0 and found.day != 0:
            counted = rule == "date.day" and _NUMBERED.match(text, whole.end()) is not None
            return ([found] if not counted and (rule != "date.md_num" or _is_day(text, whole, sure)) else []), []
    held = _HELD.search(text, match.start(), match.end()) if sure >= _SURE_NUMERAL else None
    if held and valid(found := read(held, "date.ymd_num")):
        return [found], []
    return [], [Candidate(*held.span(), "DATE", "network", "unparsable", PRIORITY, "[日期]")] if held else []


def _is_day(text: str, pair: re.Match[str], sure: float) -> bool:
    """A fraction counts nodes, unless it stands behind the number of a cycle (C2 6/30)."""
    whole = "/" not in pair.group() or _CYCLE.search(text, max(0, pair.start() - 5), pair.start()) is not None
    padded = sure >= _SURE_NUMERAL and _PADDED.fullmatch(pair.group()) is not None
    return (whole or sure >= _SURE_NUMERAL) and (padded or not _is_range(text, pair))


def _is_range(text: str, pair: re.Match[str]) -> bool:
    """Is a month and a day rather a range or a fraction: a unit or nodes behind it, a word that counts before it?"""
    left = text[max(0, pair.start() - 8) : pair.start()]
    if "." in pair.group() and (_FORMER.search(left) or _RATIO.search(left) or _AMONG.match(text, pair.end())):
        return True
    if _NAMED.match(text, pair.end()) or ("/" in pair.group() and _TUMOUR.search(left)):
        return True
    if UNIT_AFTER.match(text, pair.end()) or _COUNTED.search(text, max(0, pair.start() - 4), pair.start()):
        return True
    return "/" in pair.group() and _NODES.match(text, pair.end()) is not None


def _is_value(text: str, match: re.Match[str], sure: float) -> bool:
    """Is the numeral written as measured values, lots and codes of diseases are?"""
    group = _GROUPS.search(text, max(0, match.start() - 24), match.start())
    if (
        kept_back(text, group.start() if group else match.start(), match.end())
        or _VALUE.fullmatch(match.group())
        or text[match.end() : match.end() + 1] in _UNITS
    ):
        return True
    few = sum(c.isdecimal() for c in match.group()) < _LEAST_DIGITS
    return few and sure < _SURE_FEW and not _PLACED.match(text, match.end())


def _kind(numeral: str) -> str:
    digits = re.sub(r"\D", "", numeral)
    return "PHONE" if len(digits) == 11 and digits[0] == "1" else "RECORD_NO"
