"""Risk figures equal a brute-force computation in pandas; limits warn and block; the report says it all, offline."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from expectations import risk as risks
from expectations.report.risk import BEGIN, END, own_page, replace_section, section
from tests.fixtures import crowd
from warehouse.errors import WarehouseError
from warehouse.privacy.report import RiskReport, limits
from warehouse.privacy.risk import RiskSettings, assess, attributes
from warehouse.release import Release

ALL_QUASI = ("sex", "age_band", "province", "tumour", "dx_year")


@pytest.fixture(scope="module", params=(3, 4))
def release(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Release:
    return crowd.build(tmp_path_factory.mktemp("crowd"), 300, request.param)


def frame(release: Release) -> pd.DataFrame:
    """One row a person, worked out without the code under test."""
    read = {n: pd.read_parquet(release.path / n) for n in ("patient", "tumour", "biomarker")}
    first = read["tumour"][read["tumour"].tumour_seq == 1].set_index("patient_id")
    people = read["patient"].set_index("patient_id")
    made = pd.DataFrame({"sex": people.sex, "province": people.residence_region, "vital_status": people.vital_status})
    age = first.age_at_dx.reindex(made.index).astype(float).fillna(people.age_at_index.astype(float))
    made["age_band"] = age // 5 * 5
    made["tumour"] = first.tumour_code.reindex(made.index)
    made["dx_year"] = pd.to_datetime(first.first_dx_date).dt.year.reindex(made.index)
    positive = read["biomarker"][read["biomarker"].result == "POS"].groupby("patient_id").marker
    made["biomarker"] = positive.apply(lambda m: "+".join(sorted(set(m)))).reindex(made.index)
    return made.astype(object).where(made.notna(), "?")


@pytest.mark.parametrize("quasi", [ALL_QUASI, ("sex", "dx_year"), ("province",), ("sex", "age_band", "tumour")])
def test_figures_are_those_of_a_brute_force_count(release: Release, quasi: tuple[str, ...]) -> None:
    with release.connect() as db:
        found = assess(db, RiskSettings(quasi=quasi, k=(3, 5, 11), population_share=0.25))
    people = frame(release)
    groups = people.groupby(list(quasi))
    size = groups.sex.transform("size") if "sex" not in quasi else groups.vital_status.transform("size")
    n = len(people)
    assert (found.persons, found.classes, found.k_min) == (n, groups.ngroups, size.min())
    assert found.uniques == (size == 1).sum()
    assert found.below == {str(k): (size < k).sum() for k in (3, 5, 11)}
    assert found.share_below == {str(k): pytest.approx((size < k).mean(), abs=1e-6) for k in (3, 5, 11)}
    assert found.prosecutor_max == pytest.approx((1 / size).max(), abs=1e-6)
    assert found.prosecutor_average == pytest.approx((1 / size).mean(), abs=1e-6)
    assert found.marketer == pytest.approx((1 / (size / 0.25)).mean(), abs=1e-6)
    assert found.high_risk == {
        "0.20": pytest.approx((size < 5).mean(), abs=1e-6),
        "0.09": pytest.approx((size < 11).mean(), abs=1e-6),
    }
    assert sum(persons for _, _, persons in found.sizes) == n and sum(c for _, c, _ in found.sizes) == groups.ngroups
    for one in found.diversity:
        values = groups[one.attribute]
        entropy = values.apply(lambda v: -sum(p * math.log(p) for p in v.value_counts(normalize=True)))
        distinct = values.transform("nunique")
        assert one.distinct == distinct.min()
        assert one.entropy == pytest.approx(math.exp(entropy.min()), abs=1e-5)
        assert one.share_below_2 == pytest.approx((distinct < 2).mean(), abs=1e-6)


def test_every_declared_attribute_can_be_measured(release: Release) -> None:
    settings = RiskSettings(quasi=tuple(attributes("quasi")), sensitive=tuple(attributes("sensitive")))
    with release.connect() as db:
        assert assess(db, settings).persons == 300
        with pytest.raises(WarehouseError, match="no quasi attribute shoe_size"):
            assess(db, RiskSettings(quasi=("shoe_size",)))


def test_an_empty_release_has_no_risk(tmp_path: Path) -> None:
    from tests.fixtures.mini_release import build_empty

    with build_empty(tmp_path).connect() as db:
        found = assess(db)
    assert (found.persons, found.k_min, found.prosecutor_max, found.marketer) == (0, 0, 0.0, 0.0)
    assert not any(x.broken for x in limits(found, RiskSettings(block={"k_min": 5, "marketer": 0.0})))


@pytest.mark.parametrize(
    ("measure", "tight", "loose"),
    [("k_min", 2, 1), ("share_below_5", 0.1, 1.0), ("prosecutor_max", 0.5, 1.0), ("prosecutor_average", 0.1, 1.0), ("marketer", 0.1, 1), ("l_vital_status", 2, 1)],
)  # fmt: skip
def test_limits_hold_or_break(release: Release, measure: str, tight: float, loose: float) -> None:
    settings = RiskSettings(block={measure: tight}, warn={measure: loose})
    with release.connect() as db:
        report = risks.measure(db, settings, "r", "project")
        waiting = risks.measure(db, settings, "r", "wide")
    assert [(x.severity, x.broken) for x in report.limits] == [("BLOCK", True), ("WARN", False)]
    results = list(risks.results(report))
    assert [str(r.severity) for r in results] == ["BLOCK", "WARN"]
    failing = [r.fail_pct > r.max_fail_pct for r in results]
    assert failing == [True, False] and len({(r.check_id, r.table) for r in results}) == 2
    assert waiting.limits == (), "a wide release is judged as it is published"


def test_an_unknown_measure_is_named(release: Release) -> None:
    with release.connect() as db, pytest.raises(WarehouseError, match="no risk measure k_max"):
        risks.measure(db, RiskSettings(warn={"k_max": 3}), "r", "project")


def test_the_section_is_offline_in_two_languages_and_can_be_replaced(release: Release) -> None:
    with release.connect() as db:
        report = risks.measure(db, RiskSettings(warn={"k_min": 5}), "r", "project")
    html = str(section(report))
    assert html.startswith(BEGIN) and html.endswith(END)
    assert (
        "检察官攻击风险" in html
        and "Prosecutor risk, maximum" in html
        and "GB/T 37964-2019" in html
        and "El Emam" in html
    )
    assert "http" not in own_page(report, "warn") and "src=" not in html
    wide = RiskReport(
        release_id="r", profile="wide", settings=report.settings, before=report.before, after=report.before
    )
    page = replace_section(f"<main>{html}<p>rest</p></main>", wide)
    assert page.count(BEGIN) == 1 and "As published" in page and page.endswith("<p>rest</p></main>")
    raw = json.loads(report.to_json())
    assert raw["before"]["k_min"] == report.before.k_min and raw["after"] is None
    assert {q["name"] for q in raw["quasi_identifiers"]} == set(ALL_QUASI) and len(raw["sources"]) >= 5
