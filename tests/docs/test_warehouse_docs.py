"""docs/warehouse.md and GLOSSARY.md: every Python block runs, every name exists."""

import re
from pathlib import Path

import pytest

from tests.fixtures import mini_release
from warehouse.marts import finished_views
from warehouse.questions import questions
from warehouse.schema import mart_tables, release_tables
from warehouse.sql import query

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "warehouse.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")


def test_every_python_block_runs_in_order(tmp_path, capsys):
    mini_release.build(tmp_path / "w")
    names = {"WAREHOUSE": tmp_path / "w", "OUT": tmp_path}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for block in blocks:
        exec(compile(block, "docs/warehouse.md", "exec"), names)
    shown = capsys.readouterr().out
    assert len(blocks) == 7
    assert "('gefitinib', 1)" in shown or "'cetuximab" in shown
    assert "【cT2aN3M1b IVA期】" in shown and "'km_median_months': 11.66" in shown
    assert {"staging.html", "patient.html", "figures.html", "os.svg", "warehouse.duckdb"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_every_sql_of_the_command_examples_runs(tmp_path):
    mini_release.build(tmp_path)
    statements = re.findall(r'oncorwe sql "([^"]+)"', PAGE)
    assert len(statements) == 3
    for statement in statements:
        assert "row(s)" in query(statement, tmp_path)


def test_every_sql_block_runs_and_names_a_mart(tmp_path):
    mini_release.build(tmp_path)
    blocks = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        assert "row(s)" in query(block.strip().rstrip(";"), tmp_path)
    assert {m.name for m in mart_tables()} <= set(re.findall(r"`(mart_\w+)`", PAGE))
    assert set(finished_views()) == set(re.findall(r"`(db_\w+)`", PAGE))


def test_the_table_of_questions_is_the_questions():
    told = re.findall(r"^\| `(q\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert told == [(question.name, question.title_en) for question in questions()]


def test_columns_that_the_page_names_exist():
    names = {c.name for t in release_tables() for c in t.columns} | {t.name for t in release_tables()}
    for table, column in re.findall(r"`(\w+)\.(\w+)`", PAGE):
        if table in {t.name for t in release_tables()}:
            assert column in names, f"{table}.{column}"
    for column in (
        "stage_group_recorded",
        "stage_group_derived",
        "stage_conflict",
        "clinician_line",
        "line_agrees",
        "definition_id",
    ):
        assert f"`{column}`" in PAGE and column in names


@pytest.mark.parametrize("line", [line for line in GLOSSARY.splitlines() if line.startswith("|") and "---" not in line])
def test_glossary_rows_have_both_languages(line):
    term, chinese, meaning, explained = (cell.strip() for cell in line.strip("|").split("|"))
    assert term and meaning
    if chinese != "中文":
        assert re.search(r"[\u4e00-\u9fff]", chinese) and re.search(r"[\u4e00-\u9fffA-Z0]", explained)


def test_glossary_has_no_term_twice():
    terms = re.findall(r"^\| ([^|]+?) \|", GLOSSARY, re.MULTILINE)
    terms = [term for term in terms if term not in {"term", "---"}]
    assert len(terms) == len(set(terms))
