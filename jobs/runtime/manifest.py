"""What a job did: rows in and out, quarantined, dropped; the run manifest and the row balance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import Any

from jobs.runtime.errors import BalanceBroken
from jobs.runtime.storage import Store


@dataclass
class JobReport:
    """One job (of one site, when ``site`` is set) of one run. Counts only, never values."""

    job: str
    site: str = ""
    status: str = "done"
    """done, skipped (nothing new), failed."""
    rows_in: int = 0
    rows_out: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    """Rows held back, by ``table: reason``."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Declared drops, by reason."""
    added: Counter[str] = field(default_factory=Counter)
    """Rows that a job makes of others (facts of notes, derived rows), by reason; they enter the balance on the in side."""
    tables: dict[str, int] = field(default_factory=dict)
    deliveries: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""

    def check_balance(self) -> None:
        """Rows in (and made) must be rows out + quarantined + declared drops.

        Raises:
            BalanceBroken: some rows are unaccounted for.
        """
        left = self.rows_in + self.added.total()
        right = self.rows_out + self.quarantined.total() + self.dropped.total()
        if left != right:
            raise BalanceBroken(
                f"The job {self.job} does not balance",
                where=self.site,
                why=f"{self.rows_in} rows in and {self.added.total()} made, but {self.rows_out} out, "
                f"{self.quarantined.total()} quarantined and {self.dropped.total()} dropped",
                do="Nothing was published; report this with the run manifest",
            )

    def line(self) -> str:
        """The progress line a user sees."""
        where = f" {self.site}" if self.site else ""
        if self.status == "failed":
            return f"[{self.job}]{where} FAILED: {self.error}"
        if self.status == "skipped":
            return f"[{self.job}]{where} nothing new, {self.seconds:.1f} s"
        parts = [f"{self.rows_in:,} rows in"]
        if self.added:
            parts.append(f"{self.added.total():,} made")
        parts.append(f"{self.rows_out:,} out")
        if self.quarantined:
            parts.append(f"{self.quarantined.total():,} quarantined")
        if self.dropped:
            parts.append(f"{self.dropped.total():,} dropped as declared")
        return f"[{self.job}]{where} " + ", ".join(parts) + f", {self.seconds:.1f} s"


def manifest_name(run_id: str, job: str, site: str = "") -> str:
    """Where a job's manifest lies in the warehouse."""
    return f"runs/{run_id}/{job}{'.' + site if site else ''}.json"


def write_report(warehouse: Store, run_id: str, report: JobReport) -> None:
    """Store a job's manifest; a re-run replaces it."""
    plain = {f.name: getattr(report, f.name) for f in fields(report)}
    warehouse.write_json(manifest_name(run_id, report.job, report.site), plain)


def read_reports(warehouse: Store, run_id: str) -> list[JobReport]:
    """All manifests of a run, in file order."""
    reports = []
    for name in warehouse.files(f"runs/{run_id}"):
        if name.endswith(".json") and not name.startswith("_"):
            raw = warehouse.read_json(f"runs/{run_id}/{name}")
            for counter in ("quarantined", "dropped", "added"):
                raw[counter] = Counter(raw[counter])
            reports.append(JobReport(**raw))
    return reports
