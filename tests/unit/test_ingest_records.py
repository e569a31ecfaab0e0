"""Damaged files: the bad record is named, the rest is read, nothing is swallowed."""

from __future__ import annotations

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.records import RAW, columns, records
from jobs.runtime.errors import InputUnusable
from jobs.runtime.sites import FileRules


def rules(form: str = "csv", encoding: str = "utf-8") -> FileRules:
    return FileRules(table="patients", pattern="*", format=form, encoding=encoding, columns={"patient_sn": "a"})


def read(
    data: bytes, form: str = "csv", name: str = "f", encoding: str = "utf-8"
) -> list[tuple[int, dict[str, str], str]]:
    return list(records(io.BytesIO(data), name, rules(form, encoding)))


def test_quoted_newlines_belong_to_one_record() -> None:
    assert read(b'a,b\n1,"x\ny"\n2,z\n') == [(1, {"a": "1", "b": "x\ny"}, ""), (2, {"a": "2", "b": "z"}, "")]


def test_a_quote_that_never_closes_costs_its_own_line_only() -> None:
    found = read(b'a,b\n1,"open\n2,fine\n3,"also ""fine"""\n')
    assert [(n, problem) for n, _, problem in found] == [(1, "broken quote"), (2, ""), (3, "")]
    assert found[0][1] == {RAW: '1,"open\n'}
    assert found[2][1]["b"] == 'also "fine"'


def test_a_broken_quote_in_a_note_of_several_lines_costs_that_note_only() -> None:
    data = b'a,b\n1,"x\ny"\n2,"first\nsaid "hm\nmore\nlast"\n3,"u\nv"\n4,"w"\n'
    found = read(data)
    assert [(n, problem) for n, _, problem in found] == [(1, ""), (2, "broken quote"), (3, ""), (4, "")]
    assert found[1][1] == {RAW: '2,"first\nsaid "hm\nmore\nlast"\n'} and found[2][1] == {"a": "3", "b": "u\nv"}


def test_a_row_cut_off_at_a_stray_quote_is_not_taken_for_whole() -> None:
    found = read(b'a,b\n1,"he said "\nand more"\n2,"fine"\n')
    assert [(n, problem) for n, _, problem in found] == [(1, "broken quote"), (2, "")]


def test_two_broken_quotes_are_two_records() -> None:
    found = read(b'a,b\n1,"open\n2,"open too\n3,fine\n')
    assert [(n, problem) for n, _, problem in found] == [(1, "broken quote"), (2, "broken quote"), (3, "")]


def test_byte_order_mark_carriage_returns_and_blank_lines() -> None:
    assert read(b"\xef\xbb\xbfa,b\r\n\r\n1,2\r\n   \r\n3,4\r\n") == [
        (1, {"a": "1", "b": "2"}, ""),
        (2, {"a": "3", "b": "4"}, ""),
    ]
    assert read(b'\xef\xbb\xbf{"a": 1}\r\n\r\n{"a": 2}\r\n', "jsonl") == [(1, {"a": "1"}, ""), (2, {"a": "2"}, "")]


def test_utf_16_that_ends_within_a_character() -> None:
    with pytest.raises(InputUnusable, match="not utf-16"):
        read("a,b\n1,2\n".encode("utf-16")[:-1], encoding="utf-16")


def test_wrong_number_of_fields_is_said() -> None:
    assert read(b"a,b\n1,2,3\n4,5\n")[0][2] == "3 fields where the header has 2"


def test_an_undecodable_byte_in_the_middle_spoils_one_record() -> None:
    data = "a,b\n1,张\n2,李\n".encode("gb18030").replace("张".encode("gb18030"), b"\xff\x31")
    assert [problem for _, _, problem in read(data, encoding="gb18030")] == ["undecodable byte", ""]


def test_wrong_encoding_is_told_by_the_header() -> None:
    with pytest.raises(InputUnusable, match="header is not utf-8"):
        read("编号,姓名\n1,张\n".encode("gb18030"))


def test_a_csv_file_without_a_header_is_refused_and_empty_json_lines_hold_no_record() -> None:
    with pytest.raises(InputUnusable, match="empty"):
        read(b"")
    assert read(b"\n\n", "jsonl") == []


def test_truncated_gzip() -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 5000)
    with pytest.raises(InputUnusable, match="ends too early"):
        read(whole[: len(whole) // 2], name="f.csv.gz")


def test_gzip_that_is_none() -> None:
    with pytest.raises(InputUnusable, match="damaged"):
        read(b"a,b\n1,2\n", name="f.csv.gz")


def test_truncated_parquet() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": list(range(1000))}), buffer)
    with pytest.raises(InputUnusable, match="Parquet file is damaged"):
        read(buffer.getvalue()[:-20], "parquet")


def test_parquet_types_become_text() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([1.0, None]), "d": pa.array([None, 1577836800], pa.timestamp("s"))}), buffer)
    assert [values for _, values, _ in read(buffer.getvalue(), "parquet")] == [
        {"a": "1", "d": ""},
        {"a": "", "d": "2020-01-01 00:00:00"},
    ]


def test_json_lines_one_by_one() -> None:
    lines = [b'{"a": 1}', b"{broken", b"[1]", b'{"a": {"b": 1}}', b'{"a": "\xff"}', b'{"a": true}']
    assert [problem for _, _, problem in read(b"\n".join(lines), "jsonl")] == [
        "", "line is not JSON", "line is not a JSON object", "record is nested", "undecodable byte", "",
    ]  # fmt: skip


def test_json_that_python_would_stumble_over() -> None:
    lines = [
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b'{"a": 110101199003070011}',
    ]
    found = read(b"\n".join(lines), "jsonl")
    assert [problem for _, _, problem in found] == ["", "line is not JSON", "a key stands twice", "", ""]
    assert found[3][1] == {"a": ""} and found[4][1] == {"a": "110101199003070011"}


def test_parquet_values_that_python_cannot_hold_spoil_their_row_only() -> None:
    table = pa.table(
        {
            "d": pa.array([0, 10_000_000], pa.int32()).cast(pa.date32()),
            "n": pa.array([None, [1]], pa.list_(pa.int64())),
            "s": pa.array([b"fine", b"\xff"], pa.binary()),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    found = read(buffer.getvalue(), "parquet")
    assert [problem for _, _, problem in found] == ["", "record is nested"]
    assert found[0][1] == {"d": "1970-01-01", "n": "", "s": "fine"} and found[1][1]["d"] == "10000000"


def test_a_header_that_repeats_a_column() -> None:
    with pytest.raises(InputUnusable, match="twice"):
        columns(io.BytesIO(b"a,a\n"), "f", rules())


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=8))
def test_every_json_record_comes_back(pairs: list[tuple[str, str]]) -> None:
    data = "\n".join(json.dumps({"a": a, "b": b}) for a, b in pairs).encode()
    assert [(v["a"], v["b"]) for _, v, _ in read(data, "jsonl")] == pairs


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_our_error(noise: bytes) -> None:
    try:
        found = read(b"a,b\n" + noise)
    except InputUnusable:
        return
    assert [n for n, _, _ in found] == list(range(1, len(found) + 1))


def test_a_broken_note_of_many_lines_is_read_in_linear_time() -> None:
    note = b'1,"open\n' + b"line\n" * 200_000
    assert [problem for _, _, problem in read(b"a,b\n" + note + b"2,fine\n")] == ["broken quote", ""]
