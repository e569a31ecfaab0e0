"""Bad input meets ingest: one clear sentence, nothing lost, nothing shown, the other site untouched."""

from __future__ import annotations

import gzip
import io
import json
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.seal import ROW_SCHEMA
from jobs.pipeline import job
from jobs.runtime import keys
from jobs.runtime.application import open_context
from jobs.runtime.errors import InputUnusable, KeyProblem, OncorweError
from jobs.runtime.logs import LOG
from jobs.runtime.manifest import JobReport, read_reports
from jobs.runtime.quarantine import held_rows
from jobs.runtime.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from jobs.runtime.context import Context

SECRETS = ("欧阳保密", "13912345678", "ZZ-7731-SECRET")
"""Values of bad rows: none may stand in clear in anything that a run leaves or says."""
SITE = """
[site]
id = "{site}"
[delivery]
kind = "{kind}"
date_formats = ["%Y%m%d", "%Y-%m"]
[[file]]
table = "patients"
pattern = "patients*.{form}*"
format = "{form}"
{columns_patients}
[[file]]
table = "notes"
pattern = "notes*.{form}*"
format = "{form}"
{columns_notes}
"""
COLUMNS = {
    "patients": {"patient_sn": "pid", "name": "xm", "sex": "xb", "birth_date": "born", "phone": "tel"},
    "notes": {"note_id": "nid", "patient_sn": "pid", "note_type": "kind", "note_time": "time", "text": "body", "version": "ver"},
}  # fmt: skip
HEAD, NOTES = b"pid,xm,xb,born,tel\n", b"nid,pid,kind,time,body,ver\n"
GOOD = HEAD + "1,李平,M,19600105,\n2,赵安,F,19710203,\n".encode()
SITES = {"h": ("snapshot", "csv"), "j": ("increment", "jsonl"), "q": ("snapshot", "parquet")}


def site_text(site: str, kind: str, form: str) -> str:
    blocks = {
        f"columns_{table}": "[file.columns]\n" + "\n".join(f'{k} = "{v}"' for k, v in columns.items())
        for table, columns in COLUMNS.items()
    }
    return SITE.format(site=site, kind=kind, form=form, **blocks)


@dataclass
class Bench:
    """A landing area and a warehouse on which ingest alone is run."""

    root: Path
    spark: SparkSession
    log: io.StringIO
    runs: int = 0

    def deliver(self, site: str, name: str, data: bytes, day: str = "2024-02-01") -> None:
        path = self.root / "landing" / site / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def context(self, **options: str) -> Context:
        self.runs += 1
        folders = {name: str(self.root / name) for name in ("landing", "warehouse")}
        made = open_context(**folders, sites_folder=str(self.root / "sites"), run_id=f"r{self.runs}", **options)  # type: ignore[arg-type]
        made.__dict__["spark"] = self.spark
        return made

    def ingest(self, site: str, **options: str) -> JobReport:
        return run(self.context(**options), site)

    def states(self) -> dict[tuple[str, str], Any]:
        return self.context().states("ingest")

    def held(self) -> list[dict[str, Any]]:
        return list(held_rows(Store(str(self.root / "warehouse"))))

    def rows(self, site: str, day: str = "2024-02-01") -> list[dict[str, Any]]:
        """Values of the rows taken, opened with the key."""
        files = self.context().state("ingest", site, day)["rows"]
        sealed = [
            r for name in files for r in pq.read_table(self.root / "warehouse" / name, schema=ROW_SCHEMA).to_pylist()
        ]
        return [
            keys.unseal(r["sealed"]) | {"_deleted": r["deleted"]} for r in sorted(sealed, key=lambda r: r["file_row"])
        ]

    def refused(self, site: str = "h", kind: type[OncorweError] = InputUnusable, **options: str) -> str:
        """The sentence of a delivery that is refused; checks that every state is as it was."""
        before = self.states()
        with pytest.raises(kind) as caught:
            self.ingest(site, **options)
        assert self.states() == before
        report = read_reports(Store(str(self.root / "warehouse")), f"r{self.runs - 1}")[0]
        sentence = caught.value.sentence()
        assert report.status == "failed" and report.error == sentence and "\n" not in sentence
        assert caught.value.what and caught.value.why and caught.value.do
        assert kind is KeyProblem or f"{site}/2024-02-01" in caught.value.where
        self.check_nothing_shown()
        return sentence

    def check_nothing_shown(self) -> None:
        """No secret in any file of the warehouse, nor in the log."""
        written = [p.read_bytes() for p in (self.root / "warehouse").rglob("*") if p.is_file()]
        for secret in SECRETS:
            assert secret not in self.log.getvalue()
            assert not any(secret.encode() in data for data in written)
            assert not any(secret.encode("gb18030") in data for data in written)


