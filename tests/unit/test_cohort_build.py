"""Cohorts: criteria in order, index dates, frozen ids, reasons, and counts that give nobody away."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.fixtures import mini_release
from tests.unit.test_cli_commands import run  # noqa: F401  (fixture)
from warehouse.cohort import Built, build, kinds, read_cohort, write
from warehouse.cohort.attrition import Step, ranges, shown
from warehouse.cohort.figure import attrition_svg, text_width, wrap
from warehouse.errors import WarehouseError
from warehouse.privacy.cells import DEFAULT_THRESHOLD as T
from warehouse.release import Release

HEAD = '[cohort]\nname = "x"\n'


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return mini_release.build(tmp_path_factory.mktemp("cohort") / "w")


def criterion(kind: str, **values: object) -> str:
    """One [[criterion]] as TOML."""
    body = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    return f'\n[[criterion]]\nkind = "{kind}"\n{body}\n'


def built(release: Release, tmp_path: Path, *criteria: str) -> Built:
    """The cohort of some criteria."""
    file = tmp_path / "c.toml"
    file.write_text(HEAD + "".join(criteria), encoding="utf-8")
    return build(release, read_cohort(file))


# criterion → tumours of the mini release that meet it, alone
ALONE = {
    "tumour_type": ({"types": ["NSCLC", "HCC"]}, "t1 t2 t4"),
    "first_primary": ({}, "t1 t2 t3 t4 t5 t6"),
    "single_primary": ({}, "t1 t2 t3 t4 t5 t6"),
    "histology": ({"codes": ["8140"]}, ""),
    "sex": ({"values": ["F"]}, "t1 t3 t5"),
    "age": ({"min": 60, "max": 66}, "t1 t2 t5"),
    "diagnosed": ({"from": "2019-09-02", "to": "2020-05-10"}, "t1 t4 t5"),
    "advanced": ({"from": "2021-01-20"}, "t4 t6"),
    "stage": ({"groups": ["IV", "III"], "classes": ["c"], "days": [0, 3]}, "t1 t2 t5"),
    "line": ({"drugs": ["osimertinib", "cetuximab"]}, "t1 t5"),
    "biomarker": ({"marker": "EGFR", "variant": "L858R|exon19"}, "t1 t2"),
    "measure": ({"measure": "ECOG", "max": 1, "days": [0, 20]}, "t1"),
    "lab": ({"code": "2039-6", "min": 80}, "t1"),
    "metastasis": ({"sites": ["LUNG"]}, "t1"),
    "surgery": ({"kinds": ["TACE", "RESECTION"], "days": [0, 30]}, "t4 t6"),
    "comorbidity": ({"groups": ["DIABETES"]}, ""),
    "follow_up": ({"days_min": 1200}, "t1 t2 t4 t5"),
    "sql": ({"where": "c.tumour_code LIKE '%C%' AND c.index_date < DATE '2020-01-01'"}, "t2 t5 t6"),
}


def test_the_cases_below_cover_every_kind() -> None:
    assert set(ALONE) == set(kinds())


@pytest.mark.parametrize("kind", ALONE)
def test_each_kind_keeps_those_who_meet_it_and_exclude_the_others(release: Release, tmp_path: Path, kind: str) -> None:
    values, expected = ALONE[kind]
    kept = built(release, tmp_path, criterion(kind, **values)).members["tumour_id"].to_pylist()
    assert " ".join(kept) == expected
    turned = built(release, tmp_path, criterion(kind, exclude=True, **values)).members["tumour_id"].to_pylist()
    assert sorted(kept + turned) == ["t1", "t2", "t3", "t4", "t5", "t6"]


def test_criteria_act_in_order_and_move_the_index_date(release: Release, tmp_path: Path) -> None:
    found = built(
        release,
        tmp_path,
        criterion("tumour_type", types=["NSCLC", "HCC", "BREAST"]),
        criterion("line", number=1),
        criterion("metastasis", days=[-30, 0], label="metastasis before the line"),
    )
    assert [(row["tumour_id"], str(row["index_date"]), row["line_id"]) for row in found.members.to_pylist()] == [
        ("t1", "2020-02-01", "l1")
    ]
    assert [(step.tumours, step.excluded) for step in found.steps] == [(6, 0), (4, 2), (3, 1), (1, 2)]
    left = {row["tumour_id"]: (row["step"], row["reason"]) for row in found.excluded.to_pylist()}
    assert left["t5"] == (1, "tumour type BREAST / HCC / NSCLC") and left["t3"][0] == 2
    assert left["t4"] == (3, "metastasis before the line")
    before = built(release, tmp_path, criterion("metastasis", days=[-30, 0]), criterion("line"))
    assert before.members.num_rows == 0  # from diagnosis the metastasis is two days late


def test_values_that_nothing_knows_are_warned_of(release: Release, tmp_path: Path) -> None:
    found = built(
        release,
        tmp_path,
        criterion("biomarker", marker="EGRF"),
        criterion("biomarker", marker="PD-L1"),
        criterion("line", drugs=["osimertinib", "osimertinb"]),
        criterion("lab", code="2039-7"),
    )
    assert [sentence.split(":")[0] for sentence in found.warnings] == [f"Criterion {n}" for n in (1, 2, 3, 4)]
    assert "knows the marker 'EGRF'." in found.warnings[0] and "the table calls it PDL1" in found.warnings[1]
    assert "'osimertinb'" in found.warnings[2] and "'2039-7'" in found.warnings[3]
    fine = built(release, tmp_path, criterion("biomarker", marker="EGFR"), criterion("lab", code="2039-6"))
    assert fine.warnings == ()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("diagnosed", {"from": "2021-01-01", "to": "2020-01-01"}),
        ("advanced", {"from": "2021-01-02", "to": "2021-01-01"}),
        ("line", {"from": "2021-01-02", "to": "2021-01-01"}),
        ("age", {"min": 70, "max": 60}),
    ],
)
def test_a_window_that_ends_before_it_begins_is_refused(
    release: Release, tmp_path: Path, kind: str, values: dict[str, object]
) -> None:
    with pytest.raises(WarehouseError, match="nobody can meet it"):
        built(release, tmp_path, criterion(kind, **values))


def test_the_id_is_that_of_the_meaning(release: Release, tmp_path: Path) -> None:
    one = built(release, tmp_path, criterion("tumour_type", types=["NSCLC", "HCC"]))
    same = built(release, tmp_path, criterion("tumour_type", types=["HCC", "NSCLC", "HCC"], label="other words"))
    other = built(release, tmp_path, criterion("tumour_type", types=["NSCLC"]))
    default = built(release, tmp_path, criterion("line"))
    spelled = built(release, tmp_path, criterion("line", setting="ADVANCED", number=1))
    assert one.cohort_id == same.cohort_id != other.cohort_id and default.cohort_id == spelled.cohort_id
    assert one.cohort.id("another-release") != one.cohort_id


def test_building_again_gives_the_same_files(release: Release, tmp_path: Path) -> None:
    found = built(release, tmp_path, criterion("tumour_type", types=["NSCLC"]))
    for name in ("a", "a", "b"):
        write(found, release, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(files) == 6
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_nothing_that_may_leave_shows_a_small_count_or_a_person(release: Release, tmp_path: Path) -> None:
    folder = write(
        built(release, tmp_path, criterion("sex", values=["F"]), criterion("tumour_type", types=["NSCLC"])),
        release,
        tmp_path / "o",
    )
    for file in ("attrition.csv", "attrition.svg", "attrition.html", "export.json"):
        text = (folder / file).read_text(encoding="utf-8")
        assert "t1" not in text and "p1" not in text
    assert (folder / "attrition.csv").read_text(encoding="utf-8").splitlines()[2:] == [
        f"1,sex F,<{T},<{T},<{T}", f"2,tumour type NSCLC,<{T},<{T},<{T}",
    ]  # fmt: skip


@pytest.mark.parametrize(("counts", "expected"), [
    ([100, 50, 50, 0], [(100, 100), (50, 50), (50, 50), (0, 0)]),
    ([100, 98, 50], [(100, 100), (96, 99), (50, 50)]),
    ([100, 98, 96, 95], [(100, 100), (96, 99), (96, 99), (95, 95)]),
    ([9, 5, 3, 0], [(9, 9), (5, 8), (1, 4), (0, 0)]),
    ([4, 4], [(1, 4), (1, 4)]),
    ([], []),
])  # fmt: skip
def test_ranges(counts: list[int], expected: list[tuple[int, int]]) -> None:
    assert ranges(counts, 5) == expected


def test_no_two_shown_counts_differ_by_a_small_number() -> None:
    import random

    draw = random.Random(7)
    for _ in range(500):
        counts = [draw.randint(0, 60)]
        while len(counts) < 8:
            counts.append(max(counts[-1] - draw.choice([0, 0, 1, 2, 4, 5, 9, 20]), 0))
        found = ranges(counts, 5)
        assert all(low <= count <= high for count, (low, high) in zip(counts, found, strict=True))
        exact = [low for low, high in found if low == high]
        assert all(not 0 < count < 5 for count in exact)
        # 0 is shown: from a shown count of five or more it is far enough
        assert all(not 0 < a - b < 5 for a, b in pairwise(exact))
        steps = [Step(n, "", count, count, (counts[n - 1] - count) if n else 0) for n, count in enumerate(counts)]
        assert not any(step.excluded in ("1", "2", "3", "4") for step in shown(steps, 5))


def test_the_figure_keeps_its_text_inside_its_boxes() -> None:
    assert wrap("一线使用第三代酪氨酸激酶抑制剂 osimertinib 治疗", 16) == [
        "一线使用第三代酪",
        "氨酸激酶抑制剂",
        "osimertinib 治疗",
    ]
    assert all(text_width(line) <= 20 for line in wrap("pneumonoultramicroscopicsilicovolcanoconiosis 是", 20))
    svg = attrition_svg(shown([Step(0, "all <tumours>", 100, 90, 0), Step(1, "非常长的入选标准" * 12, 40, 30, 60)]))
    assert "all &lt;tumours&gt;" in svg and "left out: 60" in svg and svg.count("<rect") == 4


WRONG = {
    "": "not complete",
    'x = 1\n[[criterion]]\nkind = "sex"': "not complete|not known",
    HEAD + criterion("nothing"): "no kind 'nothing'",
    HEAD + criterion("sex"): "needs 'values'",
    HEAD + criterion("sex", values=[1]): "not a list of texts",
    HEAD + criterion("sex", values=["F"], limit=3): "no parameter 'limit'",
    HEAD + criterion("age", min="x"): "not a number",
    HEAD + criterion("diagnosed", **{"from": "2020-13-01"}): "not a date",
    HEAD + criterion("stage", groups=["IV"], days=[3, 1]): "two whole numbers",
    HEAD + criterion("sex", values=["F"], exclude="no"): "exclude is true or false",
    HEAD + "[[criterion": "no TOML",
    'criterion = "a"\n' + HEAD: "not complete",
    'criterion = ["a"]\n' + HEAD: "not complete",
    HEAD + criterion("tumour_type", types=["NSCLC", "NSCLCX"]): "knows no 'NSCLCX'",
    HEAD + criterion("sex", values=["女"]): "knows no '女'",
    HEAD + criterion("stage", groups=["IVA"]): "knows no 'IVA'",
    HEAD + criterion("biomarker", marker="EGFR", results=["+"]): "knows no",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_told_where_and_why(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WarehouseError, match=WRONG[text]):
        read_cohort(tmp_path / "c.toml")
    with pytest.raises(WarehouseError, match="does not exist"):
        read_cohort(tmp_path / "none.toml")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_bytes(b"\xef\xbb\xbf" + (HEAD + criterion("first_primary")).encode())
    assert read_cohort(tmp_path / "c.toml").name == "x"


def test_labels_with_quotes_and_line_breaks_stay_one_cell_of_the_csv(release: Release, tmp_path: Path) -> None:
    label = 'a "quoted", label\nof two lines'
    write(built(release, tmp_path, criterion("first_primary", label=label)), release, tmp_path / "out")
    with (tmp_path / "out" / "attrition.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[1] for row in rows] == ["criterion", "all primary tumours", label]
    assert {len(row) for row in rows} == {5}


@pytest.mark.parametrize("where", ["c.nothing = 1", "1 = 1) FROM tumour; DROP TABLE candidate; SELECT (1 = 1", "("])
def test_a_wrong_fragment_is_refused(release: Release, tmp_path: Path, where: str) -> None:
    with pytest.raises(WarehouseError, match=r"criterion 1"):
        built(release, tmp_path, criterion("sql", where=where))


def test_commands(run, release: Release, tmp_path: Path) -> None:  # noqa: F811
    warehouse = release.path.parents[1]
    file = tmp_path / "c.toml"
    file.write_text(HEAD + criterion("tumour_type", types=["NSCLC"]), encoding="utf-8")
    code, out, err = run("cohort", "build", file, "--warehouse", warehouse)
    assert code == 0 and not err and f"<{T}  tumour type NSCLC" in out
    cohort_id = out.split("cohort ")[1].split(",")[0]
    code, out, _ = run("cohort", "show", "--warehouse", warehouse)
    assert code == 0 and out.startswith(cohort_id)
    code, out, _ = run("cohort", "show", cohort_id, "--warehouse", warehouse)
    assert code == 0 and "Its release is unchanged." in out
    assert "<7  tumour type NSCLC" in run("cohort", "build", file, "--min-cell", 7, "--warehouse", warehouse)[1]
    assert run("cohort", "show", "nope", "--warehouse", warehouse)[0] == 2
    assert (
        run("cohort", "kinds", "nope")[0] == 2 and "marker (text), required" in run("cohort", "kinds", "biomarker")[1]
    )
    assert (
        json.loads(run("cohort", "build", file, "--warehouse", warehouse, "--format", "json")[1])["cohort_id"]
        == cohort_id
    )
