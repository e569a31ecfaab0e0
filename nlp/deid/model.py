"""What goes into and comes out of text de-identification. All offsets are code points of the text as received."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Known:
    """What the tables know about the patient, relatives, staff and institutions. Values as the hospital wrote them."""

    names: tuple[str, ...] = ()
    id_numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    record_numbers: tuple[str, ...] = ()
    employers: tuple[str, ...] = ()
    birth_date: str = ""
    """ISO date; empty when unknown."""
    staff: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()


NOTHING = Known()
"""No knowledge from tables."""


@dataclass(frozen=True)
class DeidSettings:
    """How to replace and when to give up. ``style``: ``tag`` prints typed tags, ``surrogate`` realistic stand-ins."""

    style: str = "tag"
    max_chars: int = 5_000_000
    """A longer text is quarantined unread."""
    max_candidates_per_1000_chars: int = 400
    """Work budget: more raw hits than this (plus 2,000) and the note is quarantined."""
    network: bool = True
    """Does the tagger add what no rule found? Without it every span is one of a rule."""
    age_cap: int = 89
    """Ages above it are printed as "90岁以上"."""
    rescan: bool = True

    def __post_init__(self) -> None:
        if self.style not in ("tag", "surrogate"):
            msg = f"style must be 'tag' or 'surrogate', not {self.style!r}"
            raise ValueError(msg)


class Candidate(NamedTuple):
    """A stretch that a rule wants replaced. The higher ``priority`` wins an overlap, then the longer stretch."""

    start: int
    end: int
    label: str
    rule: str
    cue: str
    priority: int
    replacement: str | None = None
    """Already printed (dates, ages); None: the replacer decides from label and text."""


class DeidSpan(NamedTuple):
    """One replaced stretch of the input, with the rule that found it and the cue that decided."""

    start: int
    end: int
    label: str
    rule: str
    cue: str
    replacement: str


@dataclass(frozen=True)
class DeidResult:
    """``status`` is ``ok`` or ``quarantined``; ``text`` is None unless ok."""

    status: str
    reason: str
    text: str | None
    spans: list[DeidSpan]
    offset_map: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(raw_start, raw_end, out_start, out_end) of every replaced stretch, in order; what lies between is copied."""
    counts: dict[str, int] = field(default_factory=dict)
    """``spans``, ``dates_shifted``, ``dates_masked``."""

    def to_raw(self, out_offset: int) -> int:
        """Offset in the input that belongs to an offset in the output (inside a replacement: the span's start)."""
        shift = 0
        for raw_start, raw_end, out_start, out_end in self.offset_map:
            if out_offset < out_start:
                break
            if out_offset < out_end:
                return raw_start
            shift = raw_end - out_end
        return out_offset + shift
