"""Release notes: what a release holds, what its known limits are, and how to cite it."""

from __future__ import annotations

from warehouse.release import Release

LIMITS = (
    "Dates are shifted by one constant number of days per person, either way; year-only dates are not. Seasons and years may be off.",
    "Deaths outside hospital are known only through follow-up and registries and under-reported.",
    "Values read from notes carry a confidence; rows with review status NOT_REVIEWED have been seen by no person.",
    "NULL means that nothing is known, never that a finding is absent.",
    "Medical definitions, code lists and rules await a clinician's sign-off.",
)


def _deliveries(release: Release) -> list[str]:
    return [f"| {d.site} | {d.delivery} | {d.status} | {d.files} | {d.rows:,} |" for d in release.manifest.deliveries]


def _quality(release: Release) -> str:
    quality = release.manifest.quality
    counts = ", ".join(f"{name} {count}" for name, count in sorted(quality.counts.items()))
    return f"Validation verdict: {quality.verdict}" + (f" ({counts})." if counts else ".")


def release_notes(release: Release) -> str:
    """The notes as Markdown, all of it from the manifest, so that the same release gives the same text."""
    m = release.manifest
    partial = (
        ["**This release is partial: a site failed and stands with its last good rows.**", ""] if m.partial else []
    )
    versions = [
        f"- {name}: {version}"
        for name, version in sorted({"code": m.code_version, "schema": m.schema_version, **m.versions}.items())
    ]
    tables = [
        f"| {name} | {entry.rows:,} | {sum(f.bytes for f in entry.files):,} |" for name, entry in m.tables.items()
    ]
    lines = [
        f"# Release {m.release_id}",
        "",
        *partial,
        f"Profile `{m.profile}`. {_quality(release)} Key fingerprint `{m.key_fingerprint}`.",
        "",
        "## Deliveries",
        "",
        "| site | delivery | status | files | rows |",
        "|---|---|---|---|---|",
        *_deliveries(release),
        "",
        "## Tables",
        "",
        "| table | rows | bytes |",
        "|---|---|---|",
        *tables,
        "",
        "## Versions",
        "",
        *versions,
        "",
        "## Known limits",
        "",
        *(f"- {limit}" for limit in (*LIMITS, *m.notes)),
        "",
        "## How to cite",
        "",
        f"OncoRWE research warehouse, release {m.release_id}, code {m.code_version}, schema {m.schema_version}.",
        "",
    ]
    return "\n".join(lines)
