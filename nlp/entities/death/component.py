"""Death, survival, loss to follow-up of the patient (never of relatives). Mentions carry the label ``finding``."""

from __future__ import annotations

from collections.abc import Iterator

from nlp.component import entity_component
from nlp.entities.death import patterns
from nlp.entities.death.model import FollowUpValue
from nlp.facts.surface import mention, sentence_span, surface
from nlp.model import Label, Mention, Note

ENGINE = "rule:death@1"


def find(note: Note) -> list[Mention]:
    """Mentions of the patient's state, by position."""
    text = surface(note)
    return [mention(note, start, end, Label.FINDING, FollowUpValue(status, *_contact(text, start)), ENGINE)
            for start, end, status in sorted(_all(text))]  # fmt: skip


def _all(text: str) -> Iterator[tuple[int, int, str]]:
    for match in patterns.DEATH.finditer(text) if any(word in text for word in patterns.DEATH_CUE) else ():
        if not patterns.NOT_PATIENT.search(text[max(0, match.start() - 14) : match.start()]):
            yield match.start(), match.end(), "DEAD"
    for match in patterns.ALIVE.finditer(text) if any(word in text for word in patterns.ALIVE_CUE) else ():
        status = "ALIVE_NED" if match["ned"] else "ALIVE_DISEASE" if match["tumour"] else "ALIVE_UNK"
        yield match.start(), match.end(), status
    for match in patterns.LOST.finditer(text):
        yield match.start(), match.end(), "LOST"


def _contact(text: str, at: int) -> tuple[str, str | None]:
    low, high = sentence_span(text, at)
    sentence = text[low:high]
    channel = "PHONE" if patterns.PHONE.search(sentence) else "VISIT"
    return channel, "RELATIVE" if patterns.RELATIVE.search(sentence) else None


component = entity_component("oncorwe_death", find)
