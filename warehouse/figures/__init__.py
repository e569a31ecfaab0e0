"""Figures of a release, made to be passed on: survival curves, treatment flow, cohort attrition; SVG, or an offline HTML page.

Groups and flows smaller than ``min_n`` are left out, and small cells are hidden as in all that leaves.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from warehouse.cohort.attrition import Step, shown
from warehouse.cohort.figure import attrition_svg
from warehouse.errors import WarehouseError
from warehouse.figures.flow import FLOW_HEIGHT, Flow, flow_svg, treatment_flow
from warehouse.figures.survival import Curve, Survival, survival, survival_curves, survival_svg
from warehouse.pages import render
from warehouse.privacy.cells import DEFAULT_THRESHOLD
from warehouse.questions import run
from warehouse.release import Release

__all__ = [
    "FLOW_HEIGHT",
    "Curve",
    "Flow",
    "Survival",
    "allowed",
    "attrition_of_question",
    "flow_svg",
    "page",
    "survival",
    "survival_curves",
    "survival_svg",
    "treatment_flow",
    "write",
    "write_figures",
]


def attrition_of_question(release: Release, threshold: int = DEFAULT_THRESHOLD) -> str:
    """The attrition of question 1 as SVG."""
    rows = run("q01", release).to_pylist()
    counts = [row["n"] for row in rows]
    left = [0, *(before - here for before, here in pairwise(counts))]
    steps = [Step(row["step"], row["criterion"], row["n"], row["n"], out) for row, out in zip(rows, left, strict=True)]
    return attrition_svg(shown(steps, threshold), persons=False)


def page(release: Release, title: str, sections: dict[str, str]) -> str:
    """An offline page with one section a figure: heading → SVG."""
    return render("figures", release_id=release.release_id, title=title, sections=sections)


def write(out: Path, svg: str, release: Release, title: str, heading: str) -> Path:
    """One figure as a file: ``.svg`` as it stands, ``.html`` in an offline page. Raises WarehouseError for another suffix."""
    if out.suffix not in (".svg", ".html"):
        raise WarehouseError(
            f"A figure is no {out.suffix or 'file without a suffix'}.", do="name a file that ends in .svg or .html"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(svg if out.suffix == ".svg" else page(release, title, {heading: svg}), encoding="utf-8")
    return out


def write_figures(
    out: Path, release: Release, tumour_code: str = "NSCLC", min_n: int = 10, threshold: int = DEFAULT_THRESHOLD
) -> Path:
    """Write one page with attrition (question 1), treatment flow and rwPFS by first line; returns its path."""
    allowed(min_n, threshold)
    sections = {
        "Cohort attrition · 队列筛选": attrition_of_question(release, threshold),
        "Treatment flow, line 1 to 3 · 治疗流向": flow_svg(treatment_flow(release, tumour_code, min_n)),
        "Real-world progression-free survival by first line · 一线 rwPFS": survival_svg(
            survival(release, tumour_code, min_n=min_n, threshold=threshold)
        ),
    }
    title = f"{tumour_code} · groups below {min_n} are left out · 少于 {min_n} 例的组不显示"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(release, title, sections), encoding="utf-8")
    return out


def allowed(min_n: int, threshold: int = DEFAULT_THRESHOLD) -> None:
    """Raise WarehouseError when groups would be shown that are too small to leave."""
    if min_n < threshold:
        raise WarehouseError(
            f"Groups smaller than {threshold} are not drawn.",
            why="a figure is made to be passed on",
            do=f"use at least {threshold}",
        )
