"""What all tests share: one Spark session, a project key of the test run, no leftovers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.world import world

settings.register_profile("no deadline", deadline=None)  # a time is never asserted: a busy machine is no failure
settings.load_profile("no deadline")

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["world"]

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("ONCORWE_KEY", "5a" * 32)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The one Spark session of a test run: two local cores, quick start, everything on loopback."""
    from jobs.runtime.session import spark_session
    from jobs.runtime.settings import SparkSettings

    scratch = tmp_path_factory.mktemp("spark")
    (scratch / "events").mkdir()
    conf = {
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.local.dir": str(scratch / "local"),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",
        "spark.eventLog.dir": f"file://{scratch / 'events'}",
    }
    session = spark_session(
        SparkSettings(master="local[2]", driver_memory="1g", shuffle_partitions=2, conf=conf), "oncorwe tests"
    )
    yield session
    session.stop()


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key file of its own for a test, configured for this process."""
    from jobs.runtime import keys

    path = tmp_path / "key"
    keys.new_key(path)
    monkeypatch.delenv("ONCORWE_KEY", raising=False)
    monkeypatch.setenv("ONCORWE_KEY_FILE", str(path))
    keys.project_key.cache_clear()
    yield path
    keys.project_key.cache_clear()
