"""OMOP CDM 5.4: official shape, concepts from a supplied vocabulary, domains decide the table, nothing is lost unsaid."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.fixtures import mini_release
from warehouse.errors import WarehouseError
from warehouse.export import export_omop
from warehouse.export.omop import check
from warehouse.export.omop.mapping import concepts, events, fields, systems, table_fields
from warehouse.release import Release, current

# id, name, domain, vocabulary, class, standard, code. Ids above 2 billion are local by convention; all but the fixed ones are invented.
CONCEPTS = """
2000000001 Upper lobe, bronchus or lung|Condition|ICD10|ICD10 code||C34.1
2000000002 Malignant tumour of upper lobe of lung|Condition|SNOMED|Disorder|S|s1
2000000003 Adenocarcinoma, NOS, of upper lobe of lung|Condition|ICDO3|ICDO Condition|S|8140/3-C34.1
2000000004 Carcinoembryonic Ag in Serum or Plasma|Measurement|LOINC|Lab Test|S|2039-6
2000000005 nanogram per milliliter|Unit|UCUM|Unit|S|ng/mL
2000000006 osimertinib|Drug|RxNorm|Ingredient|S|r1
2000000007 AJCC/UICC 8th clinical T2a Category|Measurement|Cancer Modifier|Staging/Grading|S|m1
2000000008 Counselling|Observation|ICD10|ICD10 code|S|Z71
2000000009 EGFR|Measurement|OMOP Genomic|Gene|S|g1
2000000010 AJCC/UICC 8th clinical Stage 4A|Measurement|Cancer Modifier|Staging/Grading|S|m2
2000000011 osimertinib|Drug|RxNorm|Brand Name||r2
2000000013 Bronchus or lung|Condition|ICD10|ICD10 code||C34
2000000012 a local laboratory test|Measurement|LOCAL|Lab Test|S|l1
8507 Manly|Gender|Gender|Gender|S|M
8532 FEMALE|Gender|Gender|Gender|S|F
"""
HEAD = "concept_id concept_name domain_id vocabulary_id concept_class_id standard_concept concept_code valid_start_date valid_end_date invalid_reason"


def vocabulary(folder: Path) -> Path:
    """A download of Athena in small: tab-separated, unquoted."""
    folder.mkdir()
    lines = ["\t".join(HEAD.split())]
    for line in CONCEPTS.strip().splitlines():
        number, _, rest = line.partition(" ")
        lines.append("\t".join([number, *rest.split("|"), "19700101", "20991231", ""]))
    (folder / "CONCEPT.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    relations = ["concept_id_1\tconcept_id_2\trelationship_id\tinvalid_reason", "2000000001\t2000000002\tMaps to\t"]
    (folder / "CONCEPT_RELATIONSHIP.csv").write_text("\n".join(relations) + "\n", encoding="utf-8")
    (folder / "VOCABULARY.csv").write_text(
        "vocabulary_id\tvocabulary_version\nNone\tv5.0 31-AUG-24\n", encoding="utf-8"
    )
    local = "source_code,source_vocabulary_id,target_concept_id\nLOCAL:X,ONCORWE_LOINC,2000000012\n"
    (folder / "SOURCE_TO_CONCEPT_MAP.csv").write_text(local, encoding="utf-8")
    return folder


def rows() -> mini_release.Rows:
    """The six patients, some codes more, and one patient without a year of birth."""
    found = mini_release.rows()
    found["tumour"][0] |= {"morphology_icdo3": "8140"}
    found["diagnosis"] += [
        {"diagnosis_id": "dx2", "patient_id": "p1", "diagnosis_date": "2020-01-13", "date_precision": "D", "icd10_code": "C34.101x002",
         "certainty": "CONFIRMED", "encounter_id": "v1"},
        {"diagnosis_id": "dx3", "patient_id": "p1", "diagnosis_date": "2020-01-13", "date_precision": "D", "icd10_code": "Z71", "certainty": "CONFIRMED"},
        {"diagnosis_id": "dx4", "patient_id": "p1", "diagnosis_date": "2020-01-13", "date_precision": "D", "icd10_code": "C34.1", "certainty": "HISTORY"},
    ]  # fmt: skip
    found["lab_measurement"].append(
        {"lab_id": "lab9", "patient_id": "p1", "test_code": "LOCAL:X", "sample_date": "2020-01-15", "value_num": 1.0}
    )
    found["regimen"][0]["drug_admin_ids"] = ["l1-osimertinib"]
    found["patient"].append({"patient_id": "p7", "sex": "U", "vital_status": "UNKNOWN"})
    found["encounter"].append(
        {"encounter_id": "v7", "patient_id": "p7", "encounter_type": "IN", "start_date": "2020-01-12"}
    )
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("omop")
    release = mini_release.write_release(root / "w", rows())
    export_omop(release, root / "out", vocabulary(root / "athena"))
    return root / "out"


def ask(folder: Path, sql: str) -> list[tuple]:
    """A query over the Parquet files of an export."""
    connection = duckdb.connect()
    for file in folder.glob("*.parquet"):
        connection.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM '{file}'")
    return connection.execute(sql).fetchall()


def test_fields_order_and_types_are_those_of_the_model(exported: Path) -> None:
    assert len(fields()) == 14 and sum(map(len, fields().values())) == 203
    arrow = {
        "INTEGER": "int32",
        "VARCHAR": "string",
        "DATE": "date32[day]",
        "DOUBLE": "double",
        "TIMESTAMP": "timestamp[us]",
    }
    for table, listed in fields().items():
        schema = pq.read_schema(exported / f"{table}.parquet")
        assert schema.names == [field.name for field in listed]
        assert [str(type_) for type_ in schema.types] == [arrow[field.type] for field in listed], table
        with (exported / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == schema.names


def test_the_declared_mapping_names_what_exists() -> None:
    from warehouse.schema import release

    for event in events():
        assert release(event.source).primary_key[0] == event.key
        assert event.default in table_fields()
    for table, mapped in table_fields().items():
        names = {field.name for field in fields()[table]}
        assert set(mapped) <= names
        required = {field.name for field in fields()[table] if field.required and not field.key}
        assert required - {"person_id"} <= set(mapped), table
    assert len({system.name for system in systems()}) == len(systems())
    assert len({(entry.name, entry.value) for entry in concepts()}) == len(concepts())


def test_codes_find_their_concepts_as_they_stand_shortened_or_by_name(exported: Path) -> None:
    found = ask(
        exported,
        "SELECT condition_source_value, condition_concept_id, condition_source_concept_id FROM condition_occurrence WHERE condition_concept_id > 0 ORDER BY 1, 2",
    )
    assert found == [
        ("C34.1", 2000000002, 2000000001),
        ("C34.101x002", 2000000002, 2000000001),
        ("NSCLC 8140/3 C34.1", 2000000003, 2000000003),
    ]
    cea = "SELECT DISTINCT measurement_concept_id, unit_concept_id, value_source_value IS NULL FROM measurement WHERE measurement_source_value = '2039-6'"
    assert ask(exported, cea) == [(2000000004, 2000000005, True)]
    assert ask(
        exported, "SELECT DISTINCT drug_concept_id FROM drug_exposure WHERE drug_source_value LIKE '%osimertinib'"
    ) == [(2000000006,)]
    assert ask(
        exported, "SELECT measurement_concept_id FROM measurement WHERE measurement_source_value = 'LOCAL:X'"
    ) == [(2000000012,)]


def test_the_domain_of_the_concept_decides_the_table(exported: Path) -> None:
    sql = "SELECT observation_concept_id, value_as_concept_id, observation_source_value FROM observation WHERE observation_source_value IN ('Z71', 'HISTORY') ORDER BY 3"
    assert ask(exported, sql) == [(1340204, 2000000002, "HISTORY"), (2000000008, None, "Z71")]


def test_a_stage_is_four_modifiers_of_the_tumours_condition(exported: Path) -> None:
    sql = """
        SELECT m.measurement_concept_id, m.value_source_value, c.condition_source_value, m.meas_event_field_concept_id
        FROM measurement m JOIN condition_occurrence c ON c.condition_occurrence_id = m.measurement_event_id
        WHERE m.measurement_source_value LIKE 'AJCC 8 c%' ORDER BY m.value_source_value"""
    condition, field = "NSCLC 8140/3 C34.1", 1147127
    assert ask(exported, sql) == [
        (2000000010, "IVA", condition, field),
        (0, "M1b", condition, field),
        (0, "N3", condition, field),
        (2000000007, "T2a", condition, field),
    ]


def test_episodes_hold_the_tumour_its_lines_and_their_drugs(exported: Path) -> None:
    sql = """
        SELECT e.episode_source_value, p.episode_source_value, d.drug_source_value
        FROM episode e JOIN episode p ON p.episode_id = e.episode_parent_id
        JOIN episode_event v ON v.episode_id = e.episode_id AND v.episode_event_field_concept_id = 1147094
        JOIN drug_exposure d ON d.drug_exposure_id = v.event_id"""
    assert ask(exported, sql) == [("ADVANCED 1 osimertinib", "NSCLC", "osimertinib osimertinib")]
    assert ask(exported, "SELECT count(*) FROM episode WHERE episode_parent_id IS NULL") == [(6,)]


def test_mentions_keep_their_place_in_the_note(exported: Path) -> None:
    sql = """
        SELECT lexical_variant, substring(note_text, CAST("offset" AS INTEGER) + 1, length(lexical_variant)), term_exists, contains(snippet, lexical_variant)
        FROM note_nlp JOIN note USING (note_id)"""
    found = ask(exported, sql)
    assert len(found) == 4 and all(a == b and exists == "Y" and within for a, b, exists, within in found)


def test_what_the_model_has_no_place_for_is_counted(exported: Path) -> None:
    report = json.loads((exported / "export.json").read_text(encoding="utf-8"))
    assert report["left_out"]["persons without year of birth"] == 1 and report["rows"]["person"] == 6
    assert report["vocabulary_version"] == "v5.0 31-AUG-24"
    assert report["coverage"]["loinc"] == {"rows": 6, "codes": 3, "rows_mapped": 5, "codes_mapped": 2}
    assert "8507: expected MALE, the vocabulary says Manly" in report["concepts_in_doubt"]
    assert not any("8532" in said for said in report["concepts_in_doubt"])


def test_every_row_leads_back_to_the_release(exported: Path) -> None:
    sql = "SELECT source_table, source_key FROM row_map WHERE cdm_table = 'condition_occurrence' AND source_table = 'diagnosis' ORDER BY 2"
    assert ask(exported, sql) == [("diagnosis", "dx1"), ("diagnosis", "dx2")]
    assert ask(exported, "SELECT DISTINCT person_source_value FROM person ORDER BY 1")[0] == ("p1",)


def test_without_a_vocabulary_and_without_texts(tmp_path: Path) -> None:
    release = mini_release.build(tmp_path / "w")
    wide = release.path / "document" / "part-00000.parquet"
    pq.write_table(pq.read_table(wide).drop_columns(["text_deid"]), wide)
    report = export_omop(Release.open(release.path), tmp_path / "out")
    assert report["rows"]["note"] == report["rows"]["note_nlp"] == 0 and report["rows"]["measurement"] > 20
    assert report["left_out"]["documents without a published text"] == 1
    assert ask(tmp_path / "out", "SELECT max(condition_concept_id) FROM condition_occurrence") == [(0,)]


def test_a_wide_release_is_refused_in_words(tmp_path: Path) -> None:
    release = mini_release.build(tmp_path / "w")
    wide = replace(release, manifest=replace(release.manifest, profile="wide"))
    with pytest.raises(WarehouseError, match="no year of birth"):
        export_omop(wide, tmp_path / "out")


def test_the_same_release_gives_the_same_files_and_an_empty_one_all_tables(tmp_path: Path) -> None:
    release = mini_release.build(tmp_path / "w")
    for name in ("a", "b"):
        export_omop(release, tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name
    report = export_omop(mini_release.build_empty(tmp_path / "e"), tmp_path / "empty")
    assert set(report["rows"]) == set(fields()) and report["rows"]["person"] == 0 and report["rows"]["cdm_source"] == 1


def test_a_broken_table_is_refused() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA cdm; CREATE TABLE cdm.person (person_id INTEGER)")
    connection.execute(
        "CREATE TABLE cdm.observation_period (observation_period_id INTEGER, person_id INTEGER, observation_period_start_date DATE, observation_period_end_date DATE, period_type_concept_id INTEGER)"
    )
    insert = "INSERT INTO cdm.observation_period VALUES (1, {}, '2020-01-01', {}, 0)"
    connection.execute(insert.format(1, "'2020-02-01'"))
    with pytest.raises(WarehouseError, match=r"observation_period.person_id[\s\S]*points at no person"):
        check(connection, "observation_period")
    connection.execute("INSERT INTO cdm.person VALUES (1)")
    check(connection, "observation_period")
    connection.execute(insert.format(1, "'2020-02-01'"))
    with pytest.raises(WarehouseError, match="a key stands twice"):
        check(connection, "observation_period")
    connection.execute("DELETE FROM cdm.observation_period; " + insert.format(1, "NULL"))
    with pytest.raises(WarehouseError, match="a required field is empty"):
        check(connection, "observation_period")


def test_folders_and_vocabularies_that_are_something_else(tmp_path: Path) -> None:
    release = mini_release.build(tmp_path / "w")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(WarehouseError, match="holds something else"):
        export_omop(release, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").is_file()
    athena = vocabulary(tmp_path / "athena")
    (athena / "CONCEPT.csv").write_text("concept_id\tname\n", encoding="utf-8")
    with pytest.raises(WarehouseError, match="no vocabulary file of OHDSI"):
        export_omop(release, tmp_path / "out", athena)
    shutil.rmtree(athena)
    with pytest.raises(WarehouseError, match=r"has no CONCEPT\.csv"):
        export_omop(release, tmp_path / "out", athena)
    assert not (tmp_path / "out").exists() and current(tmp_path / "w").release_id == release.release_id
