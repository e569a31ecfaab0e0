"""The de-identifier: candidates of all layers, propagation, overlap resolution, replacement, leak re-scan."""

from __future__ import annotations

import re
from functools import cache

from nlp.deid import dates, endings, fields, numbers, places, spaced, tag_spans, visits, wrapped
from nlp.deid import known as known_layer
from nlp.deid.fold import fold
from nlp.deid.model import NOTHING, Candidate, DeidResult, DeidSettings, DeidSpan, Known
from nlp.deid.name_forms import surname_at
from nlp.deid.names import NameFinder
from nlp.deid.ordinary import any_of, in_term, meets_term
from nlp.deid.replace import replacement
from nlp.deid.rescan import leak
from nlp.deid.resolve import join_neighbours, propagate, resolve
from nlp.deid.scan import Hit, index, longest
from nlp.deid.tagger import Tagger, tagger

_DEFAULTS = DeidSettings()
_LONGEST_NAME = 3
_HEED_TERMS = frozenset(
    (
        "name.context",
        "institution.visit",
        "institution.short",
        "institution.short_kind",
        "institution.column",
        "place.spot",
        "network",
    )
)
"""Rules that read a name from what stands around it; a longer clinical term over it is stronger."""


class Deidentifier:
    """Text de-identification; one object per process, immutable and free of state between notes.

    ``network`` is another tagger than the one of the shipped weights.
    """

    def __init__(self, settings: DeidSettings = _DEFAULTS, network: Tagger | None = None) -> None:
        self.settings = settings
        self._tagger = (network or tagger()) if settings.network else None
        index()

    def deid(
        self,
        text: str,
        *,
        known: Known = NOTHING,
        offset_days: int,
        surrogate_key: bytes,
        note_type: str = "",
        note_date: str | None = None,
    ) -> DeidResult:
        """De-identify one note. Never raises on any text; a note that cannot be made safe is ``quarantined`` with a reason.

        ``offset_days`` shifts every date; ``surrogate_key`` makes surrogates consistent (one key per patient);
        ``note_date`` (ISO) gives the year to dates without one. ``note_type`` is accepted for callers that log by type.
        """
        if len(text) > self.settings.max_chars:
            return _quarantined("text longer than max_chars")
        folded = fold(text)
        candidates = self.candidates(text, folded, known, offset_days, note_date)
        if len(candidates) > 2000 + len(text) * self.settings.max_candidates_per_1000_chars // 1000:
            return _quarantined("work budget: too many candidates")
        spans = join_neighbours(resolve(folded, candidates))
        reason = leak(folded, spans, known) if self.settings.rescan else ""
        if reason:
            return _quarantined(reason)
        return self._print(text, spans, surrogate_key)

    def scrub(self, text: str, *, known: Known, offset_days: int, surrogate_key: bytes) -> str | None:
        """A short column value made safe; None when in doubt (the caller writes NULL and counts it)."""
        return self.deid(text, known=known, offset_days=offset_days, surrogate_key=surrogate_key).text

    def candidates(
        self, text: str, folded: str, known: Known, offset_days: int, note_date: str | None
    ) -> list[Candidate]:
        """What every layer wants replaced, overlaps and all."""
        hits = index().every(folded)
        keep = _protected(folded, hits["keep"])
        blocked = _positions(keep)
        out = known_layer.find(folded, known, blocked)
        out += numbers.find(folded)
        out += numbers.ages(folded, self.settings.age_cap) + numbers.touched_plates(folded)
        out += _named(folded, blocked, keep, hits) + spaced.reread(folded, _reread) + wrapped.reread(folded, _unwrapped)
        days = dates.find(folded)
        if self._tagger:
            more, days = tag_spans.added(folded, self._tagger.probabilities(folded, keep, hits), out, days, blocked)
            out += more
        out = [c for c in out if not _overridden(folded, c)]
        out += dates.shifted(text, folded, days, offset_days, note_date)
        return out + propagate(folded, out, blocked)

    def _print(self, text: str, spans: list[Candidate], key: bytes) -> DeidResult:
        pieces: list[str] = []
        out_spans: list[DeidSpan] = []
        offsets: list[tuple[int, int, int, int]] = []
        at = length = masked = 0
        for c in spans:
            new = c.replacement if c.replacement is not None else replacement(text, c, self.settings.style, key)
            masked += c.label == "DATE" and new == "[日期]"
            pieces += [text[at : c.start], new]
            length += c.start - at
            offsets.append((c.start, c.end, length, length + len(new)))
            length += len(new)
            at = c.end
            out_spans.append(DeidSpan(c.start, c.end, c.label, c.rule, c.cue, new))
        pieces.append(text[at:])
        shifted = sum(s.label == "DATE" for s in out_spans) - masked
        counts = {"spans": len(out_spans), "dates_shifted": shifted, "dates_masked": masked}
        return DeidResult("ok", "", "".join(pieces), out_spans, offsets, counts)


