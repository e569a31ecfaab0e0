"""The table model: complete prose, keys that exist, references that resolve, no secret publication."""

import re
import tomllib

import pytest

from warehouse.schema import (
    TABLES_DIR,
    SchemaError,
    Type,
    Verb,
    Zone,
    _column,
    landing_tables,
    load_table,
    registry,
    release,
    release_tables,
    staging_columns,
)

PLACEHOLDER = re.compile(r"待译|todo|tbd|fixme|\?\?|lorem|placeholder", re.IGNORECASE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TABLES = tuple(registry().values())
PROVENANCE = {"source_kind", "source_ref", "confidence", "review_status", "hospital_id", "release_id", "dq_flags"}


def test_there_are_25_release_and_11_landing_tables():
    assert (len(release_tables()), len(landing_tables())) == (25, 11)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: f"{t.zone}.{t.name}")
def test_prose_is_written_in_both_languages(table):
    for item in (table, *table.columns):
        assert not PLACEHOLDER.search(item.en + item.zh), item.name
        assert CHINESE.search(item.zh), f"{table.name}.{item.name} has no Chinese"
        if table.zone is Zone.RELEASE:
            assert item.en.strip(" .").lower() != item.name.replace("_", " "), (
                f"{table.name}.{item.name} only repeats its name"
            )


@pytest.mark.parametrize("table", release_tables(), ids=lambda t: t.name)
def test_keys_references_and_provenance(table):
    assert table.primary_key and table.sort_by
    assert set(table.column_names) >= PROVENANCE
    assert len(set(table.column_names)) == len(table.columns)
    names = {t.name for t in release_tables()}
    assert {c.references for c in table.columns if c.references} <= names
    for key in table.primary_key:
        assert table.column(key).required


@pytest.mark.parametrize("table", release_tables(), ids=lambda t: t.name)
def test_codes_explained_in_chinese_exist(table):
    """Codes that a Chinese description explains are codes of the column's set (or of another column of the model)."""
    known = {value for t in release_tables() for c in t.columns for value in c.values}
    for column in table.columns:
        if len(column.values) < 3:
            continue
        assert len(set(column.values)) == len(column.values)
        explained = set(re.findall(r"\b([A-Z][A-Z_]{3,}) [\u4e00-\u9fff]", column.zh))
        assert explained <= set(column.values) | known, f"{table.name}.{column.name}"


def test_a_placeholder_or_missing_language_is_refused():
    good = {"name": "x", "type": "VARCHAR", "en": "An x.", "zh": "某"}
    assert _column("t", good).name == "x"
    for bad in ({"zh": ""}, {"zh": "（待译）"}, {"en": "TODO"}, {"surprise": 1}):
        with pytest.raises(SchemaError, match=r"t\.x"):
            _column("t", good | bad)
    with pytest.raises(SchemaError, match="lacks 'zh'"):
        _column("t", {k: v for k, v in good.items() if k != "zh"})


def test_a_key_that_is_no_column_is_refused(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text(
        '[table]\nname="t"\nzone="landing"\nen="a"\nzh="甲"\nprimary_key=["y"]\n[[column]]\nname="x"\ntype="DATE"\nen="a"\nzh="甲"\n',
        encoding="utf-8",
    )
    with pytest.raises(SchemaError, match="column y is not declared"):
        load_table(path)


def test_every_landing_column_has_a_verb_and_identifiers_are_dropped():
    for path in (TABLES_DIR / "landing").iterdir():
        for column in tomllib.loads(path.read_text(encoding="utf-8"))["column"]:
            assert "privacy" in column, f"{path.name}: {column['name']}"
    by_name = {(t.name, c.name): c.privacy for t in landing_tables() for c in t.columns}
    for name in ("name", "id_number", "phone", "employer", "contact_name", "contact_phone"):
        assert by_name["patients", name] is Verb.DROP
    for (_, name), verb in by_name.items():
        if name.endswith(("doctor", "author", "surgeon", "_no")):
            assert verb is Verb.DROP


def test_staging_columns_shift_dates_and_drop_identifiers():
    columns = staging_columns("patients")
    assert columns["birth_year"] is Type.INTEGER
    assert not {"name", "phone", "address", "patient_sn"} & set(columns)
    assert staging_columns("labs")["sample_date_precision"] is Type.VARCHAR


def test_a_wrong_column_name_says_which():
    with pytest.raises(KeyError, match=r"patient\.nickname"):
        release("patient").column("nickname")
