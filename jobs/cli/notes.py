"""Commands on single notes: deid, annotate, code, train."""

from __future__ import annotations

import csv
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.jsonl import Handler, InputLineError, process
from jobs.runtime import keys
from jobs.runtime.errors import ConfigError
from jobs.runtime.logs import LOG

Input = Annotated[str, typer.Option("--input", "-i", help="JSON lines to read; - is standard input.")]
Output = Annotated[str, typer.Option("--output", "-o", help="JSON lines to write; - is standard output.")]
Workers = Annotated[int, typer.Option(help="Processes to use.", min=1)]

_LISTS = ("names", "id_numbers", "phones", "addresses", "record_numbers", "employers", "staff", "institutions")


def _text_of(record: dict[str, Any]) -> str:
    text = record.get("text")
    if not isinstance(text, str):
        raise InputLineError("the record has no 'text' string")
    return text


def _known(raw: dict[str, Any]) -> Any:
    from nlp.deid import Known

    lists = {name: tuple(str(v) for v in (raw.get(name) or ()) if v) for name in _LISTS}
    return Known(**lists, birth_date=str(raw.get("birth_date") or ""))


def _when(record: dict[str, Any]) -> str | None:
    return str(record["note_time"])[:10] if record.get("note_time") else None


def deid_handler(style: str) -> Handler:
    """Handler of ``oncorwe deid``: one per process."""
    from nlp.deid import Deidentifier, DeidSettings

    engine = Deidentifier(DeidSettings(style=style))  # type: ignore[arg-type]

    def handle(record: dict[str, Any]) -> dict[str, Any]:
        text = _text_of(record)
        person = keys.person_key(f"cli:{record.get('patient') or record.get('note_id')}")
        result = engine.deid(
            text,
            known=_known(record.get("known") or {}),
            offset_days=keys.date_offset(person),
            surrogate_key=keys.surrogate_key(person),
            note_type=str(record.get("note_type") or ""),
            note_date=_when(record),
        )
        good = result.status == "ok"
        spans = [
            {"start": s.start, "end": s.end, "label": s.label, "rule": s.rule, "replacement": s.replacement}
            for s in result.spans
        ]
        answer = {
            "note_id": record.get("note_id"),
            "status": result.status,
            "text": result.text if good else None,
            "spans": spans,
        }
        return answer if good else answer | {"reason": result.reason}

    return handle


def _ensure_key() -> None:
    if not any(os.environ.get(name) for name in keys.ENVIRONMENT):
        key = secrets.token_hex(32)
        os.environ["ONCORWE_KEY"] = key
        LOG.warning(
            "No project key is configured; this run uses the ephemeral key %s (set ONCORWE_KEY to it for the same dates and surrogates)",
            key,
        )


def deid(
    input: Input = "-",
    output: Output = "-",
    style: Annotated[str, typer.Option(help="tag: typed tags such as [姓名]; surrogate: realistic stand-ins.")] = "tag",
    workers: Workers = 1,
) -> None:
    """De-identify notes.

    In:  {"note_id", "text", "note_type"?, "note_time"?, "patient"?, "known"?: {"names": [], "id_numbers": [], "phones": [], "addresses": [],
    "record_numbers": [], "employers": [], "birth_date": ""}}

    Out: {"note_id", "status": ok|quarantined|error, "reason"?, "text", "spans": [{start, end, label, rule, replacement}]}; offsets into the
    input text; text is null unless ok. Notes with the same "patient" share date offset and surrogates.

    A line that cannot be used gives {"note_id", "status": "error", "reason"} in its place and the rest goes on (exit code 0); blank lines are
    skipped.

    Example: oncorwe deid --input notes.jsonl --output clean.jsonl
    """
    if style not in ("tag", "surrogate"):
        raise ConfigError(f"There is no style '{style}'", do="Use tag or surrogate")
    _ensure_key()
    keys.project_key()
    process(input, output, deid_handler, {"style": style}, workers)


def annotate_handler(model: str | None) -> Handler:
    """Handler of ``oncorwe annotate``: one pipeline per process."""
    from nlp import pipeline

    if model:
        pipeline.use_model(Path(model))
    pipeline.get_nlp()

    def handle(record: dict[str, Any]) -> dict[str, Any]:
        _text_of(record)
        return pipeline.annotate_note(record)

    return handle


def annotate(
    input: Input = "-",
    output: Output = "-",
    model: Annotated[str | None, typer.Option(help="Folder of a model made by 'oncorwe train ner'.")] = None,
    workers: Workers = 1,
) -> None:
    """Read notes into mentions and facts.

    In:  {"note_id", "text", "note_type"?, "note_time"?}

    Out: {"note_id", "mentions": [{start, end, text, label, section, polarity, temporality, experiencer, code, code_system, cue, engine}],
    "facts": {"staging": [...], "biomarker": [...], ...}}; facts are rows of the warehouse tables without ids, each with "evidence": [start, end].

    A line that cannot be used gives {"note_id", "status": "error", "reason"} in its place and the rest goes on (exit code 0); blank lines are
    skipped.

    Example: oncorwe annotate --input notes.jsonl --output read.jsonl
    """
    _check_model(model, "ner")
    process(input, output, annotate_handler, {"model": model}, workers)


