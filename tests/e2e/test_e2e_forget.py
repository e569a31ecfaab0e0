"""A forgotten person is nowhere, stays away when they arrive again under other numbers, and nobody else loses a row."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ahocorasick
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.seal import patient_token
from jobs.privacy import audit, refusals
from jobs.privacy.erase import erase, with_documents
from jobs.privacy.forget import Forgotten, forget, identify
from jobs.privacy.persons import Person, by_number
from jobs.privacy.retract import notices, retract
from jobs.runtime import keys
from jobs.runtime.errors import ConfigError
from jobs.runtime.runner import run_all
from jobs.runtime.storage import Store
from warehouse.release import Release, current, releases
from warehouse.schema import release_tables

if TYPE_CHECKING:
    from jobs.runtime.context import Context
    from tests.world import World

pytestmark = pytest.mark.soak
"""Two whole runs more; tests/unit/test_privacy_refusals.py holds the same on a small warehouse."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass
class Case:
    """One person of two hospitals, before and after they were forgotten and delivered again."""

    truth: dict[str, Any]
    person: Person
    documents: frozenset[str]
    warehouse: Path
    first: Release
    staged: Rows
    said: list[Forgotten]
    after: Rows
    second: Release | None = None

    @property
    def words(self) -> set[str]:
        """Everything that says who it is: clear identifiers of the source, and the tokens of the warehouse."""
        t = self.truth
        clear = {t["id_number"], t["phone"], t["address"], t["name"], "NEW-B-77", "NEW-C-88"}
        numbers = {s["patient_sn"] for s in t["sites"]}
        return {w for w in clear | numbers if w} | self.person.people | self.person.tokens | self.documents


