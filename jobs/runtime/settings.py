"""Settings: defaults, one TOML file, then environment variables; a wrong name or value is refused with a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jobs.runtime.errors import ConfigError


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SparkSettings(_Section):
    """Where and how Spark runs. ``master`` is local[*], spark://host:7077, yarn or k8s://…"""

    master: str = "local[*]"
    deploy_mode: Literal["client", "cluster"] = "client"
    driver_memory: str = "2g"
    executor_memory: str = "2g"
    executor_cores: int | None = None
    num_executors: int | None = None
    shuffle_partitions: int | None = None
    """None: twice the local cores, or Spark's own choice on a cluster."""
    quick_start: bool = True
    """Tier-1 compilation and serial GC: halves start-up on small machines; switch off for long jobs."""
    conf: dict[str, str] = Field(default_factory=dict)


class IngestSettings(_Section):
    """Limits of what is taken from a delivery."""

    max_bad_share: float = 0.2
    """A file with a larger share of bad rows is refused: its mapping is wrong, not its rows."""
    max_text_chars: int = 2_000_000
    rows_per_part: int = 20_000


class DeidSettings(_Section):
    """De-identification."""

    style: Literal["tag", "surrogate"] = "tag"
    network: bool = True
    """Does the network add to the rules? Without it notes are read faster and more is missed."""
    max_offset_days: int = 30
    keep_offset_maps: bool = True


class ReadSettings(_Section):
    """The language stage."""

    sites_per_application: int = 8
    """How many sites share one Spark application in the de-identify + read stage."""


class WideSection(_Section):
    """How far profile ``wide`` generalises; warehouse/privacy/wide.toml says what it does to each column."""

    date_unit: Literal["month", "quarter"] = "month"
    age_band: Literal[5, 10, 20] = 5
    region: Literal["province", "area", "none"] = "province"
    rare_tumour: int = Field(default=20, ge=1)
    k: int = Field(default=11, ge=1)
    max_suppressed: float = Field(default=0.2, ge=0, le=1)


class ReleaseSettings(_Section):
    """What is published."""

    profile: Literal["project", "wide"] = "project"
    wide: WideSection = WideSection()
    keep_private: bool = False
    """True keeps private/rows after publishing (debugging on synthetic data only)."""


class ValidationSettings(_Section):
    """The gate."""

    engine: Literal["auto", "pandas", "spark"] = "auto"
    pandas_row_limit: int = 2_000_000
    accept_file: str = ""
    canary_file: str = ""
    """Text file of planted identifiers, one a line, that must not be found in a release (check DI10)."""


class RiskSection(_Section):
    """What the risk report measures (names as in warehouse/privacy/risk.toml), and limits that warn or block."""

    quasi: tuple[str, ...] = ("sex", "age_band", "province", "tumour", "dx_year")
    sensitive: tuple[str, ...] = ("vital_status", "biomarker")
    k: tuple[int, ...] = (5, 11)
    population_share: float = Field(default=1.0, gt=0, le=1)
    warn: dict[str, float] = Field(default_factory=dict)
    block: dict[str, float] = Field(default_factory=dict)


class PrivacySettings(_Section):
    """Who is refused, and how re-identification is measured."""

    risk: RiskSection = RiskSection()

    refuse_namesakes: bool = True
    """Refuse a person whose name, birth date and sex are those of a refused one and whom no ID number tells apart."""


class CodesSettings(_Section):
    """Code tables of the institution."""

    folder: str = ""
    """Folder that ``oncorwe codes import`` fills; empty: the built-in tables alone. Their version is part of the release id."""


class Settings(_Section):
    """All settings of a run."""

    spark: SparkSettings = SparkSettings()
    ingest: IngestSettings = IngestSettings()
    deid: DeidSettings = DeidSettings()
    read: ReadSettings = ReadSettings()
    release: ReleaseSettings = ReleaseSettings()
    validation: ValidationSettings = ValidationSettings()
    privacy: PrivacySettings = PrivacySettings()
    codes: CodesSettings = CodesSettings()

    def fingerprint(self) -> str:
        """Hash of every setting that may change a release's content (Spark's resources may not)."""
        content = self.model_dump(mode="json", exclude={"spark", "read", "codes"})
        content["release"].pop("keep_private")
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def load_settings(path: Path | str | None = None) -> Settings:
    """Settings from ``path``, else from the file named by ``ONCORWE_SETTINGS``, else the defaults.

    Raises:
        ConfigError: the file is missing, is not TOML, or holds an unknown name or a wrong value.
    """
    source = path or os.environ.get("ONCORWE_SETTINGS")
    if not source:
        return Settings()
    try:
        raw = tomllib.loads(Path(source).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            "The settings file does not exist", where=str(source), do="Name an existing file with --settings"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("The settings file is not valid TOML", where=str(source), why=str(error)) from None
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"The setting '{name}' cannot be used",
            where=str(source),
            why=first["msg"],
            do="See docs/operations.md for names and values",
        ) from None
