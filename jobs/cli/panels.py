"""How ``oncorwe --help`` groups its commands: by who uses them."""

from __future__ import annotations

import typer

PANELS = {
    "Data engineer: from deliveries to a release": ("run", "site", "key", "quarantine", "runs", "codes", "synth", "demo"),
    "Privacy": ("forget", "refusals", "risk", "audit"),
    "Researcher: ask a release": (
        "sql", "question", "explain", "cohort", "figure", "releases", "dictionary", "catalog", "export", "copies",
    ),
    "QA reviewer": ("report", "evaluate"),
    "Single notes and strings": ("deid", "annotate", "code", "train"),
}  # fmt: skip


def arrange(app: typer.Typer) -> None:
    """Give every command and group of ``app`` its panel."""
    panel_of = {name: panel for panel, names in PANELS.items() for name in names}
    for made in (*app.registered_commands, *app.registered_groups):
        name = made.name or getattr(made.callback, "__name__", "")
        made.rich_help_panel = panel_of.get(name, "Other")
