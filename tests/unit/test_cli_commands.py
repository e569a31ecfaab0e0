"""Commands as a user meets them: help that teaches, exit codes, errors of one line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from jobs.cli import app, main
from jobs.cli.notes import read_code_table
from jobs.cli.panels import PANELS
from tests.fixtures import mini_release

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "warehouse"
    mini_release.build(folder)
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command line in this process: exit code, output, errors."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["oncorwe", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its whole help text."""

    def walk(command: object, name: str) -> Iterator[tuple[str, str]]:
        children = getattr(command, "commands", {})
        for child, made in children.items():
            yield from walk(made, f"{name} {child}".strip())
        if not children or name == "releases":
            yield name, str(getattr(command, "help", "") or "")

    yield from walk(typer.main.get_command(app), "")


def test_help_groups_every_command_by_its_user() -> None:
    named = {made.name or made.callback.__name__ for made in (*app.registered_commands, *app.registered_groups)}  # type: ignore[union-attr]
    assert named == {name for names in PANELS.values() for name in names}


def test_every_command_teaches_by_example() -> None:
    found = dict(commands())
    assert {
        "deid",
        "annotate",
        "code",
        "sql",
        "releases",
        "releases diff",
        "synth",
        "explain",
        "question",
        "report",
        "dictionary",
        "catalog",
    } <= set(found)
    assert {"quarantine", "runs", "site check", "key new", "key fingerprint", "train ner", "run"} <= set(found)
    for name, text in found.items():
        assert re.search(rf"Example: .*oncorwe {name}\b", text), name
    for name in ("deid", "annotate", "code"):
        assert "In:" in found[name] and "Out:" in found[name] and "error" in found[name], name


GOOD = {
    "sql": ["select count(*) n from patient"], "releases": [], "releases verify": [], "question": ["q05"], "report": [], "catalog": [],
    "releases diff": [mini_release.RELEASE_ID, mini_release.RELEASE_ID], "explain": ["patient", "p1"], "quarantine": [], "runs": [],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_commands_on_a_release(run: Run, warehouse: Path, name: str) -> None:
    code, out, err = run(*name.split(), *GOOD[name], "--warehouse", warehouse)
    assert code == 0 and not err and (out or name in ("quarantine", "runs"))


BAD = {
    "sql 'select 1' --warehouse {tmp}/none": (2, "no release yet"),
    "sql 'select * from nope' --warehouse {w}": (2, "nope does not exist"),
    "sql 'drop table patient' --warehouse {w}": (2, "Only statements that read"),
    "sql 'select 1' --warehouse {w} --format xml": (2, "no format xml"),
    "sql 'select 1' --warehouse {w} -o {tmp}/none/x.csv": (2, "output file cannot be written .*folder does not exist"),
    "sql 'select 1' --warehouse {w} --release r9": (2, "no release r9"),
    "releases --warehouse {tmp}/none": (2, "no release yet"),
    "releases diff r1 r2 --warehouse {w}": (2, "no release r1"),
    "explain staging nobody --warehouse {w}": (2, "no row with that key"),
    "explain patient p1 --html {tmp}/none/x.html --warehouse {w}": (2, "folder does not exist"),
    "question q99 --warehouse {w}": (2, "no question q99"),
    "catalog --engine mysql --warehouse {w}": (2, "no catalog script for mysql"),
    "dictionary -o {tmp}/file": (2, r"cannot be read or written \[.*file\]"),
    "quarantine --warehouse {tmp}/none": (2, "does not exist"),
    "runs r9 --warehouse {w}": (2, "There is no run 'r9'"),
    "site check {tmp}/none.toml": (2, "does not exist"),
    "site check {tmp}/bad.toml": (2, "'delivry' cannot be used .*bad.toml.*no such key"),
    "site check jobs/sites/site_a.toml --landing {tmp}": (6, ""),
    "key new {tmp}/file": (5, "already there"),
    "synth --output {tmp}/s --patients 0": (2, "greater than or equal"),
    "synth --output {tmp}/s --sites 99": (2, "99 synthetic sites"),
    "synth --output {tmp}/file/s": (2, "cannot be read or written"),
    "code --table {tmp}/none": (2, "code table cannot be read"),
    "code --table {tmp}/file": (2, "code table is empty"),
    "deid -i {tmp}/none": (2, "input file cannot be read"),
    "deid --style loud": (2, "no style 'loud'"),
    "deid --workers 0": (2, "greater than or equal"),
    "annotate --model {tmp}/none": (2, "There is no model"),
    "evaluate deid --gold {tmp}/file --pred {tmp}/file": (2, "cannot be read"),
    "run --landing {tmp}/none": (2, "landing folder does not exist"),
    "run --landing {tmp} --site nowhere": (2, "no site 'nowhere'"),
    "run --landing {tmp} --settings {tmp}/none": (2, "settings file does not exist"),
    "run": (2, "Missing option '--landing'"),
    "nonsense": (2, "No such command 'nonsense'"),
}  # fmt: skip


@pytest.mark.parametrize("line", BAD)
def test_errors_are_one_line_with_an_exit_code(run: Run, warehouse: Path, tmp_path: Path, line: str) -> None:
    import shlex

    (tmp_path / "file").write_text("x\n", encoding="utf-8")
    (tmp_path / "bad.toml").write_text("[site]\nid = 'x'\n[delivry]\nkind = 'snapshot'\n[[file]]\n", encoding="utf-8")
    code, said = BAD[line]
    found, out, err = run(*shlex.split(line.format(tmp=tmp_path, w=warehouse)))
    assert found == code
    assert re.search(said, err) and "Traceback" not in err
    assert err.count("\n") == 1 and err.startswith("oncorwe: ") if said else out.count("\n") == 1


def test_without_a_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs.runtime import keys

    monkeypatch.delenv("ONCORWE_KEY")
    monkeypatch.delenv("ONCORWE_KEY_FILE", raising=False)
    keys.project_key.cache_clear()
    code, _, err = run("key", "fingerprint")
    monkeypatch.undo()
    keys.project_key.cache_clear()
    assert code == 5 and err.startswith("oncorwe: No project key is configured")


@pytest.mark.parametrize(("raised", "code", "said"), [
    (KeyboardInterrupt(), 130, ""), (RuntimeError("欧阳保密"), 1, "unexpected RuntimeError"), (FileNotFoundError(2, "No such file", "/x/欧阳保密"), 2, "No such file"),
])  # fmt: skip
def test_what_nobody_foresaw_says_its_kind_only(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, said: str
) -> None:
    from jobs.runtime import keys

    def fail() -> str:
        raise raised

    monkeypatch.setattr(keys, "fingerprint", fail)
    found, out, err = run("key", "fingerprint")
    assert found == code and said in err and "欧阳" not in err + out


@pytest.mark.parametrize(
    ("lines", "pairs"),
    [
        ("C16\t胃恶性肿瘤\n", [("C16", "胃恶性肿瘤")]),
        ("code\tname\nC16\t胃恶性肿瘤\n", [("C16", "胃恶性肿瘤")]),
        ("# source\ncode\tname_en\tname_zh\nC16\tStomach\t胃恶性肿瘤\n", [("C16", "胃恶性肿瘤")]),
        ("code\twords\tname_zh\nC16\tStomach\t\nC15\tOesophagus\t食管\n", [("C15", "食管")]),
    ],
)
def test_a_header_says_which_column_of_a_code_table_is_the_name(
    tmp_path: Path, lines: str, pairs: list[tuple[str, str]]
) -> None:
    table = tmp_path / "codes.tsv"
    table.write_text(lines, encoding="utf-8")
    assert read_code_table(str(table)) == pairs
