"""The attrition as a flow diagram: a box for those who remain, beside each arrow a box for those left out. Plain SVG."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.cohort.attrition import ShownStep
from warehouse.pages import render

WIDTH, MARGIN, GAP = 860.0, 8.0, 46.0
MAIN, SIDE, SIDE_HEIGHT = 620.0, 190.0, 30.0
LINE, PAD = 19.0, 11.0
CHAR = 7.4
"""Width of a Latin character at the figure's type size; a Chinese one takes two."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box with its lines of text; ``figure`` is the line that holds the count."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    figure: str


def text_width(text: str) -> int:
    """Columns of a text: East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns``: broken between words, Chinese between characters, an endless word where it must be."""
    lines, line = [], ""
    for word in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+", text):
        for piece in (word[i : i + columns] for i in range(0, len(word), columns)):
            if line.strip() and text_width(line + piece) > columns:
                lines.append(line.strip())
                line = ""
            line += piece
    return [*lines, line.strip()] if line.strip() else lines or [""]


def attrition_svg(steps: Sequence[ShownStep], *, persons: bool = True) -> str:
    """The diagram as an SVG document of its own; ``persons``: whether they are counted beside the tumours."""
    main: list[Box] = []
    side: list[Box] = []
    for step in steps:
        top = main[-1].y + main[-1].height + GAP if main else MARGIN
        if main:
            middle = top - GAP / 2 - SIDE_HEIGHT / 2
            side.append(Box(WIDTH - SIDE - MARGIN, middle, SIDE, SIDE_HEIGHT, (), f"left out: {step.excluded}"))
        label = f"{step.number}. {step.label}" if step.number else step.label
        count = f"{step.tumours} tumours" + (f", {step.persons} persons" if persons else "")
        main.append(_box(label, count, MARGIN, top, MAIN))
    height = (main[-1].y + main[-1].height if main else 0) + MARGIN
    return render("attrition", main=main, side=side, width=WIDTH, height=round(height, 1), line=LINE, pad=PAD)


def _box(text: str, figure: str, x: float, y: float, width: float) -> Box:
    lines = wrap(text, int((width - 2 * PAD) / CHAR))
    return Box(x, y, width, len(lines) * LINE + LINE + PAD * 1.4, tuple(lines), figure)
