"""Publish: write the release, its manifest, report and dictionary, then move one pointer. A crash leaves the last release current."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from jobs.privacy.retract import NOTICE
from jobs.publish import profiles
from jobs.publish.marts import write_marts
from jobs.publish.parts import write_tables_sorted
from jobs.runtime import keys
from jobs.runtime.context import Context, code_version
from jobs.runtime.errors import ConfigError
from jobs.runtime.manifest import JobReport, read_reports
from jobs.runtime.release_id import release_id
from jobs.runtime.tables import candidate
from jobs.validate import delivery_states, verdict_of
from warehouse import codes
from warehouse.compile.dictionary import write_dictionary
from warehouse.privacy.profile import left_out
from warehouse.release import MANIFEST, POINTER, Delivery, Manifest, build_manifest
from warehouse.schema import release_tables

if TYPE_CHECKING:
    from warehouse.writer import FilePart

LOCK = "releases/_lock.json"


@contextmanager
def publish_lock(context: Context) -> Iterator[None]:
    """One publisher at a time; a repeated attempt of the same run may take over its own lock.

    Raises:
        ConfigError: another run is publishing into this warehouse.
    """
    holder = context.warehouse.read_json(LOCK, {}).get("run_id")
    if holder and holder != context.run_id:
        raise ConfigError(
            "Another run is publishing into this warehouse",
            where=LOCK,
            why=f"run {holder} holds the lock",
            do="Wait for it; when it is dead, delete the lock file",
        )
    context.warehouse.write_json(LOCK, {"run_id": context.run_id})
    try:
        yield
    finally:
        context.warehouse.delete(LOCK)


def _deliveries(context: Context) -> list[Delivery]:
    status = {"held": "kept", "stale": "failed", "failed": "failed"}
    new = {
        (r.site, d)
        for r in read_reports(context.warehouse, context.run_id)
        if r.job == "deidentify" and r.status == "done"
        for d in r.deliveries
    }
    return [
        Delivery(
            d["site"],
            d["delivery"],
            "new" if (d["site"], d["delivery"]) in new else status[d["state"]],
            d["files"],
            d["rows"],
        )
        for d in delivery_states(context)
    ]


def _notes(context: Context) -> list[str]:
    """Plain sentences about this run that a reader of the release must know; what holds for every release is in ``warehouse.notes``."""
    notes = [
        f"Site {r.site}: {r.error}"
        for r in read_reports(context.warehouse, context.run_id)
        if r.site and r.status == "failed"
    ]
    quarantined: dict[str, int] = {}
    for state in context.states("deidentify").values():
        for reason, n in state["ingest_quarantined"].items():
            quarantined[reason] = quarantined.get(reason, 0) + n
    notes += [f"Quarantined at ingest: {reason}: {n}" for reason, n in sorted(quarantined.items())]
    return notes


def lineage() -> dict[str, list[str]]:
    """Jobs that fill each release table, in order, for the dictionary."""
    from jobs.conform import OUTPUTS
    from warehouse.derive import DERIVED_TABLES

    jobs = {table.name: ["ingest", "deidentify"] for table in release_tables()}
    for name, steps in jobs.items():
        if name in OUTPUTS:
            steps += ["structure", "conform"]
        if name in DERIVED_TABLES:
            steps.append("derive")
    return {name: steps if len(steps) > 3 else ["conform", "derive"] for name, steps in jobs.items()}


def _manifest(
    context: Context,
    folder: str,
    parts: dict[str, list[FilePart]],
    marts: dict[str, list[FilePart]],
    remarks: tuple[str, ...] = (),
) -> Manifest:
    verdict = verdict_of(context)
    return build_manifest(
        folder,
        parts,
        marts=marts,
        created_at=strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()),
        code_version=code_version(),
        key_fingerprint=keys.fingerprint(),
        verdict=verdict["verdict"],
        counts=verdict["counts"],
        versions={"codes": codes.version(), "settings": context.settings.fingerprint()},
        deliveries=_deliveries(context),
        profile=context.settings.release.profile,
        partial=any(r.site and r.status == "failed" for r in read_reports(context.warehouse, context.run_id)),
        notes=[*_notes(context), *remarks],
    )


def _write_pages(context: Context, name: str, manifest_text: str) -> None:
    """Report and dictionary into the release, the manifest last. A wide release has its own page instead: reports hold keys of rows."""
    store = context.warehouse
    whole = context.settings.release.profile == "project"
    for file in store.walk(candidate(context, "report")) if whole else ():
        with (
            store.open(file) as source,
            store.open(f"{name}/report/{file.removeprefix(candidate(context, 'report') + '/')}", "wb") as sink,
        ):
            sink.write(source.read())
    if store.is_local:
        write_dictionary(Path(store.path(f"{name}/dictionary")), Path(store.path(name)), lineage())
    else:
        with TemporaryDirectory() as folder:
            for path in write_dictionary(Path(folder), None, lineage()):
                with store.open(f"{name}/dictionary/{path.name}", "wb") as sink:
                    sink.write(path.read_bytes())
    store.write_json(f"{name}/{MANIFEST}", json.loads(manifest_text))


def run(context: Context, site_id: str = "") -> JobReport:
    """Publish the validated candidate and make it current."""
    report = JobReport("publish")
    identity = release_id(context)
    name = f"releases/{identity}"
    _refuse_retracted(context, name)
    with publish_lock(context):
        context.warehouse.delete(f"{name}/{MANIFEST}") if _unlike(context, name) else None
        sources = {t.name: _source(context, t.name) for t in release_tables()}
        wide = profiles.prepare(context, sources)
        without = {t.name: left_out(context.settings.release.profile, t.name) for t in release_tables()}
        applier = wide.applier if wide else None
        parts, rows_in = write_tables_sorted(context, sources, name, identity, without, applier=applier)
        remarks = profiles.conclude(context, wide, name) if wide else ()
        manifest = _manifest(context, context.warehouse.uri(name), parts, write_marts(context, name), remarks)
        report.rows_in, report.rows_out = rows_in, sum(entry.rows for entry in manifest.tables.values())
        if wide and rows_in > report.rows_out:
            report.dropped["left out by profile wide"] = rows_in - report.rows_out
        report.check_balance()
        _write_pages(context, name, manifest.to_json())
        context.warehouse.write_json(POINTER, {"release_id": identity})
    report.tables = {table: entry.rows for table, entry in manifest.tables.items()}
    report.details = {"release_id": identity, "verdict": manifest.quality.verdict}
    clean_up(context)
    return report


def _refuse_retracted(context: Context, name: str) -> None:
    """Stop before a release that was taken back is made again from the same inputs.

    Raises:
        ConfigError: the release that this run would write was retracted.
    """
    if context.warehouse.exists(f"{name}/{NOTICE}"):
        raise ConfigError(
            "This run would publish a release that was taken back",
            where=name,
            why="inputs, code, settings and key are the same",
            do="Forget the person first, or change what made it wrong; the notice in the folder says why it was taken back",
        )


def _unlike(context: Context, name: str) -> bool:
    """True when the release folder is there without being the one that counts: readers must not see it half rewritten."""
    current: Any = context.warehouse.read_json(POINTER, {}).get("release_id")
    return context.warehouse.exists(f"{name}/{MANIFEST}") and not name.endswith(str(current))


def _source(context: Context, table: str) -> str:
    validated = f"{candidate(context, 'validated')}/{table}"
    return validated if context.warehouse.exists(validated) else f"{candidate(context, 'derived')}/{table}"


def clean_up(context: Context) -> None:
    """Remove what a published run no longer needs: sealed rows (unless kept by setting) and the candidate's tables."""
    for step in ("conformed", "derived", "validated"):
        context.warehouse.delete(candidate(context, step))
    if context.settings.release.keep_private:
        return
    for (site, delivery), state in context.states("ingest").items():
        for file in state["rows"]:
            context.warehouse.delete(file)
        if state["rows"]:
            context.put_state("ingest", site, delivery, state | {"rows": []})
