"""Profile ``wide`` on its way out: plan on the validated candidate, apply while writing, then measure and try what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.runtime import keys
from jobs.runtime.context import Context
from jobs.runtime.errors import Blocked
from jobs.runtime.release_id import release_id
from warehouse.compile.duckdb import connect
from warehouse.marts import views_sql
from warehouse.privacy.apply import Applier
from warehouse.privacy.generalise import NotAnonymous, WidePlan, plan_wide
from warehouse.privacy.profile import WideSettings, question_remarks
from warehouse.privacy.report import NAME, PROJECT_TAKEN, RiskReport, limits
from warehouse.privacy.risk import Risk, RiskSettings, assess
from warehouse.questions import questions

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    Batches = Iterator[pa.RecordBatch]


class WideApplier:
    """The plan as both ways of writing use it; pickled with the plan, never with a key."""

    def __init__(self, plan: WidePlan) -> None:
        self._apply = Applier(plan, keys.wide_key)

    def __call__(self, table: str, rows: pa.Table) -> pa.Table:
        """Published rows and columns of a table."""
        return self._apply(table, rows)

    def over(self, table: str) -> Callable[[Batches], Batches]:
        """For ``mapInArrow``."""
        apply = self._apply

        def batches(given: Batches) -> Batches:
            for batch in given:
                yield from apply(table, pa.Table.from_batches([batch])).combine_chunks().to_batches()

        return batches


@dataclass(slots=True)
class Wide:
    """A planned wide release."""

    applier: WideApplier
    plan: WidePlan
    before: Risk
    settings: RiskSettings


def risk_settings(context: Context) -> RiskSettings:
    """What is measured, from the settings of the run."""
    return RiskSettings(**context.settings.privacy.risk.model_dump())


@contextmanager
def shown(context: Context, sources: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The candidate's tables as views; copied down first when the warehouse is not on local disk."""
    with TemporaryDirectory() as folder:
        for table, source in sources.items():
            place = Path(folder) / table
            if context.warehouse.is_local:
                place.symlink_to(context.warehouse.path(source))
                continue
            place.mkdir()
            for number, file in enumerate(n for n in context.warehouse.walk(source) if n.endswith(".parquet")):
                with context.warehouse.open(file) as handle:
                    (place / f"part-{number:05d}.parquet").write_bytes(handle.read())
        with connect(folder) as db:
            yield db


def prepare(context: Context, sources: Mapping[str, str]) -> Wide | None:
    """Plan the release when its profile is ``wide``, else None.

    Raises:
        Blocked: k cannot be reached without leaving out too many persons.
    """
    if context.settings.release.profile != "wide":
        return None
    settings = risk_settings(context)
    with shown(context, sources) as db:
        before = assess(db, settings)
        try:
            plan = plan_wide(db, WideSettings(**context.settings.release.wide.model_dump()), settings)
        except NotAnonymous as error:
            raise Blocked(error.what.rstrip("."), where=error.where, why=error.why, do=error.do) from None
    return Wide(WideApplier(plan), plan, before, settings)


def broken(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Questions and marts that do not run on a release, with the kind of error; an empty one is as it should be."""
    found = {}
    for question in questions():
        try:
            db.execute(question.sql, {p.name: p.default for p in question.params}).fetchall()
        except Exception as error:
            found[question.name] = type(error).__name__
    try:
        db.execute(views_sql())
        for (name,) in db.execute(
            "SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'mart_%' OR view_name LIKE 'db_%'"
        ).fetchall():
            db.execute(f'SELECT * FROM "{name}" LIMIT 0')
    except Exception as error:
        found["marts"] = type(error).__name__
    return found


def conclude(context: Context, wide: Wide, folder: str) -> tuple[str, ...]:
    """Measure what was written, try marts and questions on it, write its risk report; sentences for the manifest.

    Raises:
        Blocked: a class is smaller than k after all, a limit of the settings is broken, or a question no longer runs.
    """
    from jobs.validate import verdict_of
    from warehouse.schema import release_tables

    with shown(context, {t.name: f"{folder}/{t.name}" for t in release_tables()}) as db:
        after = assess(db, wide.settings)
        faults = broken(db)
    held = limits(after, wide.settings)
    _refuse(
        after, context.settings.release.wide.k, faults, [x.measure for x in held if x.broken and x.severity == "BLOCK"]
    )
    report = RiskReport(
        release_id=release_id(context), profile="wide", settings=wide.settings, before=wide.before, after=after,
        taken=(*PROJECT_TAKEN[:4], *wide.plan.taken), limits=held, questions=question_remarks(),
        remarks=tuple(f"Limit broken: {x.measure} is {x.value:g}, allowed {x.limit:g}" for x in held if x.broken),
    )  # fmt: skip
    _write(context, folder, report, verdict_of(context)["verdict"])
    return _notes(wide, after)


def _refuse(after: Risk, k: int, faults: dict[str, str], limits_broken: list[str]) -> None:
    if after.persons and after.k_min < k:
        raise Blocked(
            f"The wide release has a class of {after.k_min} person(s), k is {k}", do="Report this with the run manifest"
        )
    if faults:
        name, kind = next(iter(faults.items()))
        raise Blocked(
            f"{len(faults)} question(s) or marts do not run on the wide release", where=name, why=kind,
            do="Correct the question, or what wide.toml does to the columns that it reads",
        )  # fmt: skip
    if limits_broken:
        raise Blocked(
            f"The wide release breaks {len(limits_broken)} limit(s) of privacy.risk.block", why=", ".join(limits_broken),
            do="Raise k or coarsen further under [release.wide]; the last release stays current",
        )  # fmt: skip


def _notes(wide: Wide, after: Risk) -> tuple[str, ...]:
    plan, unit = wide.plan, wide.plan.date_unit
    return (
        f"Profile wide: dates stand at the middle of their {unit}, durations are worked out anew from them.",
        f"Profile wide: {plan.removed} of {plan.persons} persons left out, smallest class {after.k_min} over {', '.join(wide.settings.quasi)}.",
        "Profile wide: an age is the lower end of its band; rare tumour types stand under the name of their group.",
    )


def _write(context: Context, folder: str, report: RiskReport, verdict: str) -> None:
    from expectations.report.risk import own_page

    texts: dict[str, Any] = {NAME: report.to_json(), "index.html": own_page(report, verdict)}
    for name, text in texts.items():
        with context.warehouse.open(f"{folder}/report/{name}", "wb") as sink:
            sink.write(text.encode())
