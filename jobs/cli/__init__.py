"""``oncorwe``: the command line. Each command teaches by ``--help``; exit codes are in docs/operations.md."""

from __future__ import annotations

import sys

import typer

from jobs.cli import evaluate, maintain, notes, pipeline, research
from jobs.runtime.errors import Exit, OncorweError, describe, exit_code
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
for module in (pipeline, notes, research, evaluate, maintain):
    module.register(app)


def main() -> None:
    """Run the command line; an error is one sentence on standard error and an exit code."""
    set_up()
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else Exit.DONE)
    except OncorweError as error:
        _fail(describe(error), exit_code(error))
    except WarehouseError as error:
        _fail(" ".join(str(error).split()), Exit.USAGE)
    except KeyboardInterrupt:
        _fail("Stopped by the user", 130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "exit_code") and hasattr(error, "format_message"):
            _fail(error.format_message(), Exit.USAGE)
        _fail(describe(error), Exit.UNEXPECTED)


def _fail(sentence: str, code: int) -> None:
    print(f"oncorwe: {sentence}", file=sys.stderr)
    sys.exit(code)
