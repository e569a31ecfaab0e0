"""Reading releases: the manifest, the pointer, what is checked, and what the errors say."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from warehouse import release as releases
from warehouse.compile.arrow import arrow_schema
from warehouse.errors import WarehouseError
from warehouse.release import Manifest, Release, ReleaseError, build_manifest
from warehouse.schema import release as declared
from warehouse.schema import release_tables
from warehouse.writer import ROW_GROUP_ROWS, to_contract, write_part


@pytest.fixture
def warehouse(tmp_path):
    mini_release.build(tmp_path)
    return tmp_path


def test_same_rows_same_bytes(tmp_path):
    first = mini_release.build(tmp_path / "a").manifest
    second = mini_release.build(tmp_path / "b").manifest
    assert first == second
    assert first.to_json() == second.to_json()


def test_chunking_does_not_change_the_bytes(tmp_path):
    """Enough rows for several pages: with few rows, chunks leave no trace anyway."""
    rng = random.Random(1)
    whole = pa.table({"id": [f"{n}-{rng.random()}" for n in range(60_000)], "x": [rng.random() for _ in range(60_000)]})
    pieces = pa.concat_tables([whole.slice(start, 997) for start in range(0, 60_000, 997)])
    assert write_part(whole, tmp_path / "one.parquet").sha256 == write_part(pieces, tmp_path / "many.parquet").sha256


def test_parquet_has_zstd_statistics_descriptions_and_sort_order(warehouse):
    file = pq.ParquetFile(releases.current(warehouse).path / "patient" / "part-00000.parquet")
    chunk = file.metadata.row_group(0).column(0)
    assert (chunk.compression, chunk.statistics.min, chunk.statistics.max) == ("ZSTD", "p1", "p6")
    assert file.metadata.row_group(0).sorting_columns[0].column_index == 0
    assert "主键" in file.schema_arrow.field("patient_id").metadata[b"description_zh"].decode()


def test_row_groups_are_of_the_declared_size(tmp_path):
    rows = mini_release._arrow(declared("history"), [{"history_id": "h", "patient_id": "p"}], "r")
    part = write_part(pa.concat_tables([rows] * (ROW_GROUP_ROWS + 1)), tmp_path / "big.parquet")
    assert (part.rows, pq.ParquetFile(part.path).num_row_groups) == (ROW_GROUP_ROWS + 1, 2)


def test_to_contract_refuses_an_undeclared_and_a_missing_column():
    rows = mini_release._arrow(declared("patient"), mini_release.rows()["patient"], "r")
    with pytest.raises(WarehouseError, match="column nickname is not declared"):
        to_contract(rows.append_column("nickname", rows["sex"]), declared("patient"))
    with pytest.raises(WarehouseError, match="column sex is missing"):
        to_contract(rows.drop_columns(["sex"]), declared("patient"))


def test_to_contract_orders_and_describes():
    rows = mini_release._arrow(declared("patient"), mini_release.rows()["patient"], "r")
    shuffled = rows.select(rows.column_names[::-1]).replace_schema_metadata(None)
    assert to_contract(shuffled, declared("patient")).schema.equals(
        arrow_schema(declared("patient")), check_metadata=True
    )


def test_manifest_round_trip(warehouse):
    manifest = releases.current(warehouse).manifest
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert json.loads(manifest.to_json())["run_fields"] == ["created_at"]
    assert set(manifest.tables) == {table.name for table in release_tables()}
    assert manifest.tables["patient"].files[0].path == "patient/part-00000.parquet"


def test_a_manifest_without_a_table_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match="no file for table"):
        build_manifest(tmp_path / "r", {}, created_at="", code_version="", key_fingerprint="", verdict="pass")


def test_no_release_yet(tmp_path):
    assert releases.releases(tmp_path) == []
    with pytest.raises(ReleaseError, match=r"no release yet(?s:.*)oncorwe run"):
        releases.current(tmp_path)


def test_unknown_release_lists_the_known_ones(warehouse):
    with pytest.raises(ReleaseError, match=mini_release.RELEASE_ID):
        releases.find(warehouse, "2020-01-01-none")


def test_an_unfinished_folder_is_no_release(warehouse):
    (warehouse / "releases" / "2024-07-31-half").mkdir()
    assert [r.release_id for r in releases.releases(warehouse)] == [mini_release.RELEASE_ID]
    with pytest.raises(ReleaseError, match="no finished release"):
        Release.open(warehouse / "releases" / "2024-07-31-half")


def test_old_releases_stay_queryable_and_the_pointer_decides(warehouse):
    mini_release.write_release(warehouse, {}, "2024-07-31-next", "2024-08-01T00:00:00Z")
    mini_release.write_release(warehouse, {}, "2024-05-31-late", "2024-07-15T00:00:00Z")
    (warehouse / "CURRENT.json").write_text(releases.pointer_text("2024-07-31-next"))
    old, _, new = releases.releases(warehouse)
    assert [r.release_id[-4:] for r in releases.releases(warehouse)] == ["0001", "late", "next"], (
        "by creation, not by name"
    )
    assert (old.is_current, new.is_current) == (False, True)
    with old.connect() as a, new.connect() as b:
        counts = [c.execute("SELECT count(*) FROM patient").fetchone() for c in (a, b)]
    assert counts == [(6,), (0,)]


@pytest.mark.parametrize("damage", ["delete", "change", "add", "manifest"])
def test_verify_finds_each_damage(warehouse, damage):
    release = releases.current(warehouse)
    release.verify()
    file = release.path / "tumour" / "part-00000.parquet"
    match damage:
        case "delete":
            file.unlink()
        case "change":
            content = bytearray(file.read_bytes())
            content[100] ^= 1
            file.write_bytes(content)
        case "add":
            (file.parent / "part-00001.parquet").write_bytes(file.read_bytes())
        case "manifest":
            (release.path / "manifest.json").write_text("{}")
    expected = {"delete": "missing", "change": "changed", "add": "not in its manifest", "manifest": "cannot be read"}[
        damage
    ]
    with pytest.raises(ReleaseError, match=expected):
        releases.current(warehouse).verify()
