"""The size of one lesion as written, with its diameters in millimetres."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SizeValue:
    """``diameters_mm`` in the order written; ``is_range`` for 2~9mm; ``short_axis`` for 短径."""

    diameters_mm: tuple[float, ...]
    is_range: bool = False
    short_axis: bool = False
    is_distance: bool = False

    @property
    def longest_mm(self) -> float:
        """The largest of the diameters."""
        return max(self.diameters_mm)
