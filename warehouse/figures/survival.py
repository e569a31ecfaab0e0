"""Kaplan-Meier curves of a release: estimates and confidence limits are lifelines', the drawing is inline SVG.

Made to be passed on: groups smaller than ``min_n`` are left out, a curve ends where few are at risk, and small numbers are hidden
(:mod:`warehouse.privacy.cells`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import takewhile

from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times

from warehouse.errors import WarehouseError
from warehouse.pages import render
from warehouse.privacy.cells import DEFAULT_THRESHOLD, shown
from warehouse.release import Release

PALETTE = ("#0b6b74", "#c0392b", "#2f6fb0", "#b8860b", "#6b4c9a", "#2e8b57", "#8795a3", "#d2691e")
PLOT_WIDTH, PLOT_HEIGHT = 760.0, 340.0
TICKS = (1, 2, 3, 6, 12, 24, 36, 60, 120)
"""Months between the marks of the time axis; the smallest that gives at most nine marks is taken."""
DEFINITIONS = {
    "OS": "os_default@1",
    "RWPFS": "rwpfs_default@1",
    "TTNT": "ttnt_default@1",
    "TTD": "ttd_default@1",
    "DFS": "dfs_default@1",
}
GROUPINGS = ("line", "stage", "overall")
Member = tuple[float, int, float]
"""Months from the index date to the end, event (0/1), months from the index date to the entry into the risk set."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve: (month, survival) steps, group size, events, the median where reached and its 95 % limits."""

    name: str
    n: int
    events: int
    median: float | None
    low: float | None
    high: float | None
    steps: tuple[tuple[float, float], ...]
    times: tuple[float, ...]
    """Months under observation of each member, ascending: who is at risk when."""
    colour: str
    entries: tuple[float, ...] = ()
    """Months at which each member enters the risk set, ascending; empty when all enter at 0."""

    def path(self, last: float) -> str:
        """SVG path of the step function; ``last`` is the month at the right edge."""
        x = [month / last * PLOT_WIDTH for month, _ in self.steps]
        y = [(1 - survival) * PLOT_HEIGHT for _, survival in self.steps]
        moves = [f"H{right:.1f} V{down:.1f}" for right, down in zip(x[1:], y[1:], strict=True)]
        return f"M{x[0]:.1f} {y[0]:.1f} " + " ".join(moves)

    def at_risk(self, month: float, threshold: int = DEFAULT_THRESHOLD) -> str:
        """How many are still under observation, small numbers hidden."""
        return shown(_at_risk(self.times, self.entries, month), threshold)

    def interval(self) -> str:
        """The 95 % confidence limits of the median in words."""
        if self.low is None and self.high is None:
            return "–"
        limits = ("not reached" if limit is None else f"{limit:.1f}" for limit in (self.low, self.high))
        return " to ".join(limits)


@dataclass(frozen=True, slots=True)
class Survival:
    """The curves of one figure and the log-rank p value across them (None with fewer than two groups)."""

    curves: tuple[Curve, ...]
    p_value: float | None
    endpoint: str
    definition_id: str
    by: str
    threshold: int = DEFAULT_THRESHOLD
    delayed_entry: bool = False


@cache
def _statement(by: str) -> str:
    return (files("warehouse.figures") / f"survival_{by}.sql").read_text(encoding="utf-8")


