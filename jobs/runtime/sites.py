"""Site files: one TOML per hospital says how its deliveries become the canonical landing tables."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from jobs.runtime.errors import ConfigError
from warehouse.schema import Zone, landing, registry

DEFAULT_SITES = Path(__file__).parent.parent / "sites"
_SITE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteIdentity(_Model):
    """Who the hospital is. Names are handed to the de-identifier and never published."""

    id: str
    name_zh: str = ""
    name_en: str = ""
    aliases: tuple[str, ...] = ()

    @field_validator("id")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not _SITE_ID.fullmatch(value):
            raise ValueError("use lower-case letters, digits, '-' and '_' only")
        return value


def _date_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in formats:
        try:
            datetime.strptime(datetime(2020, 2, 29).strftime(pattern), pattern)
        except ValueError:
            raise ValueError(
                f"'{pattern}' is not a date format; write it in strptime letters such as %Y-%m-%d"
            ) from None
    return formats


DateFormats = Annotated[tuple[str, ...], AfterValidator(_date_formats)]


class DeliveryRules(_Model):
    """What a delivery is."""

    kind: Literal["snapshot", "increment"] = "snapshot"
    date_formats: DateFormats = ("%Y-%m-%d",)


class FileRules(_Model):
    """One kind of file and the landing table it fills."""

    table: str
    pattern: str
    format: Literal["csv", "jsonl", "parquet"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    ignore: tuple[str, ...] = ()
    columns: dict[str, str]
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    date_formats: DateFormats = ()
    deleted: str = "_deleted"
    """Source column that marks a deletion (value 1, true or Y)."""

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError:
            raise ValueError(f"'{value}' is not a text encoding; hospitals mostly use gb18030 or utf-8") from None
        return value


class OptOutRules(FileRules):
    """The list of persons who object, as a file of the delivery. It is read for its keyed tokens and kept nowhere."""

    table: Literal["patients"] = "patients"


class Site(_Model):
    """One hospital."""

    site: SiteIdentity
    delivery: DeliveryRules = DeliveryRules()
    file: tuple[FileRules, ...]
    opt_out: OptOutRules | None = None

    @property
    def id(self) -> str:
        """Folder name in landing and key of every partition."""
        return self.site.id

    def rules_for(self, filename: str) -> FileRules | None:
        """The rules whose pattern fits a file's name, None when no rule does."""
        if self.is_opt_out(filename):
            return None
        return next((rules for rules in self.file if fnmatch.fnmatchcase(filename, rules.pattern)), None)

    def is_opt_out(self, filename: str) -> bool:
        """True for the hospital's list of persons who object."""
        return self.opt_out is not None and fnmatch.fnmatchcase(filename, self.opt_out.pattern)

    def fingerprint(self) -> str:
        """Hash of the whole mapping: a changed mapping makes its deliveries new."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]


def _nearest(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"


def _check_tables(site: Site, where: str) -> None:
    tables = [name for zone, name in registry() if zone is Zone.LANDING]
    for rules in (*site.file, *([site.opt_out] if site.opt_out else [])):
        if rules.table not in tables:
            raise ConfigError(
                f"The site file names the unknown table '{rules.table}'", where=where, why=_nearest(rules.table, tables)
            )
        table = landing(rules.table)
        given = {**rules.columns, **rules.constants}
        for name in (*given, *rules.values):
            if name not in table.column_names and name != "version":
                raise ConfigError(
                    f"The site file maps the unknown column '{rules.table}.{name}'",
                    where=where,
                    why=_nearest(name, list(table.column_names)),
                )
        for column in table.columns:
            translated = [
                *rules.values.get(column.name, {}).values(),
                *filter(None, [rules.constants.get(column.name)]),
            ]
            if wrong := next((value for value in translated if column.values and value not in column.values), None):
                raise ConfigError(
                    f"The site file gives '{rules.table}.{column.name}' the unknown value '{wrong}'",
                    where=where,
                    why=_nearest(wrong, list(column.values)),
                )
            if column.required and column.name not in given and rules is not site.opt_out:
                raise ConfigError(
                    f"The site file does not map the required column '{rules.table}.{column.name}'",
                    where=where,
                    do="Add it under [file.columns] or [file.constants]",
                )


def load_site(path: Path) -> Site:
    """Read and check one site file.

    Raises:
        ConfigError: unknown key, table or column, missing required column, bad encoding, invalid TOML.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("The site file is not valid TOML", where=path.name, why=str(error)) from None
    try:
        site = Site.model_validate(raw)
    except ValidationError as error:
        # A misspelt key also makes the right one missing: name the misspelling.
        first = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")[0]
        name = ".".join(str(part) for part in first["loc"])
        why = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(
            f"The site file's key '{name}' cannot be used",
            where=path.name,
            why=why,
            do="See docs/add-a-hospital.md for all keys",
        ) from None
    _check_tables(site, path.name)
    return site


def load_sites(folder: Path | str | None = None) -> dict[str, Site]:
    """All sites of a folder by id, sorted.

    Raises:
        ConfigError: the folder holds no site file, a file is wrong, or two files share an id.
    """
    folder = Path(folder) if folder else DEFAULT_SITES
    sites: dict[str, Site] = {}
    for path in sorted(folder.glob("*.toml")):
        site = load_site(path)
        if site.id in sites:
            raise ConfigError(
                f"Two site files have the id '{site.id}'", where=path.name, do="Give each hospital an id of its own"
            )
        sites[site.id] = site
    if not sites:
        raise ConfigError(
            "No site file was found",
            where=str(folder),
            do="Add one TOML file per hospital; docs/add-a-hospital.md shows how",
        )
    return dict(sorted(sites.items()))
