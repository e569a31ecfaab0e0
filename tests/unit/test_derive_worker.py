"""What runs in Spark's Python workers, without Spark: dealing, deriving, writing and unpacking lose and change nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.derive.worker import Cell, Dealer, Deriver, File, Writer, dealt, decode, encode, gathered, read
from jobs.runtime.storage import Store
from warehouse.derive import load_rules
from warehouse.derive.columnar import COURSE_TABLES, derive_tables

CUTOFF = date(2024, 12, 31)
DRUG = {"drug_name_std": "osimertinib", "drug_class": "TARGETED", "is_antineoplastic": True, "record_kind": "ADMINISTERED", "route": "PO"}  # fmt: skip


def _inputs(count: int) -> dict[str, pa.Table]:
    people = [f"p{n}" for n in range(count)]
    rows: dict[str, list[dict[str, Any]]] = {
        "patient": [{"patient_id": p, "birth_year": 1950} for p in people],
        "diagnosis": [{"patient_id": p, "diagnosis_date": date(2020, 1, 5), "icd10_code": "C34.1", "certainty": "CONFIRMED", "mention_ids": [p, "x"]} for p in people],
        "staging": [{"patient_id": p, "stage_date": date(2020, 1, 9), "stage_group_recorded": "IV"} for p in people],
        "drug_administration": [{"patient_id": p, "drug_admin_id": p, "start_date": date(2020, 2, n % 27 + 1), **DRUG} for n, p in enumerate(people)],
    }  # fmt: skip
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def _files(root: Path, inputs: dict[str, pa.Table]) -> list[File]:
    """Each table in two files."""
    files = []
    for name, table in inputs.items():
        half = table.num_rows // 2
        for part, rows in enumerate((table.slice(0, half), table.slice(half))):
            file = File(name, f"conformed/{name}/part-{part}.parquet", part)
            (root / file.name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, root / file.name)
            files.append(file)
    return files


def _cells(root: Path, inputs: dict[str, pa.Table], buckets: int, wanted: tuple[str, ...]) -> list[Cell]:
    dealer = Dealer(str(root), "cells", buckets, wanted)
    tasks = [{"files": [(f.table, f.name, f.part)]} for f in _files(root, inputs)]
    return [cell for task in tasks for answer in dealer(task) for cell in answer["cells"]]


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted((c, str(v)) for c, v in row.items())) for row in rows)


def test_buckets_of_patients_give_what_all_patients_give_together(tmp_path: Path) -> None:
    inputs = _inputs(9)
    deriver = Deriver(wanted=COURSE_TABLES, cutoff=CUTOFF, gap_days=None)
    cells = _cells(tmp_path, inputs, 3, COURSE_TABLES)
    assert {cell.bucket for cell in cells} == {0, 1, 2}
    store = Store(str(tmp_path))
    answers = [deriver.derived(store, [c for c in cells[::-1] if c.bucket == bucket]) for bucket in range(3)]
    expected = derive_tables(inputs, load_rules().with_cutoff(CUTOFF), COURSE_TABLES)
    for name in COURSE_TABLES:
        got = [row for tables in answers for row in tables[name].to_pylist()]
        assert _sorted(got) == _sorted(expected[name].to_pylist()), name
    assert expected["tumour"]["mention_ids"].to_pylist()[0] == ["p0", "x"]
    assert expected["line_of_therapy"].num_rows == 9


def test_files_do_not_depend_on_the_order_in_which_parts_come(tmp_path: Path) -> None:
    cells = _cells(tmp_path, _inputs(9), 2, ("staging", "tumour"))
    found = []
    for name, order in (("one", cells), ("other", cells[::-1])):
        deriver = Deriver(wanted=("staging", "tumour"), cutoff=CUTOFF, gap_days=None)
        writer = Writer(deriver, str(tmp_path), name, "r7")
        tasks = [{"bucket": b, "cells": [c for c in order if c.bucket == b]} for b in range(2)]
        answers = [answer for task in tasks for answer in writer(task)]
        assert sum(a["n"] for a in answers if a["table"] == "staging") == 9
        found.append([p.read_bytes() for p in sorted((tmp_path / name).rglob("*.parquet"))])
    assert len(found[0]) == 4
    assert found[0] == found[1]
    assert set(pq.read_table(tmp_path / "one" / "tumour")["release_id"].to_pylist()) == {"r7"}


def test_every_patient_has_one_bucket() -> None:
    table = pa.table({"patient_id": [f"p{n % 7}" for n in range(50)], "n": range(50)})
    parts = dict(dealt(table, 4))
    owners = [set(part["patient_id"].to_pylist()) for part in parts.values()]
    assert sum(map(len, owners)) == 7
    assert sorted(n for part in parts.values() for n in part["n"].to_pylist()) == list(range(50))
    assert [part["n"].to_pylist() for _, part in dealt(table, 1)] == [list(range(50))]


def test_rows_without_a_patient_are_not_lost(tmp_path: Path) -> None:
    table = pa.table({"patient_id": ["p0", None, "p1", None], "stage_date": [date(2020, 1, 1)] * 4})
    parts = [part for _, part in dealt(table, 2)]
    assert sorted(str(i) for part in parts for i in part["patient_id"].to_pylist()) == ["None", "None", "p0", "p1"]
    dropped = derive_tables({"staging": table}, load_rules(), ("staging",))["_unplaced"]
    assert dropped.to_pylist() == [{"table": "staging", "reason": "no_tumour"}] * 4


def test_tables_that_come_out_again_travel_whole(tmp_path: Path) -> None:
    dealer = Dealer(str(tmp_path), "cells", 1, ("staging",))
    assert dealer.columns("staging", ["patient_id", "suffix"]) == ["patient_id", "suffix"]
    assert dealer.columns("surgery", ["patient_id", "approach"]) == ["patient_id"]


def test_a_gap_of_its_own_reaches_the_rules() -> None:
    assert Deriver(wanted=(), cutoff=CUTOFF, gap_days=60).rules().policy("NSCLC").gap_days == 60


def test_a_table_survives_its_cell() -> None:
    table = pa.table({"d": pa.array([date(2020, 1, 1), None]), "l": pa.array([["a"], None])})
    assert decode(encode(table)) == table


def test_an_empty_file_is_dealt_to_nobody() -> None:
    assert list(dealt(pa.table({"patient_id": pa.array([], pa.string())}), 3)) == []


def test_a_file_is_read_without_what_it_does_not_hold(tmp_path: Path) -> None:
    """Columns without a value are left out, texts that repeat themselves come as dictionaries, keys as texts."""
    rows = 200
    table = pa.table({"patient_id": ["p"] * rows, "kind": ["a", None] * (rows // 2), "key": [f"{n:026d}" for n in range(rows)], "none": pa.nulls(rows, pa.string()), "list": [["x"], None] * (rows // 2), "late": ["x", *[None] * (rows - 1)]})  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=60)
    with (tmp_path / "t.parquet").open("rb") as source:
        got = read(source, list)
    assert got.column_names == ["patient_id", "kind", "key", "list", "late"]
    assert [pa.types.is_dictionary(got[c].type) for c in got.column_names] == [True, True, False, False, True]
    assert got.cast(table.drop_columns(["none"]).schema).equals(table.drop_columns(["none"]))


def test_parts_that_were_read_differently_come_together(tmp_path: Path) -> None:
    """A column may be missing in one file, a dictionary in the next and text in the last."""
    parts = [
        pa.table({"patient_id": ["p0"]}),
        pa.table({"patient_id": ["p1"], "grade": pa.array(["G2"]).dictionary_encode()}),
        pa.table({"patient_id": ["p2"], "grade": ["G3"]}),
    ]
    (tmp_path / "c").write_bytes(b"".join(map(encode, parts)))
    sizes = [len(encode(p)) for p in parts]
    cells = [Cell(0, "pathology", n, "c", sum(sizes[:n]), sizes[n]) for n in range(3)]
    got = gathered(Store(str(tmp_path)), cells)["pathology"]
    assert got.to_pylist() == [{"patient_id": f"p{n}", "grade": g} for n, g in enumerate((None, "G2", "G3"))]
