"""Release notes say what the manifest says, and nothing that changes from run to run."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

from jobs.publish import _notes
from tests.fixtures import mini_release
from warehouse.notes import LIMITS, release_notes
from warehouse.schema import release_tables


def test_notes_hold_tables_deliveries_versions_and_citation(tmp_path):
    text = release_notes(mini_release.build(tmp_path))
    assert "| site_a | 2024-06-30 | new | 11 | 42 |" in text
    assert "| patient | 6 |" in text and all(f"| {table.name} |" in text for table in release_tables())
    assert "verdict: pass (block 0, pass 3, warn 0)" in text and "- lexicon: 1" in text
    assert f"release {mini_release.RELEASE_ID}, code 0.0.0" in text
    assert "partial" not in text


def test_a_partial_release_and_its_own_notes_are_told(tmp_path):
    release = mini_release.build(tmp_path)
    told = release_notes(
        replace(release, manifest=replace(release.manifest, partial=True, notes=("A person was removed.",)))
    )
    assert "This release is partial" in told and "- A person was removed." in told


def test_the_time_of_the_run_leaves_no_trace(tmp_path):
    first = mini_release.write_release(tmp_path / "a", {}, created_at="2024-07-01T00:00:00Z")
    second = mini_release.write_release(tmp_path / "b", {}, created_at="2025-01-01T00:00:00Z")
    assert release_notes(first) == release_notes(second)


def test_each_limit_is_told_once(tmp_path):
    context = SimpleNamespace(warehouse=None, run_id="r", states=lambda job: {})
    with patch("jobs.publish.read_reports", return_value=[]):
        said = (*LIMITS, *_notes(context))
    assert sum("shifted" in line for line in said) == 1 and sum("sign-off" in line for line in said) == 1
