"""The words of validation: severities, statuses, what goes in and what comes out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from warehouse.privacy.risk import RiskSettings


class Severity(StrEnum):
    """BLOCK stops a release, WARN is published with the flag."""

    BLOCK = "BLOCK"
    WARN = "WARN"


class RowAction(StrEnum):
    """What happens to a failing row on its way from ``derived`` to ``validated``."""

    QUARANTINE = "QUARANTINE"
    """The row is held back."""
    NULL_VALUE = "NULL_VALUE"
    """The named columns are blanked; the raw value stays in the restricted zone."""
    FLAG = "FLAG"
    """The row is kept and the check's id is added to its ``dq_flags``."""
    FIX = "FIX"
    """The named columns are recomputed from other columns."""
    STOP = "STOP"
    """No row can be mended: the job or the derivation has to be corrected."""


class Status(StrEnum):
    """Mutually exclusive, the worst first: ERROR > NOT_APPLICABLE > FAILED > PASSED_WITH_ROWS > PASSED."""

    ERROR = "ERROR"
    """The check itself could not be run; nothing is known about the data."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """No row is in scope."""
    FAILED = "FAILED"
    """More rows fail than the threshold allows."""
    PASSED_WITH_ROWS = "PASSED_WITH_ROWS"
    """Some rows fail, within the threshold."""
    PASSED = "PASSED"


class VerdictStatus(StrEnum):
    """What the publish job asks for."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check of the catalogue, bound to one table.

    ``scope`` and ``fail`` are SQL predicates over ``t``, a row of ``rows``. kind: ``row`` (one table, one shared pass),
    ``join`` (its own FROM; counts distinct rows of ``rows``), ``measure`` (its own FROM; counts what it yields) or
    ``job`` (counted by a job or by ``expectations.jobchecks``).
    """

    id: str
    kind: str
    table: str
    rows: str
    title_en: str
    title_zh: str
    category: str
    severity: Severity
    max_fail_pct: float
    row_action: RowAction
    threshold: str
    remark: str = ""
    source: str = ""
    """FROM clause, empty for ``row`` and ``job``."""
    scope: str = ""
    fail: str = ""
    columns: tuple[str, ...] = ()
    fix: Mapping[str, str] = field(default_factory=dict)

    @property
    def from_sql(self) -> str:
        """FROM clause with the judged row as ``t``."""
        return self.source or f"{self.rows} t"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check on one table, judged."""

    check_id: str
    kind: str
    table: str
    rows: str = ""
    title_en: str
    title_zh: str
    category: str
    severity: Severity
    row_action: RowAction
    max_fail_pct: float
    threshold: str
    remark: str = ""
    n_scope: int = 0
    n_fail: int = 0
    status: Status = Status.NOT_APPLICABLE
    message: str = ""
    """Why it could not run, or which columns fail. Never a value."""
    columns: tuple[str, ...] = ()
    """Columns that break the contract."""
    rows_sql: str = ""
    sample_keys: tuple[str, ...] = ()
    accepted: str = ""
    """A reviewer's reason when the failure is accepted."""
    accepted_by: str = ""
    engine: str = ""

    @property
    def fail_pct(self) -> float:
        """Failing share in percent, 0 when nothing is in scope."""
        return 100.0 * self.n_fail / self.n_scope if self.n_scope else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryState:
    """One delivery of one hospital, as the release holds it."""

    hospital_id: str
    delivery: str
    state: str = "held"
    """held (in the release), stale (last good rows kept), failed (not in the release)."""
    rows: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationSettings:
    """Everything that can be set without touching the catalogue."""

    engine: str = "auto"
    """auto (pandas up to ``row_limit`` rows, Spark above), pandas or spark."""
    row_limit: int = 2_000_000
    sample_keys: int = 20
    min_scope: int = 20
    """Below this many rows in scope a percentage says little: see ``min_fails``."""
    min_fails: int = 2
    """Failing rows that a percentage threshold needs when the scope is below ``min_scope``. Thresholds of 0 ignore this."""
    refresh_days: int = 30
    row_drop_pct: float = 5.0
    shift_days: int = 30
    """Widest date shift; tolerance of checks against calendar dates."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """max_fail_pct by check id, overriding the catalogue; shown in the report."""
    required_jobs: tuple[str, ...] = ("DI09", "DI10")
    """Job checks whose missing result is an error. The others become not applicable."""
    accept_file: Path | None = None
    history_limit: int = 12
    token_pattern: str = "^[A-Za-z0-9_-]{20,64}$"
    risk: RiskSettings = field(default_factory=RiskSettings)
    profile: str = "project"
    """What is going to be published; the limits of profile ``wide`` are judged when it is generalised."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationContext:
    """What only the caller knows. Canary strings are never passed: the job that scans for them gives counts."""

    run_id: str
    cut_off: dt.date
    release_id: str = ""
    deliveries: tuple[DeliveryState, ...] = ()
    previous_rows: Mapping[str, int] = field(default_factory=dict)
    """Rows by table in the last release, when its folder is not at hand."""
    job_results: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """(n_scope, n_fail) by check id, counted where the private zone can be read."""
    history: tuple[Path, ...] = ()
    """``dq_result.parquet`` of earlier releases, oldest first; by default those beside ``previous``."""
    spark: Any = None
    """A SparkSession, for engine ``spark``."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer: may this candidate be published?"""

    status: VerdictStatus
    results: tuple[CheckResult, ...]
    counts: Mapping[str, int]
    """Results by status."""
    rows: Mapping[str, int]
    """Rows by table."""
    reasons: tuple[str, ...]
    """One plain sentence for each thing that blocks or warns, the blocking ones first."""
    blocking: tuple[CheckResult, ...] = ()
    warning: tuple[CheckResult, ...] = ()
