"""Small cells: the one place where a count that may leave is judged.

A count of persons from 1 to ``threshold`` - 1 is hidden (primary suppression). Where a total is shown or can be known,
hiding one cell is not enough: the rest gives it back. So in every *margin* (rows whose counts add up to such a total)
further cells are hidden until at least two are hidden, the hidden ones add up to the threshold or more, and whoever knows
all totals can neither work out a small cell nor tell that it is small (complementary suppression with an audit by linear
programming; Cox 1980, J. Am. Stat. Assoc. 75:377-385; Hundepool et al. 2012, Statistical Disclosure Control). Counts that are part of another count are
judged with their complement: of 50, 48 shown would be 2 known. What is worked out from a hidden count is hidden with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
from scipy.optimize import linprog

DEFAULT_THRESHOLD = 5
"""Counts below this are small, on every page that is made to be passed on. A stricter data owner gives 10 or 11."""
HIDDEN = "…"
"""A hidden count beside its total. Not ``<5``: that bound, with the total, can give two hidden cells back."""
SUPPRESSED = "suppressed"
"""Column that names the hidden columns of a row: NULL alone would read as unknown."""


def is_small(count: float | None, threshold: int) -> bool:
    """True for a count that identifies: more than none, fewer than the threshold."""
    return count is not None and 0 < count < threshold


def shown(count: int, threshold: int) -> str:
    """A single count as words: ``<5`` for a small one. Where a total stands beside it, see :func:`suppressed`."""
    return f"<{threshold}" if is_small(count, threshold) else f"{count:,}"


def _lines(margins: Sequence[Sequence[Hashable]], rows: int) -> list[list[int]]:
    """Row numbers of every group of every margin."""
    found: list[list[int]] = []
    for labels in margins:
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for row, label in zip(range(rows), labels, strict=True):
            groups[label].append(row)
        found += groups.values()
    return found


def _next(line: Sequence[int], hidden: list[bool], counts: Sequence[Sequence[int]]) -> int | None:
    """The cell that costs least to hide: the smallest one that is not zero, else a zero; None when all are hidden."""
    free = [row for row in line if not hidden[row]]
    return min(free, key=lambda row: (counts[0][row] == 0, counts[0][row], row), default=None)


def _close_lines(lines: list[list[int]], hidden: list[bool], counts: Sequence[Sequence[int]], threshold: int) -> bool:
    """Hide until every margin that hides something hides two cells and enough persons; True when something was hidden."""
    changed = False
    for line in lines:
        while True:
            inside = [row for row in line if hidden[row]]
            enough = all(sum(c[row] for row in inside) >= threshold or not sum(c[row] for row in line) for c in counts)
            if not inside or (len(inside) >= 2 and enough):
                break
            more = _next(line, hidden, counts)
            if more is None:
                break
            hidden[more] = changed = True
    return changed


def _exposed(lines: list[list[int]], hidden: list[bool], counts: Sequence[int], threshold: int) -> list[int]:
    """Small cells that the totals give back: nothing else is possible, or nothing that is not small (linear programming)."""
    cells = [row for row, is_hidden in enumerate(hidden) if is_hidden]
    known = [[row for row in line if hidden[row]] for line in lines]
    known = [line for line in known if line]
    small = [row for row in cells if is_small(counts[row], threshold)]
    if not known or not small:
        return []
    place = {row: i for i, row in enumerate(cells)}
    system = np.zeros((len(known), len(cells)))
    for number, line in enumerate(known):
        system[number, [place[row] for row in line]] = 1.0
    totals = [float(sum(counts[row] for row in line)) for line in known]
    return [row for row in small if _is_given_back(system, totals, place[row], threshold)]


def _is_given_back(system: np.ndarray, totals: list[float], cell: int, threshold: int) -> bool:
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(system.shape[1])
        goal[cell] = sign
        found = linprog(goal, A_eq=system, b_eq=totals, bounds=(0, None), method="highs")
        ends.append(sign * float(found.fun) if found.status == 0 else sign * -np.inf)
    low, high = ends
    return bool(high < threshold - 1e-6 or high - low < 1 - 1e-6)


def suppressed(
    counts: Sequence[int] | Sequence[Sequence[int]],
    margins: Sequence[Sequence[Hashable]] = (),
    threshold: int = DEFAULT_THRESHOLD,
    also: Sequence[bool] = (),
) -> list[bool]:
    """Which rows to hide.

    Args:
        counts: counts by row; or several counts by row that are hidden together (a part and its complement).
        margins: for each set of known totals, the group label of every row; ``[[0] * n]`` for one grand total.
        also: rows that are hidden already.
    """
    vectors = cast("Sequence[Sequence[int]]", counts if counts and isinstance(counts[0], Sequence) else [counts])
    rows = len(vectors[0])
    hidden = [bool(also[row]) if also else False for row in range(rows)]
    hidden = [hidden[row] or any(is_small(vector[row], threshold) for vector in vectors) for row in range(rows)]
    lines = _lines(margins, rows)
    while True:
        changed = _close_lines(lines, hidden, vectors, threshold)
        for row in (
            {row for vector in vectors for row in _exposed(lines, hidden, vector, threshold)} if not changed else ()
        ):
            for line in (line for line in lines if row in line):
                if (more := _next(line, hidden, vectors)) is not None:
                    hidden[more] = changed = True
        if not changed:
            return hidden


def nested(counts: Sequence[int], threshold: int = DEFAULT_THRESHOLD) -> list[bool]:
    """Which steps of a falling series (attrition, numbers at risk) to hide: no shown step may be small, nor differ by little."""
    hidden, last = [], None
    for count in counts:
        hide = is_small(count, threshold) or (last is not None and is_small(abs(last - count), threshold))
        hidden.append(hide)
        last = last if hide else count
    return hidden


@dataclass(frozen=True, slots=True)
class SmallCells:
    """How one count of an answer is protected, as the question's header declares it.

    ``count`` is the column; or ``pct`` a percent of which the count is ``of`` × pct / 100. ``of`` is the whole that the count
    is part of; ``hides`` are columns worked out from it; ``within`` the margins, each a list of columns; ``nested`` is True for
    a falling series within the first margin.
    """

    count: str = ""
    pct: str = ""
    of: str = ""
    hides: tuple[str, ...] = ()
    within: tuple[tuple[str, ...], ...] = ()
    nested: bool = False


def parse(text: str) -> SmallCells:
    """``count=n; of=m; hides=a,b; within=x|x,y; nested=yes`` as a rule. Raises ValueError for an unknown word."""
    pairs = dict(part.strip().split("=", 1) for part in text.split(";"))
    if odd := set(pairs) - {"count", "pct", "of", "hides", "within", "nested"}:
        raise ValueError(f"small cells: unknown word {min(odd)}")
    within = tuple(tuple(c for c in m.split(",") if c) for m in pairs["within"].split("|")) if "within" in pairs else ()
    hides = tuple(c for c in pairs.get("hides", "").split(",") if c)
    return SmallCells(
        pairs.get("count", ""), pairs.get("pct", ""), pairs.get("of", ""), hides, within, "nested" in pairs
    )


def _whole_numbers(table: pa.Table, rule: SmallCells) -> list[int]:
    of = [v or 0 for v in table.column(rule.of).to_pylist()] if rule.of else []
    if rule.pct:
        return [round((p or 0) * n / 100) for p, n in zip(table.column(rule.pct).to_pylist(), of, strict=True)]
    return [round(v or 0) for v in table.column(rule.count).to_pylist()]


def _margins(table: pa.Table, rule: SmallCells) -> list[list[Hashable]]:
    columns = [[table.column(c).to_pylist() for c in margin] for margin in rule.within]
    return [list(zip(*values, strict=True)) if values else [()] * table.num_rows for values in columns]


def _series(table: pa.Table, rule: SmallCells) -> list[list[int]]:
    """Rows of every falling series of a nested rule."""
    return _lines(_margins(table, rule)[:1] or [[()] * table.num_rows], table.num_rows)


def _resting(table: pa.Table, rule: SmallCells, hidden: list[bool]) -> list[bool]:
    """Rows whose worked-out columns are hidden: the hidden ones, and in a series those where nobody is left after a hidden one.

    The survival shown there would be the share of the few persons hidden before it.
    """
    if not rule.nested:
        return hidden
    found, counts = list(hidden), _whole_numbers(table, rule)
    for line in _series(table, rule):
        for place, row in enumerate(line):
            found[row] |= not counts[row] and any(hidden[before] for before in line[:place])
    return found


def _hidden(table: pa.Table, rule: SmallCells, also: list[bool], threshold: int) -> list[bool]:
    counts = _whole_numbers(table, rule)
    keys = _margins(table, rule)
    if rule.nested:
        hidden = list(also) or [False] * len(counts)
        for line in _series(table, rule):
            for row, hide in zip(line, nested([counts[row] for row in line], threshold), strict=True):
                hidden[row] |= hide
        return hidden
    whole = [round(v or 0) for v in table.column(rule.of).to_pylist()] if rule.of else []
    vectors = [counts, [n - c for n, c in zip(whole, counts, strict=True)]] if whole else counts
    return suppressed(vectors, keys, threshold, also)


def protect(table: pa.Table, rules: Sequence[SmallCells], threshold: int = DEFAULT_THRESHOLD) -> pa.Table:
    """An answer that may leave: small counts and what follows from them are NULL, and ``suppressed`` names the hidden columns.

    A rule whose whole (``of``) is hidden in a row hides its own count there too.
    """
    gone: dict[str, list[bool]] = {}
    for rule in rules:
        name = rule.count or rule.pct
        mask = _hidden(table, rule, gone.get(rule.of, []), threshold)
        resting = _resting(table, rule, mask) if rule.hides else mask
        for column, hidden in ((name, mask), *((column, resting) for column in rule.hides)):
            before = gone.get(column, [False] * table.num_rows)
            gone[column] = [a or b for a, b in zip(before, hidden, strict=True)]
    names = [",".join(c for c, mask in gone.items() if mask[row]) or None for row in range(table.num_rows)]
    for column, mask in gone.items():
        values = table.column(column)
        kept = pa.array([None if hide else v for v, hide in zip(values.to_pylist(), mask, strict=True)], values.type)
        table = table.set_column(table.column_names.index(column), column, kept)
    return table.append_column(SUPPRESSED, pa.array(names, pa.string()))
