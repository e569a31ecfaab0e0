"""The refusal list: who is recognised, what stands in its file, how opt-out lists enter it, and what the record keeps."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.ingest.seal import PERSON_SCHEMA, QUARANTINE_SCHEMA, patient_token, person
from jobs.link import MAP_SCHEMA
from jobs.privacy import audit, erase, optout, persons, refusals
from jobs.privacy.forget import forget, identify, lift
from jobs.privacy.refusals import Matcher, Number, Refusal
from jobs.runtime import keys
from jobs.runtime.application import open_context
from jobs.runtime.context import Context
from jobs.runtime.errors import ConfigError
from jobs.runtime.settings import Settings
from jobs.runtime.sites import load_sites
from jobs.runtime.storage import Store

ANNA = {"patient_sn": "A-1", "name": "欧阳安娜", "birth_date": "1950-03-07", "sex": "F", "id_number": "110101195003076634", "phone": "13912345678"}  # fmt: skip


def number(site: str, **values: str) -> Number:
    made = person(site, "2024-01-01", 1, False, {"patient_sn": "", **values})
    token = made["patient_token"] if values.get("patient_sn") else ""
    return Number(
        site, token, made["id_token"], made["name_birth_sex_token"], made["phone_token"], made["address_token"]
    )


def anna(site: str = "site_a", **changes: str) -> Number:
    return number(site, **{k: v for k, v in {**ANNA, **changes}.items() if v})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "landing" / "site_a").mkdir(parents=True)
    made = open_context(landing=str(tmp_path / "landing"), warehouse=str(tmp_path / "warehouse"))
    made.check_key()
    return made


@pytest.mark.parametrize(
    ("arrives", "sure"),
    [
        (anna(), True),
        (anna("site_b", patient_sn="B-9", name="别名", phone=""), True),  # the ID number alone
        (anna("site_b", patient_sn="B-9", id_number=""), True),  # name, birth date, sex and telephone
        (anna("site_b", patient_sn="B-9", id_number="", phone="13800000000"), False),  # a namesake of the same day, or she herself
        (anna("site_b", patient_sn="B-9", id_number="310101196001010019"), None),  # another ID number: another person
        (anna("site_b", patient_sn="B-9", id_number="", name="欧阳安琪"), None),
        (anna("site_b", patient_sn="A-1", id_number="", name=""), None),  # the same number at another hospital is nobody
    ],
)  # fmt: skip
def test_who_is_recognised(arrives: Number, sure: bool | None) -> None:
    listed = [Refusal("E1", "t", "forget", "consent_withdrawn", (anna(),))]
    hit = Matcher(listed).match(arrives)
    assert hit == (None if sure is None else ("E1", sure))
    if sure is False:
        assert Matcher(listed, namesakes=False).match(arrives) is None


def test_what_was_recognised_in_doubt_recognises_nobody_else() -> None:
    """A namesake who was refused in doubt must not pass his own ID number on to the list."""
    doubtful = Number("site_b", "tok", "id-of-the-namesake", "demo", None, None, sure=False)
    matcher = Matcher([Refusal("E1", "t", "forget", "other", (doubtful,))])
    assert matcher.match(Number("site_b", "tok")) == ("E1", True)
    assert matcher.match(Number("site_c", "x", "id-of-the-namesake", "demo")) is None


def test_the_same_person_is_one_entry_whatever_is_known_first(store: Store) -> None:
    first, new = refusals.add(store, [], [anna(patient_sn="")], "list", "opt_out_list")
    assert new and not refusals.add(store, [], [anna(patient_sn="")], "list", "opt_out_list")[1]
    second, new = refusals.add(store, ["KEY"], [anna()], "forget", "consent_withdrawn")
    assert new and second.entry == first.entry and second.people == ("KEY",)
    assert len(refusals.load(store)) == 1 and refusals.patient_tokens(store) == {patient_token("site_a", "A-1")}


def test_the_file_holds_neither_identifiers_nor_tokens(store: Store, tmp_path: Path) -> None:
    refusals.add(store, ["P" * 26], [anna()], "forget", "consent_withdrawn")
    text = "".join(p.read_text(encoding="utf-8") for p in tmp_path.rglob("*.json"))
    tokens = [v for v in (anna().patient_token, anna().id_token, anna().demographics, anna().phone, "P" * 26) if v]
    assert len(tokens) == 5 and not [w for w in (*ANNA.values(), *tokens) if len(w) > 1 and w in text]


def test_the_release_id_depends_on_who_is_refused(store: Store) -> None:
    assert refusals.digest(store) == ""
    entry, _ = refusals.add(store, [], [anna()], "forget", "other")
    one = refusals.digest(store)
    refusals.add(store, [], [anna("site_b", patient_sn="B-1", id_number="")], "forget", "other")
    assert len({"", one, refusals.digest(store)}) == 3
    refusals.remove(store, entry.entry)
    with pytest.raises(ConfigError, match="no entry"):
        refusals.remove(store, entry.entry)


def test_an_opt_out_list_is_read_for_tokens_only(context: Context) -> None:
    text = "patient_sn,id_number,name,birth_date,sex\nA-1,,,,\n,110101195003076634,,,\n,,欧阳安娜,1950-03-07,F\n,,欧阳安娜,,\n"
    found = list(optout.numbers(context.site("site_a"), optout.DEFAULT, io.BytesIO(text.encode()), "list.csv"))
    assert [n is not None for n in found] == [True, True, True, False]
    done = optout.enter(context, "site_a", found, "opt_out_list")
    assert (done["new"], done["unusable"]) == (3, 1)
    assert optout.enter(context, "site_a", found, "opt_out_list")["known"] == 3
    listed = refusals.load(context.warehouse)
    assert {r.part for r in listed} == {"site_a"} and Matcher(listed).match(anna("site_c", patient_sn="C-1"))


def test_a_site_file_may_name_an_opt_out_list(tmp_path: Path) -> None:
    own = (Path("jobs") / "sites" / "site_c.toml").read_text(encoding="utf-8")
    (tmp_path / "s.toml").write_text(
        own + '\n[opt_out]\npattern = "patients_optout*.csv"\n[opt_out.columns]\nid_number = "证件"\n', encoding="utf-8"
    )
    site = load_sites(tmp_path)["site_c"]
    assert site.is_opt_out("patients_optout_1.csv") and site.rules_for("patients_optout_1.csv") is None
    (tmp_path / "s.toml").write_text(
        own + '\n[opt_out]\npattern = "x"\n[opt_out.columns]\nshoe = "a"\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"unknown column 'patients\.shoe'"):
        load_sites(tmp_path)


def test_the_record_shows_that_it_was_altered(store: Store) -> None:
    for action in ("forget", "release retracted", "refusal lifted"):
        audit.record(store, action, rows={"staging.labs": 2})
    assert audit.verify(store) == 3
    entry = store.read_json("private/audit/000002.json")
    store.write_json("private/audit/000002.json", entry | {"rows": {}})
    with pytest.raises(ConfigError, match="does not hold at entry 3"):
        audit.verify(store)


def _write(context: Context, name: str, rows: list[dict[str, object]], schema: pa.Schema | None = None) -> None:
    with context.warehouse.open(name, "wb") as sink:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)


def _small_warehouse(context: Context) -> tuple[str, str]:
    """Two persons: rows of the private zone and of staging, with their states."""
    mine, other = patient_token("site_a", "A-1"), patient_token("site_a", "A-2")
    me, you = keys.person_key("id:x"), keys.person_key("id:y")
    known = keys.seal({"names": ["欧阳安娜"], "record_numbers": ["A-1"]})
    _write(
        context,
        "private/link/r/map-00000.parquet",
        [
            {"site": "site_a", "patient_token": t, "patient_id": p, "opt_out": False, "known": known}
            for t, p in ((mine, me), (other, you))
        ],
        MAP_SCHEMA,
    )
    rows = [
        person("site_a", "2024-01-01", 1, False, values)
        for values in (ANNA, ANNA | {"patient_sn": "A-2", "id_number": "", "name": "某人"})
    ]
    _write(context, "private/rows/site=site_a/delivery=2024-01-01/r-0001-persons-00000.parquet", rows, PERSON_SCHEMA)
    held = {
        "table_name": "labs",
        "site": "site_a",
        "delivery": "2024-01-01",
        "file": "f",
        "file_row": 1,
        "column_name": "",
        "reason": "x",
        "kind": "cell",
    }
    _write(
        context,
        "private/rows/site=site_a/delivery=2024-01-01/r-0001-quarantine-00000.parquet",
        [held | {"patient_token": t, "sealed": keys.seal({"value": "v"})} for t in (mine, other)],
        QUARANTINE_SCHEMA,
    )
    notes = "staging/notes/site=site_a/delivery=2024-01-01/r-00000.parquet"
    _write(context, notes, [{"patient_id": p, "document_id": d, "text": "t"} for p, d in ((me, "D1"), (you, "D2"))])
    _write(
        context,
        "private/offsets/site=site_a/delivery=2024-01-01/r-notes-00000.parquet",
        [{"document_id": d, "sealed": b"x"} for d in ("D1", "D2")],
    )
    context.put_state(
        "deidentify", "site_a", "2024-01-01", {"input_hash": "h", "tables": {"notes": [notes]}, "rows": {"notes": 2}}
    )
    _write(context, "candidate/dead/derived/patient/part-0.parquet", [{"patient_id": me}])
    _write(context, "cohorts/c1/restricted/members.parquet", [{"patient_id": me}])
    _write(context, "cohorts/c1/attrition.parquet", [{"n": 2}])
    _write(context, "releases/R1/patient/part-00000.parquet", [{"patient_id": p} for p in (me, you)])
    _write(context, "releases/R2/patient/part-00000.parquet", [{"patient_id": keys.wide_key("patient_id", me)}])
    return me, you


def test_forget_takes_one_person_and_leaves_the_other(context: Context) -> None:
    me, you = _small_warehouse(context)
    who = identify(context, site="site_a", patient_sn="A-1")
    dry = forget(context, who, reason="consent_withdrawn", write=False)
    assert context.warehouse.folders("candidate") == ["dead"] and not refusals.load(context.warehouse)
    done = forget(context, who, reason="consent_withdrawn")
    assert (
        dry.rows
        == done.rows
        == {"private.link": 1, "private.offsets": 1, "private.persons": 1, "private.quarantine": 1, "staging.notes": 1}
    )
    assert done.releases == {"R1": {"patient": 1}, "R2": {"patient": 1}} and done.landing == []
    assert context.warehouse.folders("candidate") == []
    assert dry.cohorts == done.cohorts == 1 and context.warehouse.folders("cohorts/c1") == []
    assert context.warehouse.exists("cohorts/c1/attrition.parquet")
    assert context.state("deidentify", "site_a", "2024-01-01")["rows"] == {"notes": 1}
    left = [pq.read_table(p).to_pylist() for p in Path(context.warehouse.path("staging")).rglob("*.parquet")]
    assert [r["patient_id"] for rows in left for r in rows] == [you]
    again = forget(context, identify(context, key=me), reason="consent_withdrawn")
    assert not again.new and again.entry == done.entry and again.releases == done.releases
    assert [e["action"] for e in audit.entries(context.warehouse)] == ["forget"]


def test_the_key_of_a_wide_release_is_understood(context: Context) -> None:
    me, _ = _small_warehouse(context)
    assert identify(context, key=keys.wide_key("patient_id", me)).people == {me}


def test_somebody_never_delivered_can_be_refused_beforehand(context: Context) -> None:
    done = forget(context, identify(context, site="site_a", patient_sn="A-77"), reason="erasure_request")
    assert done.new and not done.rows and patient_token("site_a", "A-77") in refusals.patient_tokens(context.warehouse)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [({}, "in one way"), ({"key": "K", "site": "site_a"}, "in one way"), ({"key": "K"}, "knows nobody"),
     ({"site": "site_a"}, "number is missing"), ({"site": "nowhere", "patient_sn": "1"}, "no site 'nowhere'")],
)  # fmt: skip
def test_who_is_meant_must_be_clear(context: Context, asked: dict[str, str], sentence: str) -> None:
    _small_warehouse(context)
    with pytest.raises(ConfigError, match=sentence):
        identify(context, **asked)


def test_lifting_lets_the_next_run_read_the_deliveries_again(context: Context) -> None:
    _small_warehouse(context)
    done = forget(context, identify(context, site="site_a", patient_sn="A-1"), reason="other")
    assert lift(context, done.entry, "ethics office") == ["site_a"]
    assert context.state("deidentify", "site_a", "2024-01-01")["input_hash"] == "" and not refusals.load(
        context.warehouse
    )
    assert audit.entries(context.warehouse)[-1]["ordered_by"] == "ethics office"


def test_closure_over_keys_and_numbers(context: Context) -> None:
    """A number that had another key before belongs to the person, and so does everything else under that key."""
    one, two, three = (patient_token("site_a", n) for n in ("1", "2", "3"))
    entry = {"site": "site_a", "opt_out": False, "known": None}
    _write(
        context,
        "private/link/r1/map-00000.parquet",
        [entry | {"patient_token": one, "patient_id": "OLD"}, entry | {"patient_token": two, "patient_id": "OLD"}],
        MAP_SCHEMA,
    )
    _write(
        context,
        "private/link/r2/map-00000.parquet",
        [entry | {"patient_token": one, "patient_id": "NEW"}, entry | {"patient_token": three, "patient_id": "X"}],
        MAP_SCHEMA,
    )
    found = persons.find(context.warehouse, ["NEW"], ())
    assert found.people == {"OLD", "NEW"} and found.tokens == {one, two}


def test_erasing_knows_every_kind_of_part() -> None:
    names = [
        "staging/labs/site=a/delivery=d/x.parquet",
        "private/rows/site=a/delivery=d/run-0001-known-00000.parquet",
        "private/offsets/site=a/x-notes-00000.parquet",
    ]
    assert [erase.label(n) for n in names] == ["staging.labs", "private.known", "private.offsets"]


def test_settings_of_privacy_are_checked(tmp_path: Path) -> None:
    from jobs.runtime.settings import load_settings

    assert Settings().privacy.refuse_namesakes and Settings().release.wide.k == 11
    (tmp_path / "s.toml").write_text("[release.wide]\nage_band = 7\n")
    with pytest.raises(ConfigError, match=r"release\.wide\.age_band"):
        load_settings(tmp_path / "s.toml")
    assert json.loads(Settings().model_dump_json())["privacy"]["risk"]["k"] == [5, 11]
