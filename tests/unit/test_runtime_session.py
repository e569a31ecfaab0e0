"""The Spark options of a session."""

from __future__ import annotations

import pytest

from jobs.runtime.session import spark_conf
from jobs.runtime.settings import SparkSettings


@pytest.mark.parametrize(("master", "kept"), [("local[2]", True), ("spark://host:7077", False), ("yarn", False)])
def test_workers_keep_freed_memory_on_one_machine_only(master: str, kept: bool) -> None:
    """A container of a cluster is killed for memory that a worker merely keeps."""
    conf = spark_conf(SparkSettings(master=master))
    assert ("spark.executorEnv.MALLOC_TRIM_THRESHOLD_" in conf) is kept


def test_what_the_institution_sets_counts() -> None:
    own = {"spark.executorEnv.MALLOC_TRIM_THRESHOLD_": "1"}
    assert spark_conf(SparkSettings(master="yarn", conf=own)).items() >= own.items()
