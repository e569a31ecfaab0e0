"""Regimens: XELOX方案, R-CHOP, 奥沙利铂135mg d1+口服希罗达1.5g d1-14, 培美曲塞联合卡铂, 替吉奥单药; with cycles and line."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache

from nlp.component import entity_component
from nlp.entities.regimen import patterns
from nlp.entities.regimen.drugs import drug_spans
from nlp.entities.regimen.model import DrugSpan, RegimenValue
from nlp.facts.surface import mention, sentence_span, surface
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, number
from warehouse import codes

ENGINE = "rule:regimen@1"


@cache
def _aliases() -> Dictionary[codes.Regimen]:
    """Latin names of regimens (names made of drug names are read as drugs)."""
    pairs = []
    for row in codes.regimens():
        for name in codes.names(row):
            plain = name.removesuffix("方案")
            if re.fullmatch(r"[A-Za-z0-9+\-/→ ]{2,14}", plain) and plain.lower() not in patterns.NEVER_ALIAS:
                pairs.append((plain, row))
    return Dictionary([*pairs, *_mistyped(pairs)], shared=True)


def _mistyped(pairs: list[tuple[str, codes.Regimen]]) -> list[tuple[str, codes.Regimen]]:
    """Typing slips of the names that are often mistyped, with the m before and the number behind; none that is a name itself."""
    known = {name.lower() for name, _ in pairs}
    written = [(match, row) for name, row in pairs if (match := patterns.WRITTEN_AS.fullmatch(name))]
    slips = [
        (match["before"] + slip + match["after"], row)
        for match, row in written
        for slip in sorted(patterns.slips(match["name"]))
    ]
    return [(slip, row) for slip, row in slips if slip not in known]


@cache
def _namesakes() -> dict[str, tuple[codes.Regimen, ...]]:
    """Regimens that share an alias: EC is epirubicin in the breast, etoposide in the lung."""
    sharing: dict[str, dict[str, codes.Regimen]] = {}
    for row in codes.regimens():
        for name in codes.names(row):
            plain = re.sub(r"\([^)]*\)$", "", name).removesuffix("方案").lower()
            sharing.setdefault(plain, {})[row.regimen] = row
    return {name: tuple(rows.values()) for name, rows in sharing.items() if len(rows) > 1}


def _fitting(alias: str, first: codes.Regimen, text: str) -> codes.Regimen:
    """Of the regimens with a name, the one given for a tumour that the note speaks of."""
    others = _namesakes().get(alias, ())
    candidates = (first, *(row for row in others if row.regimen != first.regimen))
    return next((row for row in candidates if others and _speaks_of(text, tuple(row.tumours))), first)


@lru_cache(maxsize=64)
def _speaks_of(text: str, tumours: tuple[str, ...]) -> bool:
    plain = text.replace("非小细胞", "非小")
    rows = [row for row in codes.tumour_types() if row.tumour_code in tumours]
    return any(name.lower().replace("非小细胞", "非小") in plain for row in rows for name in codes.names(row))


def find(note: Note) -> list[Mention]:
    """Named regimens and combinations of drugs, by position."""
    text = surface(note)
    named = _named(note, text)
    combined = _combined(note, text, named)
    unknown = _unknown(note, text, [*named, *combined]) if "方案" in text else []
    return sorted([*named, *combined, *unknown], key=lambda one: one.start)


def _unknown(note: Note, text: str, known: list[Mention]) -> list[Mention]:
    """``K2方案化疗4程``: a regimen by a name that no table has."""
    plans = [one.start() for one in patterns.PLAN.finditer(text)]
    spans = [one.span() for at in plans if (one := patterns.UNKNOWN_ALIAS.search(text, max(0, at - 10), at))]
    taken = [(one.start, one.end) for one in known] + [(one.start, one.end) for one in drug_spans(text)]
    return [
        mention(
            note, start, end, Label.REGIMEN, RegimenValue(note.text[start:end], (), _cycles(text, start, end)), ENGINE,
        )
        for start, end in spans
        if not any(low < end and start < high for low, high in taken)
    ]  # fmt: skip


def _named(note: Note, text: str) -> list[Mention]:
    found = []
    for hit in _aliases().find(text):
        before, after = text[max(0, hit.start - 10) : hit.start], text[hit.end : hit.end + 22]
        if patterns.INTO_CAVITY.search(before) and text[hit.start : hit.end] == "ip":
            continue
        if _is_drug(text, hit.start, hit.end) and not _speaks_of(text, tuple(hit.payload.tumours)):
            continue
        short = hit.end - hit.start <= 3
        spelled, stop = _spelled_out(text, hit.end)
        there = (
            patterns.CONTEXT_SHORT.match(after)
            if short
            else patterns.ALIAS_CONTEXT_AFTER.match(after)
            or patterns.ALIAS_CONTEXT_BEFORE.search(before)
            or patterns.ADDED_BEFORE.search(before)
        )
        both = patterns.ALIAS_CONTEXT_AFTER.match(after) and patterns.ALIAS_CONTEXT_BEFORE.search(before)
        if not (there or spelled or (short and both) or _stands_alone(before, after, hit.end - hit.start)):
            continue
        end, added, tail = _with_added(text, hit.end)
        named = _fitting(text[hit.start : hit.end], hit.payload, text)
        start, earlier = _added_before(text, hit.start)
        drugs = tuple(dict.fromkeys(spelled if len(spelled) > 1 else (*earlier, *named.drugs, *added)))
        cycles = _cycles(text, hit.start, end, tail) or (_cycles(text, hit.start, stop) if spelled else None)
        value = RegimenValue(note.text[start:end], drugs, cycles, _line(text, start))
        found.append(mention(note, start, end, Label.REGIMEN, value, ENGINE))
    return found


def _stands_alone(before: str, after: str, length: int) -> bool:
    """A name without a word of treatment behind it, which the words before make a regimen."""
    began = length > 2 and patterns.DATED_BEFORE.search(before)
    return after[:1] in (",", ";", "。", ")", "") and bool(began or patterns.NAMED_BEFORE.search(before))


def _is_drug(text: str, start: int, end: int) -> bool:
    """Is the name (THP) also a drug's?"""
    spans = drug_spans(text)
    at = bisect_left(spans, start, key=lambda one: one.start)
    return at < len(spans) and (spans[at].start, spans[at].end) == (start, end)


