"""Validation of a candidate release: contract suites, clinical catalogue, verdict and report.

``validate`` is the one entry. Great Expectations is imported when the first suite runs, not before.
"""

from expectations.model import (
    CheckResult,
    DeliveryState,
    Severity,
    Status,
    ValidationContext,
    ValidationSettings,
    Verdict,
    VerdictStatus,
)
from expectations.run import validate

__all__ = [
    "CheckResult",
    "DeliveryState",
    "Severity",
    "Status",
    "ValidationContext",
    "ValidationSettings",
    "Verdict",
    "VerdictStatus",
    "validate",
]
