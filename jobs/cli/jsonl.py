"""JSON lines in, JSON lines out: order kept, a bad line answered in its place, memory flat, several processes if asked."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jobs.runtime.errors import ConfigError, KeyProblem, OncorweError, describe

Handler = Callable[[dict[str, Any]], dict[str, Any]]
_CHUNK = 64


class InputLineError(ValueError):
    """A line lacks something; its message holds field names only."""


def _parse(line: str) -> dict[str, Any]:
    if not _is_text(line):
        raise InputLineError("the line is not UTF-8")
    try:
        record = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise InputLineError("the line is not JSON") from None
    if not isinstance(record, dict):
        raise InputLineError("the line is not a JSON object")
    return record


def _is_text(text: str) -> bool:
    """False when bytes did not decode, or half a character (a lone surrogate) stands in the text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def answer(line: str, handler: Handler, number: int, key: str = "note_id") -> str:
    """One output line for one input line; an error names its kind and the line, never the text."""
    name = None
    try:
        record = _parse(line)
        name = record.get(key, record.get("note_id", record.get("id")))
        result = handler(record)
    except KeyProblem:
        raise
    except InputLineError as error:
        result = _error(key, name, f"line {number}: {error}")
    except (KeyError, TypeError, ValueError) as error:
        result = _error(key, name, f"line {number}: unusable value ({type(error).__name__})")
    except Exception as error:  # one bad note must not stop the rest
        result = _error(key, name, f"line {number}: {type(error).__name__}")
    made = json.dumps(result, ensure_ascii=False)
    return made if _is_text(made) else json.dumps(result)


def _error(key: str, name: Any, reason: str) -> dict[str, Any]:
    return {key: name, "status": "error", "reason": reason}


_HANDLER: Handler | None = None
_KEY = "note_id"
_FAILURE: OncorweError | None = None


def _start(factory: Callable[..., Handler], options: dict[str, Any], key: str) -> None:
    global _HANDLER, _KEY
    _HANDLER, _KEY = factory(**options), key


def _start_worker(factory: Callable[..., Handler], options: dict[str, Any], key: str) -> None:
    """The same in a worker process. A pool would start a failing worker again and again: the failure is kept for the first line."""
    global _FAILURE
    try:
        _start(factory, options, key)
    except OncorweError as error:
        _FAILURE = error
    except Exception as error:
        _FAILURE = OncorweError(f"A worker process could not start: {describe(error)}")


def _work(chunk: list[tuple[int, str]]) -> list[str]:
    if _FAILURE is not None:
        raise _FAILURE
    assert _HANDLER is not None
    return [answer(line, _HANDLER, number, _KEY) for number, line in chunk]


def _chunks(lines: Iterable[str], size: int = _CHUNK) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines; blank ones are left out but counted."""
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, size)):
        yield chunk


def _answers(
    lines: Iterable[str], factory: Callable[..., Handler], options: dict[str, Any], workers: int, key: str
) -> Iterator[list[str]]:
    if workers <= 1:
        _start(factory, options, key)
        # One line at a time: who pipes notes through sees each answer as it comes, and the bar moves with long notes.
        for chunk in _chunks(lines, 1):
            yield _work(chunk)
        return
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(workers, _start_worker, (factory, options, key)) as pool:
        yield from pool.imap(_work, _chunks(lines))


def _reader(raw: Any) -> TextIO:
    return io.TextIOWrapper(raw, encoding="utf-8", errors="surrogateescape", newline="\n")


def _open_input(name: str) -> TextIO:
    if name == "-":
        # A descriptor of its own, so that closing it leaves standard input as it is.
        return _reader(os.fdopen(os.dup(sys.stdin.fileno()), "rb"))
    try:
        return _reader(open(name, "rb"))
    except OSError as error:
        raise ConfigError(
            "The input file cannot be read",
            where=name,
            why=error.strerror or "",
            do="Name a JSON-lines file with --input",
        ) from None


def _open_output(name: str, source: str) -> TextIO:
    if source != "-" and os.path.exists(name) and os.path.samefile(source, name):
        raise ConfigError(
            "Input and output are the same file", where=name, why="writing would destroy it", do="Name another --output"
        )
    try:
        return open(name, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(
            "The output file cannot be written",
            where=name,
            why=error.strerror or "",
            do="Make its folder first, or name another file with --output",
        ) from None


def process(
    source: str,
    target: str,
    factory: Callable[..., Handler],
    options: dict[str, Any],
    workers: int = 1,
    what: str = "notes",
    key: str = "note_id",
) -> int:
    """Answer every line of ``source`` into ``target`` (``-``: the standard streams); lines answered.

    ``factory(**options)`` makes the handler once a process, so that models load once. ``key``: field that names a record.

    Raises:
        ConfigError: a file cannot be opened, or both are the same.
    """
    done = 0
    with ExitStack() as stack:
        lines = stack.enter_context(_open_input(source))
        sink = sys.stdout if target == "-" else stack.enter_context(_open_output(target, source))
        progress = stack.enter_context(_progress())
        bar = progress.add_task(what, total=None if progress.disable else _count(source))
        for chunk in _answers(lines, factory, options, workers, key):
            sink.writelines(f"{line}\n" for line in chunk)
            if target == "-":
                sink.flush()
            done += len(chunk)
            progress.update(bar, advance=len(chunk))
    return done


def _count(source: str) -> int | None:
    if source == "-" or not Path(source).is_file():
        return None
    with open(source, "rb") as counted:
        return sum(1 for line in counted if line.strip())


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True)
