"""Commands on releases beyond the questions: figures, notes, pages of explain, exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures import mini_release
from tests.unit.test_cli_commands import Run, run

__all__ = ["run"]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "warehouse"
    mini_release.build(folder)
    return folder


WRITES = {
    "figure survival --by overall -o {o}/x.svg": "<svg",
    "figure survival --tumour NSCLC --endpoint RWPFS -o {o}/x.html": "No group is large enough",
    "figure flow -o {o}/x.html": "No flow is large enough",
    "figure attrition -o {o}/x.svg": "first primary NSCLC",
    "figure attrition --cohort {o}/c.toml -o {o}/x.html": "tumour type NSCLC",
    "figure page -o {o}/x.html": "Treatment flow",
    "releases notes -o {o}/x.md": "## How to cite",
    "explain staging st1 --html {o}/x.html": "cT2aN3M1b",
    "explain patient p1 --html {o}/x.html": "<svg",
    "explain biomarker b1 --html {o}/x.html": "EGFR",
    "export omop -o {o}/x": "",
    "export meds -o {o}/x": "",
}


@pytest.mark.parametrize("line", WRITES)
def test_commands_write_what_they_say(run: Run, warehouse: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "c.toml").write_text(
        '[cohort]\nname = "c"\n[[criterion]]\nkind = "tumour_type"\ntypes = ["NSCLC"]\n', encoding="utf-8"
    )
    code, out, err = run(*line.format(o=tmp_path).split(), "--warehouse", warehouse)
    assert code == 0 and not err and out
    written = next(path for path in tmp_path.iterdir() if path.stem == "x")
    if WRITES[line]:
        assert WRITES[line] in written.read_text(encoding="utf-8")
    else:
        assert (written / "export.json").is_file()


WRONG = {
    "figure survival --endpoint PFS -o {o}/x.svg": "There is no figure of PFS by line",
    "figure survival -o {o}/x.png": "A figure is no .png",
    "figure flow --tumour XXX -o {o}/x.svg": "There is no tumour type 'XXX'",
    "figure survival -o {o}/none/x.svg": "its folder does not exist",
    "figure flow --min-n 2 -o {o}/x.svg": "Groups smaller than \\d+ are not drawn",
    "figure attrition --cohort {o}/none.toml -o {o}/x.svg": "cohort file does not exist",
    "releases notes r9": "There is no release r9",
    "export omop -o {o}/full": "holds something else",
    "export omop --vocabulary {o}/full -o {o}/x": "has no CONCEPT.csv",
    "export meds --release r9 -o {o}/x": "There is no release r9",
}


@pytest.mark.parametrize("line", WRONG)
def test_errors_are_one_line(run: Run, warehouse: Path, tmp_path: Path, line: str) -> None:
    import re

    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x", encoding="utf-8")
    code, _, err = run(*line.format(o=tmp_path).split(), "--warehouse", warehouse)
    assert code == 2 and re.search(WRONG[line], err) and err.count("\n") == 1 and err.startswith("oncorwe: ")


def test_notes_are_printed(run: Run, warehouse: Path) -> None:
    code, out, _ = run("releases", "notes", "--warehouse", warehouse)
    assert code == 0 and out.startswith(f"# Release {mini_release.RELEASE_ID}\n")