def _open(value: Any) -> str:
    """A cell as text; a sealed one opened."""
    if isinstance(value, bytes):
        return json.dumps(keys.unseal(value), ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _content(path: Path) -> str:
    if path.suffix != ".parquet":
        return path.read_bytes().decode("utf-8", "ignore")
    table = pq.read_table(path)
    columns = [c for c in table.columns if not pa.types.is_floating(c.type) and not pa.types.is_date(c.type)]
    return "\n".join(_open(v) for column in columns for v in column.to_pylist() if v is not None)


def found_in(folder: Path, words: set[str], *, without: tuple[str, ...] = (), first: bool = False) -> list[str]:
    """Files below a folder that hold one of the words, in clear, in a name, compressed, or sealed; with ``first`` at most one."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    files = [p for p in files if p.relative_to(folder).parts[0] not in without]
    assert len(files) > 20, "nothing was searched"
    machine = ahocorasick.Automaton()
    for word in words:
        machine.add_word(word, word)
    machine.make_automaton()
    hits = (str(p.relative_to(folder)) for p in files if next(machine.iter(f"{p.name}\n{_content(p)}"), None))
    return list(itertools.islice(hits, 1)) if first else list(hits)


def staged_rows(warehouse: Path, people: frozenset[str]) -> Rows:
    """Every staged row that is not one of these people's, by table."""
    found: Rows = {}
    for path in sorted((warehouse / "staging").rglob("*.parquet")):
        rows = [r for r in pq.ParquetFile(path).read().to_pylist() if r.get("patient_id") not in people]
        found.setdefault(path.relative_to(warehouse / "staging").parts[0], []).extend(rows)
    return found


def released(release: Release, without: frozenset[str]) -> Rows:
    """Rows of a release that are not one of these people's, without what names the release."""
    found: Rows = {}
    for table in release_tables():
        for path in sorted((release.path / table.name).glob("*.parquet")):
            rows = [r for r in pq.read_table(path).to_pylist() if r["patient_id"] not in without]
            found[table.name] = [{k: v for k, v in r.items() if k not in ("release_id", "dq_flags")} for r in rows]
    return found


def choose(world: World) -> dict[str, Any]:
    """Somebody whom two hospitals treated, known by an ID number and by a name that nobody else has."""
    lines = (world.truth / "patients.jsonl").read_text(encoding="utf-8").splitlines()
    people = [json.loads(line) for line in lines]
    names = [n for p in people for n in (p["name"], p["contact_name"])]
    good = (p for p in people if len(p["sites"]) > 1 and p["id_number"] and p["consent_scope"] != "OPT_OUT")
    return next(p for p in good if sum(p["name"] in n for n in names) == 1 and len(p["name"]) > 2)


def deliver_again(landing: Path, truth: dict[str, Any]) -> None:
    """New deliveries: hospital B knows the ID number, hospital C only name, birth date, sex and telephone; both have new numbers."""
    newest = max(f.name for f in landing.glob("*/*") if f.is_dir())[:10]  # the cut-off date must not move
    folder = landing / "site_b" / f"{newest}_again"
    folder.mkdir()
    known = {
        "brid": "NEW-B-77",
        "xm": truth["name"],
        "xb": "男" if truth["sex"] == "M" else "女",
        "sfzh": truth["id_number"],
    }
    known |= {"csrq": truth["birth_date"].replace("-", ""), "lxdh": "13800000000", "zqty": "A"}
    (folder / "patients.jsonl").write_text(json.dumps(known, ensure_ascii=False) + "\n", encoding="utf-8")
    lab = {"brid": "NEW-B-77", "xmmc": "癌胚抗原", "jg": "5.1", "cysj": "20240101"}
    bad = lab | {"cysj": "not a date of NEW-B-77"}
    (folder / "labs.jsonl").write_text("".join(json.dumps(r) + "\n" for r in (lab, bad)), encoding="utf-8")
    folder = landing / "site_c" / f"{newest}_again"
    folder.mkdir()
    row = {"PatientSn": "NEW-C-88", "Name": truth["name"], "Sex": "male" if truth["sex"] == "M" else "female"}
    row |= {"BirthDate": truth["birth_date"], "Phone": truth["phone"]}
    pq.write_table(pa.Table.from_pylist([row]), folder / "patients.parquet")


@pytest.fixture(scope="module")
def case(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Forget twice, deliver again, publish again: once for all tests of this file."""
    root = tmp_path_factory.mktemp("forget")
    landing, warehouse = root / "landing", root / "warehouse"
    shutil.copytree(world.landing, landing)
    shutil.copytree(world.warehouse, warehouse)
    truth = choose(world)
    context = world.context(warehouse=warehouse, landing=landing, run_id="forgetting")
    (warehouse / "candidate" / "dead" / "derived").mkdir(parents=True, exist_ok=True)
    site = truth["sites"][0]
    person = identify(context, site=site["site"], patient_sn=site["patient_sn"])
    documents = with_documents(context.warehouse, person.target()).documents
    made = Case(truth, person, documents, warehouse, current(warehouse), staged_rows(warehouse, person.people), [], {})
    made.said.append(forget(context, person, reason="consent_withdrawn", write=False))
    assert found_in(warehouse, made.words, without=("releases",), first=True), "a dry run changes nothing"
    for _ in range(2):
        again = identify(context, site=site["site"], patient_sn=site["patient_sn"])
        made.said.append(forget(context, again, reason="consent_withdrawn", ordered_by="ethics office"))
    made.after = staged_rows(warehouse, person.people)
    left = found_in(warehouse, made.words, without=("releases",))
    assert not left, f"still there right after: {left}"
    deliver_again(landing, truth)
    run_all(world.context(warehouse=warehouse, landing=landing, run_id="again"))
    made.second = current(warehouse)
    yield made


def context_of(world: World, case: Case) -> Context:
    return world.context(warehouse=case.warehouse, landing=case.warehouse.parent / "landing")


def test_it_says_what_it_did_and_a_second_time_there_is_nothing_to_do(case: Case) -> None:
    dry, done, again = case.said
    assert (dry.done, done.done) == (False, True) and dry.rows == done.rows and done.new
    assert {"staging.patients", "staging.notes", "staging.nlp_mention", "private.persons", "private.known"} <= set(
        done.rows
    )
    assert {"private.offsets", "private.link"} <= set(done.rows) and done.numbers == len(case.truth["sites"]) > 1
    assert not again.new and not again.rows and again.entry == done.entry
    assert [*done.releases] == [*again.releases] == [case.first.release_id], "the first release is named both times"
    assert done.releases[case.first.release_id]["patient"] == 1


def test_other_persons_rows_are_unchanged(case: Case) -> None:
    for table, rows in case.staged.items():
        key = lambda r: json.dumps(r, default=str, sort_keys=True)  # noqa: E731
        assert sorted(map(key, rows)) == sorted(map(key, case.after[table])), table


def test_who_arrives_again_is_refused_and_nobody_else(case: Case) -> None:
    assert case.second and case.second.release_id != case.first.release_id
    everybody = {r["patient_id"] for rows in released(case.first, frozenset()).values() for r in rows}
    before, after = released(case.first, case.person.people), released(case.second, frozenset())
    assert {r["patient_id"] for r in after["patient"]} == everybody - case.person.people
    for table in before:
        assert before[table] == after[table], table


def test_nothing_that_the_warehouse_keeps_names_the_person(world: World, case: Case) -> None:
    """All bytes of all zones; the first release, which is not altered in place, goes when it is retracted."""
    store = Store(str(case.warehouse))
    with pytest.raises(ConfigError, match="is the current one"):
        retract(store, case.second.release_id if case.second else "", reason="test")
    case.first.verify()
    done = retract(store, case.first.release_id, reason="holds a forgotten person", ordered_by="ethics office")
    assert done.files > 20 and not done.was_current
    assert [r.release_id for r in releases(case.warehouse)] == [case.second.release_id if case.second else ""]
    assert [n["release_id"] for n in notices(store)] == [case.first.release_id]
    assert not found_in(case.warehouse, case.words)
    with pytest.raises(ConfigError, match="already retracted"):
        retract(store, case.first.release_id, reason="again")


def test_the_refusal_list_and_the_record_hold_no_identifier(world: World, case: Case) -> None:
    store = Store(str(case.warehouse))
    entries = refusals.load(store)
    assert len(entries) == 1
    mine = {keys.token("patient-sn", "site_b|NEW-B-77"), patient_token("site_c", "NEW-C-88")}
    assert mine <= {n.patient_token for n in entries[0].numbers}, (
        "new numbers are refused from now on without their patients row"
    )
    actions = [e["action"] for e in audit.entries(store)]
    assert actions[:2] == ["forget", "refused on arrival"] and audit.verify(store) == len(actions)
    assert all(str(e).count(w) == 0 for e in audit.entries(store) for w in case.words)


def test_the_person_key_of_a_release_names_the_same_person(world: World, case: Case) -> None:
    """Also long after: the list remembers under which keys releases may hold the person."""
    key = next(iter(case.person.people))
    found = identify(context_of(world, case), key=key)
    assert found.people == case.person.people
    with pytest.raises(ConfigError, match="knows nobody"):
        identify(context_of(world, case), key="A" * 26)


def test_leftovers_of_failed_attempts_are_erased_too(world: World, tmp_path: Path) -> None:
    """Files that no state lists, and held-back records that do not say whose they are, but hold the person's words."""
    store, truth = Store(str(tmp_path)), choose(world)
    held = {"table_name": "labs", "reason": "broken record", "patient_token": None}
    rows = [
        held | {"sealed": keys.seal({"source": {"a": f"x {word} y"}})} for word in (truth["id_number"], "somebody else")
    ]
    (tmp_path / "private" / "rows").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "private" / "rows" / "run-0001-quarantine-00000.parquet")
    site = truth["sites"][0]
    target = by_number(Store(str(world.warehouse)), site["site"], site["patient_sn"]).target()
    removed = erase(store, target)
    assert [one.rows for one in removed] == [1]
    assert pq.read_table(tmp_path / "private" / "rows" / "run-0001-quarantine-00000.parquet").num_rows == 1
