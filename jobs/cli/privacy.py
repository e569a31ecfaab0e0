"""Commands for privacy: forget, refusals, releases retract, risk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.research import releases_app
from jobs.runtime.application import default_warehouse, open_context
from jobs.runtime.errors import ConfigError
from jobs.runtime.storage import Store

if TYPE_CHECKING:
    from jobs.privacy.forget import Forgotten
    from jobs.runtime.context import Context
    from warehouse.privacy.report import RiskReport

Warehouse = Annotated[
    str,
    typer.Option(
        default_factory=default_warehouse, help="Warehouse folder. [env: ONCORWE_WAREHOUSE]", show_default=False
    ),
]
OtherWarehouse = Annotated[
    str | None, typer.Option("--warehouse", help="Warehouse folder. [env: ONCORWE_WAREHOUSE]", show_default=False)
]
Landing = Annotated[str, typer.Option(help="Landing folder, to say which delivered files still hold the person.")]
Sites = Annotated[str | None, typer.Option(help="Folder of site files; default: the project's own.")]
Settings = Annotated[str | None, typer.Option(help="Settings file. [env: ONCORWE_SETTINGS]")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this flag the command only says what it would do.")]
By = Annotated[str, typer.Option("--by", help="Who ordered it, for the record (a role or a ticket; no patient).")]


def store_of(warehouse: str) -> Store:
    """The warehouse as a store.

    Raises:
        ConfigError: it is not there.
    """
    store = Store(warehouse if "://" in warehouse else str(Path(warehouse).resolve()))
    if not store.exists("warehouse.json"):
        raise ConfigError(
            "The folder is no warehouse",
            where=warehouse,
            do="Name the folder that 'oncorwe run' filled with --warehouse or ONCORWE_WAREHOUSE",
        )
    return store


def _context(warehouse: str, landing: str, sites: str | None, settings: str | None = None) -> Context:
    store_of(warehouse)
    folder = landing if "://" in landing or Path(landing).is_dir() else warehouse
    context = open_context(landing=folder, warehouse=warehouse, sites_folder=sites, settings_file=settings)
    context.check_key()
    return context


def forget(
    warehouse: Warehouse,
    person: Annotated[str, typer.Option("--person", help="Person key: column patient_id of a release.")] = "",
    site: Annotated[str, typer.Option(help="Hospital, with --patient-sn.")] = "",
    patient_sn: Annotated[
        str, typer.Option("--patient-sn", help="The hospital's patient number; '-' reads it from standard input.")
    ] = "",
    reason: Annotated[
        str, typer.Option(help="consent_withdrawn, erasure_request, purpose_ended, unlawful, other.")
    ] = "consent_withdrawn",
    yes: Yes = False,
    by: By = "",
    landing: Landing = "landing",
    sites: Sites = None,
) -> None:
    """Erase a person from the warehouse, refuse them from now on, and say which releases still hold them.

    Example: oncorwe forget --site site_a --patient-sn - --yes < number.txt
    """
    from jobs.privacy.forget import REASONS, identify
    from jobs.privacy.forget import forget as carry_out

    if reason not in REASONS:
        raise ConfigError(f"There is no reason '{reason}'", do=f"Use one of {', '.join(REASONS)}")
    context = _context(warehouse, landing, sites)
    number = typer.get_text_stream("stdin").readline().strip() if patient_sn == "-" else patient_sn
    who = identify(context, key=person, site=site, patient_sn=number)
    for line in _told(carry_out(context, who, reason=reason, ordered_by=by, write=yes)):
        typer.echo(line)


def _told(done: Forgotten) -> list[str]:
    """What was done, line by line; nothing that names the person."""
    verb = "Removed" if done.done else "Would remove"
    lines = [f"{verb} {sum(done.rows.values()):,} row(s) of {done.numbers} patient number(s)"]
    lines += [f"  {rows:>8,}  {where}" for where, rows in done.rows.items()]
    if done.candidates:
        lines.append(f"{verb} the working tables of {done.candidates} run(s)")
    if done.cohorts:
        lines.append(f"{verb} the member lists of {done.cohorts} cohort(s); build them again from their files")
    if not done.done:
        lines.append("The person would be refused from then on. Nothing was changed; add --yes to do it")
    elif done.new:
        lines.append(f"The person is refused from now on (entry {done.entry})")
    else:
        lines.append(f"Nothing is left to do: the person is refused already (entry {done.entry})")
    lines += [
        f"Release {release} still holds the person: {sum(tables.values()):,} row(s) in {len(tables)} table(s)"
        for release, tables in sorted(done.releases.items())
    ]
    if done.releases:
        lines.append("  Publish without the person:  oncorwe run --landing DIR")
        lines += [f"  Then take it back:  oncorwe releases retract {name} --yes" for name in sorted(done.releases)]
    else:
        lines.append("No release holds the person")
    if done.landing:
        lines.append(
            f"Delivered files of {', '.join(done.landing)} may still hold the person: they are the hospital's to clear"
        )
    return lines


refusals_app = typer.Typer(help="The refusal list: who may not enter the warehouse again.", invoke_without_command=True)


@refusals_app.callback()
def refusals(
    context: typer.Context,
    warehouse: Warehouse,
    releases: Annotated[bool, typer.Option(help="Also say which releases still hold each person.")] = False,
) -> None:
    """The refusal list: entry, date, origin, reason. It holds keyed tokens only and shows none.

    Example: oncorwe refusals --releases
    """
    if context.invoked_subcommand:
        context.obj = warehouse
        return
    from jobs.privacy import refusals as listed
    from jobs.privacy.forget import held_by
    from jobs.privacy.persons import Person

    store = store_of(warehouse)
    for entry in listed.load(store):
        typer.echo(f"{entry.entry}  {entry.at}  {entry.origin}  {entry.reason}  {len(entry.numbers)} number(s)")
        if releases:
            for name in sorted(held_by(store, Person(frozenset(entry.people), ()))):
                typer.echo(f"    still in release {name}")


@refusals_app.command("import")
def refusals_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="UTF-8 CSV of persons who object.")],
    site: Annotated[str, typer.Option(help="Hospital that the patient numbers are of.")],
    yes: Yes = False,
    warehouse: OtherWarehouse = None,
    landing: Landing = "landing",
    sites: Sites = None,
) -> None:
    """Put an opt-out list on the refusal list. Columns: patient_sn, id_number, name, birth_date, sex, phone, address.

    The next run erases and refuses these persons. Example: oncorwe refusals import optout.csv --site site_a --yes
    """
    from jobs.privacy.optout import DEFAULT, enter, numbers

    opened = _context(warehouse or context.obj, landing, sites)
    with file.open("rb") as raw:
        found = list(numbers(opened.site(site), DEFAULT, raw, "list.csv"))
    usable = sum(number is not None for number in found)
    if not yes:
        typer.echo(f"{usable} line(s) would be entered, {len(found) - usable} say too little. Add --yes to do it")
        return
    done = enter(opened, site, found, "opt_out_list")
    typer.echo(
        f"{done['new']} new, {done['known']} known, {done['unusable']} say too little. The next run applies them"
    )


@refusals_app.command("lift")
def refusals_lift(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(help="Entry of the list.")],
    yes: Yes = False,
    by: By = "",
    warehouse: OtherWarehouse = None,
    landing: Landing = "landing",
    sites: Sites = None,
) -> None:
    """Take an entry off the list: the person has consented again. The next run reads the hospital's deliveries anew.

    Example: oncorwe refusals lift K7Q2M5A3XB4D --by "ethics office" --yes
    """
    from jobs.privacy.forget import lift

    opened = _context(warehouse or context.obj, landing, sites)
    if not yes:
        typer.echo("The entry would be taken off the list. Nothing was changed; add --yes to do it")
        return
    typer.echo(f"Lifted. Sites that the next run reads anew: {', '.join(lift(opened, entry, by)) or 'all'}")


def audit(warehouse: Warehouse) -> None:
    """The privacy record: what was forgotten, refused and retracted, when, by whose order; and that it is unaltered.

    Example: oncorwe audit
    """
    from jobs.privacy import audit as recorded

    store = store_of(warehouse)
    for entry in recorded.entries(store):
        rows = sum(entry["rows"].values()) if isinstance(entry.get("rows"), dict) else entry.get("rows", 0)
        about = entry.get("release_id") or entry.get("entry") or entry.get("part") or ""
        typer.echo(
            f"{entry['number']:>5}  {entry['at']}  {entry['action']}  {about}  {rows:,} row(s)  {entry.get('ordered_by', '')}"
        )
    typer.echo(f"{recorded.verify(store)} entries, none altered")


@releases_app.command("retract")
def releases_retract(
    context: typer.Context,
    release: Annotated[str, typer.Argument(help="Release id.")],
    reason: Annotated[
        str, typer.Option(help="Why, for the notice that stays in its place.")
    ] = "holds a forgotten person",
    even_current: Annotated[bool, typer.Option(help="Also when readers are left without a release.")] = False,
    yes: Yes = False,
    by: By = "",
    warehouse: OtherWarehouse = None,
) -> None:
    """Take a published release back: its data are deleted, a notice stays in its place.

    Example: oncorwe releases retract 2024-06-30-aaaa1111 --yes
    """
    from jobs.privacy.retract import plan, retract

    store = store_of(warehouse or context.obj)
    if not yes:
        what = plan(store, release)
        current = ", the current release" if what.was_current else ""
        typer.echo(
            f"Would delete {what.files:,} file(s), {what.rows:,} row(s) of {release}{current}. Add --yes to do it"
        )
        return
    what = retract(store, release, reason=reason, ordered_by=by, even_current=even_current)
    typer.echo(f"Retracted {release}: {what.files:,} file(s), {what.rows:,} row(s) deleted; the notice stays")
    typer.echo("Copies that were handed on have to be deleted by who holds them; the notice says so")


@releases_app.command("retracted")
def releases_retracted(context: typer.Context, warehouse: OtherWarehouse = None) -> None:
    """Releases that were taken back: id, date, reason.

    Example: oncorwe releases retracted
    """
    from jobs.privacy.retract import notices

    for notice in notices(store_of(warehouse or context.obj)):
        typer.echo(f"{notice['release_id']}  {notice['at']}  {notice['rows']:,} rows  {notice['reason']}")


def risk(
    warehouse: Warehouse,
    release: Annotated[str | None, typer.Option("--release", help="Release id; default: the current one.")] = None,
    quasi: Annotated[
        str, typer.Option(help="Measure anew over these quasi-identifiers, joined by commas; default: as published.")
    ] = "",
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Risk of re-identification of a release: k-anonymity, prosecutor and marketer risk, l-diversity.

    Example: oncorwe risk --quasi sex,age_band,province
    """
    from warehouse.privacy.report import NAME, RiskReport
    from warehouse.privacy.risk import DEFAULT_QUASI, RiskSettings, assess
    from warehouse.release import find

    if format not in ("text", "json"):
        raise ConfigError(f"There is no format '{format}'", do="Use text or json")
    found = find(warehouse, release)
    stored = found.path / "report" / NAME
    if format == "json" and not quasi and stored.is_file():
        typer.echo(stored.read_text(encoding="utf-8"), nl=False)
        return
    settings = RiskSettings(
        quasi=tuple(q.strip() for q in quasi.split(",")) if quasi else _stored_quasi(stored) or DEFAULT_QUASI
    )
    with found.connect() as db:
        measured = assess(db, settings)
    report = RiskReport(release_id=found.release_id, profile=found.manifest.profile, settings=settings, before=measured)
    typer.echo(report.to_json() if format == "json" else "\n".join(_risk_lines(report)), nl=format == "text")