def _check_model(model: str | None, kind: str) -> None:
    """Stop before any line is read when the model folder is missing, damaged, or of another kind."""
    from nlp.training.card import ModelError, read_card

    if model:
        try:
            read_card(model, kind)
        except ModelError as error:
            raise ConfigError(str(error)) from None


@contextmanager
def _training() -> Iterator[None]:
    """A corpus that cannot be used ends the command with its one sentence."""
    from nlp.training.card import ModelError

    try:
        yield
    except ModelError as error:
        raise ConfigError(str(error)) from None


def read_code_table(path: str) -> list[tuple[str, str]]:
    """Rows of a ``code<TAB>name`` file; ``#`` lines are left out.

    A header line that starts with ``code`` may name the columns: ``name_zh``, else ``name``, else the second column is taken.

    Raises:
        ConfigError: the file is missing or holds no pair.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [
                row
                for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if len(row) >= 2 and not row[0].startswith("#")
            ]
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            "The code table cannot be read", where=path, do="Name a UTF-8 file of code<TAB>name lines with --table"
        ) from None
    headed = bool(rows) and rows[0][0].strip().lower() == "code"
    header = [cell.strip().lower() for cell in rows[0]] if headed else []
    at = next((header.index(name) for name in ("name_zh", "name") if name in header), 1)
    pairs = [(row[0].strip(), row[at].strip()) for row in rows[headed:] if len(row) > at and row[at].strip()]
    if not pairs:
        raise ConfigError("The code table is empty", where=path, do="It needs lines of code<TAB>name")
    return pairs


def code_handler(table: str, model: str | None) -> Handler:
    """Handler of ``oncorwe code``."""
    from nlp.linking import Linker

    linker = Linker(read_code_table(table), model=Path(model) if model else None)

    def handle(record: dict[str, Any]) -> dict[str, Any]:
        found = linker.link(_text_of(record))
        rows = [
            [{"code": c.code, "name": c.name, "score": round(c.score, 4)} for c in group]
            for group in (found.codes, found.candidates)
        ]
        return {"id": record.get("id"), "codes": rows[0], "candidates": rows[1]}

    return handle


def code(
    table: Annotated[str, typer.Option(help="Code table: code<TAB>name, one a line.")],
    input: Input = "-",
    output: Output = "-",
    model: Annotated[str | None, typer.Option(help="Folder of a model made by 'oncorwe train linker'.")] = None,
    workers: Workers = 1,
) -> None:
    """Code strings with any code table.

    In:  {"id", "text"}

    Out: {"id", "codes": [{code, name, score}], "candidates": [...]}; codes holds the chosen ones, runners-up are candidates.

    A line that cannot be used gives {"id", "status": "error", "reason"} in its place and the rest goes on (exit code 0); blank lines are
    skipped.

    Example: oncorwe code --table icd9cm3.tsv --input operations.jsonl --output coded.jsonl
    """
    _check_model(model, "linker")
    read_code_table(table)
    process(input, output, code_handler, {"table": table, "model": model}, workers, "strings", "id")


train = typer.Typer(help="Train the optional statistical parts on a corpus of your own.", no_args_is_help=True)


@train.command("ner")
def train_ner(
    train: Annotated[Path, typer.Option(help='JSON lines {"note_id", "text", "entities": [{start, end, label}]}.')],
    output: Annotated[Path, typer.Option(help="Folder for the model.")],
    dev: Annotated[Path | None, typer.Option(help="The same, for tuning and the printed score.")] = None,
) -> None:
    """Train the statistical recogniser; annotate takes it with --model.

    The six Chinese CCKS labels are accepted and mapped to ours.

    Example: oncorwe train ner --train train.jsonl --dev dev.jsonl --output model
    """
    from nlp.training.ner import train_recogniser

    with _training():
        typer.echo(train_recogniser(train, dev, output).summary())


@train.command("linker")
def train_linker(
    train: Annotated[
        Path,
        typer.Option(help='JSON lines {"raw", "standard"} or {"text", "normalized_result"}, several joined by ##.'),
    ],
    table: Annotated[str, typer.Option(help="Code table: code<TAB>name, one a line.")],
    output: Annotated[Path, typer.Option(help="Folder for the model.")],
    dev: Annotated[Path | None, typer.Option(help="The same as --train, for the printed score.")] = None,
) -> None:
    """Train the linker for one code table; code takes it with --model.

    Example: oncorwe train linker --train pairs.jsonl --table icd9cm3.tsv --output model
    """
    from nlp.training.linker import train_linker_model

    with _training():
        typer.echo(train_linker_model(train, dev, read_code_table(table), output).summary())


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(deid)
    app.command()(annotate)
    app.command()(code)
    app.add_typer(train, name="train")
