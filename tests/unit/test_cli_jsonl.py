"""JSON lines through the command line: every line answered in its place, whatever it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.cli.jsonl import Handler, InputLineError, process
from jobs.runtime.errors import ConfigError

ROOT = Path(__file__).parents[2]


def echo(word: str = "") -> Handler:
    """A handler that fails in the ways handlers fail."""

    def handle(record: dict[str, Any]) -> dict[str, Any]:
        match record.get("text"):
            case "field":
                raise InputLineError("the record has no 'other' string")
            case "value":
                return {"note_id": record["absent"]}
            case "crash":
                raise RuntimeError("欧阳保密")
            case text:
                return {"note_id": record.get("note_id"), "text": f"{text}{word}"}

    return handle


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_order_is_kept_and_a_bad_line_is_answered_in_its_place(tmp_path: Path) -> None:
    given = [
        b'\xef\xbb\xbf{"note_id": 1, "text": "a"}', b"", b"{broken", b"[1]", b'{"note_id": 4, "text": "\xff\xfe"}', b'{"note_id": 5, "text": "field"}',
        b'{"note_id": 6, "text": "value"}', b'{"note_id": 7, "text": "crash"}', b"[" * 200_000, b'{"n": ' + b"9" * 5000 + b"}",
        b'{"note_id": 9, "text": "\\ud800"}', b"   ", b'{"note_id": 10, "text": "z"}',
    ]  # fmt: skip
    (tmp_path / "in").write_bytes(b"\r\n".join(given))
    assert process(str(tmp_path / "in"), str(tmp_path / "out"), echo, {"word": "!"}) == 11
    found = lines(tmp_path / "out")
    assert [r.get("reason") for r in found] == [
        None, "line 3: the line is not JSON", "line 4: the line is not a JSON object", "line 5: the line is not UTF-8",
        "line 6: the record has no 'other' string", "line 7: unusable value (KeyError)", "line 8: RuntimeError", "line 9: the line is not JSON",
        "line 10: the line is not JSON", None, None,
    ]  # fmt: skip
    assert [r.get("note_id") for r in found] == [1, None, None, None, 5, 6, 7, None, None, 9, 10]
    assert found[-2]["text"] == "\ud800!" and found[0]["text"] == "a!"


def test_two_workers_give_the_same_output_in_the_same_order(tmp_path: Path) -> None:
    records = [json.dumps({"note_id": i, "text": "x" * (i % 7 * 400)}) if i % 10 else "oops" for i in range(400)]
    (tmp_path / "in").write_text("\n".join(records), encoding="utf-8")
    for workers in (1, 2):
        process(str(tmp_path / "in"), str(tmp_path / f"out{workers}"), echo, {}, workers)
    assert (tmp_path / "out1").read_bytes() == (tmp_path / "out2").read_bytes()
    assert len(lines(tmp_path / "out1")) == 400


def test_the_name_of_a_record_may_have_another_key(tmp_path: Path) -> None:
    (tmp_path / "in").write_text('{"id": "s1", "text": "crash"}\nx\n', encoding="utf-8")
    process(str(tmp_path / "in"), str(tmp_path / "out"), echo, {}, key="id")
    assert [r["id"] for r in lines(tmp_path / "out")] == ["s1", None]


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [("no", "out", "input file cannot"), ("in", "no/out", "output file cannot"), ("in", "in", "same file")],
)
def test_files_that_cannot_be_used(tmp_path: Path, source: str, target: str, said: str) -> None:
    (tmp_path / "in").write_text("{}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        process(str(tmp_path / source), str(tmp_path / target), echo, {})
    assert (tmp_path / "in").read_text(encoding="utf-8") == "{}\n"


def test_notes_through_a_pipe_without_a_progress_bar_and_with_a_two_megabyte_line() -> None:
    notes = [
        {"note_id": "a", "text": "患者欧阳保密，电话13912345678。"},
        {"note_id": "b", "text": "复查未见异常。\n" * 130_000},
    ]
    assert len(json.dumps(notes[1], ensure_ascii=False).encode()) > 2_000_000
    given = (
        b"".join(json.dumps(n, ensure_ascii=False).encode() + b"\n" for n in notes) + "欧阳".encode("gb18030") + b"\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "deid", "-i", "-", "-o", "-"],
        input=given,
        capture_output=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert done.returncode == 0 and [r["note_id"] for r in found] == ["a", "b", None]
    assert "13912345678" not in done.stdout.decode() and found[2]["reason"] == "line 3: the line is not UTF-8"
    assert found[1]["status"] in ("ok", "quarantined") and done.stderr == b""


def test_a_reader_that_leaves_early_ends_the_command_silently() -> None:
    command = [sys.executable, "-m", "jobs.cli", "deid"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        line = json.dumps({"note_id": "a", "text": "复查。" * 20}).encode() + b"\n"
        process.stdin.write(line * 400)
        process.stdin.close()
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 0
        assert process.stderr.read() == b""
