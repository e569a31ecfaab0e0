"""Keys: where they come from, what is refused, and what tokens, offsets and seals promise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.runtime import keys
from jobs.runtime.errors import KeyProblem


def test_a_key_file_open_to_others_is_refused(key_file: Path) -> None:
    key_file.chmod(0o644)
    with pytest.raises(KeyProblem, match="open to others"):
        keys.project_key()


def test_no_key_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in keys.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    keys.project_key.cache_clear()
    with pytest.raises(KeyProblem, match="No project key"):
        keys.project_key()
    keys.project_key.cache_clear()


@pytest.mark.parametrize("text", ["", "abc", "!?" * 40, "00" * 16])
def test_unusable_keys(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    monkeypatch.delenv("ONCORWE_KEY", raising=False)
    monkeypatch.setenv("ONCORWE_KEY_FILE", str(path))
    keys.project_key.cache_clear()
    with pytest.raises(KeyProblem) as error:
        keys.project_key()
    assert not text or text not in str(error.value)
    keys.project_key.cache_clear()


def test_a_command_can_hand_over_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONCORWE_KEY", raising=False)
    monkeypatch.delenv("ONCORWE_KEY_FILE", raising=False)
    monkeypatch.setenv("ONCORWE_KEY_COMMAND", f"printf {'ab' * 32}")
    keys.project_key.cache_clear()
    assert keys.project_key() == bytes.fromhex("ab" * 32)
    keys.project_key.cache_clear()


def test_a_key_file_is_never_overwritten(key_file: Path) -> None:
    with pytest.raises(KeyProblem, match="already there"):
        keys.new_key(key_file)


def test_purposes_do_not_join() -> None:
    assert keys.token("person", "x") != keys.token("document", "x")
    assert len(keys.token("person", "x")) == 26


@given(st.text(min_size=1), st.integers(1, 60))
def test_offsets_are_never_zero_and_within_bounds(person: str, most: int) -> None:
    offset = keys.date_offset(person, most)
    assert 1 <= abs(offset) <= most


def test_all_offsets_occur() -> None:
    assert {keys.date_offset(str(i), 3) for i in range(200)} == {-3, -2, -1, 1, 2, 3}


@given(st.dictionaries(st.text(), st.text()))
def test_seals_open_again(values: dict[str, str]) -> None:
    assert keys.unseal(keys.seal(values)) == values


def test_a_seal_of_another_key_does_not_open(key_file: Path) -> None:
    blob = keys.seal({"a": "b"})
    keys.project_key.cache_clear()
    key_file.write_text("cd" * 32)
    with pytest.raises(KeyProblem, match="does not open"):
        keys.unseal(blob)
