"""The list of spans in texts of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import deid_texts


def test_counts_are_printed_and_words_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, shown = tmp_path / "notes.jsonl", tmp_path / "spans.tsv"
    lines = [{"content": "姓名：方晓岚，2020-03-04入院"}, {"content": ""}, {"content": "姓名：何静"}]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["deid_texts", str(file), "--field", "content", "--examples", str(shown)])
    deid_texts.main()
    printed = capsys.readouterr().out
    assert "2 texts" in printed
    assert "NAME         rules       2  network       0" in printed
    assert "方晓岚" not in printed and "何静" not in printed
    assert "DATE\tdate.ymd_num\tcalendar\t姓名：方晓岚，⟦2020-03-04⟧入院" in shown.read_text(encoding="utf-8")