def run(context: Context, site: str) -> JobReport:
    from jobs.runtime.runner import run_job

    report = run_job(context, job("ingest"), site)
    report.check_balance()
    return report


@pytest.fixture(scope="module")
def settled(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hospitals with one good delivery each, ingested."""
    bench = Bench(tmp_path_factory.mktemp("settled"), spark, io.StringIO())
    (bench.root / "sites").mkdir()
    for site, (kind, form) in SITES.items():
        (bench.root / "sites" / f"{site}.toml").write_text(site_text(site, kind, form), encoding="utf-8")
    bench.deliver("h", "patients.csv", GOOD, "2024-01-01")
    bench.deliver("j", "patients.jsonl", b'{"pid": "9", "xm": "a"}\n', "2024-01-01")
    for site in ("h", "j"):
        bench.ingest(site)
    return bench.root


@pytest.fixture
def bench(settled: Path, spark: SparkSession, tmp_path: Path) -> Iterator[Bench]:
    root = tmp_path / "bench"
    shutil.copytree(settled, root)
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    LOG.addHandler(handler)
    yield Bench(root, spark, sink, runs=100)
    LOG.removeHandler(handler)


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


SECRET_ROW = f"3,{SECRETS[0]},M,19600105,{SECRETS[1]}\n"
MANY = HEAD + "".join(f"{i},{SECRETS[0]},M,19600105,{SECRETS[1]}\n" for i in range(2000)).encode()
REFUSALS = {
    "a missing required column": ("h", "patients.csv", b"nr,xm\n" + SECRET_ROW.encode(), "required column 'patient_sn' is missing.*no column 'pid'"),
    "a header in another encoding": ("h", "patients.csv", ("pid,姓名\n" + SECRET_ROW).encode("gb18030"), "header is not utf-8.*gb18030"),
    "another encoding in the rows": ("h", "patients.csv", HEAD + (SECRET_ROW * 9).encode("gb18030"), "9 of 9 rows.*undecodable byte"),
    "a column twice": ("h", "patients.csv", b"pid,pid\n1,2\n", "names a column twice"),
    "truncated gzip": ("h", "patients.csv.gz", gzip.compress(MANY)[:-200], "gzip file ends too early.*send it again"),
    "damaged gzip": ("h", "patients.csv.gz", MANY, "gzip file is damaged"),
    "no byte": ("h", "patients.csv", b"", "The file is empty.*not even a header"),
    "a header only": ("h", "patients.csv", HEAD, "The file is empty.*would delete everything"),
    "no usable row": ("h", "patients.csv", HEAD + f",{SECRETS[0]},M,,\n".encode(), "1 of 1 rows cannot be used.*required value is missing"),
    "too many bad rows": ("h", "notes.csv", NOTES + b"".join(b"%d,1,x,99999999,t,\n" % i for i in range(7)) + b"8,1,x,20200101,t,\n", "7 of 8 rows.*not a possible date"),
    "nothing of the site": ("h", "readme.txt", SECRETS[0].encode(), "delivery is empty.*no file fits"),
    "truncated Parquet": ("q", "patients.parquet", parquet(pid=["1"] * 500, xm=[SECRETS[0]] * 500)[:-30], "Parquet file is damaged"),
    "Parquet without a required column": ("q", "patients.parquet", parquet(xm=[SECRETS[0]]), "required column 'patient_sn' is missing"),
    "JSON lines without a required key": ("j", "patients.jsonl", json.dumps({"xm": SECRETS[0]}).encode(), "required column 'patient_sn' is missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_a_file_that_cannot_be_used_stops_its_site_with_one_sentence(bench: Bench, case: str) -> None:
    import re

    site, name, data, expected = REFUSALS[case]
    bench.deliver(site, name, data)
    assert re.search(expected, bench.refused(site))


def test_no_delivery(bench: Bench) -> None:
    with pytest.raises(InputUnusable, match=r"no delivery \[landing/q\].*named by a date"):
        bench.ingest("q")


def held_of(bench: Bench) -> list[tuple[str, int, str, str, str]]:
    found = [h for h in bench.held() if h["delivery"] == "2024-02-01"]
    return [(h["table_name"], h["file_row"], h["column_name"], h["reason"], h["kind"]) for h in found]


DATE = "not a possible date in any of the site's formats"


def test_bad_rows_of_a_csv_are_named_and_the_rest_is_taken(bench: Bench) -> None:
    """Byte-order mark, CRLF, blank lines, an unknown column, a key twice, and every way in which a row goes wrong."""
    good = [
        f"{i},1,入院记录,202312{i:02d},一行\n又一行,\r\n".replace("一行\n又一行", '"一行\n又一行"')
        for i in range(1, 22)
    ]
    bad = [
        f'30,1,入院记录,20231201,"头\n他说 "{SECRETS[0]}\n{SECRETS[1]} 尾",\r\n',
        f"31,1,入院记录,202312,{SECRETS[2]},\r\n",
        f"32,1,,20231201,{SECRETS[0]},\r\n",
        f"33,{SECRETS[0]}\r\n",
    ]
    lines = [*good[:10], *bad, "\r\n", *good[10:], "21,1,入院记录,20231221,改正\x07了,2\r\n"]
    text = "\ufeffnid,pid,kind,time,body,ver\r\n" + "".join(lines)
    bench.deliver("h", "notes.csv", text.encode() + b"40,1,x,20231201,\xff" + SECRETS[0].encode() + b",\r\n")
    bench.deliver(
        "h",
        "patients.csv",
        b"pid,xm,xb,born,tel,extra\n" + f"1,李,M,20230230,,{SECRETS[2]}\n2,赵,?,19710203,{SECRETS[1]},\n".encode(),
    )
    report = bench.ingest("h")
    assert held_of(bench) == [
        ("notes", 11, "", "broken quote", "row"),
        ("notes", 12, "note_time", DATE, "row"),
        ("notes", 13, "note_type", "required value is missing", "row"),
        ("notes", 14, "", "2 fields where the header has 6", "row"),
        ("notes", 27, "", "undecodable byte", "row"),
        ("patients", 1, "birth_date", DATE, "cell"),
        ("patients", 2, "sex", "value is not in the column's value set or value map", "cell"),
    ]
    assert report.tables == {"notes": 22, "patients": 4} and report.quarantined.total() == 5
    rows = [r for r in bench.rows("h") if "note_id" in r]
    assert [r["note_id"] for r in rows].count("21") == 2 and {"改正 了", "一行\n又一行"} == {r["text"] for r in rows}
    assert any("1 unknown column(s), not taken: extra" in w for w in report.warnings)
    bench.check_nothing_shown()
    assert SECRETS[0] in json.dumps([keys.unseal(b) for b in sealed_quarantine(bench)], ensure_ascii=False)


def sealed_quarantine(bench: Bench) -> list[bytes]:
    files = bench.context().state("ingest", "h", "2024-02-01")["quarantine"]
    return [b for name in files for b in pq.read_table(bench.root / "warehouse" / name)["sealed"].to_pylist()]


def test_bad_lines_of_json_are_named_and_the_rest_is_taken(bench: Bench) -> None:
    fine = {"nid": "1", "pid": "9", "kind": "x", "time": "20231201"}
    lines = [
        json.dumps(fine | {"body": "half \ud800 a character", "etl": 1}),
        "{" + SECRETS[0],
        json.dumps(fine | {"body": {"deep": SECRETS[0]}}, ensure_ascii=False),
        '{"nid": "2", "nid": "3"}',
        json.dumps({"nid": "1", "_deleted": 1}),
        json.dumps(fine | {"nid": "5", "body": "ok", "time": "2023-12-05T10:00:00+08:00"}),
    ]
    bench.deliver("j", "notes.jsonl", "\n".join(lines).encode())
    bench.deliver("j", "patients.jsonl", b"")
    report = bench.ingest("j")
    assert held_of(bench) == [
        ("notes", 2, "", "line is not JSON", "row"),
        ("notes", 3, "", "record is nested", "row"),
        ("notes", 4, "", "a key stands twice", "row"),
    ]
    rows = bench.rows("j")
    assert [r.get("text") for r in rows] == ["half \ufffd a character", None, "ok"]
    assert [r["_deleted"] for r in rows] == [False, True, False]
    notes = " ".join(report.warnings)
    assert "unknown column(s), not taken: etl" in notes and "may bring nothing new" in notes
    bench.check_nothing_shown()


def test_a_note_of_five_megabytes_is_held_or_taken_as_the_settings_say(bench: Bench, tmp_path: Path) -> None:
    long = (SECRETS[0] + "，复查。\n") * 250_000
    assert len(long.encode()) > 5_000_000
    body = NOTES + b"1,1,x,20231201,short,\n" + f'2,1,x,20231201,"{long}",\n3,1,x,20231201,after,\n'.encode()
    bench.deliver("h", "notes.csv", body)
    report = bench.ingest("h")
    assert held_of(bench) == [("notes", 2, "text", "text is longer than 2,000,000 characters", "row")]
    assert report.tables["notes"] == 2
    settings = tmp_path / "settings.toml"
    settings.write_text("[ingest]\nmax_text_chars = 9000000\n", encoding="utf-8")
    assert bench.ingest("h", settings_file=str(settings)).tables["notes"] == 3
    assert max(len(r["text"]) for r in bench.rows("h")) == len(long) and not held_of(bench)
    bench.check_nothing_shown()


def test_many_columns_are_counted_not_listed(bench: Bench) -> None:
    extra = [f"c{i}" for i in range(3000)] + ["110101199003070011"]
    bench.deliver(
        "h", "patients.csv", f"110101199003070012,pid,{','.join(extra)}\n".encode() + b"0,1" + b"," * 3001 + b"\n"
    )
    report = bench.ingest("h")
    note = next(w for w in report.warnings if "unknown" in w)
    assert "3,002 unknown" in note and "(name withheld), c0" in note and len(note) < 300 and "110101" not in note
    assert any("mapped but absent: name" in w for w in report.warnings)


def test_without_a_key_or_with_another_one_nothing_is_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.deliver("h", "patients.csv", GOOD + SECRET_ROW.encode())
    before = bench.states()
    for value, expected in (
        ("", "No project key is configured"),
        ("7b" * 32, "made with another key"),
        ("7b", "too short"),
    ):
        monkeypatch.setenv("ONCORWE_KEY", value)
        keys.project_key.cache_clear()
        try:
            with pytest.raises(KeyProblem, match=expected):
                bench.ingest("h")
        finally:
            monkeypatch.undo()
            keys.project_key.cache_clear()
    assert bench.states() == before
    bench.check_nothing_shown()


# --- a person's key changes ---------------------------------------------------------------------------------------------

ID = "11010519491231002X"
LINK_SITE = """
[site]
id = "{site}"
[delivery]
kind = "increment"
[[file]]
table = "patients"
pattern = "patients*"
format = "jsonl"
[file.columns]
patient_sn = "p"
id_number = "i"
name = "n"
consent_scope = "c"
[[file]]
table = "encounters"
pattern = "encounters*"
format = "jsonl"
[file.columns]
encounter_sn = "e"
patient_sn = "p"
encounter_type = "k"
start_time = "s"
"""


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in records).encode()


def staged(context: Context, table: str, site: str) -> dict[str, list[tuple[str, Any]]]:
    """Staged (patient key, start date) by delivery."""
    from jobs.deidentify import active_files

    found: dict[str, list[tuple[str, Any]]] = {}
    for name in active_files(context, table, site):
        for r in pq.read_table(context.warehouse.path(name), partitioning=None).to_pylist():
            found.setdefault(r["delivery"], []).append((r["patient_id"], r.get("start_date")))
    return found


@pytest.fixture
def clinic(spark: SparkSession, tmp_path: Path) -> Bench:
    """Two hospitals that send increments; the first knows a patient without an ID number."""
    made = Bench(tmp_path, spark, io.StringIO())
    (tmp_path / "sites").mkdir()
    for site in ("a", "b"):
        (tmp_path / "sites" / f"{site}.toml").write_text(LINK_SITE.format(site=site), encoding="utf-8")
    visit = {"e": "v1", "p": "1", "k": "OUT", "s": "2024-01-05"}
    made.deliver("a", "patients.jsonl", lines({"p": "1"}, {"p": "2"}), "2024-01-01")
    made.deliver(
        "a", "encounters.jsonl", lines(visit, visit | {"e": "v2", "p": "2"}, visit | {"e": "v3"}), "2024-01-01"
    )
    made.deliver("b", "patients.jsonl", lines({"p": "7", "i": ID}), "2024-01-01")
    made.deliver("b", "encounters.jsonl", lines(visit | {"e": "w1", "p": "7"}), "2024-01-01")
    return made


def released(context: Context) -> set[str]:
    """Encounters of hospital a that count, by their source number."""
    from jobs.conform.current import current
    from jobs.conform.job import read_inputs

    names = {keys.token("encounter", f"a|v{i}"): f"v{i}" for i in range(1, 4)}
    rows = current(read_inputs(context)["encounters"].where("site = 'a'")).select("encounter_id").collect()
    return {names[row.encounter_id] for row in rows}


def through(context: Context, *, deidentify: tuple[str, ...] = ("a", "b")) -> None:
    from jobs.runtime.runner import run_job

    for site in ("a", "b"):
        run_job(context, job("ingest"), site)
    run_job(context, job("link"))
    for site in deidentify:
        run_job(context, job("deidentify"), site)


def test_a_later_id_number_re_keys_what_is_staged_even_when_the_first_try_fails(clinic: Bench) -> None:
    through(first := clinic.context())
    own, number = keys.person_key("sn:a:1"), keys.person_key(f"id:{ID}")
    before = staged(first, "encounters", "a")["2024-01-01"]
    assert {p for p, _ in before} == {own, keys.person_key("sn:a:2")}
    assert staged(first, "encounters", "b")["2024-01-01"][0][0] == number

    clinic.deliver("a", "patients.jsonl", lines({"p": "1", "i": ID}))
    through(clinic.context(), deidentify=())  # stopped after link
    assert staged(first, "encounters", "a")["2024-01-01"] == before
    through(last := clinic.context())
    after = dict(staged(last, "encounters", "a")["2024-01-01"])
    assert {*after} == {number, keys.person_key("sn:a:2")}
    assert after[number] == staged(last, "encounters", "b")["2024-01-01"][0][1], "one offset for one person"
    link = last.warehouse.read_json("private/link/current.json")
    assert link["retired"] == [own] and link["redo"] == ["a"]

    clinic.deliver("a", "patients2.jsonl", lines({"p": "2", "c": "OPT_OUT"}), "2024-03-01")
    clinic.deliver("a", "encounters.jsonl", lines({"e": "v1", "_deleted": 1}), "2024-03-01")
    shutil.rmtree(clinic.root / "landing" / "a" / "2024-01-01")
    through(again := clinic.context())
    assert staged(again, "encounters", "a")["2024-03-01"] == [(None, None)], "a deletion mark that holds its key alone"
    assert released(again) == {"v3"}, "deleted v1, v2 of a person who opted out and whose delivery is gone"
    link = again.warehouse.read_json("private/link/current.json")
    assert set(link["retired"]) == {own, keys.person_key("sn:a:2")}
