"""Errors that help: what, where, why, what to do; one sentence first, never a value that identifies a person."""

from __future__ import annotations

import os
import traceback
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes that scripts can use (documented in docs/operations.md)."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    PARTIAL = 3
    BLOCKED = 4
    KEY = 5
    INPUT = 6
    BALANCE = 7


class OncorweError(Exception):
    """A failure that its reader can act on.

    Args:
        what: what failed, as a sentence without a full stop.
        where: file, table, row or setting; empty when the sentence says it.
        why: the cause.
        do: what to do next.
    """

    exit_code = Exit.UNEXPECTED

    def __init__(self, what: str, *, where: str = "", why: str = "", do: str = "") -> None:
        self.what, self.where, self.why, self.do = what, where, why, do
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message on one line."""
        place = f" [{self.where}]" if self.where else ""
        cause = f": {self.why}" if self.why else ""
        advice = f". {self.do}" if self.do else ""
        return " ".join(f"{self.what}{place}{cause}{advice}".split())

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from Spark's Python workers to the driver by pickle.
        return _rebuild, (type(self), self.what, self.where, self.why, self.do)


def _rebuild(kind: type[OncorweError], what: str, where: str, why: str, do: str) -> OncorweError:
    return kind(what, where=where, why=why, do=do)


class ConfigError(OncorweError):
    """A setting, a site file or a command line cannot be used."""

    exit_code = Exit.USAGE


class PartialRun(OncorweError):
    """Something was published, but not all sites are new."""

    exit_code = Exit.PARTIAL


class Blocked(OncorweError):
    """Validation stopped the release."""

    exit_code = Exit.BLOCKED


class KeyProblem(OncorweError):
    """The project key is missing, unreadable, too open, or not the one this warehouse was made with."""

    exit_code = Exit.KEY


class InputUnusable(OncorweError):
    """A delivered file cannot be read."""

    exit_code = Exit.INPUT


class BalanceBroken(OncorweError):
    """Rows in are not rows out + quarantined + declared drops."""

    exit_code = Exit.BALANCE


def describe(error: BaseException) -> str:
    """One line for a log. Foreign exceptions give their type and place only, for their text may hold a patient's data."""
    if isinstance(error, OncorweError):
        return error.sentence()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    detail = (
        f": {error}" if os.environ.get("ONCORWE_DEBUG") == "1" else " (its text is withheld; ONCORWE_DEBUG=1 shows it)"
    )
    return f"unexpected {type(error).__name__}{place}{detail}"


def exit_code(error: BaseException) -> int:
    """The exit code that belongs to an error."""
    return int(error.exit_code) if isinstance(error, OncorweError) else int(Exit.UNEXPECTED)
