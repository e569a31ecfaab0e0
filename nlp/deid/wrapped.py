"""Second reading of notes that a printer wrapped at a fixed width: the same text without the line ends that cut a sentence."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable

from nlp.deid.model import Candidate

_INNER = re.compile(
    r"(?:(?<=[\u3400-\u9fff0-9A-Za-z，、/:_=&-])|(?<=\d\.))\n(?=[\u3400-\u9fff0-9A-Za-z，。、;；)）:/?&=._-])"
)
_LEAST_WIDTH = 12
_SLACK = 2
_NEAR = 6
"""Characters from a seam within which a cue may stand on its other side."""


def breaks(text: str) -> list[int]:
    """Offsets of line ends that a printer made: lines as long as the longest of the note (two characters less at most), and
    no mark at the seam; [] when fewer than two lines or a fifth of the lines are so long."""
    lines = text.split("\n")
    if len(lines) < 4:
        return []
    width = max(map(len, lines))
    full = sum(len(line) >= width - _SLACK for line in lines)
    if width < _LEAST_WIDTH or width > 90 or full < 3 or full * 3 < len(lines):
        return []
    found, at = [], 0
    for line in lines[:-1]:
        at += len(line)
        if len(line) >= width - _SLACK and _INNER.match(text, at):
            found.append(at)
        at += 1
    return found


def reread(text: str, finder: Callable[[str], list[Candidate]]) -> list[Candidate]:
    """Candidates of ``finder`` on the joined text at or near a seam, with offsets of the wrapped one; elsewhere the first reading saw the same."""
    gaps = breaks(text) if "\n" in text else []
    if not gaps:
        return []
    cut = set(gaps)
    index = [i for i in range(len(text)) if i not in cut]
    found = []
    for c in finder("".join(text[i] for i in index)):
        start, end = index[c.start], index[c.end - 1] + 1
        at = bisect_left(gaps, start - _NEAR)
        if at < len(gaps) and gaps[at] < end + _NEAR:
            found.append(c._replace(start=start, end=end, rule=c.rule + ".unwrapped", replacement=None))
    return found
