"""Laboratory values in prose: CEA 12.3ng/ml, CA199 >1000, 血红蛋白: 118G/L, 白细胞 4.5×10^9/L, CA199149.1U/ML."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

from nlp.component import entity_component
from nlp.entities.lab_value import patterns
from nlp.entities.lab_value.model import LabValue
from nlp.facts.surface import mention, surface
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary
from warehouse import codes

ENGINE = "rule:lab_value@1"
_SKIP = {"ca", "k", "na", "cl", "p", "mg", "b", "t", "ph", "s", "ct", "tg", "fe", "pt", "ag", "gr", "cr"}
_ARROWS = {"↑": "H", "↑↑": "HH", "(↑)": "H", "↓": "L", "↓↓": "LL", "(↓)": "L", "h": "H"}
_OPERATORS = {
    "大于": ">",
    "高于": ">",
    "超过": ">",
    "小于": "<",
    "低于": "<",
    "≤": "<=",
    "≥": ">=",
    "&gt;": ">",
    "&lt;": "<",
    "&gt;=": ">=",
    "&lt;=": "<=",
}


@cache
def dictionary() -> Dictionary[codes.LabItem]:
    """Names of laboratory items; one- and two-letter names only count with a unit behind the value."""
    try:
        pairs = [(name, row) for row in codes.lab_items() for name in codes.names(row) if len(name) > 1]
        return Dictionary(pairs, shared=True)
    except FileNotFoundError:
        return Dictionary([])


def find(note: Note) -> list[Mention]:
    """Mentions of a name with its value."""
    text = surface(note)
    found: list[Mention] = []
    names = _names(text)
    for at, (start, end, row) in enumerate(names):
        if found and start < found[-1].end:
            continue
        if "分别" in text[end : end + 10] and (listed := _respectively(note, text, names[: at + 1])):
            found += listed
            continue
        if "/" in text[end : end + 3] and (listed := _paired(note, text, names[at : at + 4])):
            found += listed
            continue
        bracket = patterns.BRACKETED.match(text, end)
        each = patterns.EACH.match(text, end)
        lead = bracket or each
        stop = lead.end() if lead else end
        match = patterns.VALUE.match(text[stop : stop + 48])
        if match is None:
            continue
        listed_after = bool(found) and bool(patterns.SHORT_LISTED.fullmatch(text, found[-1].end, start))
        value = _value(note, text, (start, end, row), stop, match, listed=listed_after)
        if value is not None:
            if each or patterns.ABOUT.match(text[stop : stop + match.end("num")]):
                found += _of_each(note, text, names[: at + 1], value)
            found.append(mention(note, start, stop + match.end(), Label.LAB_VALUE, value, ENGINE))
            found += _continued(note, text, stop + match.end(), row, value)
    return found


Name = tuple[int, int, "codes.LabItem | None"]


def _respectively(note: Note, text: str, names: list[Name]) -> list[Mention]:
    """``CEA、CA199分别为3.2、45.1``: a value for each of the last names, in their order; none when the numbers don't fit."""
    match = patterns.RESPECTIVELY.match(text, names[-1][1])
    values = list(patterns.ONE_OF.finditer(match["values"])) if match else []
    chain = names[-len(values) :] if values else []
    linked = all(patterns.NAME_LINK.fullmatch(text, left[1], right[0]) for left, right in pairwise(chain))
    if match is None or len(chain) != len(values) or not linked:
        return []
    return _in_order(note, chain, values, match.start("values"), "")


def _of_each(note: Note, text: str, names: list[Name], value: LabValue) -> list[Mention]:
    """``ALT、AST约200``: the names right before in a list have the value too, those of items in the same unit."""
    found: list[Mention] = []
    for (start, end, row), (following, _, item) in zip(reversed(names[:-1]), reversed(names[1:]), strict=True):
        if not (row and item and row.unit == item.unit and patterns.ALL_LINK.fullmatch(text, end, following)):
            break
        one = replace(value, name_raw=note.text[start:end], code=row.code)
        found.insert(0, mention(note, start, end, Label.LAB_VALUE, one, ENGINE))
    return found


def _paired(note: Note, text: str, names: list[Name]) -> list[Mention]:
    """``ALT/AST 35/40``: as many values as names, each side parted by strokes; none when the numbers don't fit."""
    count = 1
    while count < len(names) and patterns.PAIR_LINK.fullmatch(text, names[count - 1][1], names[count][0]):
        count += 1
    match = patterns.PAIRED.match(text, names[count - 1][1]) if count > 1 else None
    values = list(patterns.ONE_OF_PAIR.finditer(match["values"])) if match else []
    if match is None or len(values) != count:
        return []
    unit = (match["unit"] or "").replace(" ", "").lstrip("x*×")
    *found, last = _in_order(note, names[:count], values, match.start("values"), unit)
    return [*found, mention(note, last.start, match.end(), Label.LAB_VALUE, last.value, ENGINE)]


def _in_order(note: Note, chain: list[Name], values: list[re.Match[str]], base: int, shared: str) -> list[Mention]:
    """A mention for each value, of the name with its number; ``shared`` is the unit of those without one."""
    found = []
    for (start, end, row), one in zip(chain, values, strict=True):
        number, unit = float(one["num"]), (one["unit"] or shared).replace(" ", "")
        canonical, standard = _canonical(row, number, unit)
        value = LabValue(note.text[start:end], row.code if row else "", number, one["op"] or "=", unit, one["num"],
                         canonical_unit=standard, canonical_value=canonical)  # fmt: skip
        found.append(mention(note, base + one.start(), base + one.end(), Label.LAB_VALUE, value, ENGINE))
    return found


