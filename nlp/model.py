"""What the language stage passes from component to component: a note with sections, clauses, dates, mentions and facts.

The state of one note travels in ``doc._.note`` (a :class:`Note`). Components add to it; none of them rewrites the text.
All offsets are code points of the text as received. ``Note.norm`` is the same text after one-to-one character folding
(full width to half width, Chinese punctuation variants, lower case where harmless), so an offset in ``norm`` is an
offset in ``text``.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Polarity(StrEnum):
    """Does the note say that the thing is there?"""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    UNCERTAIN = "uncertain"


class Temporality(StrEnum):
    """When: now, before this episode of care, or intended."""

    CURRENT = "current"
    HISTORY = "history"
    PLANNED = "planned"


class Experiencer(StrEnum):
    """Whose: the patient's, a relative's, somebody else's."""

    PATIENT = "patient"
    FAMILY = "family"
    OTHER = "other"


class Label(StrEnum):
    """Entity labels (the text contract)."""

    DISEASE = "disease"
    ANATOMY = "anatomy"
    IMAGING_EXAM = "imaging_exam"
    LAB_TEST = "lab_test"
    SURGERY = "surgery"
    DRUG = "drug"
    FINDING = "finding"
    TUMOUR = "tumour"
    HISTOLOGY = "histology"
    STAGE = "stage"
    METASTASIS = "metastasis"
    BIOMARKER = "biomarker"
    REGIMEN = "regimen"
    RADIOTHERAPY = "radiotherapy"
    SIZE = "size"
    NODES = "nodes"
    RESPONSE = "response"
    ADVERSE_EVENT = "adverse_event"
    PERFORMANCE_STATUS = "performance_status"
    SMOKING = "smoking"
    FAMILY_HISTORY = "family_history"
    DATE = "date"
    LAB_VALUE = "lab_value"


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date in the text: ``iso`` is as precise as the words (``2015``, ``2015-10``, ``2015-10-03``) or None."""

    start: int
    end: int
    iso: str | None
    precision: str | None
    """D, M or Y."""
    kind: str = "absolute"
    """absolute, partial (year or month supplied from context), relative (resolved against an anchor)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the note under one heading; ``start`` is where the heading begins, ``body`` where its text begins."""

    code: str
    start: int
    body: int
    end: int


@dataclass(slots=True, eq=False)
class Mention:
    """One thing that the note names. ``value`` holds the typed model object of the extractor that found it."""

    start: int
    end: int
    label: Label
    text: str
    section: str = ""
    polarity: Polarity = Polarity.AFFIRMED
    temporality: Temporality = Temporality.CURRENT
    experiencer: Experiencer = Experiencer.PATIENT
    cue: str = ""
    code: str | None = None
    code_system: str | None = None
    score: float | None = None
    engine: str = ""
    """``rule-or-model@version``."""
    value: Any = None


@dataclass(slots=True, eq=False)
class Fact:
    """One row for a warehouse table, ids left out. ``start``/``end`` is the evidence; ``mentions`` the mentions behind it."""

    table: str
    values: dict[str, Any]
    start: int
    end: int
    mentions: list[Mention] = field(default_factory=list)
    confidence: float = 0.9
    kind: str = ""
    """What kind of evidence it was read from; with the table it decides the confidence (``nlp/facts/confidence.tsv``)."""
    believed: float = 0.0
    """What its builder believed, before measured levels."""


class Spanned(Protocol):
    """Anything with a start and an end: a mention, a fact, a date, a match."""

    @property
    def start(self) -> int: ...  # pragma: no cover
    @property
    def end(self) -> int: ...  # pragma: no cover


def _span_at(spans: list[tuple[int, int]], starts: list[int], pos: int, length: int) -> tuple[int, int]:
    """The span that holds ``pos``; a position between two spans counts to the one before."""
    index = bisect_right(starts, pos) - 1
    return spans[index] if index >= 0 else (0, length)


@dataclass(slots=True, eq=False)
class Note:
    """A note on its way through the pipeline."""

    text: str
    norm: str
    note_id: str = ""
    note_type: str = ""
    """Canonical note type (see ``nlp/lexicons/note_types.tsv``), empty when unknown."""
    note_date: str | None = None
    """ISO date of the note, None when unknown."""
    sections: list[Section] = field(default_factory=list)
    clauses: list[tuple[int, int]] = field(default_factory=list)
    """Half-open spans between ，,；;。\\n and the like."""
    sentences: list[tuple[int, int]] = field(default_factory=list)
    dates: list[DateValue] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    section_starts: list[int] = field(default_factory=list)
    clause_starts: list[int] = field(default_factory=list)
    sentence_starts: list[int] = field(default_factory=list)
    date_starts: list[int] = field(default_factory=list)
    extras: dict[str, Any] = field(default_factory=dict)
    """Things that one component leaves for a later one, by the component's name."""

    def section_at(self, pos: int) -> Section:
        """The section that holds the position; a nameless one over the whole note when there are none."""
        index = bisect_right(self.section_starts, pos) - 1
        return self.sections[index] if index >= 0 else Section("", 0, 0, len(self.text))

    def clause_at(self, pos: int) -> tuple[int, int]:
        """The clause (half-open span) that holds the position."""
        return _span_at(self.clauses, self.clause_starts, pos, len(self.text))

    def sentence_at(self, pos: int) -> tuple[int, int]:
        """The sentence (half-open span) that holds the position."""
        return _span_at(self.sentences, self.sentence_starts, pos, len(self.text))

    def paragraph_at(self, pos: int) -> tuple[int, int]:
        """The line of the note that holds the position."""
        end = self.norm.find("\n", pos)
        return self.norm.rfind("\n", 0, pos) + 1, end if end >= 0 else len(self.norm)

    def date_for(self, span: Spanned | tuple[int, int]) -> DateValue | None:
        """The date that the text ties to a span, None when it names none.

        In this order: in the span's clause (the last before it, else the first after it), in its sentence before it,
        in the same line and section before it. The note's own date is not looked at: a caller that falls back on it
        says so.
        """
        start, end = span if isinstance(span, tuple) else (span.start, span.end)
        clause, sentence = self.clause_at(start), self.sentence_at(start)
        for low, high in ((clause[0], start), (end, clause[1]), (sentence[0], start)):
            if found := self._dates_within(low, high):
                return found[0] if low == end else found[-1]
        low = max(self.paragraph_at(start)[0], self.section_at(start).body)
        found = self._dates_within(low, start)
        return found[-1] if found else None

    def _dates_within(self, low: int, high: int) -> list[DateValue]:
        """The dates that lie in ``[low, high)``."""
        first = bisect_right(self.date_starts, low - 1)
        last = bisect_right(self.date_starts, high - 1)
        return [date for date in self.dates[first:last] if date.end <= high]
