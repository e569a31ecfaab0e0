"""Figures: the curve is lifelines', flows conserve people, small groups stay out, the page loads nothing."""

import random
import re

import pytest

from tests.fixtures import mini_release
from warehouse.figures import FLOW_HEIGHT, survival_curves, treatment_flow, write_figures
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


def test_a_small_step_of_the_attrition_shows_neither_count_nor_bar(tmp_path):
    page = write_figures(tmp_path / "f.html", mini_release.build(tmp_path / "w")).read_text(encoding="utf-8")
    section = page[page.index("attrition") : page.index("Treatment flow")]
    assert section.count("&lt;5") == 7 and set(re.findall(r'class="step"[^>]* width="([^"]+)"', section)) == {"1"}
