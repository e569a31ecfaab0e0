"""Great Expectations at work: runs suites through checkpoints and gives plain counts back.

An expectation that could not be evaluated is never taken for bad data: ``exception_info`` is read for every result.
Evidence is the checkpoint's own JSON without values, times and ids of the run.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from expectations.contract import Rule, contract_rules
from expectations.warehouse_view import parquet_files
from warehouse.schema import Table

_VALUE_KEYS = ("partial_unexpected", "unexpected_list", "unexpected_rows", "unexpected_index_query", "partial_missing")
_RUN_KEYS = (
    "id",
    "batch_id",
    "run_id",
    "validation_id",
    "validation_time",
    "active_batch_definition",
    "batch_markers",
    "batch_spec",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation, evaluated."""

    rule: str
    column: str
    success: bool
    n_scope: int
    n_fail: int
    error: str
    keys: tuple[tuple[str, ...], ...] = ()
    """Failing rows by the index columns that were asked for (results frame only)."""


def without_values(node: Any) -> Any:
    """A result without data values and without what differs from run to run."""
    if isinstance(node, Mapping):
        kept = {k: v for k, v in node.items() if not str(k).startswith(_VALUE_KEYS) and k not in _RUN_KEYS}
        if "exception_traceback" in kept:
            kept = {"raised_exception": bool(kept.get("raised_exception"))}
        return {str(k): without_values(v) for k, v in kept.items()}
    if isinstance(node, list | tuple):
        return [without_values(item) for item in node]
    return node if isinstance(node, str | int | float | bool | type(None)) else str(node)


def _raised(info: Mapping[str, Any]) -> str:
    """Name of the metric that could not be computed; empty when all went well. Messages may quote data, so none is kept."""
    if "raised_exception" in info:
        return "the expectation raised an exception" if info["raised_exception"] else ""
    for name, inner in info.items():
        if isinstance(inner, Mapping) and inner.get("raised_exception"):
            return "metric " + str(name).partition("metric_name='")[2].partition("'")[0]
    return ""


def read_frame(folder: Path, table: Table) -> Any:
    """A table's Parquet as an Arrow-backed pandas frame; an empty one with the contract's columns if there is no file."""
    import pandas as pd

    files = parquet_files(folder)
    if not files:
        return pd.DataFrame({name: [] for name in table.column_names})
    arrow: pa.Table = ds.dataset([str(f) for f in files], format="parquet").to_table()
    return arrow.to_pandas(types_mapper=pd.ArrowDtype)


class Judge:
    """One Great Expectations context; suites, checkpoints and evidence of one validation."""

    def __init__(self, spark: Any = None) -> None:
        self._spark = spark
        self._number = 0
        self.evidence: dict[str, Any] = {}

    @cached_property
    def _gx(self) -> Any:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations

        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # its messages may quote values
        return great_expectations

    @cached_property
    def _context(self) -> Any:
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = self._gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        return context

    @cached_property
    def _sources(self) -> dict[str, Any]:
        return {}

    def _source(self, engine: str) -> Any:
        if engine not in self._sources:
            add = self._context.data_sources.add_spark if engine == "spark" else self._context.data_sources.add_pandas
            self._sources[engine] = add(f"candidate_{engine}")
        return self._sources[engine]

    def run(
        self, name: str, frame: Any, rules: Sequence[Rule], *, engine: str, index: Sequence[str] = ()
    ) -> list[Outcome]:
        """Run one suite as a checkpoint over ``frame`` and keep its JSON as evidence under ``name``."""
        gx, context = self._gx, self._context
        expectations = [getattr(gx.expectations, r.expectation)(**r.kwargs, meta={"rule": r.rule}) for r in rules]
        suite = gx.ExpectationSuite(name, expectations=expectations)
        suite = context.suites.add(suite)
        batch = self._source(engine).add_dataframe_asset(name).add_batch_definition_whole_dataframe("all")
        definition = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        formats: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
        if index:
            formats = {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}
        checkpoint = context.checkpoints.add(
            gx.Checkpoint(name=name, validation_definitions=[definition], result_format=formats)
        )
        outcome = checkpoint.run(batch_parameters={"dataframe": frame})
        results = [r for run in outcome.run_results.values() for r in run.results]
        results.sort(
            key=lambda r: (r.expectation_config.meta["rule"], str(r.expectation_config.kwargs.get("column", "")))
        )
        self.evidence[name] = [without_values(r.to_json_dict()) for r in results]
        return [_outcome(r, index) for r in results]

    def contract(self, folder: Path, table: Table, *, engine: str, token_pattern: str) -> list[Outcome]:
        """The contract suite of one table on its real rows."""
        rules = contract_rules(table, engine=engine, token_pattern=token_pattern)
        frame = self._spark_frame(folder) if engine == "spark" else read_frame(folder, table)
        if not parquet_files(folder):
            rules = tuple(r for r in rules if r.rule == "CT01")
        return self.run(f"contract_{table.name}", frame, rules, engine=engine)

    def _spark_frame(self, folder: Path) -> Any:
        if self._spark is None:
            raise ValueError(
                "Engine 'spark' needs a SparkSession in the validation context; give one or set engine to 'pandas'."
            )
        return self._spark.read.parquet(*[str(p) for p in parquet_files(folder)])


def _outcome(result: Any, index: Sequence[str]) -> Outcome:
    config, body = result.expectation_config, result.result or {}
    error = _raised(result.exception_info or {})
    n_scope = int(body.get("element_count") or 0) - int(body.get("missing_count") or 0)
    n_fail = int(body.get("unexpected_count") or 0)
    if "element_count" not in body:
        n_scope, n_fail = 1, 0 if result.success else 1
    rows = body.get("unexpected_index_list") or []
    keys = tuple(tuple(str(row[name]) for name in index) for row in rows) if index else ()
    return Outcome(
        config.meta["rule"], str(config.kwargs.get("column", "")), bool(result.success), n_scope, n_fail, error, keys
    )
