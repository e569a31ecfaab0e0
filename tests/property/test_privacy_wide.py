"""Profile ``wide``: k is reached, orders and durations hold, nothing that should go stays, for crowds drawn at random."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.publish.profiles import broken
from tests.fixtures import crowd
from warehouse.compile.duckdb import connect
from warehouse.privacy.apply import Applier, coarse_date
from warehouse.privacy.generalise import OTHER, Cells, NotAnonymous, WidePlan, plan_wide, tumour_names
from warehouse.privacy.profile import Action, WideSettings, left_out, wide
from warehouse.privacy.risk import RiskSettings, assess
from warehouse.release import Release
from warehouse.schema import release, release_tables
from warehouse.writer import to_contract, write_part


@dataclass
class Made:
    """A crowd before and after."""

    source: Release
    folder: Path
    plan: WidePlan
    settings: WideSettings

    def before(self, table: str) -> pa.Table:
        return pq.read_table(self.source.path / table)

    def after(self, table: str) -> pa.Table:
        return pq.read_table(self.folder / table)


def rekey(column: str, value: str) -> str:
    return f"w-{'p' if column == 'patient_id' else 'i'}-{value}"


def generalise(source: Release, folder: Path, settings: WideSettings) -> Made:
    with source.connect() as db:
        plan = plan_wide(db, settings, RiskSettings())
    applier = Applier(plan, rekey)
    for table in release_tables():
        rows = applier(table.name, pq.read_table(source.path / table.name))
        write_part(
            to_contract(rows, table, without=left_out("wide", table.name)), folder / table.name / "part-00000.parquet"
        )
    return Made(source, folder, plan, settings)


SETTINGS = {
    "defaults": WideSettings(),
    "k5": WideSettings(k=5, rare_tumour=10, max_suppressed=0.05),
    "quarter": WideSettings(k=7, date_unit="quarter", region="area", age_band=10),
}


@pytest.fixture(scope="module", params=SETTINGS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    root = tmp_path_factory.mktemp(request.param)
    number = [*SETTINGS].index(request.param)
    yield generalise(crowd.build(root / "in", 700, number), root / "out", SETTINGS[request.param])


def test_every_class_has_k_persons_and_few_are_left_out(made: Made) -> None:
    settings = made.settings
    with made.source.connect() as db:
        before = assess(db)
    with connect(made.folder) as db:
        after = assess(db)
    assert before.k_min < settings.k <= after.k_min, "there was something to do, and it was done"
    assert after.persons == before.persons - made.plan.removed
    assert made.plan.removed <= settings.max_suppressed * before.persons
    assert after.prosecutor_average < before.prosecutor_average and after.prosecutor_max <= 1 / settings.k + 1e-6


def test_nothing_that_the_declaration_leaves_out_is_published(made: Made) -> None:
    for table in release_tables():
        rows = made.after(table.name)
        assert set(rows.column_names) == set(table.column_names) - left_out("wide", table.name)
        texts = [v for c in rows.columns if pa.types.is_string(c.type) for v in c.to_pylist() if v]
        assert not any("\u4e00" <= char <= "\u9fff" for text in texts for char in text), table.name
    assert made.after("entity_mention").num_rows == 0


def test_keys_of_the_other_profile_are_gone_and_references_hold(made: Made) -> None:
    for table in release_tables():
        rows = made.after(table.name)
        for column in wide()[table.name].having(Action.REKEY):
            values = rows.column(column)
            flat = values.combine_chunks().flatten() if pa.types.is_list(values.type) else values
            assert all(v is None or v.startswith("w-") for v in flat.to_pylist()), f"{table.name}.{column}"
            target = release(table.name).column(column).references
            if target and not pa.types.is_list(values.type):
                known = set(made.after(target).column(release(target).primary_key[0]).to_pylist())
                assert {v for v in values.to_pylist() if v} <= known, f"{table.name}.{column}"


def test_dates_are_coarse_in_order_and_durations_agree_with_them(made: Made) -> None:
    unit = made.plan.date_unit
    for table in release_tables():
        rows = made.after(table.name)
        for column in wide()[table.name].having(Action.DATE):
            days = {d for d in rows.column(column).to_pylist() if d}
            assert all(d.day == 15 and (unit == "month" or d.month in (2, 5, 8, 11)) for d in days), (
                f"{table.name}.{column}"
            )
        for column in wide()[table.name].having(Action.PRECISION):
            assert {p for p in rows.column(column).to_pylist() if p} <= ({"M", "Y"} if unit == "month" else {"Y"})
    for row in made.after("endpoint").to_pylist():
        assert row["time_days"] == (row["end_date"] - row["index_date"]).days >= 0
        assert row["time_months"] == pytest.approx(row["time_days"] / 30.4375)
    with connect(made.folder) as db:
        later = "SELECT count(*) FROM endpoint a JOIN endpoint b USING (tumour_id) WHERE a.endpoint = 'RWPFS' AND b.endpoint = 'OS' AND a.end_date > b.end_date"
        assert db.sql(later).fetchall() == [(0,)]


def test_rare_tumours_are_nowhere(made: Made) -> None:
    codes = [
        (p, c)
        for p, c in zip(
            *(made.before("tumour").column(n).to_pylist() for n in ("patient_id", "tumour_code")), strict=True
        )
    ]
    rare = {c for c in dict(codes).values() if len({p for p, d in codes if d == c}) < made.settings.rare_tumour}
    assert rare and rare <= set(crowd.RARE_TUMOURS)
    hidden = {rekey("patient_id", p) for p in made.plan.grouped}
    for table in release_tables():
        rows = made.after(table.name)
        for column in wide()[table.name].having(Action.TUMOUR):
            assert not rare & set(rows.column(column).to_pylist())
    diagnosis = made.after("diagnosis").to_pylist()
    assert hidden and all(r["icd10_code"] is None for r in diagnosis if r["patient_id"] in hidden)
    assert all(r["icd10_code"] == "C34" for r in diagnosis if r["patient_id"] not in hidden)
    assert all(not r["tumour_code"].startswith(("GROUP", OTHER)) for r in made.after("tumour_attribute").to_pylist())


def test_single_variants_are_blanked_and_frequent_ones_stay(made: Made) -> None:
    assert set(made.after("biomarker").column("variant_hgvs_p").to_pylist()) == {"p.L858R", None}


def test_marts_and_questions_still_run(made: Made) -> None:
    with connect(made.folder) as db:
        assert broken(db) == {}


def test_who_stays_keeps_every_row(made: Made) -> None:
    gone = {p for p, c in made.plan.cells.items() if c.removed}
    for name in ("patient", "tumour", "endpoint", "lab_measurement", "line_of_therapy", "document"):
        kept = [p for p in made.before(name).column("patient_id").to_pylist() if p not in gone]
        assert sorted(made.after(name).column("patient_id").to_pylist()) == sorted(rekey("patient_id", p) for p in kept)


def test_a_small_release_is_refused_rather_than_emptied(tmp_path: Path) -> None:
    source = crowd.build(tmp_path, 12, 5, years=6)
    with pytest.raises(NotAnonymous, match="cannot reach k = 11"), source.connect() as db:
        plan_wide(db, WideSettings(), RiskSettings())


def test_an_unclassified_column_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Default deny: the declaration must name every column of every table."""
    import warehouse.privacy.profile as profile
    from warehouse.schema import SchemaError

    raw = {**profile.declaration(), "table": {k: dict(v) for k, v in profile.declaration()["table"].items()}}
    raw["table"]["vital_sign"]["keep"] = ["measure", "unit"]
    monkeypatch.setattr(profile, "declaration", lambda: raw)
    with pytest.raises(SchemaError, match=r"vital_sign\.value_num has no action"):
        profile.wide.__wrapped__()


