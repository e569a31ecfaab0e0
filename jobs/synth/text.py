"""Note text that knows its own spans: offsets are right because they are counted while the text is written.

A template is plain text with ``{field}`` and ``‹label/polarity/temporality/experiencer|words›`` (later parts may be left out).
A field's value is a string, a :class:`Phi`, a :class:`Mention`, a :class:`Fact`, or a list of those.
"""

from __future__ import annotations

import re
from functools import cache
from random import Random
from typing import Any, NamedTuple


class Phi(NamedTuple):
    """Words that identify somebody."""

    text: str
    label: str


class Mention(NamedTuple):
    """Words that an extractor should find."""

    text: str
    label: str
    polarity: str = "affirmed"
    temporality: str = "current"
    experiencer: str = "patient"


class Fact(NamedTuple):
    """Words that make a warehouse row: ``parts`` are written, their whole stretch is the evidence."""

    parts: list[Any]
    table: str
    values: dict[str, Any]


Part = str | Phi | Mention | Fact | list[Any]
_MARK = re.compile(r"\{(\w+)\}|‹([^|›]+)\|([^›]+)›")


@cache
def compile_template(template: str) -> tuple[tuple[str, Any], ...]:
    """(kind, value) pairs: ``lit`` text, ``field`` name, ``part`` a ready Mention."""
    parts: list[tuple[str, Any]] = []
    at = 0
    for match in _MARK.finditer(template):
        if match.start() > at:
            parts.append(("lit", template[at : match.start()]))
        at = match.end()
        if match[1]:
            parts.append(("field", match[1]))
        else:
            parts.append(("part", Mention(match[3], *match[2].split("/"))))
    if at < len(template):
        parts.append(("lit", template[at:]))
    return tuple(parts)


class NoteText:
    """A note under construction. ``slip`` is the chance of a typing slip in a stretch of plain text."""

    __slots__ = ("_parts", "_rng", "_slip", "facts", "length", "mentions", "phi")

    def __init__(self, rng: Random, slip: float = 0.0) -> None:
        self._parts: list[str] = []
        self._rng = rng
        self._slip = slip
        self.length = 0
        self.phi: list[dict[str, Any]] = []
        self.mentions: list[dict[str, Any]] = []
        self.facts: dict[str, list[dict[str, Any]]] = {}

    def render(self, template: str, fields: dict[str, Any]) -> NoteText:
        """Write a template with its fields."""
        for kind, value in compile_template(template):
            match kind:
                case "lit":
                    self._literal(value)
                case "field":
                    self.put(fields[value])
                case _:
                    self.put(value)
        return self

    def put(self, part: Part) -> NoteText:
        """Write one part and remember its span."""
        if isinstance(part, str):
            self._parts.append(part)
            self.length += len(part)
        elif isinstance(part, list):
            for inner in part:
                self.put(inner)
        elif isinstance(part, Fact):
            self._fact(part)
        elif isinstance(part, Phi):
            self._span(self.phi, part.text, {"label": part.label})
        elif isinstance(part, Mention):
            meaning = {
                "label": part.label,
                "polarity": part.polarity,
                "temporality": part.temporality,
                "experiencer": part.experiencer,
            }
            self._span(self.mentions, part.text, meaning)
        return self

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self._parts)

    def _raw(self, words: str) -> None:
        self._parts.append(words)
        self.length += len(words)

    def _literal(self, words: str) -> None:
        if self._slip and self._rng.random() < self._slip:
            words = _slip(self._rng, words)
        self._raw(words)

    def _span(self, into: list[dict[str, Any]], words: str, more: dict[str, Any]) -> None:
        if words:
            into.append({"start": self.length, "end": self.length + len(words), **more})
            self._raw(words)

    def _fact(self, fact: Fact) -> None:
        start = self.length
        self.put(fact.parts)
        self.facts.setdefault(fact.table, []).append({**fact.values, "evidence": [start, self.length]})


def _slip(rng: Random, words: str) -> str:
    """A slip of the keyboard: doubled or half-width punctuation, a blank, a common wrong character."""
    old, new = rng.choice(
        (
            ("，", ","),
            ("。", "。。"),
            ("，", "， "),
            ("：", ":"),
            ("、", "，"),
            ("黏", "粘"),
            ("予以", "与以"),
            ("淋巴结", "淋巴节"),
            ("（", "("),
        )
    )
    return words.replace(old, new, 1)
