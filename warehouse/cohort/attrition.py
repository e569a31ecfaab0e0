"""How many are left after each criterion, as it may be passed on.

A small count is hidden, and so is a count that lies a small number below the last one shown: else the difference would give it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.privacy.cells import DEFAULT_THRESHOLD, is_small, nested
from warehouse.privacy.cells import shown as words


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


def shown(steps: Sequence[Step], threshold: int = DEFAULT_THRESHOLD) -> list[ShownStep]:
    """The steps with small cells hidden, those that follow from subtraction too."""
    tumours = ranges([step.tumours for step in steps], threshold)
    persons = ranges([step.persons for step in steps], threshold)
    start = steps[0].tumours if steps else 0
    found = []
    for place, (step, here) in enumerate(zip(steps, tumours, strict=True)):
        excluded = _excluded(tumours[place - 1], here, step.excluded, threshold) if place else ""
        share = here[0] / start if here[0] == here[1] and start else None
        counts = (_text(here, threshold), _text(persons[place], threshold))
        found.append(ShownStep(step.number, step.label, *counts, excluded, share))
    return found


def ranges(counts: Sequence[int], threshold: int = DEFAULT_THRESHOLD) -> list[Range]:
    """The range (low, high) to show for each count of a falling series; equal ends mean the count itself.

    Which counts are hidden is decided by ``cells.nested``: small ones, and those that lie a small number below the last one shown. A hidden
    count shows what that rule says and no more.
    """
    found: list[Range] = []
    anchor = 0
    for count, hidden in zip(counts, nested(counts, threshold), strict=True):
        if hidden and is_small(count, threshold):
            found.append((1, threshold - 1))
        elif hidden:
            found.append((anchor - threshold + 1, anchor - 1))
        else:
            found.append((count, count))
            anchor = count
    return found


def _excluded(before: Range, here: Range, count: int, threshold: int) -> str:
    """Those left out by a step. Beside a hidden count none and a few look the same: else several steps in a row would tell."""
    if before[0] == before[1] and here[0] == here[1]:
        return words(count, threshold)
    if count < threshold:
        return f"<{threshold}"
    return _text((max(before[0] - here[1], threshold), before[1] - here[0]), threshold)


def _text(range_: Range, threshold: int) -> str:
    low, high = range_
    if low == high:
        return f"{low:,}"
    return f"<{threshold}" if high < threshold else f"{low:,}–{high:,}"
