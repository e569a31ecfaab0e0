"""What runs in Spark's Python workers, without Spark: packing, deriving and unpacking lose and change nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from jobs.derive.worker import BUCKET, PART, SEPARATOR, DeriveWorker, Packer, decode, encode, lists, unpack
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


def _as_spark_sends(table: pa.Table, buckets: int, part: int) -> pa.Table:
    """Lists as text, and the working columns."""
    if "mention_ids" in table.column_names:
        texts = ["".join(SEPARATOR + i for i in ids) for ids in table["mention_ids"].to_pylist()]
        table = table.set_column(table.column_names.index("mention_ids"), "mention_ids", pa.array(texts))
    numbers = [int(p[1:]) % buckets for p in table["patient_id"].to_pylist()]
    table = table.append_column(BUCKET, pa.array(numbers, pa.int32()))
    return table.append_column(PART, pa.array([part] * table.num_rows, pa.int32()))


def _cells(inputs: dict[str, pa.Table], buckets: int) -> list[pa.RecordBatch]:
    cells: list[pa.RecordBatch] = []
    for name, table in inputs.items():
        halves = (table.slice(0, table.num_rows // 2), table.slice(table.num_rows // 2))
        for part, half in enumerate(halves):
            packer = Packer(name, ["mention_ids"] if "mention_ids" in half.column_names else [])
            cells += packer(iter(_as_spark_sends(half, buckets, part).to_batches()))
    return cells


def test_buckets_of_patients_give_what_all_patients_give_together() -> None:
    inputs = _inputs(9)
    worker = DeriveWorker(wanted=COURSE_TABLES, cutoff=CUTOFF, gap_days=None)
    cells = _cells(inputs, 3)
    assert {cell["bucket"][0].as_py() for cell in cells} == {0, 1, 2}
    answers = list(worker(iter(reversed(cells))))
    expected = derive_tables(inputs, load_rules().with_cutoff(CUTOFF), COURSE_TABLES)
    for name in COURSE_TABLES:
        mine = [a for a in answers if a["table"][0].as_py() == name]
        got = [row for batch in unpack(iter(mine)) for row in batch.to_pylist()]
        key = lambda row: str(sorted((c, str(v)) for c, v in row.items()))  # noqa: E731
        assert sorted(got, key=key) == sorted(expected[name].to_pylist(), key=key), name
    assert expected["tumour"]["mention_ids"].to_pylist()[0] == ["p0", "x"]
    assert expected["line_of_therapy"].num_rows == 9


def test_a_gap_of_its_own_reaches_the_rules() -> None:
    assert DeriveWorker(wanted=(), cutoff=CUTOFF, gap_days=60).rules().policy("NSCLC").gap_days == 60


def test_lists_come_back_from_text() -> None:
    texts = pa.chunked_array([[f"{SEPARATOR}a{SEPARATOR}b", "", None]])
    assert lists(texts).to_pylist() == [["a", "b"], [], None]


def test_a_table_survives_its_cell() -> None:
    table = pa.table({"d": pa.array([date(2020, 1, 1), None]), "l": pa.array([["a"], None])})
    assert decode(encode(table)) == table


def test_an_empty_partition_packs_to_nothing() -> None:
    assert list(Packer("patient")(iter([]))) == []
