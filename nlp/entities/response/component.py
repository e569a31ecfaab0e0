"""Response: 疗效评价PR, 评效SD, 部分缓解, 病情进展, 术后复发, 病灶较前缩小."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.component import entity_component
from nlp.entities.response import patterns
from nlp.entities.response.model import ResponseValue
from nlp.facts.surface import mention, sentence_span, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:response@1"


def find(note: Note) -> list[Mention]:
    """Verdicts first; a lesion's change counts where its sentence holds no verdict."""
    text = surface(note)
    found = [
        mention(note, start, end, Label.RESPONSE, _value(text, start, end, code, 1.0), ENGINE)
        for start, end, code in _verdicts(text)
    ]
    taken = {sentence_span(text, one.start) for one in found}
    for match in _changes(text):
        if sentence_span(text, match.start()) in taken:
            continue
        taken.add(sentence_span(text, match.start()))
        code = next(key for key, words in patterns.CHANGE_CODE.items() if any(word in match["word"] for word in words))
        found.append(
            mention(
                note,
                match.start(),
                match.end(),
                Label.RESPONSE,
                _value(text, match.start(), match.start(), code, 0.5),
                ENGINE,
            )
        )
    return sorted(found, key=lambda one: one.start)


def _changes(text: str) -> Iterator[re.Match[str]]:
    """Changes of a lesion with 较前 and the like, else without where the sentence tells of an examination done again."""
    if any(word in text for word in patterns.CHANGE_CUE):
        yield from patterns.CHANGE.finditer(text)
    for match in patterns.CHANGE_SHORT.finditer(text) if any(word in text for word in patterns.SHORT_CUE) else ():
        low = sentence_span(text, match.start())[0]
        if patterns.REASSESSED.search(text, max(low, match.start() - 60), match.start()):
            yield match


def _verdicts(text: str) -> Iterator[tuple[int, int, str]]:
    taken = bytearray(len(text))
    for match in patterns.CODE.finditer(text) if patterns.CODE_CUE.search(text) else ():
        group = next(name for name in ("code", "code2", "code3") if match[name])
        taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
        code = match[group]
        yield match.start(group), match.end(group), "CRi" if code == "cri" else code.upper()
    for match in patterns.WORDS.finditer(text) if any(word in text for word in patterns.WORDS_CUE) else ():
        if any(taken[match.start() : match.end()]) or not _counts(text, match):
            continue
        kind = match.lastgroup or ""
        yield match.start(), match.end(), {"relapse": "PD"}.get(kind, kind.upper())


def _counts(text: str, match: re.Match[str]) -> bool:
    if match.lastgroup == "sd" and match.group().startswith("病情"):
        return bool(
            patterns.ASSESSED.search(
                text, max(sentence_span(text, match.start())[0], match.start() - 60), match.start()
            )
        )
    if match.lastgroup not in ("relapse", "pd"):
        return True
    if patterns.DEATH_CAUSE.search(text[max(0, match.start() - 16) : match.start()]):
        return False
    before = text[max(0, match.start() - 16) : match.start()]
    after = text[match.end() : match.end() + 10]
    if patterns.NOT_RELAPSE.search(before) or patterns.NOT_RELAPSE_AFTER.match(after):
        return False
    return not (match.lastgroup == "relapse" and patterns.SYMPTOM_RELAPSE.search(before))


def _value(text: str, start: int, end: int, code: str, strength: float) -> ResponseValue:
    low, high = sentence_span(text, start)
    before, sentence = text[max(low, start - 60) : end], text[low:high]
    criteria = next((name for pattern, name in patterns.CRITERIA if pattern.search(sentence)), None)
    anchor = "CLINICIAN"
    for pattern, name in (
        (patterns.RADIOLOGY, "RADIOLOGY"),
        (patterns.PATHOLOGY, "PATHOLOGY"),
        (patterns.MARKER, "MARKER"),
    ):
        if pattern.search(before):
            anchor = name
            break
    return ResponseValue(code, anchor, criteria, code == "PD", bool(patterns.NEW_LESION.search(sentence)), strength)


component = entity_component("oncorwe_response", find)