def _stored_quasi(path: Path) -> tuple[str, ...]:
    """Quasi-identifiers of the report that lies in the release; empty when it has none."""
    import json

    if not path.is_file():
        return ()
    return tuple(q["name"] for q in json.loads(path.read_text(encoding="utf-8"))["quasi_identifiers"])


def _risk_lines(report: RiskReport) -> list[str]:
    risk = report.before
    lines = [f"{report.release_id}  profile {report.profile}  over {', '.join(report.settings.quasi)}"]
    lines += [f"{risk.persons:>10,}  persons", f"{risk.classes:>10,}  classes", f"{risk.k_min:>10,}  k: smallest class"]
    lines += [
        f"{n:>10,}  persons in classes below k = {k} ({100 * risk.share_below[k]:.1f} %)" for k, n in risk.below.items()
    ]
    lines += [
        f"{risk.prosecutor_max:>10.3f}  prosecutor risk, maximum",
        f"{risk.prosecutor_average:>10.3f}  prosecutor risk, average",
        f"{risk.marketer:>10.3f}  marketer risk",
    ]
    return lines + [
        f"{d.distinct:>10,}  l-diversity of {d.attribute} ({d.entropy:.2f} by entropy)" for d in risk.diversity
    ]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(forget)
    app.command()(risk)
    app.command()(audit)
    app.add_typer(refusals_app, name="refusals")