def survival(
    release: Release,
    tumour_code: str,
    endpoint: str = "RWPFS",
    definition_id: str | None = None,
    by: str = "line",
    min_n: int = 10,
    threshold: int = DEFAULT_THRESHOLD,
    delayed_entry: bool = False,
) -> Survival:
    """Curves by first-line regimen, stage group at diagnosis, or overall; the largest groups first, at most eight.

    The log-rank test compares the groups that are drawn; it is crude, nothing is adjusted for. With ``delayed_entry`` a person is at
    risk from ``entry_date`` on (left truncation); who enters on or after the end is left out, and there is no log-rank test.
    Raises WarehouseError for an endpoint or grouping that there is not.
    """
    if endpoint not in DEFINITIONS or by not in GROUPINGS:
        raise WarehouseError(
            f"There is no figure of {endpoint} by {by}.",
            do=f"endpoints: {', '.join(DEFINITIONS)}; groups: {', '.join(GROUPINGS)}",
        )
    definition = definition_id or DEFINITIONS[endpoint]
    params = {"endpoint": endpoint, "definition_id": definition, "tumour_code": tumour_code}
    groups: dict[str, list[Member]] = defaultdict(list)
    with release.connect() as connection:
        for name, months, event, entry in connection.execute(_statement(by), params).fetchall():
            if not delayed_entry or entry < months:
                groups[name].append((months, event, entry if delayed_entry else 0.0))
    kept = sorted((item for item in groups.items() if len(item[1]) >= min_n), key=lambda item: (-len(item[1]), item[0]))
    drawn = kept[: len(PALETTE)]
    curves = tuple(_curve(name, rows, colour, threshold) for (name, rows), colour in zip(drawn, PALETTE, strict=False))
    p_value = None if delayed_entry else _log_rank(drawn)
    return Survival(curves, p_value, endpoint, definition, by, threshold, delayed_entry)


def survival_curves(
    release: Release, tumour_code: str, endpoint: str = "RWPFS", definition_id: str = "rwpfs_default@1", min_n: int = 10
) -> list[Curve]:
    """The curves by first-line regimen alone."""
    return list(survival(release, tumour_code, endpoint, definition_id, "line", min_n).curves)


def _at_risk(times: Sequence[float], entries: Sequence[float], month: float) -> int:
    """Who has entered and not left: all who leave at ``month`` or later, but for those who enter then or later."""
    outside = len(entries) - max(bisect_left(entries, month), bisect_right(entries, 0.0))
    return len(times) - bisect_left(times, month) - outside


def _last_shown(times: Sequence[float], entries: Sequence[float], threshold: int) -> float:
    """The last month up to which ``threshold`` are at risk at every step: the steps after it would show single persons."""
    if not entries:
        return times[-threshold] if len(times) >= threshold else times[0]
    return max(takewhile(lambda t: _at_risk(times, entries, t) >= threshold, times), default=0.0)


def _curve(name: str, rows: list[Member], colour: str, threshold: int) -> Curve:
    months, events = [row[0] for row in rows], [row[1] for row in rows]
    late = [row[2] for row in rows]
    fitted = KaplanMeierFitter().fit(months, events, entry=late if any(late) else None)
    limits = median_survival_times(fitted.confidence_interval_survival_function_).iloc[0]
    table = fitted.survival_function_.iloc[:, 0]
    times = tuple(sorted(months))
    entries = tuple(sorted(late)) if any(late) else ()
    end = _last_shown(times, entries, threshold)
    steps = tuple((float(month), float(value)) for month, value in table.items() if month <= end)
    return Curve(
        name,
        len(rows),
        sum(events),
        _finite(fitted.median_survival_time_),
        _finite(limits.iloc[0]),
        _finite(limits.iloc[1]),
        steps,
        times,
        colour,
        entries,
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _log_rank(groups: list[tuple[str, list[Member]]]) -> float | None:
    """None also where the test is undefined: fewer than two groups, or no event at all."""
    rows = [(name, months, event) for name, members in groups for months, event, _ in members]
    if len(groups) < 2 or not any(event for _, _, event in rows):
        return None
    names, months, events = zip(*rows, strict=True)
    return float(multivariate_logrank_test(months, names, events).p_value)


def survival_svg(found: Survival) -> str:
    """The curves with axis, legend and numbers at risk as an SVG document; a sentence when no group is large enough."""
    last = max((curve.steps[-1][0] for curve in found.curves), default=0.0)
    ticks = axis(last)
    return render(
        "figure_survival",
        it=found,
        ticks=ticks,
        last=ticks[-1],
        width=PLOT_WIDTH,
        height=PLOT_HEIGHT,
        shown=shown,
    )


def axis(last: float) -> list[int]:
    """Months at which the time axis is marked; the last one is not before ``last``."""
    step = next((step for step in TICKS if last / step <= 8), TICKS[-1])
    return list(range(0, max(math.ceil(last / step), 1) * step + 1, step))
