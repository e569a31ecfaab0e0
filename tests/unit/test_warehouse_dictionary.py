"""The dictionary page: complete, offline, and careful with small counts."""

import csv
import io
import re

import pytest

from tests.fixtures import mini_release
from warehouse.compile.dictionary import (
    Facts,
    dictionary_csv,
    release_facts,
    shown_count,
    source_words,
    value_rows,
    write_dictionary,
)
from warehouse.schema import landing_tables, mart_tables, release, release_tables


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return mini_release.build(tmp_path_factory.mktemp("w"))


@pytest.fixture(scope="module")
def page(mini, tmp_path_factory):
    paths = write_dictionary(tmp_path_factory.mktemp("d"), mini.path, {"staging": ["structure", "conform", "derive"]})
    return paths[0].read_text(encoding="utf-8")


def test_page_loads_nothing_from_elsewhere(page):
    assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//|@import|url\(", page)


def test_page_has_every_table_and_column_in_both_languages(page):
    for table in release_tables():
        assert f'id="{table.name}"' in page
        for column in table.columns:
            assert f"<code>{column.name}</code>" in page
    assert page.count('class="zh"') == page.count('class="en"') > 2 * sum(len(t.columns) for t in release_tables())


def test_page_shows_lineage_in_order(page):
    staging = page[page.index('id="staging"') : page.index('id="metastasis"')]
    assert re.findall(r'class="chip">(\w+)<', staging) == ["structure", "conform", "derive"]


def test_facts_count_rows_completeness_and_values(mini):
    facts = release_facts(mini.path)
    assert facts["patient"].rows == 6
    assert facts["patient"].columns["death_date"].percent == 50.0
    assert facts["staging"].columns["stage_group"].counts == {"IV": 3, "0": 1, "II": 1, "III": 1, "UNK": 1}
    assert facts["imaging_finding"].columns["modality"].percent is None


def test_small_counts_and_their_bars_are_hidden():
    column = release("patient").column("sex")
    rows = value_rows(column, Facts(filled=104, percent=100.0, counts={"F": 100, "M": 4}))
    assert rows == [("M", "…", 0.0, True), ("F", "…", 0.0, True), ("U", "0", 0.0, True)], (
        "104 - 100 would give the 4 back"
    )
    rows = value_rows(column, Facts(filled=404, percent=100.0, counts={"F": 300, "M": 100, "U": 4}))
    assert rows == [("M", "…", 0.0, True), ("F", "300", 1.0, True), ("U", "…", 0.0, True)]
    assert [shown_count(n) for n in (0, 1, 4, 5, 12345)] == ["0", "<5", "<5", "5", "12,345"]


def test_a_value_outside_the_set_is_shown_as_such():
    assert value_rows(release("patient").column("sex"), Facts(9, 100.0, {"X": 9}))[-1] == ("X", "9", 1.0, False)


def test_without_a_release_there_are_no_counts(tmp_path):
    page = write_dictionary(tmp_path)[0].read_text(encoding="utf-8")
    assert 'class="badge"' not in page and 'class="meter"' not in page


def test_csv_has_one_row_a_column(mini, tmp_path):
    path = write_dictionary(tmp_path, mini.path)[1]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert len(rows) == sum(len(t.columns) for t in (*release_tables(), *mart_tables(), *landing_tables()))
    sex = next(r for r in rows if (r["zone"], r["table"], r["column"]) == ("release", "patient", "sex"))
    assert (sex["values"], sex["rows"], sex["percent_filled"]) == ("M,F,U", "6", "100.0")
    assert next(csv.DictReader(io.StringIO(dictionary_csv())))["rows"] == ""


def test_a_text_that_looks_like_markup_is_escaped(monkeypatch, tmp_path):
    from warehouse.compile import dictionary

    page = dictionary._page({}, {"staging": ["<script>x</script>"]}, "")
    assert "<script>x" not in page


def test_source_letters_in_words():
    assert source_words("S/N") == ("hospital table, read from notes", "院方结构化表、文书提取")