def _spelled_out(text: str, end: int) -> tuple[list[str], int]:
    """``TC方案(多西他赛+卡铂)``: the drugs that the bracket behind a name lists are the regimen's; the end of the bracket."""
    bracket = patterns.BRACKET.match(text, end)
    if bracket is None:
        return [], end
    spans = drug_spans(text)
    at = bisect_left(spans, bracket.start("quoted" if bracket["quoted"] else "list"), key=lambda one: one.start)
    inside = [one.inn for one in spans[at : at + 8] if one.end <= bracket.end() and _is_part(one)]
    return (inside, bracket.end()) if inside else ([], end)


def _is_part(one: DrugSpan) -> bool:
    return one.antineoplastic or one.inn in ("leucovorin", "levoleucovorin", "prednisone", "dexamethasone")


def _with_added(text: str, end: int) -> tuple[int, list[str], int]:
    """``SOX+曲妥珠单抗440mg``: a drug added to a named regimen; the end of its name, the drug, the end of its dose."""
    spans = drug_spans(text)
    at = bisect_left(spans, end, key=lambda one: one.start)
    for one in spans[at : at + 1]:
        if end < one.start <= end + 3 and text[end : one.start].strip() in ("+", "联合"):
            return one.end, [one.inn], one.tail
    return end, [], end


def _added_before(text: str, start: int) -> tuple[int, list[str]]:
    """``曲妥珠单抗+SOX``: a drug written before a named regimen; where it begins."""
    spans = drug_spans(text)
    at = bisect_left(spans, start, key=lambda one: one.start) - 1
    one = spans[at] if at >= 0 else None
    if one is not None and one.antineoplastic and text[one.end : start].strip() in ("+", "联合"):
        return one.start, [one.inn]
    return start, []


