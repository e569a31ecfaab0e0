"""How many are left after each criterion, as it may be passed on.

A count of 1 to 4 is hidden, and so is a count that lies 1 to 4 below the last one shown: else the difference would give it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.compile.dictionary import SMALL_CELL


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its words, tumours and persons that are left, and tumours left out by it. Step 0 is the start."""

    number: int
    label: str
    tumours: int
    persons: int
    excluded: int


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step with its counts as texts that may leave; ``share`` of the start, 0 to 1, None when the count is hidden."""

    number: int
    label: str
    tumours: str
    persons: str
    excluded: str
    share: float | None


Range = tuple[int, int]


def shown(steps: Sequence[Step]) -> list[ShownStep]:
    """The steps with small cells hidden, those that follow from subtraction too."""
    tumours = ranges([step.tumours for step in steps])
    persons = ranges([step.persons for step in steps])
    start = steps[0].tumours if steps else 0
    found = []
    for place, (step, here) in enumerate(zip(steps, tumours, strict=True)):
        excluded = _excluded(tumours[place - 1], here, step.excluded) if place else ""
        share = here[0] / start if here[0] == here[1] and start else None
        found.append(ShownStep(step.number, step.label, _text(here), _text(persons[place]), excluded, share))
    return found


def ranges(counts: Sequence[int]) -> list[Range]:
    """The range (low, high) to show for each count of a falling series; equal ends mean the count itself.

    A count is shown when it is 0 or at least 5 and lies 0 or at least 5 below the last one that was shown: then no difference of
    shown counts is small. Every other count shows what "1 to 4 fewer" says, or 1 to 4 when it is that small itself.
    """
    found: list[Range] = []
    anchor = counts[0] if counts else 0
    for count in counts:
        if 0 < count < SMALL_CELL:
            found.append((1, SMALL_CELL - 1))
        elif 0 < anchor - count < SMALL_CELL and count:
            found.append((anchor - SMALL_CELL + 1, anchor - 1))
        else:
            found.append((count, count))
            anchor = count
    return found


def _excluded(before: Range, here: Range, count: int) -> str:
    """Those left out by a step. Beside a hidden count 0 and 1 to 4 look the same: else four steps in a row would tell."""
    if before[0] == before[1] and here[0] == here[1]:
        return f"{count:,}" if count == 0 or count >= SMALL_CELL else f"<{SMALL_CELL}"
    if count < SMALL_CELL:
        return f"<{SMALL_CELL}"
    return _text((max(before[0] - here[1], SMALL_CELL), before[1] - here[0]))


def _text(range_: Range) -> str:
    low, high = range_
    if low == high:
        return f"{low:,}"
    return f"<{SMALL_CELL}" if high < SMALL_CELL else f"{low:,}–{high:,}"
