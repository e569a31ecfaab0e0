"""Figures: the curve is lifelines', flows conserve people, small groups stay out, the page loads nothing."""

import random
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from lifelines import KaplanMeierFitter

from tests.fixtures import mini_release
from warehouse.errors import WarehouseError
from warehouse.figures import (
    FLOW_HEIGHT,
    flow_svg,
    survival,
    survival_curves,
    survival_svg,
    treatment_flow,
    write,
    write_figures,
)
from warehouse.figures.survival import axis
from warehouse.privacy.cells import DEFAULT_THRESHOLD as T
from warehouse.questions import run


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """200 people with one to three lines of two regimens each."""
    rng = random.Random(3)
    patients, lines, endpoints = [], [], []
    for n in range(200):
        patients.append({"patient_id": f"p{n}", "sex": "F", "vital_status": rng.choice(["ALIVE", "DEAD"])})
        for number in range(1, rng.randint(1, 3) + 1):
            base = {"patient_id": f"p{n}", "tumour_id": f"t{n}", "tumour_code": "NSCLC", "line_id": f"l{n}-{number}"}
            lines.append(
                base
                | {
                    "setting": "ADVANCED",
                    "line_number": number,
                    "is_maintenance": "",
                    "line_name": rng.choice(["a", "b + c"]),
                }
            )
            if number == 1:
                endpoints.append(
                    base
                    | {
                        "endpoint_id": f"e{n}",
                        "endpoint": "RWPFS",
                        "definition_id": "rwpfs_default@1",
                        "event": int(rng.random() < 0.7),
                        "time_months": rng.uniform(0.5, 40),
                    }
                )
    return mini_release.write_release(
        tmp_path_factory.mktemp("w"), {"patient": patients, "line_of_therapy": lines, "endpoint": endpoints}
    )


def test_curves_agree_with_the_question(release):
    answers = {r["regimen"]: r for r in run("q04", release).to_pylist()}
    curves = survival_curves(release, "NSCLC")
    assert {c.name for c in curves} == set(answers) == {"a", "b + c"}
    for curve in curves:
        assert (curve.n, curve.events) == (answers[curve.name]["n"], answers[curve.name]["events"])
        assert round(curve.median, 2) == answers[curve.name]["km_median_months"]
        assert curve.steps[0] == (0.0, 1.0) and all(x[1] >= y[1] for x, y in zip(curve.steps, curve.steps[1:]))


def test_delayed_entry_counts_a_person_from_the_entry_on(tmp_path):
    """One in three is first seen months after the index date; the estimate is lifelines' with ``entry``, and only when it is asked for."""
    rng, rows, told = random.Random(5), [], []
    for n in range(300):
        months, late, event = rng.uniform(0.5, 30), n % 3 == 0, int(rng.random() < 0.8)
        entry = date(2020, 1, 1) + timedelta(days=rng.randint(1, 700) if late else 0)
        told.append((months, event, (entry - date(2020, 1, 1)).days / 30.4375))
        rows.append({"endpoint_id": f"e{n}", "patient_id": f"p{n}", "tumour_id": f"t{n}", "tumour_code": "NSCLC", "endpoint": "OS", "definition_id": "os_default@1",
                     "index_event": "DX", "index_date": "2020-01-01", "entry_date": str(entry) if late or n % 2 else "", "event": event, "time_months": months})  # fmt: skip
    release = mini_release.write_release(tmp_path, {"endpoint": rows})
    plain, delayed = (survival(release, "NSCLC", "OS", by="overall", delayed_entry=d).curves[0] for d in (False, True))
    kept = [row for row in told if row[2] < row[0]]
    months, events, entries = zip(*kept, strict=True)
    assert delayed.n == len(kept) < plain.n == 300
    assert delayed.median == KaplanMeierFitter().fit(months, events, entry=entries).median_survival_time_
    assert plain.median == KaplanMeierFitter().fit(*zip(*[row[:2] for row in told])).median_survival_time_
    assert delayed.at_risk(12, 1) == str(sum(e < 12 <= m for m, _, e in kept))
    assert "at risk from entry_date on" in survival_svg(
        survival(release, "NSCLC", "OS", by="overall", delayed_entry=True)
    )


def test_flow_conserves_people_and_stays_in_the_picture(release):
    flow = treatment_flow(release, "NSCLC", min_n=1)
    first = [node for node in flow.nodes if node.x == 0]
    assert sum(node.n for node in first) == 200
    assert sum(int(link.tip.rpartition(" ")[2]) for link in flow.links if link.path.startswith("M14.0")) == 200
    assert all(node.y >= 0 and node.y + node.height <= FLOW_HEIGHT + 1e-6 for node in flow.nodes)


def test_small_groups_stay_out(release):
    assert survival_curves(release, "NSCLC", min_n=201) == []
    assert treatment_flow(release, "NSCLC", min_n=201) is None
    smallest = min(int(link.tip.rpartition(" ")[2]) for link in treatment_flow(release, "NSCLC", min_n=20).links)
    assert smallest >= 20


