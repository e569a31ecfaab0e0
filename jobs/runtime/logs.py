"""Logging for jobs: one line a step on standard error, progress a person can follow, no value of any row."""

from __future__ import annotations

import logging
import sys

LOG = logging.getLogger("oncorwe")


def set_up(verbose: bool = False) -> None:
    """Send the project's log to standard error, once."""
    if LOG.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG if verbose else logging.INFO)
    LOG.propagate = False
