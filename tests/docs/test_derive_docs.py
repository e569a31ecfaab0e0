"""The derivations page says what rules and spec cases say."""

from __future__ import annotations

from warehouse.derive.docs import CASES, CHAPTERS, TARGET, render


def test_page_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "make it again: python -m warehouse.derive.docs"


def test_every_case_file_has_its_chapter() -> None:
    assert {path.stem for path in CASES.glob("*.txt")} == {name for name, _ in CHAPTERS}