def _overridden(text: str, found: Candidate) -> bool:
    """Is a clinical term stronger than what a rule read from the surroundings?"""
    if found.rule not in _HEED_TERMS:
        return False
    if found.label == "NAME" and _EPONYM.match(text, found.end):
        return True
    body = found.rule.startswith("institution")
    return in_term(text, found.start, found.end) or (body and meets_term(text, found.start, found.end))


_EPONYM = re.compile(r"氏?(?:综合[征症]|三联征)|氏[征病]")
"""What makes a name that of a disease or a sign; 病 and 反射 alone go on behind a person too (李明病重)."""


@cache
def _person_behind() -> re.Pattern[str]:
    """What stands behind a person: a title, or what only a person does."""
    return re.compile(rf"(?:{any_of('cues.tsv', 'title_after')}|已阅|会诊|签字|签名|代诉|主刀|报告病史)")


def _protected(text: str, hits: list[Hit]) -> list[Hit]:
    """Protected terms of a text. A short one that a family name opens or precedes and a title follows is a name (陈立冬教授, 杨森主任)."""
    return [hit for hit in longest(hits) if not _is_name(text, hit)]


def _is_name(text: str, hit: Hit) -> bool:
    if hit.end - hit.start > _LONGEST_NAME or not _person_behind().match(text, hit.end):
        return False
    return bool(surname_at(text, hit.start) or (hit.start and surname_at(text, hit.start - 1)))


def _named(text: str, blocked: set[int], keep: list[Hit], hits: dict[str, list[Hit]]) -> list[Candidate]:
    """What labels, places, institutions and names teach about a folded text."""
    labels = longest(hits["label"])
    out = fields.find(text, labels) + places.find(text, labels, blocked, hits)
    out += visits.find(text, blocked, hits) + endings.find(text, hits["act"])
    names = NameFinder(text, labels, keep, blocked, hits).find()
    return out + names + numbers.before_names(text, names) + numbers.behind_names(text, names)


def _reread(joined: str) -> list[Candidate]:
    """Names, places and dates of a joined text; dates are masked, since their print would not fit the torn form."""
    hits = index().every(joined)
    keep = _protected(joined, hits["keep"])
    found = [Candidate(f.start, f.end, "DATE", f.rule, "torn", 54, "[日期]") for f in dates.find(joined)]
    return found + _named(joined, _positions(keep), keep, hits)


def _unwrapped(joined: str) -> list[Candidate]:
    """Everything a joined text tells; dates are masked, as in torn text."""
    return _reread(joined) + numbers.find(joined)


def _positions(hits: list[Hit]) -> set[int]:
    return {i for h in hits for i in range(h.start, h.end)}


def _quarantined(reason: str) -> DeidResult:
    return DeidResult("quarantined", reason, None, [], [], {"spans": 0, "dates_shifted": 0, "dates_masked": 0})
