"""Source records to canonical rows: what makes a row bad, what only a cell."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest.canonical import _ALWAYS, Mapper, Row, parse_date
from jobs.runtime.sites import Site

SITE = Site.model_validate({
    "site": {"id": "h"},
    "delivery": {"date_formats": ["%Y/%m/%d", "%Y年%m月", "%Y"]},
    "file": [{
        "table": "encounters", "pattern": "e*", "columns": {"encounter_sn": "no", "patient_sn": "p", "encounter_type": "t", "start_time": "s", "end_time": "e", "total_cost": "c"},
        "values": {"encounter_type": {"1": "IN"}}, "constants": {"department": "肿瘤科"}, "ignore": ["x"],
    }],
})  # fmt: skip
MAPPER = Mapper(SITE, SITE.file[0], 50)
GOOD = {"no": "7", "p": "3", "t": "1", "s": "2020/02/29", "e": "", "c": "1,234.5"}


def row(**changes: str) -> Row:
    return MAPPER.row(GOOD | changes)


def test_a_good_row() -> None:
    assert row().values == {
        "encounter_sn": "7",
        "patient_sn": "3",
        "encounter_type": "IN",
        "start_time": "2020-02-29",
        "department": "肿瘤科",
        "total_cost": "1234.5",
    }
    assert not row().problem and not row().cells


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"p": " "}, "patient_sn", "required value is missing"),
        ({"s": "2021/02/30"}, "start_time", "not a possible date"),
        ({"t": "9"}, "encounter_type", "value set"),
    ],
)
def test_a_wrong_required_value_spoils_the_row(change: dict[str, str], column: str, reason: str) -> None:
    found = row(**change)
    assert found.column == column and reason in found.problem


@pytest.mark.parametrize(("change", "column"), [({"e": "2021/13/01"}, "end_time"), ({"c": "about 3"}, "total_cost")])
def test_a_wrong_optional_value_spoils_its_cell(change: dict[str, str], column: str) -> None:
    found = row(**change)
    assert not found.problem and [c.column for c in found.cells] == [column] and column not in found.values


def test_a_deletion_needs_its_key_only() -> None:
    found = MAPPER.row({"no": "7", "_deleted": "1"})
    assert found.deleted and not found.problem


def test_control_characters_become_spaces_and_keep_offsets() -> None:
    assert row(no="a\x00b\x1fc").values["encounter_sn"] == "a b c"


def test_columns_missing_and_unknown() -> None:
    assert MAPPER.missing_columns(["no", "p", "t"]) == (["start_time"], ["end_time", "total_cost"])
    assert MAPPER.unknown_columns(["no", "x", "_deleted", "new"]) == ["new"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019/3/5", "2019-03-05"),
        ("2019年3月", "2019-03"),
        ("2019", "2019"),
        ("2019-03-05 10:00", "2019-03-05"),
        ("1700/1/1", None),
        ("2019/02/29", None),
        ("soon", None),
        ("2999/1/1", None),
    ],
)
def test_dates_keep_their_precision(text: str, iso: str | None) -> None:
    formats = ("%Y/%m/%d", "%Y年%m月", "%Y", "%Y-%m-%d %H:%M")
    assert parse_date(text, formats) == iso


@pytest.mark.parametrize(
    ("text", "formats", "iso"),
    [
        ("202312", ("%Y%m%d",), None),
        ("202312", ("%Y%m%d", "%Y%m"), "2023-12"),
        ("2023121", ("%Y%m%d",), None),
        ("20231", ("%Y%m",), None),
        ("2023120510", ("%Y%m%d%H%M",), None),
        ("20231205", ("%Y%m", "%Y%m%d"), "2023-12-05"),
        ("2023/1/5 8:05", ("%Y/%m/%d %H:%M",), "2023-01-05"),
        ("2023年1月05日", ("%Y年%m月%d日",), "2023-01-05"),
        ("5-MAR-2019", ("%d-%b-%Y",), "2019-03-05"),
        ("2020-01-01T00:00:00+08:00", (), "2020-01-01"),
        ("2020-01-01 00:00:00.500", (), "2020-01-01"),
    ],
)
def test_fields_that_touch_must_be_padded(text: str, formats: tuple[str, ...], iso: str | None) -> None:
    """``strptime`` alone would read 202312 as 2 January 2023."""
    assert parse_date(text, (*formats, *_ALWAYS)) == iso


@given(
    st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    st.sampled_from(["%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y年%m月%d日", "%Y-%j"]),
)
def test_what_a_format_writes_it_reads(day: date, pattern: str) -> None:
    text = day.strftime(pattern)
    assert parse_date(text, (pattern,)) == datetime.strptime(text, pattern).date().isoformat()


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert row(no="a\ud800b").values["encounter_sn"] == "a\ufffdb"


def test_a_deletion_with_a_wrong_date_still_deletes() -> None:
    found = MAPPER.row({"no": "7", "s": "never", "_deleted": "1"})
    assert found.deleted and not found.problem and [c.column for c in found.cells] == ["start_time"]


def test_an_endless_number_is_none() -> None:
    assert [c.reason for c in row(c="1e999").cells] == ["not a number"]