def test_page_is_offline_and_whole_also_when_empty(release, tmp_path):
    for number, source in enumerate((release, mini_release.build_empty(tmp_path / "e"))):
        page = write_figures(tmp_path / f"{number}.html", source).read_text(encoding="utf-8")
        assert page.count("<section>") == 3 and not re.search(r"(src|href)=|@import|url\(|<script", page)


def test_a_small_step_of_the_attrition_shows_no_count(tmp_path):
    page = write_figures(tmp_path / "f.html", mini_release.build(tmp_path / "w")).read_text(encoding="utf-8")
    section = page[page.index("Cohort attrition") : page.index("Treatment flow")]
    assert section.count(f">&lt;{T} tumours<") == 7 and section.count(f"left out: &lt;{T}") == 6


def test_survival_by_stage_and_overall(tmp_path_factory):
    rng = random.Random(5)
    rows = {"patient": [], "tumour": [], "staging": [], "endpoint": []}
    for n in range(120):
        key = {"patient_id": f"p{n}", "tumour_id": f"t{n}", "tumour_code": "GASTRIC"}
        late = n % 3 == 0
        rows["patient"].append({"patient_id": f"p{n}", "sex": "F", "vital_status": "ALIVE"})
        rows["tumour"].append(key | {"tumour_seq": 1, "first_dx_date": "2020-01-01"})
        stage = {
            "stage_class": "c",
            "stage_date": "2020-01-05",
            "stage_group": "IV" if late else "I",
            "staging_id": f"s{n}",
        }
        rows["staging"].append(key | stage)
        os = {"endpoint": "OS", "definition_id": "os_default@1", "index_event": "DX", "endpoint_id": f"e{n}"}
        rows["endpoint"].append(
            key | os | {"event": int(rng.random() < 0.8), "time_months": rng.uniform(1, 12 if late else 60)}
        )
    release = mini_release.write_release(tmp_path_factory.mktemp("stage"), rows)
    found = survival(release, "GASTRIC", "OS", by="stage")
    assert [(curve.name, curve.n) for curve in found.curves] == [("stage I", 80), ("stage IV", 40)]
    assert found.p_value < 0.001 and found.curves[0].median > found.curves[1].median
    low, high = (float(part) for part in found.curves[0].interval().split(" to "))
    assert low < found.curves[0].median < high
    (whole,) = survival(release, "GASTRIC", "OS", by="overall").curves
    assert whole.n == 120 and survival(release, "GASTRIC", "OS", by="overall").p_value is None
    for curve in (*found.curves, whole):
        assert (
            sum(time >= curve.steps[-1][0] for time in curve.times) == T and curve.at_risk(curve.times[-1]) == f"<{T}"
        )
    assert "log-rank p &lt; 0.001" in survival_svg(found) and survival_svg(found).count("<path") == 2
    with pytest.raises(WarehouseError, match="no figure of OS by moon"):
        survival(release, "GASTRIC", "OS", by="moon")


@pytest.mark.parametrize(
    ("last", "ticks"),
    [(0, [0, 1]), (7.2, list(range(9))), (24, [0, 3, 6, 9, 12, 15, 18, 21, 24]), (61, list(range(0, 73, 12)))],
)
def test_the_axis_has_round_months(last, ticks):
    assert axis(last) == ticks


def test_rare_regimens_flow_together_and_labels_keep_apart(tmp_path):
    rows = {"patient": [], "line_of_therapy": []}
    for n in range(60):
        rows["patient"].append({"patient_id": f"p{n}", "sex": "F", "vital_status": "ALIVE"})
        for number, name in ((1, "common" if n < 40 else f"rare {n}"), (2, "second" if n < 40 else f"second {n // 2}")):
            rows["line_of_therapy"].append(
                {"line_id": f"l{n}-{number}", "patient_id": f"p{n}", "tumour_id": f"t{n}", "tumour_code": "NSCLC",
                 "setting": "ADVANCED", "line_number": number, "is_maintenance": "", "line_name": name}
            )  # fmt: skip
    flow = treatment_flow(mini_release.write_release(tmp_path, rows), "NSCLC", min_n=2)
    first = {node.name: node.n for node in flow.nodes if node.x == 0}
    assert first == {"common": 40, "(other regimens)": 20}
    for x in {node.x for node in flow.nodes}:
        middles = sorted(node.y + node.height / 2 for node in flow.nodes if node.x == x)
        assert all(b - a >= 12 for a, b in pairwise(middles))
        assert max(middles) <= flow.height
    svg = flow_svg(flow)
    assert "second 29" in svg and "line 2" in svg


def test_files_by_suffix_and_least_group(release, tmp_path):
    svg = survival_svg(survival(release, "NSCLC"))
    assert write(tmp_path / "a" / "x.svg", svg, release, "t", "h").read_text(encoding="utf-8") == svg
    assert "<h2>h</h2>" in write(tmp_path / "x.html", svg, release, "t", "h").read_text(encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"no \.png"):
        write(tmp_path / "x.png", svg, release, "t", "h")
    with pytest.raises(WarehouseError, match=f"smaller than {T}"):
        write_figures(tmp_path / "y.html", release, min_n=4)
