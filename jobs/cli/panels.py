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
    for command in app.registered_commands:
        command.rich_help_panel = panel_of.get(str(command.name or getattr(command.callback, "__name__", "")), "Other")
    for group in app.registered_groups:
        group.rich_help_panel = panel_of.get(str(group.name), "Other")
