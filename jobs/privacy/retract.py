"""Take a published release back: its data are deleted, a notice stays in its place.

The bytes of a release are never altered while it stands; a reader either has the release that its manifest describes, or
none. Order of steps: notice, manifest (readers look for it first), then everything else, so that a crash in between leaves a
folder that no reader takes for a release, and the same command finishes the work. Copies that were handed on are named in
the notice as the holder's duty; no program can fetch them back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jobs.privacy import audit
from jobs.privacy.refusals import now
from jobs.runtime.errors import ConfigError
from jobs.runtime.storage import Store
from warehouse.release import MANIFEST, POINTER

NOTICE = "RETRACTED.json"
DUTY = (
    "This release was taken back. Whoever holds a copy of it has to delete that copy and confirm it to the data owner; "
    "results that were already obtained need not be withdrawn."
)


@dataclass(frozen=True, slots=True)
class Retraction:
    """What retracting a release does."""

    release_id: str
    files: int
    rows: int
    was_current: bool


def notices(store: Store) -> list[dict[str, Any]]:
    """Notices of all retracted releases, oldest first."""
    found = [store.read_json(f"releases/{name}/{NOTICE}") for name in store.folders("releases")]
    return sorted((n for n in found if n), key=lambda n: (n["at"], n["release_id"]))


def plan(store: Store, release_id: str) -> Retraction:
    """What there is to take back.

    Raises:
        ConfigError: there is no such release, or it is already retracted and gone.
    """
    folder = f"releases/{release_id}"
    files = [name for name in store.walk(folder) if not name.endswith(NOTICE)]
    if "/" in release_id or not files:
        known = [n for n in store.folders("releases") if store.exists(f"releases/{n}/{MANIFEST}")]
        done = store.exists(f"{folder}/{NOTICE}") and "/" not in release_id
        raise ConfigError(
            f"The release {release_id} is already retracted" if done else f"There is no release {release_id}",
            do="Nothing is left to do" if done else f"Name one of: {', '.join(known) or '(none)'}",
        )
    manifest = store.read_json(f"{folder}/{MANIFEST}", {})
    rows = sum(entry["rows"] for entry in manifest.get("tables", {}).values())
    current = store.read_json(POINTER, {}).get("release_id") == release_id
    return Retraction(release_id, len(files), rows, current)


def retract(
    store: Store, release_id: str, *, reason: str, ordered_by: str = "", even_current: bool = False
) -> Retraction:
    """Delete the data of a release and leave a notice.

    Raises:
        ConfigError: there is no such release, or it is the current one and ``even_current`` was not given.
    """
    what = plan(store, release_id)
    if what.was_current and not even_current:
        raise ConfigError(
            f"The release {release_id} is the current one",
            why="readers would find no release until the next is published",
            do="Run the pipeline first, so that a release without the person is current; or add --even-current",
        )
    folder = f"releases/{release_id}"
    notice = {
        "release_id": release_id,
        "at": now(),
        "reason": reason,
        "files": what.files,
        "rows": what.rows,
        "notice": DUTY,
    }
    if not store.exists(f"{folder}/{NOTICE}"):
        store.write_json(f"{folder}/{NOTICE}", notice)
    if what.was_current:
        store.delete(POINTER)
    store.delete(f"{folder}/{MANIFEST}")
    for name in [*store.folders(folder), *store.files(folder)]:
        if name != NOTICE:
            store.delete(f"{folder}/{name}")
    audit.record(
        store, "release retracted", release_id=release_id, reason=reason, ordered_by=ordered_by,
        files=what.files, rows=what.rows, was_current=what.was_current,
    )  # fmt: skip
    return what


def text(notice: dict[str, Any]) -> str:
    """A notice as one line."""
    return json.dumps({k: notice[k] for k in ("release_id", "at", "reason", "rows")}, ensure_ascii=False)
