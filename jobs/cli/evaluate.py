"""``oncorwe evaluate``: predictions against a gold standard, with intervals and error lists."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from jobs.runtime.errors import ConfigError

app = typer.Typer(
    help="Compare predictions with a gold standard: precision, recall, F1, 95 % intervals, errors.",
    no_args_is_help=True,
)

Gold = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Gold standard, JSON lines.")]
Predictions = Annotated[
    Path,
    typer.Option(
        "--pred", exists=True, dir_okay=False, help="Predictions, JSON lines (output of deid, annotate or code)."
    ),
]


def _print(module: str, gold: Path, pred: Path) -> None:
    evaluate = importlib.import_module(f"nlp.evaluation.{module}").evaluate
    try:
        result = evaluate(gold, pred)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "The gold standard or the predictions cannot be read",
            where=f"{gold}, {pred}",
            why=f"a line is not JSON or lacks a field ({type(error).__name__})",
            do="Check both files",
        ) from None
    typer.echo(str(result))


_HELP = {
    "deid": "Leaks by kind of identifier (ignoring labels), notes fully clean, damage to what must stay.",
    "ner": "Mentions by label, strict spans.",
    "assertion": "Negated, uncertain, affirmed of given findings.",
    "linking": "Codes of strings.",
    "events": "Primary site, lesion size, metastasis site, as strings.",
    "facts": "Facts by table and variable.",
}


def _command(name: str) -> None:
    @app.command(name, help=f"{_HELP[name]}\n\nExample: oncorwe evaluate {name} --gold gold.jsonl --pred out.jsonl")
    def evaluate(gold: Gold, pred: Predictions) -> None:
        _print(name, gold, pred)


for _name in _HELP:
    _command(_name)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="evaluate")
