"""``oncorwe``: the command line. Each command teaches by ``--help``; exit codes are in docs/operations.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import typer

from jobs.cli import evaluate, maintain, notes, pipeline, privacy, research
from jobs.cli.panels import arrange
from jobs.runtime.errors import ConfigError, Exit, OncorweError, describe, exit_code
from jobs.runtime.logs import set_up
from warehouse.errors import WarehouseError

app = typer.Typer(
    name="oncorwe",
    help="From hospital records of cancer patients to a de-identified, structured, validated oncology warehouse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 unexpected, 2 usage, 3 partial (a site failed), 4 blocked by validation, 5 key, 6 input, 7 row balance.",
)
for module in (pipeline, notes, research, evaluate, maintain, privacy):
    module.register(app)
arrange(app)


def main() -> None:
    """Run the command line; an error is one sentence on standard error and an exit code."""
    set_up()
    try:
        code = app(standalone_mode=False, prog_name="oncorwe")
        sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except BrokenPipeError:
        _closed()
    except SystemExit as error:
        # Typer ends so, with 1 and a muffled standard output, when the reader of a pipe has gone.
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":
            _closed()
        raise error
    except OncorweError as error:
        _fail(describe(error), exit_code(error))
    except WarehouseError as error:
        _fail(" ".join(str(error).split()), Exit.USAGE)
    except KeyboardInterrupt:
        _fail("Stopped by the user", 130)
    except typer.Abort:
        _fail("Stopped by the user", 130)
    except OSError as error:
        _fail(_of_file(error), Exit.USAGE if error.filename else Exit.UNEXPECTED)
    except Exception as error:
        if type(error).__module__.startswith("nlp."):
            # nlp/ knows nothing of exit codes; its own errors are sentences about files that the command line named.
            _fail(str(error), Exit.USAGE)
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):
            _fail(error.format_message(), Exit.USAGE)
        _fail(describe(error), Exit.UNEXPECTED)


def _of_file(error: OSError) -> str:
    """A sentence about a file; its name is shown only where the command line itself gave it."""
    name = str(error.filename or "")
    if not name:
        return describe(error)
    given = next(
        (word for word in sys.argv[1:] if word and Path(name).resolve().is_relative_to(Path(word).resolve())), ""
    )
    return ConfigError(
        "A file cannot be read or written",
        where=given,
        why=error.strerror or type(error).__name__,
        do="Check its path and folder",
    ).sentence()


def _closed() -> NoReturn:
    """End without a word: who read our output (``| head``) has had enough."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os._exit(Exit.DONE)


def _fail(sentence: str, code: int) -> NoReturn:
    sentence = " ".join(sentence.split())
    print(f"oncorwe: {sentence}", file=sys.stderr)
    sys.exit(code)
