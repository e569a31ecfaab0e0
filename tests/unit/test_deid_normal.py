"""Canonical forms and date shifting of columns."""

from __future__ import annotations

import pytest

from nlp.deid import shift_iso
from nlp.deid.fold import fold
from nlp.deid.normal import id15_to_18, normalise_id, normalise_name, normalise_phone, province_code, valid_id18


def test_resident_number_needs_province_date_and_check_digit() -> None:
    assert valid_id18("11010519491231002X")
    assert valid_id18("１１０１０５ 19491231 002x")
    assert not valid_id18("110105194912310021")
    assert not valid_id18("990105194912310021")
    assert not valid_id18("")


def test_old_numbers_are_converted() -> None:
    assert id15_to_18("110105491231002") == "11010519491231002X"
    assert normalise_id("110105491231002") == "11010519491231002X"
    assert normalise_id("11010519491231002x") == "11010519491231002X"
    assert normalise_id("110105194912310021") is None
    with pytest.raises(ValueError, match="15-digit"):
        id15_to_18("123")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("+86 138-1234-5678", "13812345678"),
        ("013812345678", "13812345678"),
        ("0571-87654321", "057187654321"),
        ("123", None),
        ("", None),
    ],
)
def test_phones(raw: str, expected: str | None) -> None:
    assert normalise_phone(raw) == expected


def test_names() -> None:
    assert normalise_name("张　三") == "张三"
    assert normalise_name("阿依古丽•买买提") == normalise_name("阿依古丽.买买提") == "阿依古丽·买买提"
    assert normalise_name("John Smith") == "JOHNSMITH"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("浙江省杭州市西湖区", "33"),
        ("南京市鼓楼区", "32"),
        ("桐乡", "33"),
        ("成都", "51"),
        ("内蒙古自治区包头市", "15"),
        ("火星", None),
    ],
)
def test_province_of_an_address(address: str, code: str | None) -> None:
    assert province_code(address) == code


def test_shift_iso() -> None:
    assert shift_iso("2019-12-30", "D", 5) == "2020-01-04"
    assert shift_iso("2019-12", "M", 20) == "2020-01"
    assert shift_iso("2019", "Y", 20) == "2019"
    with pytest.raises(ValueError):
        shift_iso("2019-02-30", "D", 1)


def test_folding_keeps_the_length() -> None:
    text = "姓名：张　三（１２３）〔x〕\u200b"
    assert len(fold(text)) == len(text)
