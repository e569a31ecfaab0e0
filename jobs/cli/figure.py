"""``oncorwe figure``: survival curves, treatment flow and attrition as SVG or an offline HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.options import MinCell, ReleaseId, Warehouse, writable
from jobs.runtime.errors import ConfigError

figure_app = typer.Typer(
    help="Figures of a release that may be passed on: survival, flow, attrition; SVG or an offline HTML page.",
    no_args_is_help=True,
)

Output = Annotated[Path, typer.Option("--output", "-o", help="File to write: .svg, or .html for an offline page.")]


def known_tumour(code: str) -> str:
    """The code as given. Raises ConfigError for one that is no tumour type: its figure would be empty and say nothing."""
    from warehouse import codes

    known = [row.tumour_code for row in codes.tumour_types()]
    if code not in known:
        raise ConfigError(f"There is no tumour type '{code}'", do="Use one of " + ", ".join(known))
    return code


Tumour = Annotated[str, typer.Option("--tumour", help="Tumour type, e.g. NSCLC.", callback=known_tumour)]
MinN = Annotated[
    int, typer.Option("--min-n", help="Groups or flows with fewer tumours are left out; not below --min-cell.")
]


@figure_app.command("survival")
def survival(
    output: Output,
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    tumour: Tumour = "NSCLC",
    endpoint: Annotated[str, typer.Option(help="OS, RWPFS, TTNT, TTD or DFS.")] = "OS",
    by: Annotated[str, typer.Option(help="line (first-line regimen), stage, or overall.")] = "line",
    definition: Annotated[
        str | None, typer.Option(help="Definition of the endpoint; default: <endpoint>_default@1.")
    ] = None,
    min_n: MinN = 10,
    delayed_entry: Annotated[
        bool, typer.Option("--delayed-entry", help="At risk from endpoint.entry_date on (left truncation).")
    ] = False,
) -> None:
    """Kaplan-Meier curves with numbers at risk, medians with 95 % limits, and the log-rank p value (not adjusted).

    A curve ends where fewer than --min-cell are at risk.

    Example: oncorwe figure survival --tumour GASTRIC --endpoint OS --by stage -o os.html
    """
    from warehouse import figures
    from warehouse.release import find

    writable(output)
    found = find(warehouse, release)
    figures.allowed(min_n, hide)
    curves = figures.survival(found, tumour, endpoint, definition, by, min_n, hide, delayed_entry)
    entry = ", delayed entry" if delayed_entry else ""
    heading = f"{endpoint} by {by}, {tumour}{entry} · 生存曲线"
    typer.echo(
        str(figures.write(output, figures.survival_svg(curves), found, f"groups below {min_n} are left out", heading))
    )
    for curve in curves.curves:
        median = "not reached" if curve.median is None else f"{curve.median:.1f}"
        typer.echo(f"{curve.name}: n {curve.n}, median {median} months, 95 % CI {curve.interval()}")


@figure_app.command("flow")
def flow(
    output: Output,
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    tumour: Tumour = "NSCLC",
    min_n: MinN = 10,
) -> None:
    """Treatment flow from first to third line (Sankey). Rare regimens are drawn together; smaller flows are left out.

    Example: oncorwe figure flow --tumour COLON -o flow.svg
    """
    from warehouse import figures
    from warehouse.release import find

    writable(output)
    found = find(warehouse, release)
    figures.allowed(min_n, hide)
    svg = figures.flow_svg(figures.treatment_flow(found, tumour, min_n))
    title = f"{tumour} · flows below {min_n} are left out, sums are lower by as much"
    typer.echo(str(figures.write(output, svg, found, title, "Treatment flow, line 1 to 3 · 治疗流向")))


@figure_app.command("attrition")
def attrition(
    output: Output,
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    cohort: Annotated[
        Path | None, typer.Option(help="Cohort file (TOML); without it, the attrition of question 1.")
    ] = None,
) -> None:
    """Who is left after each criterion, small cells hidden: of a cohort file, or of question 1.

    Example: oncorwe figure attrition --cohort cohort.toml -o attrition.svg
    """
    from warehouse import cohort as cohorts
    from warehouse import figures
    from warehouse.cohort.figure import attrition_svg
    from warehouse.release import find

    writable(output)
    found = find(warehouse, release)
    if cohort is None:
        svg, title = figures.attrition_of_question(found, hide), "question q01"
    else:
        built = cohorts.build(found, cohorts.read_cohort(cohort), hide)
        svg, title = attrition_svg(built.shown), f"{built.cohort.title} · cohort {built.cohort_id}"
    typer.echo(str(figures.write(output, svg, found, title, "Attrition · 队列筛选")))


@figure_app.command("page")
def page(
    output: Output,
    warehouse: Warehouse,
    hide: MinCell,
    release: ReleaseId = None,
    tumour: Tumour = "NSCLC",
    min_n: MinN = 10,
) -> None:
    """One offline page with attrition (question 1), treatment flow, and rwPFS by first line.

    Example: oncorwe figure page --tumour NSCLC -o figures.html
    """
    from warehouse.figures import write_figures
    from warehouse.release import find

    writable(output)
    typer.echo(str(write_figures(output, find(warehouse, release), tumour, min_n, hide)))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(figure_app, name="figure")
