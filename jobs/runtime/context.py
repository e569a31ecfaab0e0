"""Everything a job is given: settings, sites, landing, warehouse, run id, and a Spark session made on first use."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.runtime import keys
from jobs.runtime.errors import ConfigError, KeyProblem
from jobs.runtime.settings import Settings
from jobs.runtime.sites import Site
from jobs.runtime.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_PACKAGES = ("jobs", "nlp", "warehouse", "expectations")
_CODE_SUFFIXES = {".py", ".toml", ".tsv", ".yaml", ".sql", ".txt", ".json", ".html", ".css", ".js", ".crfsuite", ".npz"}


@cache
def code_version() -> str:
    """Hash over the project's own code and data files: the same sources give the same release."""
    root = Path(__file__).parent.parent.parent
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in _CODE_SUFFIXES and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def new_run_id() -> str:
    """A run id from the clock."""
    return time.strftime("run-%Y%m%dT%H%M%S", time.gmtime())


def clean_run_id(text: str) -> str:
    """A run id fit for a folder name (Airflow's hold colons and pluses)."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-") or new_run_id()


@dataclass
class Context:
    """One run over one landing area and one warehouse."""

    settings: Settings
    sites: dict[str, Site]
    landing: Store
    warehouse: Store
    run_id: str
    only_delivery: str = ""
    memory: dict[str, Any] = field(default_factory=dict)
    """Scratch space for jobs that follow each other in one application."""

    @cached_property
    def spark(self) -> SparkSession:
        """The Spark session of this application."""
        from jobs.runtime.session import spark_session

        return spark_session(self.settings.spark, f"oncorwe {self.run_id}")

    def check_key(self) -> str:
        """Fingerprint of the key; the first run binds the warehouse to it.

        Raises:
            KeyProblem: no key, or another one than this warehouse was made with.
        """
        mine = keys.fingerprint()
        known = self.warehouse.read_json("warehouse.json", {}).get("key_fingerprint")
        if known and known != mine:
            raise KeyProblem(
                "This warehouse was made with another key",
                where=self.warehouse.root,
                why=f"its fingerprint is {known}, the key's is {mine}",
                do="Use the warehouse's own key, or another warehouse folder",
            )
        if not known:
            self.warehouse.write_json("warehouse.json", {"key_fingerprint": mine, "format": 1})
            if self.warehouse.is_local:
                Path(self.warehouse.path("private")).mkdir(mode=0o700, parents=True, exist_ok=True)
        return mine

    def site(self, site_id: str) -> Site:
        """The site called ``site_id``.

        Raises:
            ConfigError: no site file has this id.
        """
        if site_id not in self.sites:
            raise ConfigError(f"There is no site '{site_id}'", why=f"known sites: {', '.join(self.sites)}")
        return self.sites[site_id]

    # --- state of partitions -------------------------------------------------------------------------------------------

    def state(self, kind: str, site: str, delivery: str) -> dict[str, Any]:
        """What is known of a partition (``kind`` is ingest, deidentify or structure); empty when it was never made."""
        found: dict[str, Any] = self.warehouse.read_json(f"{_ZONE[kind]}/_state/{site}/{delivery}.{kind}.json", {})
        return found

    def put_state(self, kind: str, site: str, delivery: str, value: dict[str, Any]) -> None:
        """Make a partition visible: one put."""
        self.warehouse.write_json(f"{_ZONE[kind]}/_state/{site}/{delivery}.{kind}.json", value)

    def states(self, kind: str, site: str = "") -> dict[tuple[str, str], dict[str, Any]]:
        """All partitions of a kind by (site, delivery), sorted."""
        base = f"{_ZONE[kind]}/_state"
        found = {}
        for folder in [site] if site else self.warehouse.folders(base):
            for name in self.warehouse.files(f"{base}/{folder}"):
                if name.endswith(f".{kind}.json"):
                    found[folder, name.removesuffix(f".{kind}.json")] = self.warehouse.read_json(
                        f"{base}/{folder}/{name}"
                    )
        return found

    def frame(self, files: list[str], ddl: str) -> DataFrame:
        """The rows of Parquet parts (names relative to the warehouse) under an explicit schema."""
        if not files:
            return self.spark.createDataFrame([], ddl)
        return self.spark.read.schema(ddl).parquet(*[self.warehouse.uri(name) for name in files])


_ZONE = {"ingest": "private", "deidentify": "staging", "structure": "staging"}
