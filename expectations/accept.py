"""A reviewer's accept-with-comment file.

```toml
[[accept]]
check_id = "CM07"
table = "vital_sign"            # optional: all tables of the check otherwise
until = 2026-12-31              # or: release = "2026-06-30-ab12cd34"
role = "data steward"
reason = "Performance status is kept on paper at this hospital until its new system starts."
```

An accepted failure no longer blocks; it is shown as accepted, with reason and role. Errors and de-identification checks
cannot be accepted. ``until`` is compared with the release's cut-off date, so a re-run gives the same verdict.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from expectations.catalogue import declared
from expectations.contract import RULES
from expectations.model import CheckResult, Status

NEVER = ("DI", "CT07")
_KEYS = {"check_id", "table", "until", "release", "role", "reason"}


class AcceptError(ValueError):
    """The accept file cannot be used; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One accepted failure."""

    check_id: str
    role: str
    reason: str
    table: str = ""
    until: dt.date | None = None
    release: str = ""

    def covers(self, result: CheckResult, cut_off: dt.date, release_id: str) -> bool:
        """True when this entry speaks about ``result`` and is still in force."""
        in_force = self.release == release_id if self.release else self.until is not None and cut_off <= self.until
        return in_force and self.check_id == result.check_id and self.table in ("", result.table)


def _entry(number: int, raw: dict[str, object]) -> Acceptance:
    where = f"accept entry {number}"
    if unknown := set(raw) - _KEYS:
        raise AcceptError(f"{where}: unknown key {min(unknown)!r}; known are {', '.join(sorted(_KEYS))}.")
    missing = [k for k in ("check_id", "role", "reason") if not str(raw.get(k, "")).strip()]
    if missing:
        raise AcceptError(
            f"{where}: {missing[0]!r} is missing; an acceptance names the check, the reviewer's role and a reason."
        )
    if ("until" in raw) == ("release" in raw):
        raise AcceptError(
            f"{where}: give either 'until' (a date) or 'release' (an id), so that no acceptance lasts for ever."
        )
    until = raw.get("until")
    if until is not None and (not isinstance(until, dt.date) or isinstance(until, dt.datetime)):
        raise AcceptError(f"{where}: 'until' must be a TOML date such as 2026-12-31, without quotes.")
    check_id = str(raw["check_id"])
    if check_id not in {c["id"] for c in declared()} | set(RULES):
        raise AcceptError(f"{where}: no check is called {check_id!r}.")
    if check_id.startswith(NEVER):
        raise AcceptError(f"{where}: {check_id} protects identities and cannot be accepted.")
    release = str(raw.get("release", ""))
    return Acceptance(check_id, str(raw["role"]), str(raw["reason"]), str(raw.get("table", "")), until, release)


def load(path: Path | None) -> tuple[Acceptance, ...]:
    """Entries of an accept file; none when there is no file. Raises AcceptError for an entry that cannot be used."""
    if path is None:
        return ()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise AcceptError(f"The accept file {path.name} cannot be read: {type(error).__name__}.") from None
    return tuple(_entry(number, entry) for number, entry in enumerate(raw.get("accept", ()), 1))


def apply(
    results: Iterable[CheckResult], acceptances: tuple[Acceptance, ...], cut_off: dt.date, release_id: str
) -> tuple[CheckResult, ...]:
    """Results with the reviewer's reason on the failures that are accepted; their status stays FAILED."""
    judged = []
    for result in results:
        entry = next((a for a in acceptances if a.covers(result, cut_off, release_id)), None)
        accepted = entry is not None and result.status is Status.FAILED
        judged.append(replace(result, accepted=entry.reason, accepted_by=entry.role) if entry and accepted else result)
    return tuple(judged)
