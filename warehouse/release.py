"""Releases: what a published data set is made of, how it is found, checked and opened.

``<warehouse>/releases/<release_id>/`` holds a folder per table and ``manifest.json``; ``<warehouse>/CURRENT.json``
points at the release that counts. A folder without a manifest is an unfinished publication: for readers it does not
exist.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from warehouse.compile import duckdb as views
from warehouse.errors import WarehouseError
from warehouse.schema import release_tables
from warehouse.writer import FilePart

MANIFEST = "manifest.json"
POINTER = "CURRENT.json"
SCHEMA_VERSION = "1.0"
RUN_FIELDS = ("created_at",)
"""Manifest fields that differ between two runs over the same inputs; all others must be equal."""


class ReleaseError(WarehouseError):
    """A release is missing, unfinished or not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of one site that went into the release. ``status``: new, kept, held_back or failed."""

    site: str
    delivery: str
    status: str
    files: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class TableEntry:
    """Rows and files of one table; file paths are relative to the release folder."""

    rows: int
    files: tuple[FilePart, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The verdict of the validation and its counts, e.g. ``{"pass": 410, "warn": 7, "block": 0}``."""

    verdict: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Everything a reader has to know about a release before opening a file. No field identifies a person."""

    release_id: str
    created_at: str
    schema_version: str = SCHEMA_VERSION
    code_version: str
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of lexicons, code tables and rule sets, by name."""
    deliveries: tuple[Delivery, ...] = ()
    key_fingerprint: str
    profile: str = "project"
    partial: bool = False
    tables: Mapping[str, TableEntry]
    marts: Mapping[str, TableEntry] = field(default_factory=dict)
    """Stored marts: they repeat what the tables hold, so their rows count nowhere."""
    quality: Quality
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Canonical text: sorted keys, UTF-8, so equal manifests are equal files."""
        body = asdict(self) | {"run_fields": list(RUN_FIELDS)}
        return json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what ``to_json`` wrote. Raises KeyError, TypeError or ValueError when it is something else."""
        raw = json.loads(text)
        raw.pop("run_fields", None)
        tables, marts = _entries(raw.pop("tables")), _entries(raw.pop("marts", {}))
        deliveries = tuple(Delivery(**entry) for entry in raw.pop("deliveries", ()))
        quality = Quality(**raw.pop("quality"))
        return cls(
            tables=tables, marts=marts, deliveries=deliveries, quality=quality, notes=tuple(raw.pop("notes", ())), **raw
        )


def _entries(raw: Mapping[str, Any]) -> dict[str, TableEntry]:
    return {
        name: TableEntry(entry["rows"], tuple(FilePart(**file) for file in entry["files"]))
        for name, entry in raw.items()
    }


def relative_entry(release_dir: Path | str, parts: Iterable[FilePart]) -> TableEntry:
    """The manifest entry of a table from what ``write_part`` returned, with paths relative to the release folder."""
    root = str(release_dir).rstrip("/") + "/"
    files = tuple(FilePart(part.path.removeprefix(root), part.bytes, part.sha256, part.rows) for part in parts)
    return TableEntry(rows=sum(part.rows for part in files), files=tuple(sorted(files, key=lambda part: part.path)))


def build_manifest(
    release_dir: Path | str,
    parts: Mapping[str, Iterable[FilePart]],
    *,
    marts: Mapping[str, Iterable[FilePart]] | None = None,
    created_at: str,
    code_version: str,
    key_fingerprint: str,
    verdict: str,
    counts: Mapping[str, int] | None = None,
    versions: Mapping[str, str] | None = None,
    deliveries: Iterable[Delivery] = (),
    profile: str = "project",
    partial: bool = False,
    notes: Iterable[str] = (),
) -> Manifest:
    """The manifest of a release whose files are written.

    ``parts`` has the written files of every release table (``write_part`` returns them); the folder's name is the
    release id. Raises ReleaseError when a declared table has no file: an empty table is one file of no rows.
    """
    lacking = [table.name for table in release_tables() if not list(parts.get(table.name, ()))]
    if lacking:
        raise ReleaseError(
            f"The release has no file for table {lacking[0]}.",
            where=Path(release_dir).name,
            why=f"{len(lacking)} of {len(release_tables())} declared tables were not written",
            do="write every table, an empty one too, before the manifest",
        )
    return Manifest(
        release_id=Path(str(release_dir)).name,
        created_at=created_at,
        code_version=code_version,
        versions=dict(versions or {}),
        deliveries=tuple(sorted(deliveries, key=lambda d: (d.site, d.delivery))),
        key_fingerprint=key_fingerprint,
        profile=profile,
        partial=partial,
        tables={name: relative_entry(release_dir, list(files)) for name, files in sorted(parts.items())},
        marts={name: relative_entry(release_dir, list(files)) for name, files in sorted((marts or {}).items())},
        quality=Quality(verdict, dict(counts or {})),
        notes=tuple(notes),
    )


