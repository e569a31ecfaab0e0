"""MEDS: the schema as data, persons whole and sorted, splits that stay, no event from derived tables."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from warehouse.export import export_meds
from warehouse.export import meds as module
from warehouse.export.meds import arrow_schema, events, rules, split_of, subject_of
from warehouse.schema import release as declared


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("meds")
    export_meds(mini_release.build(root / "w"), root / "out", notes=True)
    return root / "out"


def read(folder: Path) -> pa.Table:
    """All events of a data set, shard by shard."""
    files = sorted((folder / "data").rglob("*.parquet"))
    return pa.concat_tables([pq.read_table(file, partitioning=None) for file in files])


def test_files_have_the_schema_of_the_standard(exported: Path) -> None:
    assert read(exported).schema.equals(arrow_schema("data", "extension"))
    metadata = exported / "metadata"
    assert pq.read_schema(metadata / "codes.parquet").equals(arrow_schema("codes"))
    assert pq.read_schema(metadata / "subject_splits.parquet").equals(arrow_schema("subject_splits"))
    told = json.loads((metadata / "dataset.json").read_text(encoding="utf-8"))
    assert told["dataset_version"] == mini_release.RELEASE_ID and told["meds_version"] == rules()["meds_version"]
    named = {
        name for key in ("raw_source_id_columns", "site_id_columns", "other_extension_columns") for name in told[key]
    }
    assert named == set(rules()["extension"])


def test_persons_are_whole_in_one_shard_and_sorted_by_time(exported: Path) -> None:
    seen: set[int] = set()
    for file in (exported / "data").rglob("*.parquet"):
        rows = pq.read_table(file, partitioning=None).select(["subject_id", "time"]).to_pylist()
        assert {split_of(row["subject_id"]) for row in rows} == {file.parent.name}
        order = [(row["subject_id"], row["time"] is not None, row["time"]) for row in rows]
        assert [item[:2] for item in order] == sorted(item[:2] for item in order)
        timed = [(item[0], item[2]) for item in order if item[1]]
        assert timed == sorted(timed)
        numbers = {row["subject_id"] for row in rows}
        assert not numbers & seen
        seen |= numbers
    assert seen == {subject_of(f"p{n}") for n in range(1, 7)}


def test_codes_are_all_described_and_lead_to_vocabularies(exported: Path) -> None:
    codes = {row["code"]: row for row in pq.read_table(exported / "metadata" / "codes.parquet").to_pylist()}
    assert set(codes) == set(read(exported)["code"].to_pylist()) and all(row["description"] for row in codes.values())
    assert codes["LAB//2039-6//ng/mL"]["parent_codes"] == ["LOINC/2039-6"]
    assert codes["DIAGNOSIS//C34.1"]["parent_codes"] == ["ICD10/C34.1"]
    assert codes["MEDS_BIRTH"]["parent_codes"] is None


def test_one_persons_events(exported: Path) -> None:
    mine = [row for row in read(exported).to_pylist() if row["subject_id"] == subject_of("p2")]
    assert [(row["code"], str(row["time"])[:10]) for row in mine if row["source_table"] == "patient"] == [
        ("SEX//M", "None"), ("MEDS_BIRTH", "1951-07-01"), ("MEDS_DEATH", "2021-08-20"),
    ]  # fmt: skip
    assert any(row["code"] == "BIOMARKER//EGFR//POS" and row["text_value"] == "p.T790M" for row in mine)
    note = next(row for row in read(exported).to_pylist() if row["code"] == "NOTE//ADMISSION")
    assert note["text_value"] == mini_release.NOTE and note["source_key"] == "d1"


def test_tables_made_in_hindsight_give_no_event() -> None:
    assert not {"endpoint", "line_of_therapy", "regimen"} & {event.source for event in events()}
    for event in events():
        names = declared(event.source).column_names
        assert not any(word in event.time for word in ("advanced_date", "recurrence_date")) and event.time.split()[
            0
        ] in {*names, "CASE", "NULL"}


def test_texts_only_on_demand_and_subjects_stay(tmp_path: Path, exported: Path) -> None:
    report = export_meds(mini_release.build(tmp_path / "w"), tmp_path / "out")
    assert (
        "document" not in report["events"] and mini_release.NOTE not in read(tmp_path / "out")["text_value"].to_pylist()
    )
    splits = "metadata/subject_splits.parquet"
    assert (tmp_path / "out" / splits).read_bytes() == (exported / splits).read_bytes()
    numbers = [subject_of(f"token{n}") for n in range(2000)]
    shares = [sum(split_of(number) == name for number in numbers) / 20 for name in ("train", "tuning", "held_out")]
    assert all(abs(share - asked) < 3 for share, asked in zip(shares, (80, 10, 10), strict=True))


def test_a_large_split_has_several_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: Path) -> None:
    monkeypatch.setattr(module, "SHARD_SUBJECTS", 1)
    export_meds(mini_release.build(tmp_path / "w"), tmp_path / "out", notes=True)
    assert len(list((tmp_path / "out" / "data").rglob("*.parquet"))) == 6
    assert read(tmp_path / "out").num_rows == read(exported).num_rows


def test_an_empty_release_is_a_data_set_without_subjects(tmp_path: Path) -> None:
    report = export_meds(mini_release.build_empty(tmp_path / "w"), tmp_path / "out")
    assert report["subjects"] == 0 and (tmp_path / "out" / "metadata" / "codes.parquet").is_file()
