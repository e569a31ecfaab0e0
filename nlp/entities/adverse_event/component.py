"""Toxicities with grade: 骨髓抑制Ⅲ度, II度白细胞下降, 胃肠道反应I°, 化疗后出现手足麻木."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from nlp import lexicons
from nlp.component import entity_component
from nlp.entities.adverse_event import patterns
from nlp.entities.adverse_event.model import AdverseEventValue
from nlp.facts.surface import clause_span, mention, roman_int, sentence_span, surface
from nlp.model import Label, Mention, Note
from nlp.text import Dictionary, Match
from warehouse import codes

ENGINE = "rule:adverse_event@1"
_LONGEST_LIST = 8


@cache
def dictionary() -> Dictionary[tuple[str, str | None, bool]]:
    """Term to (CTCAE name, system organ class, immune-related)."""
    pairs: list[tuple[str, tuple[str, str | None, bool]]] = []
    try:
        rows = codes.ae_terms()
    except FileNotFoundError:
        rows = ()
    for row in rows:
        pairs += [(name, (row.ae_term, row.soc, row.is_irae)) for name in codes.names(row) if len(name) > 1]
    known = {row.ae_term: (row.ae_term, row.soc, row.is_irae) for row in rows}
    pairs += [(term, known.get(name, (name, None, False))) for term, name in patterns.terms().items()]
    exchanged = [(other, value) for term, value in pairs for other in _exchanged(term)]
    return Dictionary([*exchanged, *pairs], shared=True)


def _exchanged(term: str) -> list[str]:
    """``白细胞下降`` with a direction that a writer exchanged: the term can still mean nothing else."""
    if not term.endswith(("下降", "低下")):
        return []
    swaps = [(row["one"], row["other"]) for row in lexicons.rows("opposites")]
    others = [other for one, other in (*swaps, *((b, a) for a, b in swaps)) if one == "下"]
    return [f"{term[:-2]}{term[-2:].replace('下', other)}" for other in others]


def find(note: Note) -> list[Mention]:
    """A term counts with a grade beside it, or in a sentence that speaks of treatment."""
    text = surface(note)
    found = _changed(note, text)
    taken = {one.start for one in found}
    hits = [hit for hit in dictionary().find(text) if hit.start not in taken]
    for index, hit in enumerate(hits):
        shared = _end_of_list(text, hits, index)
        value, start, end = _value(note, text, hit.start, hit.end, hit.payload, shared)
        if value is None or (found and start < found[-1].end <= end):
            continue
        found.append(mention(note, start, end, Label.ADVERSE_EVENT, value, ENGINE))
    return found


def _changed(note: Note, text: str) -> list[Mention]:
    """``胆红素2度升高``: the grade stands between what was measured and its change."""
    found = []
    for match in patterns.CHANGED.finditer(text):
        what = patterns.ABBREVIATED.get(match["what"], match["what"])
        change = match["change"].replace("减低", "减少") or ("减少" if patterns.LOW.search(what) else "升高")
        known = dictionary().find(what + change)
        grade = roman_int(match["n"])
        if known and grade is not None:
            term, soc, irae = known[0].payload
            raw = note.text[match.start() : match.end()]
            value = AdverseEventValue(term, raw, soc, grade, True, "UNK", irae)
            found.append(mention(note, match.start(), match.end(), Label.ADVERSE_EVENT, value, ENGINE))
    return found


def _end_of_list(text: str, hits: Sequence[Match[tuple[str, str | None, bool]]], index: int) -> int:
    """In ``恶心、呕吐II度`` the grade behind the last term is that of all: where the list of terms ends."""
    end = hits[index].end
    for one in hits[index + 1 : index + _LONGEST_LIST]:
        if text[end : one.start] not in ("、", "及", "和", "/", "伴"):
            break
        end = one.end
    return end


def _value(
    note: Note, text: str, start: int, end: int, payload: tuple[str, str | None, bool], shared: int
) -> tuple[AdverseEventValue | None, int, int]:
    grade, numbered, low, high = _grade(text, start, end)
    if not numbered and shared > end and (common := patterns.AFTER.match(text[shared : shared + 20])):
        grade, numbered = roman_int(common["m"] or common["n"] or common["g"]), True
    sentence = sentence_span(text, start)
    before = text[max(sentence[0], start - 60) : start]
    clause = text[clause_span(text, start)[0] : start]
    if text[start:end] in patterns.OFTEN_NOT_TOXIC and not patterns.CONTEXT.search(before):
        return None, start, end
    if not numbered and (
        patterns.NEGATED.search(clause) or not patterns.CONTEXT.search(before) or text[start:end] in patterns.MILD_ONLY
    ):
        return None, start, end
    after = text[end : min(sentence[1], end + 40)]
    term, soc, irae = payload
    value = AdverseEventValue(
        term=term, raw=note.text[start:end], soc=soc, grade=grade, graded_by_number=numbered,
        attribution="RT" if patterns.RADIATION.search(text[start:end]) else "DRUG" if "化疗" in before or "药" in before else "UNK",
        irae=irae or bool(patterns.IRAE.search(text[max(0, start - 4) : end])),
        action=next((name for pattern, name in patterns.ACTIONS if pattern.search(after)), None),
        outcome="RECOVERED" if patterns.RECOVERED.search(after) else None,
    )  # fmt: skip
    return value, low, high


def _grade(text: str, start: int, end: int) -> tuple[int | None, bool, int, int]:
    """The grade, whether it is a number (not 轻度), and the span with it."""
    after = patterns.AFTER.match(text[end : end + 20])
    if after:
        return roman_int(after["m"] or after["n"] or after["g"]), True, start, end + after.end()
    offset = max(0, start - 10)
    before = patterns.BEFORE.search(text[offset:start])
    if before:
        return roman_int(before["m"] or before["n"] or before["g"]), True, offset + before.start(), end
    word = patterns.WORD_BEFORE.search(text[offset:start]) or patterns.WORD_AFTER.match(text[end : end + 6])
    return (patterns.WORD_GRADES[word["w"]] if word else None), False, start, end


component = entity_component("oncorwe_adverse_event", find)
