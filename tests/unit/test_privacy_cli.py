"""The privacy commands: they say what they would do, do it with ``--yes``, and never name who it is about."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import pytest

from jobs.cli import main
from jobs.ingest.seal import patient_token
from jobs.runtime import keys
from jobs.runtime.application import open_context
from tests.fixtures import crowd
from tests.unit.test_privacy_refusals import _small_warehouse


class Shell:
    """Types a command in a warehouse; gives exit code and everything that was printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch
        (folder / "landing" / "site_a" / "2024-01-01").mkdir(parents=True)
        context = open_context(landing=str(folder / "landing"), warehouse=str(folder / "w"))
        context.check_key()
        self.me, self.you = _small_warehouse(context)
        self.secrets = [
            self.me,
            "A-1",
            "欧阳安娜",
            patient_token("site_a", "A-1"),
            keys.wide_key("patient_id", self.me),
        ]

    def __call__(self, *words: str, typed: str = "") -> tuple[int, str]:
        self._monkeypatch.setattr(sys, "argv", ["oncorwe", *words])
        self._monkeypatch.setattr(sys, "stdin", StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        done = self._capsys.readouterr()
        text = done.out + done.err
        assert not [s for s in self.secrets if s in text], text
        return int(ended.value.code or 0), text

    def at(self, *words: str, typed: str = "") -> tuple[int, str]:
        """The same, at the test's landing area and warehouse."""
        return self(
            *words, "--warehouse", str(self.folder / "w"), "--landing", str(self.folder / "landing"), typed=typed
        )


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_forget_asks_for_yes_then_says_what_it_did(shell: Shell) -> None:
    words = ("forget", "--site", "site_a", "--patient-sn", "-")
    code, text = shell.at(*words, typed="A-1\n")
    assert code == 0 and "Would remove 5 row(s) of 1 patient number(s)" in text and "add --yes" in text
    code, text = shell.at(*words, "--yes", "--by", "ethics office", typed="A-1\n")
    assert (
        code == 0
        and "Removed 5 row(s)" in text
        and "staging.notes" in text
        and "is refused from now on (entry " in text
    )
    assert "Release R1 still holds the person: 1 row(s) in 1 table(s)" in text and "releases retract R1 --yes" in text
    assert "Delivered files of site_a may still hold the person" in text
    code, text = shell.at(*words, "--yes", typed="A-1\n")
    assert code == 0 and "Nothing is left to do" in text and "Release R2 still holds" in text
    warehouse = ("--warehouse", str(shell.folder / "w"))
    code, text = shell("audit", *warehouse)
    assert code == 0 and "ethics office" in text and "1 entries, none altered" in text
    code, text = shell("refusals", "--releases", *warehouse)
    assert code == 0 and "consent_withdrawn" in text and "still in release R1" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("forget",), "Name the person in one way"),
        (("forget", "--site", "site_a", "--patient-sn", "x", "--reason", "bored"), "There is no reason 'bored'"),
        (("forget", "--person", "K" * 26), "knows nobody by this person key"),
    ],
)
def test_an_unclear_order_is_refused_with_a_sentence(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    code, text = shell.at(*words)
    assert code == 2 and text.startswith("oncorwe: ") and sentence in text and text.count("\n") == 1


def test_a_folder_that_is_no_warehouse_is_refused(shell: Shell, tmp_path: Path) -> None:
    code, text = shell("audit", "--warehouse", str(tmp_path / "landing"))
    assert code == 2 and "is no warehouse" in text


def test_an_opt_out_list_and_its_lifting(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("patient_sn,name\nA-1,欧阳安娜\n,某\n", encoding="utf-8")
    words = ("refusals", "import", str(file), "--site", "site_a")
    assert shell.at(*words) == (0, "1 line(s) would be entered, 1 say too little. Add --yes to do it\n")
    assert shell.at(*words, "--yes")[1].startswith("1 new, 0 known, 1 say too little")
    listed = shell("refusals", "--warehouse", str(shell.folder / "w"))[1]
    entry = listed.split()[0]
    assert "Nothing was changed" in shell.at("refusals", "lift", entry)[1]
    assert "reads anew: site_a" in shell.at("refusals", "lift", entry, "--yes")[1]
    assert shell.at("refusals", "lift", entry, "--yes")[0] == 2


def test_retracting_on_the_command_line(shell: Shell) -> None:
    warehouse = ("--warehouse", str(shell.folder / "w"))
    code, text = shell("releases", "retract", "R1", *warehouse)
    assert code == 0 and "Would delete 1 file(s)" in text
    code, text = shell("releases", "retract", "R1", "--reason", "a person withdrew", "--yes", *warehouse)
    assert code == 0 and "Retracted R1" in text
    assert "a person withdrew" in shell("releases", "retracted", *warehouse)[1]
    assert shell("releases", "retract", "R9", "--yes", *warehouse)[0] == 2
    assert shell("releases", "retract", "../R2", "--yes", *warehouse)[0] == 2
    assert (shell.folder / "w" / "releases" / "R2" / "patient").is_dir()


def test_the_risk_of_a_release(shell: Shell, tmp_path: Path) -> None:
    crowd.build(tmp_path / "c", 60, 3)
    warehouse = ("--warehouse", str(tmp_path / "c"))
    code, text = shell("risk", *warehouse)
    assert code == 0 and "60  persons" in text and "prosecutor risk, maximum" in text
    code, text = shell("risk", "--quasi", "sex", "--format", "json", *warehouse)
    assert code == 0 and json.loads(text)["before"]["classes"] == 2
    assert shell("risk", "--quasi", "shoe", *warehouse)[0] == 2


def test_an_answer_that_may_leave(shell: Shell, tmp_path: Path) -> None:
    crowd.build(tmp_path / "c", 60, 3)
    code, text = shell("question", "q02", "--share", "--format", "csv", "--warehouse", str(tmp_path / "c"))
    assert code == 0 and "suppressed" in text.splitlines()[0]
