"""The risk section of the report, and the page that a wide release carries in its place."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.privacy.report import SOURCES, RiskReport
from warehouse.privacy.risk import Risk, chosen

HERE = Path(__file__).parent
BEGIN, END = "<!-- risk -->", "<!-- /risk -->"
"""Stand around the section, so that publishing can put the final figures in its place."""


def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)


def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    return found


def share(value: float) -> str:
    """A share as percent; never 0 or 100 for what is not."""
    percent = 100 * value
    return f"{percent:.0f} %" if percent in (0, 100) else f"{min(max(percent, 0.01), 99.99):.2f} %"


def rows(risk: Risk) -> dict[str, str]:
    """Measures as the page shows them, by word key."""
    found = {"risk_persons": f"{risk.persons:,}", "risk_classes": f"{risk.classes:,}", "risk_k": f"{risk.k_min:,}"}
    found |= {"risk_uniques": f"{risk.uniques:,}"}
    found |= {f"risk_below|{k}": f"{n:,} ({share(risk.share_below[k])})" for k, n in risk.below.items()}
    found |= {
        "risk_prosecutor_max": f"{risk.prosecutor_max:.3f}",
        "risk_prosecutor_average": f"{risk.prosecutor_average:.3f}",
        "risk_marketer": f"{risk.marketer:.3f}",
    }
    return found | {f"risk_high|{t}": share(s) for t, s in risk.high_risk.items()}


def section(report: RiskReport) -> Markup:
    """The section as HTML."""
    risks = [report.before, *([report.after] if report.after else [])]
    shown = [rows(risk) for risk in risks]
    page = _environment().get_template("risk.html").render(
        words=_words(),
        report=report,
        risks=risks,
        measures=[(key.partition("|")[0], key.partition("|")[2], [r[key] for r in shown]) for key in shown[0]],
        quasi=chosen("quasi", report.settings.quasi),
        names={a.name: a for a in chosen("sensitive", report.settings.sensitive)},
        sources=SOURCES,
        share=share,
    )  # fmt: skip
    return Markup(f"{BEGIN}{page}{END}")


def replace_section(page: str, report: RiskReport) -> str:
    """A report page with the section of this report in the place of its own."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{section(report)}{tail}"


def own_page(report: RiskReport, verdict: str) -> str:
    """A page with nothing but the risk: what a wide release shows of its making, without keys of rows."""
    context: dict[str, Any] = {"words": _words(), "release_id": report.release_id, "verdict": verdict}
    context["css"] = Markup((HERE / "style.css").read_text(encoding="utf-8"))
    context["section"] = section(report)
    return _environment().get_template("risk_page.html").render(**context)
