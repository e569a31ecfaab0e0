"""The release diff: what was added, removed and changed, and why."""

import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from warehouse.diff import diff
from warehouse.release import MANIFEST, Release


@pytest.fixture
def before(tmp_path):
    return mini_release.build(tmp_path / "a")


def _changed(tmp_path, change):
    rows = mini_release.rows()
    change(rows)
    return mini_release.write_release(tmp_path / "b", rows, "2024-07-31-next")


def test_a_release_equals_itself_and_its_twin_under_another_id(before, tmp_path):
    assert diff(before, before).is_equal
    assert diff(before, _changed(tmp_path, lambda rows: None)).is_equal


def test_added_removed_and_changed_rows(before, tmp_path):
    def change(rows):
        rows["surgery"].pop()
        rows["follow_up"].append({"follow_up_id": "f2", "patient_id": "p1", "contact_date": "2023-07-01"})
        rows["patient"][0]["last_activity_date"] = "2023-07-01"
        rows["staging"][0] |= {"stage_group_recorded": "IVB", "review_status": "REVIEWED_FIXED"}

    tables = {t.table: t for t in diff(before, _changed(tmp_path, change)).tables}
    assert (tables["surgery"].removed, tables["surgery"].added, tables["surgery"].changed) == (1, 0, 0)
    assert (tables["follow_up"].added, tables["follow_up"].rows_after) == (1, 2)
    assert dict(tables["patient"].columns) == {"last_activity_date": 1}
    assert dict(tables["patient"].reasons) == {"the source's values": 1}
    assert dict(tables["staging"].reasons) == {"review": 1}
    assert [(e.column, e.before, e.after) for e in tables["patient"].examples] == [
        ("last_activity_date", "2023-06-01", "2023-07-01")
    ]
    assert tables["tumour"].is_equal


def test_null_against_a_value_is_a_change_and_null_against_null_is_not(before, tmp_path):
    def change(rows):
        rows["patient"][0]["blood_type"] = "A"

    tables = {t.table: t for t in diff(before, _changed(tmp_path, change)).tables}
    assert dict(tables["patient"].columns) == {"blood_type": 1}


def test_lists_are_compared(before, tmp_path):
    def change(rows):
        rows["regimen"][0]["drug_names"] = ["other"]

    assert {t.table for t in diff(before, _changed(tmp_path, change)).tables if not t.is_equal} == {"regimen"}


def test_a_rule_that_changed_is_the_reason(before, tmp_path):
    def change(rows):
        for row in rows["line_of_therapy"]:
            row |= {"rule_set": "solid_default@2", "source_ref": "solid_default@2"}

    found = {t.table: t for t in diff(before, _changed(tmp_path, change)).tables}["line_of_therapy"]
    assert dict(found.reasons) == {"another rule, version or record": 8}


def test_a_table_that_one_release_lacks_counts_as_empty(before, tmp_path):
    after = _changed(tmp_path, lambda rows: None)
    (after.path / "tumour" / "part-00000.parquet").unlink()
    found = {t.table: t for t in diff(before, after).tables}["tumour"]
    assert (found.rows_after, found.removed) == (0, 6)


def test_text_has_one_line_a_table(before):
    text = diff(before, before).to_text()
    assert text.count("\n") == 28 and "patient" in text


def test_added_and_removed_rows_have_a_reason_too(before, tmp_path):
    def change(rows):
        rows["surgery"].pop()
        rows["patient"].append({**rows["patient"][0], "patient_id": "p7"})
        rows["vital_sign"] += [
            {**rows["vital_sign"][0], "vital_id": "new", "patient_id": "p7"},
            {**rows["vital_sign"][0], "vital_id": "more"},
            {**rows["vital_sign"][0], "vital_id": "read", "source_kind": "NLP"},
        ]

    found = {t.table: t for t in diff(before, _changed(tmp_path, change)).tables}
    assert found["surgery"].gone == {"of known persons, STRUCTURED": 1}
    assert found["patient"].appeared == {"with persons of this release alone": 1}
    assert found["vital_sign"].appeared == {
        "of known persons, NLP": 1,
        "of known persons, STRUCTURED": 1,
        "with persons of this release alone": 1,
    }


def test_another_project_key_is_said_first(before, tmp_path):
    after = _changed(tmp_path, lambda rows: None)
    manifest = after.path / MANIFEST
    manifest.write_text(manifest.read_text().replace('"key_fingerprint": "test"', '"key_fingerprint": "other"'))
    assert "project key: another one" in diff(before, Release.open(after.path)).to_text().splitlines()[1]
    assert diff(before, before).context == ()


def test_a_column_that_one_release_lacks_is_no_reason(before, tmp_path):
    def change(rows):
        rows["staging"][0] |= {"stage_group_recorded": "IVB", "review_status": "REVIEWED_FIXED"}

    after = _changed(tmp_path, change)
    file = after.path / "staging" / "part-00000.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["dq_flags", "edition"]), file)
    found = {t.table: t for t in diff(before, after).tables}["staging"]
    assert dict(found.reasons) == {"review": 1}
