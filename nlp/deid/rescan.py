"""Layer 6: read what is left and refuse to publish doubt."""

from __future__ import annotations

import re

from nlp.deid import numbers
from nlp.deid.known import targets
from nlp.deid.model import NOTHING, Candidate, Known
from nlp.deid.scan import occurrences


def leak(folded: str, spans: list[Candidate], known: Known) -> str:
    """Reason for quarantine, or "": a known value or an unmistakable identifier in the text that is copied to the output."""
    kept = _kept(folded, spans)
    left = "" if known is NOTHING else _known_left(kept, known)
    return left or next((f"rescan: {candidate.rule} is left" for candidate in numbers.sure(kept)), "")


def _known_left(kept: str, known: Known) -> str:
    squeezed = re.sub(r"[\s\-^]+", "", kept.replace("\n", "\ue000")).upper()
    for target in targets(known):
        if target.priority >= 89 and target.value in squeezed and not _inside_number(squeezed, target.value):
            return f"rescan: a known {target.label} is left"
    return ""


def _kept(folded: str, spans: list[Candidate]) -> str:
    pieces, at = [], 0
    for span in spans:
        pieces.append(folded[at : span.start])
        at = span.end
    return "\n".join([*pieces, folded[at:]])


def _inside_number(squeezed: str, value: str) -> bool:
    """Is every occurrence part of a longer number?"""
    if not value[0].isdecimal():
        return False
    ends = ((at, at + len(value)) for at in occurrences(squeezed, value))
    return all(squeezed[max(0, at - 1) : at].isdecimal() or squeezed[end : end + 1].isdecimal() for at, end in ends)