def _continued(note: Note, text: str, at: int, row: codes.LabItem | None, first: LabValue) -> list[Mention]:
    """Later values of the same item in a list."""
    found: list[Mention] = []
    if earlier := patterns.EARLIER.match(text, at):
        found.append(_again(note, 0, earlier, row, first))
        at = earlier.end()
    while match := patterns.CONTINUED.match(text[at : at + 40]):
        found.append(_again(note, at, match, row, first))
        at += match.end()
    return found


def _again(note: Note, base: int, match: re.Match[str], row: codes.LabItem | None, first: LabValue) -> Mention:
    """Another value of the same item, in the unit of the first where it has none."""
    number, unit = float(match["num"]), (match["unit"] or first.unit_raw).replace(" ", "")
    canonical, standard = _canonical(row, number, unit)
    value = replace(first, value_num=number, operator="=", unit_raw=unit, value_raw=match["num"], flag=None,
                    canonical_unit=standard, canonical_value=canonical)  # fmt: skip
    return mention(note, base + match.start("num"), base + match.end(), Label.LAB_VALUE, value, ENGINE)


def _names(text: str) -> list[Name]:
    spans: dict[int, Name] = {}
    for hit in dictionary().find(text):
        if not patterns.PART_OF_NAME.match(text, hit.start):
            spans[hit.start] = (hit.start, hit.end, hit.payload)
    for match in patterns.LETTERS.finditer(text) if spans else ():
        percent = "%" if patterns.SHARE.match(text, match.end()) else ""
        row = _item(patterns.LETTER_ITEMS[match.group() + (percent if match.group() == "n" else "")])
        spans.setdefault(match.start(), (match.start(), match.end(), row))
    for match in patterns.ALBUMIN_GLOBULIN.finditer(text) if "/" in text else ():
        for group, name in (("a", "ALB"), ("g", "GLB")):
            spans[match.start(group)] = (*match.span(group), _item(name))
    for match in patterns.TUMOUR_MARKER.finditer(text):
        known = spans.get(match.start())
        if known is None or known[1] != match.end():
            row = _item(match.group())
            spans[match.start()] = (match.start(), match.end(), row or (known[2] if known else None))
    return [spans[key] for key in sorted(spans)]


def _item(name: str) -> codes.LabItem | None:
    try:
        return codes.lookup("lab_items", name) or codes.lookup("lab_items", re.sub(r"[\s._-]", "", name))
    except FileNotFoundError:
        return None


def _value(
    note: Note,
    text: str,
    named: Name,
    end: int,
    match: re.Match[str],
    *,
    listed: bool,
) -> LabValue | None:
    name, row = text[named[0] : named[1]], named[2]
    unit = (match["unit"] or "").replace(" ", "")
    power = (match["pow"] or "").replace(" ", "")
    count = row is not None and row.code in patterns.BLOOD_COUNTS
    counted = count and patterns.COUNTED.match(text, end + match.end())
    if count and not unit and patterns.TRANSFUSED.match(text, end + match.end()):
        return None
    if row is not None and unit == "%" and row.code in patterns.SHARE_OF:
        row = codes.lookup("lab_items", patterns.SHARE_OF[row.code])
    if not counted and _is_no_value(text, end + match.end(), "" if listed else name, unit, power):
        return None
    number = float(match["num"])
    raw = note.text[end + match.start("num") : end + match.end("num")]
    operator = (match["op"] or "=").strip()
    full = f"{power.lstrip('x*×')}{unit}" if power else unit
    canonical, standard = _canonical(row, number, full)
    return LabValue(note.text[named[0] : named[1]], row.code if row else "", number, _OPERATORS.get(operator, operator), full, raw,
                    flag=_ARROWS.get(match["arrow"] or ""), canonical_unit=standard, canonical_value=canonical)  # fmt: skip


def _is_no_value(text: str, stop: int, name: str, unit: str, power: str) -> bool:
    """A date, a dose, a stain or a count of something else behind the name."""
    if patterns.GLUED_DATE.match(text, stop):
        return name in _SKIP and not (unit or power)
    after = text[stop : stop + 3]
    if after[:1] in ("年", "月", "日", "次", "天", "周", "-", "/", "±", "期", "岁", "+", "度", "级", "°") and not unit:
        return True
    if name in _SKIP and not (unit or power):
        return True
    if not unit and (patterns.STAINED.match(text, stop) or re.match("[+-]", after)):
        return True
    return bool(re.match(r"\.?\d|组|个|枚|外显子|号|mg|片|支|ml|单位", after)) and not unit


def _canonical(row: codes.LabItem | None, number: float, unit: str) -> tuple[float | None, str]:
    if row is None:
        return None, ""
    written = _unit_key(unit)
    if not written or written == _unit_key(row.unit):
        return number, row.unit
    factor = next((factor for raw, factor in row.conversions if _unit_key(raw) == written), None)
    if factor is None:
        known = codes.lookup("units", unit)
        factor = 1.0 if known is not None and known.ucum == row.unit else None
    return (round(number * factor, 6), row.unit) if factor is not None else (None, patterns.UNIT_FORMS.get(unit, unit))


def _unit_key(unit: str) -> str:
    return (
        unit.lower()
        .replace("μ", "u")
        .replace("*", "")
        .replace("x", "")
        .replace("^", "")
        .replace("[", "")
        .replace("]", "")
        .replace(" ", "")
    )


component = entity_component("oncorwe_lab_value", find)
