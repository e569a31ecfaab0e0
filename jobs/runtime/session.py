"""One way to get a Spark session, the same for a laptop, ``spark-submit`` and the tests."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from jobs.runtime.java import ensure_java
from jobs.runtime.settings import SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m"
"""Halves the CPU of start-up; right for small batches, wrong for long ones."""

_MEMORY = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}
"""Python workers keep the memory that a column leaves free for the next one: else the system clears every page again (a tenth of derivation's CPU).
Local only: on a cluster each would keep up to half a gigabyte that its container may not have."""

_SHUFFLE = "spark.sql.shuffle.partitions"
_FEWEST_SHUFFLE_PARTITIONS = 32
"""On a cluster whose executors may still come (dynamic allocation). Spark's own 200 made a small site wait: each costs a Python task."""


def spark_conf(settings: SparkSettings) -> dict[str, str]:
    """Every Spark option a job needs, without secrets: key material never enters a conf."""
    local = settings.master.startswith("local")
    conf = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.caseSensitive": "true",
        "spark.driver.memory": settings.driver_memory,
        "spark.executor.memory": settings.executor_memory,
        "spark.python.worker.reuse": "true",
    }
    if settings.shuffle_partitions or local:
        conf[_SHUFFLE] = str(settings.shuffle_partitions or 2 * (os.cpu_count() or 1))
    if local:
        conf |= {f"spark.executorEnv.{name}": value for name, value in _MEMORY.items()}
        conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if settings.quick_start:
        conf["spark.driver.extraJavaOptions"] = _QUICK
    if settings.executor_cores:
        conf["spark.executor.cores"] = str(settings.executor_cores)
    if settings.num_executors:
        conf["spark.executor.instances"] = str(settings.num_executors)
    for name in ("ONCORWE_KEY_FILE", "ONCORWE_KEY_COMMAND"):
        if not local and name in os.environ:
            conf[f"spark.executorEnv.{name}"] = os.environ[name]
    return conf | settings.conf


def prepare_environment() -> None:
    """Point Spark at this interpreter and at a Java it can use."""
    ensure_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")


def under_spark_submit() -> bool:
    """True inside an application that spark-submit started: master and deploy mode are its business."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def spark_session(settings: SparkSettings, app_name: str) -> SparkSession:
    """The session of this process, made on first use."""
    prepare_environment()
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName(app_name)  # type: ignore[attr-defined]
    if not under_spark_submit():
        builder = builder.master(settings.master)
        for name, value in spark_conf(settings).items():
            builder = builder.config(name, value)
    session: SparkSession = builder.getOrCreate()
    context = session.sparkContext
    if not context.getConf().contains(_SHUFFLE):
        session.conf.set(_SHUFFLE, str(max(_FEWEST_SHUFFLE_PARTITIONS, 2 * context.defaultParallelism)))
    context.setLogLevel("ERROR")
    # PySpark repeats failed queries with their text on standard error; our own sentence is enough.
    logging.getLogger("DataFrameQueryContextLogger").disabled = True
    return session
