"""Figures of a release as one offline HTML page: cohort attrition, treatment flow, survival curves.

The numbers come from :mod:`warehouse.questions` and from lifelines; the drawing is inline SVG.
Groups and flows smaller than ``min_n`` are left out, since the page is made to be passed on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from lifelines import KaplanMeierFitter

from warehouse.pages import render
from warehouse.questions import run
from warehouse.release import Release

PALETTE = ("#0b6b74", "#c0392b", "#2f6fb0", "#b8860b", "#6b4c9a", "#2e8b57", "#8795a3", "#d2691e")
MAX_CURVES = len(PALETTE)
PLOT_WIDTH, PLOT_HEIGHT = 760.0, 340.0
FLOW_WIDTH, FLOW_HEIGHT, NODE_WIDTH, NODE_GAP = 900.0, 420.0, 14.0, 8.0

CURVES_SQL = """
SELECT l.line_name, e.time_months, e.event
FROM endpoint e JOIN line_of_therapy l ON l.line_id = e.line_id
WHERE e.endpoint = $endpoint AND e.definition_id = $definition_id AND l.tumour_code = $tumour_code
  AND l.setting = 'ADVANCED' AND l.line_number = 1 AND NOT l.is_maintenance
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve: (month, survival) steps, group size, events, and the median where reached."""

    name: str
    n: int
    events: int
    median: float | None
    steps: tuple[tuple[float, float], ...]
    colour: str

    def path(self, last: float) -> str:
        """SVG path of the step function; ``last`` is the month at the right edge."""
        x = [month / last * PLOT_WIDTH for month, _ in self.steps]
        y = [(1 - survival) * PLOT_HEIGHT for _, survival in self.steps]
        moves = [f"H{right:.1f} V{down:.1f}" for right, down in zip(x[1:], y[1:], strict=True)]
        return f"M{x[0]:.1f} {y[0]:.1f} " + " ".join(moves)


def survival_curves(
    release: Release, tumour_code: str, endpoint: str = "RWPFS", definition_id: str = "rwpfs_default@1", min_n: int = 10
) -> list[Curve]:
    """Kaplan-Meier curves by first-line regimen, the largest groups first; estimates are lifelines'."""
    params = {"endpoint": endpoint, "definition_id": definition_id, "tumour_code": tumour_code}
    groups: dict[str, list[tuple[float, int]]] = defaultdict(list)
    with release.connect() as connection:
        for name, months, event in connection.execute(CURVES_SQL, params).fetchall():
            groups[name].append((months, event))
    kept = sorted((item for item in groups.items() if len(item[1]) >= min_n), key=lambda item: (-len(item[1]), item[0]))
    return [_curve(name, rows, colour) for (name, rows), colour in zip(kept, PALETTE)]


def _curve(name: str, rows: list[tuple[float, int]], colour: str) -> Curve:
    months, events = [row[0] for row in rows], [row[1] for row in rows]
    fitted = KaplanMeierFitter().fit(months, events)
    table = fitted.survival_function_.iloc[:, 0]
    median = float(fitted.median_survival_time_)
    steps = tuple((float(month), float(survival)) for month, survival in table.items())
    return Curve(name, len(rows), sum(events), None if median == float("inf") else median, steps, colour)


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
    """Treatment flow from first to third line."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def treatment_flow(release: Release, tumour_code: str, min_n: int = 5) -> Flow | None:
    """The flows of question 7 with at least ``min_n`` tumours; None when there is none."""
    answer = run("q07", release, tumour_code=tumour_code, top=10_000).to_pylist()
    pairs: list[dict[tuple[str, str], int]] = [defaultdict(int), defaultdict(int)]
    for row in answer:
        pairs[0][row["line_1"], row["line_2"]] += row["n"]
        if row["line_3"] != "-":
            pairs[1][row["line_2"], row["line_3"]] += row["n"]
    kept = [{pair: n for pair, n in step.items() if n >= min_n} for step in pairs]
    return _draw_flow(kept) if kept[0] else None


def _column_sizes(steps: list[dict[tuple[str, str], int]]) -> list[dict[str, int]]:
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


def _draw_flow(steps: list[dict[tuple[str, str], int]]) -> Flow:
    columns = _column_sizes(steps)
    scale = min((FLOW_HEIGHT - NODE_GAP * len(column)) / max(sum(column.values()), 1) for column in columns if column)
    placed = [_place_column(column, number, scale) for number, column in enumerate(columns)]
    links: list[Link] = []
    for number, step in enumerate(steps):
        out, into = ({name: node.y for name, node in placed[i].items()} for i in (number, number + 1))
        for (source, target), n in sorted(step.items(), key=lambda item: (-item[1], item[0])):
            width = n * scale
            left, right = placed[number][source].x + NODE_WIDTH, placed[number + 1][target].x
            links.append(
                Link(
                    _band(left, out[source] + width / 2, right, into[target] + width / 2),
                    width,
                    f"{source} → {target}: {n}",
                )
            )
            out[source] += width
            into[target] += width
    return Flow(tuple(node for column in placed for node in column.values()), tuple(links))


def _place_column(sizes: dict[str, int], number: int, scale: float) -> dict[str, Node]:
    nodes, top = {}, 0.0
    for name, n in sizes.items():
        nodes[name] = Node(name, n, number * (FLOW_WIDTH - 260) / 2, top, n * scale)
        top += n * scale + NODE_GAP
    return nodes


def _band(left: float, from_y: float, right: float, to_y: float) -> str:
    middle = (left + right) / 2
    return f"M{left:.1f} {from_y:.1f} C{middle:.1f} {from_y:.1f} {middle:.1f} {to_y:.1f} {right:.1f} {to_y:.1f}"


def write_figures(out: Path, release: Release, tumour_code: str = "NSCLC", min_n: int = 10) -> Path:
    """Write one page with attrition (question 1), treatment flow and survival curves; returns its path."""
    curves = survival_curves(release, tumour_code, min_n=min_n)
    last = max((curve.steps[-1][0] for curve in curves), default=1.0)
    page = render(
        "figures",
        release_id=release.release_id,
        tumour_code=tumour_code,
        curves=curves,
        last=max(last, 1.0),
        min_n=min_n,
        attrition=run("q01", release).to_pylist(),
        flow=treatment_flow(release, tumour_code, min_n),
        width=PLOT_WIDTH,
        height=PLOT_HEIGHT,
        flow_width=FLOW_WIDTH,
        flow_height=FLOW_HEIGHT,
        node_width=NODE_WIDTH,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out
