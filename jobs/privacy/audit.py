"""The record of what was done for privacy: numbered, each entry holding the hash of the one before it. No identifier."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from jobs.privacy.refusals import now
from jobs.runtime import keys
from jobs.runtime.context import code_version
from jobs.runtime.errors import ConfigError
from jobs.runtime.storage import Store

FOLDER = "private/audit"


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def entries(store: Store) -> list[dict[str, Any]]:
    """All entries, oldest first."""
    return [store.read_json(f"{FOLDER}/{name}") for name in store.files(FOLDER) if name.endswith(".json")]


def _claim(store: Store, number: int) -> int:
    """Take the next free number: hospitals are read in parallel, and two of them may bring a list at once."""
    Path(store.path(FOLDER)).mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        try:
            Path(store.path(f"{FOLDER}/{number:06d}.lock")).touch(exist_ok=False)
        except FileExistsError:
            number += 1
            continue
        return number


def record(store: Store, action: str, **details: Any) -> dict[str, Any]:
    """Append an entry. ``details`` hold counts, release ids, entry ids and the operator's words, never who it was about."""
    before = entries(store)
    number = len(before) + 1
    if store.is_local:
        number = _claim(store, number)
        before = entries(store)
    entry = {
        "number": number,
        "at": now(),
        "action": action,
        "code_version": code_version(),
        "key_fingerprint": keys.fingerprint(),
        "previous": _hash(before[-1]) if before else "",
        **details,
    }
    store.write_json(f"{FOLDER}/{entry['number']:06d}.json", entry)
    return entry


def verify(store: Store) -> int:
    """Check that no entry was taken out or altered; the number of entries.

    Raises:
        ConfigError: names the first entry that does not fit.
    """
    found = entries(store)
    for place, entry in enumerate(found):
        expected = _hash(found[place - 1]) if place else ""
        if entry["number"] != place + 1 or entry["previous"] != expected:
            raise ConfigError(
                f"The privacy record does not hold at entry {place + 1}",
                where=FOLDER,
                why="an entry was altered or is missing",
                do="Restore private/audit from a copy and find out who changed it",
            )
    return len(found)
