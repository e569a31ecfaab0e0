"""Metastases by site: ``双肺转移``, ``肝内数枚结节，考虑转移瘤``, ``转移至脑``, ``右腋窝、内乳淋巴结转移``."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from nlp.component import entity_component
from nlp.entities.metastasis import patterns
from nlp.entities.metastasis.lists import merged
from nlp.entities.metastasis.model import MetastasisValue
from nlp.facts.sites import laterality, locate, node_pattern, scanner, site_pattern
from nlp.facts.surface import mention, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:metastasis@1"
_REACH = 110
_GAP = 46
Span = tuple[int, int]


@cache
def _expression() -> re.Pattern[str]:
    return scanner(rf"({node_pattern()})|({site_pattern()})")


def find(note: Note) -> list[Mention]:
    """One mention a site; several sites before one 转移 are taken apart, lymph node regions stay together."""
    text = surface(note)
    found: list[Mention] = []
    done = 0
    for match in patterns.TRIGGER.finditer(text):
        if not _is_spread(text, match):
            continue
        spans = _sites_of(text, match, done)
        certainty = _certainty(text, match, spans, _segment(text, match, 0))
        for start, end in spans:
            value = _value(note, text, start, end, certainty)
            if value is not None and match.group() in ("种植", "播散") and _IN_BELLY.search(text, start, end):
                value = replace(value, site_code="PERITONEUM")
            if value is not None and "癌" in text[end : match.start()] and not value.confirmed_by:
                value = replace(value, confirmed_by="PATH")
            if value is not None:
                found.append(mention(note, start, end, Label.METASTASIS, value, ENGINE))
        done = match.end() if spans else done
    return found


def _is_spread(text: str, match: re.Match[str]) -> bool:
    """Has a tumour spread? A recurrence must be one in the nodes, 播散 none of an infection."""
    if match.group() == "复发":
        return bool(patterns.NODES_RECUR.search(text, max(0, match.start() - 20), match.start()))
    return match.group() != "播散" or not patterns.INFECTION.search(text, max(0, match.start() - 34), match.start())


_IN_BELLY = re.compile(r"[肠胃膀胱]|子宫|附件|盆|膈|阑尾|网膜|系膜|窝|陷凹")
"""Where a deposit lies on the peritoneum."""


def _segment(text: str, match: re.Match[str], done: int) -> int:
    """Where the sentence, list item or line of a 转移 begins, at most ``_REACH`` characters before it."""
    low = max(0, match.start() - _REACH)
    starts = [low, done if done > low else low]
    starts += [cut.end() for cut in patterns.SEGMENT_START.finditer(text, low, match.start())]
    return max(starts)


def _sites_of(text: str, match: re.Match[str], done: int) -> list[Span]:
    segment = _segment(text, match, done)
    return (
        _around(text, segment, match)
        or _backward(text, segment, match.start())
        or _forward(text, match)
        or _of_specimen(text, match)
    )


_FITS = re.compile(r"(?:符合|考虑为?|提示)[^,;。]{1,10}癌$")


def _of_specimen(text: str, match: re.Match[str]) -> list[Span]:
    """``右卵巢…镜检为中分化腺癌，符合胃腺癌转移``: the specimen that the sentence is about is the site."""
    fits = _FITS.search(text, max(0, match.start() - 16), match.start())
    if fits is None:
        return []
    low = _segment(text, match, 0)
    spans = [m.span() for m in _expression().finditer(text, low, fits.start()) if m.group().strip()]
    return [span for span in spans if not _is_primary(text, span)][-1:]


def _around(text: str, segment: int, match: re.Match[str]) -> list[Span]:
    """``内乳、腋窝转移性淋巴结``: the word stands inside the expression for the nodes."""
    if not _NODES_AFTER.match(text, match.end()):
        return []
    spans = (m.span() for m in _nodes().finditer(text, segment, match.end() + 12))
    return [span for span in spans if span[0] < match.start() and span[1] > match.end()]


_NODES_AFTER = re.compile(r"性?(?:肿大)?淋巴结")


@cache
def _nodes() -> re.Pattern[str]:
    return scanner(node_pattern())


def _forward(text: str, match: re.Match[str]) -> list[Span]:
    """Sites after the word: 转移至脑, 转移灶位于肝脏, 转移性淋巴结."""
    tail = text[match.end() : match.end() + 40]
    lead = re.match(r"(?:至|到|于|入|(?:灶|瘤)?(?:位于|\()|性(?=[^,;。]{0,6}淋巴结))", tail)
    if lead is None:
        return []
    return _group(
        [(m.start() + match.end(), m.end() + match.end()) for m in _expression().finditer(tail)],
        text,
        match.end() + lead.end(),
    )


def _group(spans: list[Span], text: str, at: int) -> list[Span]:
    taken: list[Span] = []
    for start, end in spans:
        if not patterns.JOIN.match(text[at:start]):
            break
        taken.append((start, end))
        at = end
    return taken


def _backward(text: str, segment: int, end: int) -> list[Span]:
    if text[end - 1 : end] in "癌织":
        spread = patterns.TYPE_BEFORE.search(text, max(segment, end - 20), end)
        end = spread.start() if spread else end
    spans = [m.span() for m in _expression().finditer(text, segment, end) if m.group().strip()]
    spans = [_bare(text, span) for span in spans if not _is_primary(text, span)]
    if not spans:
        return []
    gap = (
        patterns.FLUID.sub("", text[spans[-1][1] : end])
        if "膜" in text[slice(*spans[-1])]
        else text[spans[-1][1] : end]
    )
    if len(gap) > _GAP or patterns.BREAK.search(gap):
        return []
    taken = [spans[-1]]
    for span in reversed(spans[:-1]):
        between = text[span[1] : taken[0][0]]
        if not _joins(between):
            break
        taken.insert(0, span)
    if len(taken) > 1 and text[slice(*taken[-1])] == "骨" and taken[-2][1] == taken[-1][0]:
        taken.pop()  # T11骨转移: the bone has been named
    taken = merged(text, taken, segment)
    taken = [(at + (text[at] in "及和与、"), last) for at, last in taken]
    return _listed_before(text, taken[0], spans, segment) if len(taken) == 1 else taken


def _listed_before(text: str, bare: Span, spans: list[Span], segment: int) -> list[Span]:
    """``第3腰椎、右坐骨浓聚,考虑骨转移``: the list that the bare organ sums up."""
    fuller = _fuller(text, bare, spans)
    taken = [fuller]
    for span in reversed(spans[: spans.index(fuller)] if fuller != bare else []):
        if not _joins(text[span[1] : taken[0][0]]):
            break
        taken.insert(0, span)
    return merged(text, taken, segment)


def _fuller(text: str, bare: Span, spans: list[Span]) -> Span:
    """``双肺多发结节,考虑肺转移``: the bare organ is the site named before with more words."""
    words = text[bare[0] : bare[1]]
    if words not in ("肺", "骨", "肝", "脑", "胸膜", "淋巴结"):
        return bare
    at = next((number for number, span in enumerate(spans) if span[1] == bare[1]), 0)
    before = spans[at - 1] if at else bare
    named = text[before[0] : before[1]]
    same = named.endswith("淋巴结") if words == "淋巴结" else "淋巴" not in named and _code(named) == _code(words)
    return before if same and patterns.SAID_BEFORE.match(text[before[1] : bare[0]]) else bare


def _code(words: str) -> str:
    site = locate(words)
    return site.metastasis if site else ""


def _joins(between: str) -> bool:
    return bool(
        patterns.JOIN.match(
            re.sub(
                r"^\)|\($|小?结节灶?|[前后左右侧]{0,2}壁|顶部?|表面|浆膜面?|病灶|种植|转移瘤?|肿大|多发|溶骨性|骨质破坏|[(][^)]*[)]",
                "",
                between,
            )
        )
    )


def _bare(text: str, span: Span) -> Span:
    """Without the words that count rather than place: 部分椎体, 多发骨, 内右侧髂骨."""
    start, end = span
    if text[max(0, start - 1) : start + 1] in patterns.NOT_PLACE:
        start += 1
    start += text[start] in "及和与见" and end - start > 2
    lead = patterns.QUANTITY.match(text[start:end])
    end -= bool(patterns.INSIDE.search(text[start:end]))
    return (start + lead.end(), end) if lead else (start, end)


def _is_primary(text: str, span: Span) -> bool:
    after = text[span[1] : span[1] + 14]
    if patterns.INVADED_BEFORE.search(text[max(0, span[0] - 6) : span[0]]):
        return True
    if "淋巴" in text[slice(*span)] and patterns.SAMPLED.match(after):
        return False
    return bool(patterns.PRIMARY_AFTER.match(after) or patterns.TREATMENT_AFTER.match(after))


def _certainty(text: str, match: re.Match[str], spans: list[Span], segment: int) -> str:
    start = spans[0][0] if spans else match.start()
    before = text[max(min(segment, start), start - 24) : match.start()]
    after = text[match.end() : match.end() + 14]
    if patterns.NEGATED.search(before) or patterns.PLANNED.search(before) or patterns.NEGATED_AFTER.match(after):
        return "NEGATED"
    between = text[spans[-1][1] if spans else match.start() : match.start()]
    near = text[max(0, start - 8) : start] + between + re.split(r"[,;。、\s]", after)[0]
    return "SUSPECTED" if patterns.UNCERTAIN.search(near) else "CONFIRMED"


_LABEL = re.compile(r"(?:[(<\"\[]|&lt;)(?P<station>[^()<>\"\[\],;。&]{1,12}(?:[组站区侧旁周弯]))(?:[)>\"\]]|&gt;)$")
"""Right before the bare word for nodes: the stations in brackets or quotation marks (``<7、8组>淋巴结``)."""


def _value(note: Note, text: str, start: int, end: int, certainty: str) -> MetastasisValue | None:
    label = _LABEL.search(text, max(0, start - 22), start) if text.startswith("淋巴", start) else None
    station = slice(*label.span("station")) if label else slice(start, start)
    words = text[station] + text[start:end]
    if "淋巴" in words:
        code = "LN_REGIONAL" if not distant(words) else "LN_DISTANT"
    else:
        site = locate(words.partition("及附件")[0])
        code = site.metastasis if site else "OTHER"
        code = "LIVER" if _is_liver_segment(text, start, end) else code
    confirmed = "PATH" if patterns.CONFIRMED_WORDS.search(text[max(0, start - 30) : start]) else None
    return MetastasisValue(
        note.text[station] + note.text[start:end],
        code,
        laterality(words),
        certainty,
        confirmed,
        "多发" in text[start : end + 4],
    )


_SEGMENT_ALONE = re.compile(r"s[1-8](?:[、,/~-]s?[1-8])*段?")
_NOT_BONE = re.compile(r"[^,;。椎骨]{0,8}(?:结节|低密度|占位|强化|肿块|病灶)")


def _is_liver_segment(text: str, start: int, end: int) -> bool:
    """``S5新见结节`` in a note that speaks of the liver is a segment of it, not the sacrum."""
    return bool(
        _SEGMENT_ALONE.fullmatch(text, start, end)
        and _NOT_BONE.match(text, end)
        and "肝" in text[max(0, start - 400) : start]
    )


def distant(words: str) -> bool:
    """Regions that are distant for most solid tumours; the tumour type may correct it in the derivation."""
    return bool(re.search(r"锁骨?上|颈|腹膜后|主动脉旁|腹股沟|对侧|双锁", words))


component = entity_component("oncorwe_metastasis", find)