def _combined(note: Note, text: str, named: list[Mention]) -> list[Mention]:
    found = []
    starts = [one.start for one in named]
    for group in _groups(text):
        start, end = group[0].start, max(group[-1].end, group[-1].tail)
        alone = len(group) == 1
        if alone and not _is_regimen_alone(text, group[0]):
            continue
        near = named[bisect_left(starts, start - 60) : bisect_left(starts, end + 13)]
        own = alone and patterns.OWN_COURSE.match(text[group[0].end : group[0].end + 8])
        if any(_told(text, one, group, bool(own)) or _in_bracket(text, one, end) for one in near):
            continue
        alias = "+".join(
            {one.inn: note.text[one.start : one.end] for one in reversed(group)}[inn] for inn in _inns(group)
        )
        cycles = _cycles(text, start, end, group[-1].end)
        length = patterns.OWN_LENGTH.match(text, group[0].end) if alone and not cycles else None
        cycles = cycles or (_count(length["n"]) if length else None)
        value = RegimenValue(alias, _inns(group), cycles, _line(text, start))
        stop = end if end <= len(note.text) else len(note.text)
        found.append(mention(note, start, len(note.text[:stop].rstrip(" ,、\"'")), Label.REGIMEN, value, ENGINE))
    return found


def _inns(group: list[DrugSpan]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.inn for one in group))


def _is_regimen_alone(text: str, one: DrugSpan) -> bool:
    """``替吉奥单药``, ``维持方案：替雷利珠单抗``: words that make a regimen of one drug."""
    after, before = text[one.end : one.end + 40], text[max(0, one.start - 14) : one.start]
    if patterns.OWN_LENGTH.match(text, one.end) or patterns.CYCLES_AT.match(text, one.tail):
        return True
    return bool(patterns.SINGLE_AFTER.match(after) or patterns.SINGLE_BEFORE.search(before))


def _told(text: str, named: Mention, group: list[DrugSpan], own: bool) -> bool:
    """Does a named regimen beside a list of drugs stand for them? For a course of its own only where the two overlap."""
    start = group[0].start
    if own or patterns.COURSE_BETWEEN.search(text, group[-1].end, named.start):
        return named.start < group[0].end and start < named.end
    return start <= named.end + 24 and _same(named.value, group)


def _in_bracket(text: str, named: Mention, end: int) -> bool:
    """``TC(紫杉醇180mg+卡铂0.4)``: the drugs in the bracket right behind a name are its own."""
    bracket = patterns.OWN_BRACKET.match(text, named.end)
    return bracket is not None and end <= bracket.end()


def _same(value: RegimenValue, group: list[DrugSpan]) -> bool:
    return bool(set(value.drugs) & {one.inn for one in group})


def _groups(text: str) -> list[list[DrugSpan]]:
    """Antineoplastic drugs (and folinate) that stand in one list."""
    groups: list[list[DrugSpan]] = []
    for one in drug_spans(text):
        if not one.antineoplastic and not (
            groups and _linked(text, groups[-1][-1], one) and ("folin" in one.inn or "leucovorin" in one.inn)
        ):
            continue
        if patterns.NOT_ADDED.search(text[max(0, one.start - 6) : one.start]):
            continue
        if groups and _linked(text, groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _linked(text: str, left: DrugSpan, right: DrugSpan) -> bool:
    gap = text[left.end : right.start]
    if len(gap) > 44 or re.search(r"[。;]|化疗|方案|改|后|期间|;|过敏|周期|疗程|\d\s?程", gap):
        return False
    rest = patterns.BETWEEN.sub("", gap)
    return (
        bool(patterns.JOINER.search(gap)) and len(re.sub(r"[+、/及和与&,\"'\s]|联合|加|序贯|静脉|注射", "", rest)) <= 3
    )


def _cycles(text: str, start: int, *ends: int) -> int | None:
    """Cycles behind the first of the places that have them, else before the name."""
    for end in ends:
        after = patterns.CYCLES_AFTER.match(text[end : end + 34])
        if after:
            return _count(after["n"] or after["times"])
    low = sentence_span(text, start)[0]
    before = patterns.CYCLES_BEFORE.search(text[max(low, start - 36) : start])
    return _count(before["n"] or before["m"] or before["k"]) if before else None


def _count(words: str) -> int | None:
    value = number(words)
    return int(value) if value is not None and 1 <= value <= 60 else None


def _line(text: str, start: int) -> int | None:
    found = list(patterns.LINE.finditer(text, max(0, start - 14), start))
    return _count(found[-1]["n"]) if found else None


component = entity_component("oncorwe_regimen", find)
