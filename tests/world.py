"""One small run of the whole pipeline over synthetic hospitals, shared by the end-to-end tests."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.runtime.application import open_context
from jobs.runtime.context import Context
from jobs.runtime.logs import LOG
from jobs.runtime.runner import run_all
from jobs.synth import synthesise

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PATIENTS, SEED = 32, 11


@dataclass
class World:
    """A landing area, its truth, and the warehouse made of it."""

    landing: Path
    truth: Path
    warehouse: Path
    log: str
    spark: SparkSession

    def context(self, warehouse: Path | None = None, landing: Path | None = None, **options: str) -> Context:
        """A fresh context in the shared Spark session."""
        made = open_context(landing=str(landing or self.landing), warehouse=str(warehouse or self.warehouse), **options)  # type: ignore[arg-type]
        made.__dict__["spark"] = self.spark
        return made


def run_with_log(context: Context) -> str:
    """Run everything and return what was logged."""
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    try:
        run_all(context)
    finally:
        LOG.removeHandler(handler)
    return sink.getvalue()


@pytest.fixture(scope="session")
def world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Three hospitals, run once."""
    folder = tmp_path_factory.mktemp("world")
    synthesise(PATIENTS, 3, SEED, folder / "landing", folder / "truth")
    made = World(folder / "landing", folder / "truth", folder / "warehouse", "", spark)
    made.log = run_with_log(made.context(run_id="first"))
    return made
