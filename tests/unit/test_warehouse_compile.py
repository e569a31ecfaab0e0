"""Schemas for Arrow, Spark, DuckDB, Trino: all compiled from the table model, none drawn by hand."""

import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot

import warehouse
from tests.fixtures import mini_release
from warehouse.compile import catalog
from warehouse.compile import duckdb as views
from warehouse.compile.arrow import arrow_schema
from warehouse.compile.spark import spark_ddl
from warehouse.errors import WarehouseError
from warehouse.schema import Type, landing_tables, mart_tables, release, release_tables, staging_columns


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    return mini_release.build(tmp_path_factory.mktemp("warehouse"))


def test_arrow_schema_has_every_column_in_order_with_both_descriptions():
    for table in release_tables():
        schema = arrow_schema(table)
        assert schema.names == list(table.column_names)
        for column in table.columns:
            metadata = schema.field(column.name).metadata
            assert metadata[b"description_en"].decode() == column.en
            assert metadata[b"description_zh"].decode() == column.zh


def test_arrow_metadata_carries_unit_value_set_and_keys():
    schema = arrow_schema(release("radiotherapy"))
    assert schema.field("total_dose_gy").metadata[b"unit"] == b"Gy"
    assert b"IMRT" in schema.field("technique").metadata[b"values"]
    assert schema.metadata[b"primary_key"] == b"radiotherapy_id"


def test_arrow_types():
    schema = arrow_schema(release("regimen"))
    assert schema.field("start_date").type == pa.date32()
    assert schema.field("drug_names").type.value_type == pa.string()
    assert schema.field("n_cycles").type == pa.int32()


def test_profile_without_text_leaves_the_column_out():
    assert "text_deid" not in arrow_schema(release("document"), without=frozenset({"text_deid"})).names


def test_spark_ddl_of_a_table_and_of_staging_columns():
    assert spark_ddl(release("regimen")).startswith("`regimen_id` STRING, ")
    assert "`drug_names` ARRAY<STRING>" in spark_ddl(release("regimen"))
    assert spark_ddl({"file_row": Type.INTEGER, "deleted": Type.BOOLEAN}) == "`file_row` INT, `deleted` BOOLEAN"
    for table in landing_tables():
        assert spark_ddl(staging_columns(table.name)).count("`") == 2 * len(staging_columns(table.name))


def test_views_show_declared_columns_types_and_rows(mini):
    with views.connect(mini.path) as connection:
        for table in release_tables():
            described = connection.execute(f'DESCRIBE "{table.name}"').fetchall()
            assert [(row[0], row[1]) for row in described] == [(c.name, c.type.value) for c in table.columns]
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (6,)


def test_views_refuse_changes(mini):
    with views.connect(mini.path) as connection, pytest.raises(duckdb.Error):
        connection.execute("DELETE FROM patient")


def test_a_table_without_files_is_an_empty_view(tmp_path):
    with views.connect(tmp_path) as connection:
        assert connection.execute("SELECT count(*), max(birth_year) FROM patient").fetchone() == (0, None)


def test_a_quote_in_the_path_does_not_break_the_script(tmp_path):
    mini = mini_release.build(tmp_path / "o'neil")
    with mini.connect() as connection:
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (6,)


@pytest.mark.parametrize("engine", ["spark", "trino", "duckdb"])
def test_catalog_scripts_parse_in_their_dialect_and_name_every_table(mini, engine):
    script = catalog.catalog_sql(engine, mini.path, base="s3://bucket/rel")
    statements = sqlglot.parse(script, dialect=engine)
    creates = [s for s in statements if s and s.key == "create" and s.args["kind"] in ("TABLE", "VIEW")]
    computed = len(mart_tables()) if engine == "duckdb" else 0
    assert len(creates) == len(release_tables()) + computed, "marts that are not stored are for DuckDB alone"
    assert script.count("s3://bucket/rel/") == len(release_tables())


def test_catalog_of_an_unknown_engine_says_which_there_are(mini):
    with pytest.raises(WarehouseError, match="spark, trino"):
        catalog.catalog_sql("oracle", mini.path)


def test_duckdb_file_opens_with_views(mini, tmp_path):
    path = catalog.write_duckdb_file(mini.path, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM tumour").fetchone() == (6,)


def test_a_duckdb_file_of_ours_is_replaced_and_no_other_file_is(mini, tmp_path):
    ours, text, other = tmp_path / "w.duckdb", tmp_path / "notes.csv", tmp_path / "own.duckdb"
    for _ in range(2):
        catalog.write_duckdb_file(mini.path, ours)
    text.write_text("a,b\n", encoding="utf-8")
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE patient AS SELECT 1 AS n; CREATE VIEW tumour AS SELECT 2 AS n")
    for file in (text, other, tmp_path):
        with pytest.raises(WarehouseError, match="left as it is"):
            catalog.write_duckdb_file(mini.path, file)
    assert text.read_text(encoding="utf-8") == "a,b\n"
    with duckdb.connect(str(other), read_only=True) as connection:
        assert connection.execute("SELECT n FROM patient").fetchone() == (1,)


def test_the_model_is_read_from_inside_a_zip_as_on_spark_executors(tmp_path):
    root = Path(warehouse.__file__).parent
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in root.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                packed.write(path, path.relative_to(root.parent))
    code = (
        "import warehouse.schema as s, warehouse.writer, warehouse.questions as q\n"
        "print(s.__file__, len(s.release_tables()), len(q.questions()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(archive)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [f"{archive}/warehouse/schema.py", "25", "16"]