days = st.dates(dt.date(1950, 1, 1), dt.date(2030, 12, 31))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days, days, st.sampled_from(("month", "quarter")))
def test_coarse_dates_never_change_their_order(a: dt.date, b: dt.date, unit: str) -> None:
    x, y = coarse_date(a, unit), coarse_date(b, unit)
    assert not (a <= b and x > y) and coarse_date(x, unit) == x and abs((x - a).days) <= (16 if unit == "month" else 46)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.text(max_size=3),
        st.frozensets(st.sampled_from(("NSCLC", "SCLC", "HCC", "GIST", "???")), max_size=3),
        max_size=60,
    ),
    st.integers(1, 12),
)
def test_a_published_type_has_enough_persons_or_is_other(persons: dict[str, frozenset[str]], rare: int) -> None:
    names = tumour_names(persons, rare, "rare")
    for name in set(names.values()) - {OTHER}:
        assert sum(any(names[c] == name for c in own) for own in persons.values()) >= rare


def test_plain_values_only_reach_the_workers(made: Made) -> None:
    import pickle

    again = pickle.loads(pickle.dumps(Applier(made.plan, rekey)))
    assert again("patient", made.before("patient")).equals(Applier(made.plan, rekey)("patient", made.before("patient")))
    assert isinstance(next(iter(made.plan.cells.values()), Cells()), Cells)
