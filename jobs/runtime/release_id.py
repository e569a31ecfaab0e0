"""The release id: known before anything is derived, because it depends on inputs, code, settings and key only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

from jobs.privacy.refusals import digest as refused
from jobs.runtime import keys
from jobs.runtime.context import Context, code_version
from warehouse import codes


def cut_off(context: Context) -> dt.date:
    """Date of the newest delivery that the warehouse holds."""
    return max(dt.date.fromisoformat(delivery[:10]) for _, delivery in context.states("deidentify"))


def release_id(context: Context) -> str:
    """Cut-off date + hash of inputs, code, settings and key: the same inputs give the same id."""
    states = context.states("deidentify")
    inputs = sorted((site, delivery, state["input_hash"]) for (site, delivery), state in states.items())
    retired = context.warehouse.read_json("private/link/current.json", {}).get("retired", [])
    parts = [inputs, retired, code_version(), codes.version(), context.settings.fingerprint(), keys.fingerprint()]
    parts += [given] if (given := refused(context.warehouse)) else []
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:10]
    return f"{cut_off(context).isoformat()}-{digest}"
