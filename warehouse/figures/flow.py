"""Treatment flow from first to third line, as a Sankey diagram in inline SVG. The numbers are those of question 7.

Regimens that fewer than ``min_n`` tumours have at their place are drawn together as "(other regimens)"; flows that are still smaller are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.pages import render
from warehouse.questions import run
from warehouse.release import Release

FLOW_WIDTH, FLOW_HEIGHT, NODE_WIDTH, NODE_GAP = 960.0, 420.0, 14.0, 8.0
SLOT = 16.0
"""Least height of a node's place: its label must not run into the next one's."""
LAST_LABEL = 290.0
LONGEST = 42
OTHER = "(other regimens)"
Pairs = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Node:
    """A state in one column of the flow, in pixels."""

    name: str
    n: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A band between two states: SVG path, width in pixels, and how many."""

    path: str
    width: float
    tip: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Treatment flow from first to third line; ``height`` in pixels."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    height: float


def treatment_flow(release: Release, tumour_code: str, min_n: int = 5) -> Flow | None:
    """The flows with at least ``min_n`` tumours; None when there is none."""
    answer = run("q07", release, tumour_code=tumour_code, top=10_000).to_pylist()
    rows = [((row["line_1"], row["line_2"], row["line_3"]), row["n"]) for row in answer]
    columns = [_common([(states[place], n) for states, n in rows], min_n) for place in range(3)]
    pairs: list[Pairs] = [defaultdict(int), defaultdict(int)]
    for states, n in rows:
        first, second, third = (columns[place].get(state, OTHER) for place, state in enumerate(states))
        pairs[0][first, second] += n
        if states[2] != "-":
            pairs[1][second, third] += n
    kept = [{pair: n for pair, n in step.items() if n >= min_n} for step in pairs]
    return _draw(kept) if kept[0] else None


def _common(states: Sequence[tuple[str, int]], min_n: int) -> dict[str, str]:
    """The states that are frequent enough to stand by themselves; ends of treatment always do."""
    counted: Counter[str] = Counter()
    for name, n in states:
        counted[name] += n
    return {name: name for name, n in counted.items() if n >= min_n or name.startswith("(") or name == "-"}


def _column_sizes(steps: list[Pairs]) -> list[dict[str, int]]:
    """Size of each state in each of the three columns: the larger of what comes in and what goes out."""
    columns: list[dict[str, int]] = []
    for number in range(len(steps) + 1):
        going: dict[str, int] = defaultdict(int)
        coming: dict[str, int] = defaultdict(int)
        for (source, _), n in (steps[number] if number < len(steps) else {}).items():
            going[source] += n
        for (_, target), n in (steps[number - 1] if number else {}).items():
            coming[target] += n
        sizes = {name: max(going[name], coming[name]) for name in {*going, *coming}}
        columns.append(dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0]))))
    return columns


def _draw(steps: list[Pairs]) -> Flow:
    columns = _column_sizes(steps)
    scale = min((FLOW_HEIGHT - NODE_GAP * len(column)) / max(sum(column.values()), 1) for column in columns if column)
    placed = [_place(column, number, scale) for number, column in enumerate(columns)]
    links: list[Link] = []
    for number, step in enumerate(steps):
        out, into = ({name: node.y for name, node in placed[i].items()} for i in (number, number + 1))
        for (source, target), n in sorted(step.items(), key=lambda item: (-item[1], item[0])):
            width = n * scale
            left, right = placed[number][source].x + NODE_WIDTH, placed[number + 1][target].x
            path = _band(left, out[source] + width / 2, right, into[target] + width / 2)
            links.append(Link(path, width, f"{source} → {target}: {n}"))
            out[source] += width
            into[target] += width
    nodes = tuple(node for column in placed for node in column.values())
    return Flow(nodes, tuple(links), max(node.y + max(node.height, SLOT) for node in nodes))


def _step() -> float:
    """Pixels from column to column; the last one keeps room for its labels."""
    return (FLOW_WIDTH - LAST_LABEL) / 2


def _place(sizes: dict[str, int], number: int, scale: float) -> dict[str, Node]:
    nodes, top = {}, 0.0
    for name, n in sizes.items():
        nodes[name] = Node(name, n, number * _step(), top, n * scale)
        top += max(n * scale + NODE_GAP, SLOT)
    return nodes


def _band(left: float, from_y: float, right: float, to_y: float) -> str:
    middle = (left + right) / 2
    return f"M{left:.1f} {from_y:.1f} C{middle:.1f} {from_y:.1f} {middle:.1f} {to_y:.1f} {right:.1f} {to_y:.1f}"


def flow_svg(flow: Flow | None) -> str:
    """The flow as an SVG document; a sentence when there is none."""
    return render("figure_flow", flow=flow, width=FLOW_WIDTH, node_width=NODE_WIDTH, step=_step(), longest=LONGEST)
