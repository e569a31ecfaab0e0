"""docs/cohorts.md: its example is a cohort, its Python runs, its kinds are all kinds."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fixtures import mini_release
from warehouse.cohort import kinds
from warehouse.privacy.cells import DEFAULT_THRESHOLD as T
from warehouse.privacy.cells import shown as words

PAGE = (Path(__file__).parents[2] / "docs" / "cohorts.md").read_text(encoding="utf-8")


def test_the_example_and_every_python_block_run(tmp_path, capsys):
    mini_release.build(tmp_path / "w")
    example = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "cohort.toml").write_text(example[0], encoding="utf-8")
    names = {"WAREHOUSE": tmp_path / "w", "OUT": tmp_path, "COHORT": tmp_path / "cohort.toml"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/cohorts.md", "exec"), names)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"0 {words(6, T)} all primary tumours" and shown[1] == f"1 <{T} tumour type NSCLC"
    assert len(shown) == 8 and shown[-1] == "[(5,)]"
    written = {path.name for path in names["folder"].rglob("*") if path.is_file()}
    assert written == set(re.findall(r"`(?:restricted/)?([\w.]+\.(?:csv|svg|html|json|parquet))`", PAGE))


def test_the_table_of_kinds_is_the_kinds():
    told = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert told == [(kind.name, kind.en) for kind in kinds().values()]
