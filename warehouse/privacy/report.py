"""The risk report as data: what was measured, before and after the measures of the release's profile, and against which limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from warehouse.privacy.risk import Risk, RiskSettings, chosen

NAME = "risk.json"
SOURCES = (
    "k-anonymity: Sweeney 2002, Int. J. Uncertainty, Fuzziness and Knowledge-Based Systems 10(5):557-570; GB/T 37964-2019",
    "prosecutor risk: El Emam and Dankar 2008, JAMIA 15(5):627-637; El Emam 2013, Guide to the De-Identification of Personal Health Information",
    "marketer risk: Dankar and El Emam 2010, A method for evaluating marketer re-identification risk (PAIS)",
    "l-diversity: Machanavajjhala et al. 2007, ACM TKDD 1(1):3",
    "quasi-identifiers, evaluation by measured risk: GB/T 37964-2019, GB/T 42460-2023 (limits of its grades: see the standard's text)",
)


@dataclass(frozen=True, slots=True)
class Taken:
    """One measure that was taken: what was generalised, suppressed or left out, and how much it touched."""

    what: str
    """Machine name, e.g. ``region``, ``persons_suppressed``."""
    en: str
    zh: str
    persons: int | None = None
    """Persons whom it touched; None when it touches everybody alike."""


PROJECT_TAKEN = (
    Taken("identifiers", "direct identifiers dropped, keys replaced by keyed tokens", "删除直接标识符，主键替换为密钥令牌"),
    Taken("dates", "dates shifted by one constant per person", "日期按人以同一常数偏移"),
    Taken("birth", "birth date reduced to the year, ages of 90 and more capped", "出生日期仅保留年份，90 岁及以上封顶"),
    Taken("region", "address reduced to the province", "住址仅保留到省"),
    Taken("text", "note texts rewritten and scanned again", "文书正文改写并复扫"),
)  # fmt: skip
"""What every release has behind it when the risk is first measured."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the settings and whether it holds."""

    measure: str
    limit: float
    value: float
    severity: str
    """WARN or BLOCK."""
    broken: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskReport:
    """Everything the section of the QA report and ``risk.json`` show."""

    release_id: str
    profile: str
    settings: RiskSettings
    before: Risk
    after: Risk | None = None
    """None for profile ``project``, which publishes what was judged."""
    taken: tuple[Taken, ...] = PROJECT_TAKEN
    limits: tuple[Limit, ...] = ()
    remarks: tuple[str, ...] = ()
    questions: Mapping[str, str] = field(default_factory=dict)
    """Questions and marts that a wide release answers only in part, with the reason."""

    @property
    def published(self) -> Risk:
        """The risk of what is published."""
        return self.after or self.before

    def to_json(self) -> str:
        """Canonical text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        s = self.settings
        return {
            "format": 1,
            "release_id": self.release_id,
            "profile": self.profile,
            "quasi_identifiers": [{"name": a.name, "en": a.en, "zh": a.zh} for a in chosen("quasi", s.quasi)],
            "sensitive_attributes": [
                {"name": a.name, "en": a.en, "zh": a.zh} for a in chosen("sensitive", s.sensitive)
            ],
            "population_share": s.population_share,
            "before": self.before.to_dict(),
            "after": self.after.to_dict() if self.after else None,
            "taken": [{"what": t.what, "en": t.en, "zh": t.zh, "persons": t.persons} for t in self.taken],
            "limits": [
                {"measure": x.measure, "limit": x.limit, "value": x.value, "severity": x.severity, "broken": x.broken}
                for x in self.limits
            ],
            "remarks": list(self.remarks),
            "questions": dict(self.questions),
            "sources": list(SOURCES),
        }


def limits(risk: Risk, settings: RiskSettings) -> tuple[Limit, ...]:
    """Every configured limit against the measured risk, the blocking ones first. Raises WarehouseError for an unknown measure."""
    found: list[Limit] = []
    both: Iterable[tuple[str, Mapping[str, float]]] = (("BLOCK", settings.block), ("WARN", settings.warn))
    for severity, wanted in both:
        for name, limit in sorted(wanted.items()):
            found.append(Limit(name, limit, risk.measure(name), severity, risk.exceeds(name, limit)))
    return tuple(found)
