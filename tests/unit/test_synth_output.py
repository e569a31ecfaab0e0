"""The synthetic hospitals' files: readable by their own site files, the same bytes twice, faults counted."""

import csv
import filecmp
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.ingest.canonical import Mapper, parse_date
from jobs.ingest.records import records as read_records
from jobs.runtime.errors import OncorweError
from jobs.runtime.sites import FileRules, Site, load_sites
from jobs.synth import SynthSummary, synthesise
from jobs.synth.canary import canaries
from jobs.synth.deliver import Planted, deliver
from jobs.synth.generate import open_hospitals, people
from jobs.synth.rows import Month, _drug_code
from jobs.synth.write import form_date
from warehouse.codes.shapes import is_code
from warehouse.schema import Type, landing

PATIENTS = 150


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, SynthSummary]:
    root = tmp_path_factory.mktemp("synth")
    summary = synthesise(PATIENTS, 3, 11, root / "landing", root / "truth")
    return root / "landing", root / "truth", summary


def _raw(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def records(path: Path, rules: FileRules) -> list[dict[str, Any]]:
    match rules.format:
        case "csv":
            return list(
                csv.DictReader(io.StringIO(_raw(path).decode(rules.encoding), newline=""), delimiter=rules.delimiter)
            )
        case "jsonl":
            return [json.loads(line) for line in path.read_text(encoding=rules.encoding).splitlines()]
        case _:
            return pq.read_table(path).to_pylist()


def files(root: Path) -> Iterator[tuple[Site, Path, FileRules]]:
    for site in load_sites(root / "_sites").values():
        for path in sorted((root / site.id).glob("*/*")):
            rules = site.rules_for(path.name)
            assert rules is not None, f"no rule for {path.name}"
            yield site, path, rules


def _tree(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        synthesise(12, 3, 5, tmp_path / name / "landing", tmp_path / name / "truth")
    assert _tree(tmp_path / "one") == _tree(tmp_path / "two")
    synthesise(12, 3, 6, tmp_path / "other")
    assert not filecmp.cmp(
        tmp_path / "one/landing/site_b/2024-03-01/notes_20240301.jsonl",
        tmp_path / "other/site_b/2024-03-01/notes_20240301.jsonl",
        shallow=False,
    )


def test_more_people_do_not_change_earlier_ones(tmp_path: Path) -> None:
    synthesise(6, 3, 5, tmp_path / "few", tmp_path / "few_truth")
    synthesise(14, 3, 5, tmp_path / "many", tmp_path / "many_truth")
    few = (tmp_path / "few_truth/patients.jsonl").read_text(encoding="utf-8").splitlines()
    assert (tmp_path / "many_truth/patients.jsonl").read_text(encoding="utf-8").splitlines()[:6] == few
    path = "site_b/2024-03-01/labs_20240301.jsonl"
    assert (
        (tmp_path / "many" / path)
        .read_text(encoding="utf-8")
        .startswith((tmp_path / "few" / path).read_text(encoding="utf-8"))
    )


def test_people_are_made_one_at_a_time() -> None:
    stream = people(10**9, 3, open_hospitals(3))
    assert [next(stream).course.person.number for _ in range(3)] == [1, 2, 3]


def test_column_maps_cover_the_files(made: tuple[Path, Path, SynthSummary]) -> None:
    for site, path, rules in files(made[0]):
        known = {*rules.columns.values(), *rules.ignore, rules.deleted}
        for record in records(path, rules)[:200]:
            assert set(record) <= known, f"{site.id} {path.name}"


def test_every_kind_of_table_is_delivered(made: tuple[Path, Path, SynthSummary]) -> None:
    tables = {rules.table for _, path, rules in files(made[0]) if records(path, rules)}
    assert tables == {
        "patients",
        "encounters",
        "diagnoses",
        "notes",
        "labs",
        "medications",
        "procedures",
        "radiotherapy",
        "genomics",
        "vitals",
        "followups",
    }
    sites = load_sites(made[0] / "_sites")
    assert "radiotherapy" not in {r.table for r in sites["site_b"].file}
    assert "genomics" not in {r.table for r in sites["site_c"].file}


def _bad(site: Site, rules: FileRules, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(table, reason) for every required value that is missing and every date that is none."""
    for column in landing(rules.table).columns:
        value = record.get(rules.columns.get(column.name, ""))
        if value in (None, ""):
            if column.required and column.name not in rules.constants:
                yield rules.table, "missing_required"
        elif (
            column.type is Type.DATE
            and not isinstance(value, date | datetime)
            and not _readable(value, site.delivery.date_formats)
        ):
            yield rules.table, "impossible_date"


def _readable(value: str, forms: tuple[str, ...]) -> bool:
    for form in forms:
        try:
            datetime.strptime(value, form)
        except ValueError:
            continue
        return True
    return False


def test_bad_rows_are_those_that_were_planted(made: tuple[Path, Path, SynthSummary]) -> None:
    root, truth, summary = made
    found: Counter[tuple[str, str]] = Counter()
    for site, path, rules in files(root):
        last = max(p.name for p in (root / site.id).iterdir())
        if site.delivery.kind == "snapshot" and path.parent.name != last:
            continue  # a snapshot repeats them
        for record in records(path, rules):
            found.update(_bad(site, rules, record))
    planted = Counter(
        (e["table"], e["reason"]) for e in json.loads((truth / "planted.json").read_text(encoding="utf-8"))["bad_rows"]
    )
    assert found == planted == summary.planted
    assert sum(planted.values()) > 0


def test_codes_are_those_of_the_site_file(made: tuple[Path, Path, SynthSummary]) -> None:
    for site, path, rules in files(made[0]):
        for column in landing(rules.table).columns:
            if not column.values or column.name not in rules.columns:
                continue
            values = {r.get(rules.columns[column.name]) for r in records(path, rules)} - {None, ""}
            canonical = {rules.values.get(column.name, {}).get(v, v) for v in values}
            assert canonical <= set(column.values), f"{site.id}.{rules.table}.{column.name}"


def test_snapshots_lose_and_correct_rows_and_increments_mark_them(made: tuple[Path, Path, SynthSummary]) -> None:
    root, truth, summary = made
    planted = json.loads((truth / "planted.json").read_text(encoding="utf-8"))
    assert summary.deletions == len(planted["deletions"]) > 0
    assert summary.corrections == len(planted["corrections"]) > 0
    marked = sum(
        r.get("_deleted") == 1
        for site, path, rules in files(root)
        if site.delivery.kind == "increment"
        for r in records(path, rules)
    )
    assert marked >= sum(e["rows"] for e in planted["deletions"] if e["site"] != "site_a") > 0
    rules = next(r for r in load_sites(root / "_sites")["site_a"].file if r.table == "notes")
    first, second = (
        {r["文书编号"]: r for r in records(root / "site_a" / d / f"notes_{d.replace('-', '')}.csv.gz", rules)}
        for d in ("2024-03-01", "2024-06-01")
    )
    gone = {e["key"] for e in planted["deletions"] if e["site"] == "site_a" and e["table"] == "notes"}
    assert set(first) - set(second) == gone
    assert len(second) > len(first)
    changed = {key for key in set(first) & set(second) if first[key]["版本"] != second[key]["版本"]}
    assert changed == {e["key"] for e in planted["corrections"] if e["site"] == "site_a" and e["table"] == "notes"}


def test_notes_of_the_truth_are_those_of_the_files(made: tuple[Path, Path, SynthSummary]) -> None:
    root, truth, _ = made
    texts: dict[tuple[str, str, str], str] = {}
    for site, path, rules in files(root):
        if rules.table == "notes":
            c = rules.columns
            texts |= {(site.id, r[c["note_id"]], str(r[c["version"]])): r[c["text"]] for r in records(path, rules)}
    known = [json.loads(line) for line in (truth / "notes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(n["site"], n["note_id"], n["version"]) for n in known} == set(texts)
    names = canaries(truth).names
    for note in known:
        text = texts[note["site"], note["note_id"], note["version"]].replace("\r\n", "\n")
        for span in note["phi"]:
            words = text[span["start"] : span["end"]]
            assert words and words == words.strip(), note["note_key"]
            if span["label"] == "ID_NUMBER":
                assert len(words) in (15, 18)
            if span["label"] == "PHONE":
                assert words.replace("-", "").isdigit()
        marked = {text[s["start"] : s["end"]] for s in note["phi"] if s["label"] == "NAME"}
        assert not {
            n for n in names if n in text and not any(n in m or m.replace("　", "") == n for m in marked)
        } & _people_of(note, truth)


_PEOPLE: dict[int, set[str]] = {}


def _people_of(note: dict[str, Any], truth: Path) -> set[str]:
    if not _PEOPLE:
        for line in (truth / "patients.jsonl").read_text(encoding="utf-8").splitlines():
            person = json.loads(line)
            _PEOPLE[person["person"]] = {person["name"], person["contact_name"]}
    return _PEOPLE[note["patient"]]


def test_liver_notes_name_the_bclc_stage_and_reports_a_gene_that_was_not_tested(
    made: tuple[Path, Path, SynthSummary],
) -> None:
    landing_root, _, _ = made
    results: set[str] = set()
    stages: set[str] = set()
    for site, path, rules in files(landing_root):
        for record in records(path, rules) if rules.table in ("genomics", "notes") else ():
            text = "|".join(str(value) for value in record.values())
            results |= {site.id} if rules.table == "genomics" and "NTRK" in text and "未检测" in text else set()
            stages |= set(re.findall(r"BCLC [0ABC]期", text)) if rules.table == "notes" else set()
    assert results
    assert len(stages) >= 2


def test_drug_codes_have_the_shape_of_the_national_ones() -> None:
    assert all(is_code(_drug_code(inn), "NHSA") for inn in ("gefitinib", "paclitaxel", "cisplatin", "trastuzumab"))


def test_many_sites_cycle_through_the_three_kinds(tmp_path: Path) -> None:
    summary = synthesise(12, 5, 3, tmp_path)
    assert summary.sites == ("site_a", "site_b", "site_c", "site_d", "site_e")
    sites = load_sites(tmp_path / "_sites")
    assert len({s.site.name_zh for s in sites.values()}) == 5
    assert sites["site_d"].delivery == sites["site_a"].delivery
    assert sum(rows for (site, _, _), rows in summary.rows.items() if site in ("site_d", "site_e")) > 0


@pytest.mark.parametrize(("patients", "sites"), [(0, 3), (5, 0), (5, 27)])
def test_a_wrong_size_is_refused(tmp_path: Path, patients: int, sites: int) -> None:
    with pytest.raises(OncorweError):
        synthesise(patients, sites, 1, tmp_path)


def test_canaries_are_the_people_of_the_truth(made: tuple[Path, Path, SynthSummary]) -> None:
    found = canaries(made[1])
    assert len(found.id_numbers) > PATIENTS * 0.8
    assert all(len(name) >= 2 for name in found.names)
    some = sorted(found.phones)[0]
    assert found.found_in(f"call {some}") == [some]
    assert found.found_in("nobody") == []


def test_ingest_reads_what_was_written(made: tuple[Path, Path, SynthSummary]) -> None:
    """No optional value is lost on the way in, and no file is empty."""
    for site, path, rules in files(made[0]):
        mapper = Mapper(site, rules, 1_000_000)
        read = 0
        with path.open("rb") as raw:
            for _, values, problem in read_records(raw, path.name, rules):
                read += 1
                assert not problem
                assert mapper.row(values).cells == [], f"{site.id} {path.name}"
        assert read


def test_a_month_is_not_taken_for_a_day() -> None:
    for kind in "abc":
        forms = load_sites()[f"site_{kind}"].delivery.date_formats
        for month in range(1, 13):
            assert parse_date(form_date(kind, Month(2023, month, 1)), forms) == f"2023-{month:02d}"
            assert parse_date(form_date(kind, date(2023, month, 12)), forms) == f"2023-{month:02d}-12"
            assert parse_date(form_date(kind, datetime(2023, month, 3, 7, 5)), forms) == f"2023-{month:02d}-03"


def test_a_deleted_row_is_missing_from_the_last_snapshot_and_marked_in_the_last_increment() -> None:
    snapshot, increment, _ = open_hospitals(3)
    rows = [
        ("vitals", {"patient_sn": "x", "measure": "WEIGHT", "value": float(i)}, date(2020, 1, 1 + i)) for i in range(5)
    ]
    seen = set()
    for seed in range(400):
        for hospital in (snapshot, increment):
            planted = Planted()
            sent = list(deliver(hospital, list(rows), Random(seed), planted))
            last = len(hospital.deliveries) - 1
            gone = sum(e["rows"] for e in planted.deletions)
            if hospital is snapshot and not planted.bad_rows:
                assert sum(n == 0 for n, _, _ in sent) - sum(n == last for n, _, _ in sent) == gone
            if hospital is increment:
                assert sum(values.get("_deleted") == 1 for n, _, values in sent if n == last) == gone
            seen.add((hospital.id, gone > 0))
    assert len(seen) == 4