def pointer_text(release_id: str) -> str:
    """Content of ``CURRENT.json``."""
    return json.dumps({"release_id": release_id}) + "\n"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Release:
    """A published release: its folder, its manifest, and whether the pointer names it."""

    path: Path
    manifest: Manifest
    is_current: bool = False

    @property
    def release_id(self) -> str:
        """The id, which is also the folder's name."""
        return self.manifest.release_id

    @classmethod
    def open(cls, path: Path | str, *, is_current: bool = False) -> Release:
        """A release by its folder. Raises ReleaseError when there is no readable manifest."""
        folder = Path(path)
        try:
            manifest = Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ReleaseError(
                "The folder is no finished release.",
                where=folder.name,
                why=f"it has no {MANIFEST}, which is written last",
                do="name a release that `oncorwe releases` lists, or publish again",
            ) from None
        except (KeyError, TypeError, ValueError) as error:
            raise ReleaseError(
                "The manifest of the release cannot be read.",
                where=f"{folder.name}/{MANIFEST}",
                why=f"{type(error).__name__} while reading it",
                do="restore the file from a copy, or publish again",
            ) from error
        return cls(folder, manifest, is_current)

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection with the release's tables as views in schema ``main``."""
        return views.connect(self.path)

    def verify(self) -> None:
        """Check every file against the manifest (present, size, SHA-256). Raises ReleaseError at the first fault."""
        for name, entry in (*self.manifest.tables.items(), *self.manifest.marts.items()):
            listed = {part.path for part in entry.files}
            found = {path.relative_to(self.path).as_posix() for path in views.parts(self.path, name)}
            if extra := sorted(found - listed):
                raise self._fault(
                    "A file of the release is not in its manifest.", extra[0], "it was added after publication"
                )
            for part in entry.files:
                self._verify_part(part)

    def _verify_part(self, part: FilePart) -> None:
        path = self.path / part.path
        if not path.is_file():
            raise self._fault(
                "A file of the release is missing.", part.path, "the manifest lists it and the folder lacks it"
            )
        if path.stat().st_size != part.bytes or _digest(path) != part.sha256:
            raise self._fault(
                "A file of the release was changed.", part.path, "its SHA-256 is not the one of the manifest"
            )

    def _fault(self, what: str, file: str, why: str) -> ReleaseError:
        return ReleaseError(
            what,
            where=f"{self.release_id}/{file}",
            why=why,
            do="restore the release from a copy, or use another release",
        )


def read_pointer(warehouse: Path | str) -> str | None:
    """The id that ``CURRENT.json`` names, or None when nothing was published yet."""
    path = Path(warehouse) / POINTER
    if not path.is_file():
        return None
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["release_id"])
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"{POINTER} cannot be read.",
            where=POINTER,
            why=type(error).__name__,
            do="publish again, which writes it anew",
        ) from error


def releases(warehouse: Path | str) -> list[Release]:
    """All finished releases, oldest first by creation time, then id."""
    pointed = read_pointer(warehouse)
    folders = [path.parent for path in (Path(warehouse) / "releases").glob(f"*/{MANIFEST}")]
    found = [Release.open(folder, is_current=folder.name == pointed) for folder in folders]
    return sorted(found, key=lambda release: (release.manifest.created_at, release.release_id))


def current(warehouse: Path | str) -> Release:
    """The release that counts. Raises ReleaseError when none has been published."""
    pointed = read_pointer(warehouse)
    if pointed is None:
        raise ReleaseError(
            "The warehouse has no release yet.",
            where=f"{Path(warehouse).name}/{POINTER}",
            why="no run has published, or this is another folder than the one that was published to",
            do="run `oncorwe run`, or name the folder with --warehouse or ONCORWE_WAREHOUSE",
        )
    return find(warehouse, pointed)


def find(warehouse: Path | str, release_id: str | None = None) -> Release:
    """A release by id, the current one for None. Raises ReleaseError and lists the ids there are."""
    if release_id is None:
        return current(warehouse)
    folder = Path(warehouse) / "releases" / release_id
    if not (folder / MANIFEST).is_file() or "/" in release_id:
        known = [release.release_id for release in releases(warehouse)]
        raise ReleaseError(
            f"There is no release {release_id}.",
            where=f"{Path(warehouse).name}/releases",
            why="no folder of that name has a manifest",
            do="name one of: " + (", ".join(known) or "(none yet; run `oncorwe run`)"),
        )
    return Release.open(folder, is_current=release_id == read_pointer(warehouse))
