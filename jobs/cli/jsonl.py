"""JSON lines in, JSON lines out: order kept, a bad line answered in its place, memory flat, several processes if asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.runtime.errors import ConfigError

Handler = Callable[[dict[str, Any]], dict[str, Any]]
_CHUNK = 64


def _parse(line: str) -> dict[str, Any] | str:
    try:
        record = json.loads(line)
    except ValueError:
        return "the line is not JSON"
    if not isinstance(record, dict):
        return "the line is not a JSON object"
    return record


def answer(line: str, handler: Handler, number: int) -> str:
    """One output line for one input line; an error names its kind and the line, never the text."""
    record = _parse(line)
    if isinstance(record, str):
        return json.dumps(
            {"note_id": None, "status": "error", "reason": f"line {number}: {record}"}, ensure_ascii=False
        )
    name = record.get("note_id", record.get("id"))
    try:
        result = handler(record)
    except (KeyError, TypeError, ValueError) as error:
        reason = (
            str(error)
            if isinstance(error, InputLineError)
            else f"line {number}: unusable value ({type(error).__name__})"
        )
        result = {"note_id": name, "status": "error", "reason": reason}
    except Exception as error:  # one bad note must not stop the rest
        result = {"note_id": name, "status": "error", "reason": f"line {number}: {type(error).__name__}"}
    return json.dumps(result, ensure_ascii=False)


class InputLineError(ValueError):
    """A line lacks something; its message holds field names only."""


_HANDLER: Handler | None = None


def _start(factory: Callable[..., Handler], options: dict[str, Any]) -> None:
    global _HANDLER
    _HANDLER = factory(**options)


def _work(chunk: list[tuple[int, str]]) -> list[str]:
    assert _HANDLER is not None
    return [answer(line, _HANDLER, number) for number, line in chunk]


def _chunks(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, _CHUNK)):
        yield chunk


def _answers(
    lines: Iterable[str], factory: Callable[..., Handler], options: dict[str, Any], workers: int
) -> Iterator[list[str]]:
    if workers <= 1:
        _start(factory, options)
        for chunk in _chunks(lines):
            yield _work(chunk)
        return
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(workers, _start, (factory, options)) as pool:
        yield from pool.imap(_work, _chunks(lines))


def _open_input(name: str) -> TextIO:
    if name == "-":
        return sys.stdin
    try:
        return open(name, encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigError(
            "The input file cannot be read",
            where=name,
            why=error.strerror or "",
            do="Name a JSON-lines file with --input",
        ) from None


def process(
    source: str,
    target: str,
    factory: Callable[..., Handler],
    options: dict[str, Any],
    workers: int = 1,
    what: str = "notes",
) -> int:
    """Answer every line of ``source`` into ``target`` (``-``: the standard streams); lines answered.

    ``factory(**options)`` makes the handler once a process, so that models load once.
    """
    total = None
    if source != "-" and Path(source).is_file():
        with open(source, "rb") as counted:
            total = sum(1 for line in counted if line.strip())
    done = 0
    with ExitStack() as stack:
        lines = stack.enter_context(_open_input(source)) if source != "-" else sys.stdin
        sink = sys.stdout if target == "-" else stack.enter_context(open(target, "w", encoding="utf-8"))
        progress = stack.enter_context(_progress())
        bar = progress.add_task(what, total=total)
        for chunk in _answers(lines, factory, options, workers):
            sink.writelines(f"{line}\n" for line in chunk)
            done += len(chunk)
            progress.update(bar, advance=len(chunk))
    return done


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
