"""Site files: every mistake is met with a sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime.errors import ConfigError
from jobs.runtime.sites import load_site, load_sites

GOOD = """
[site]
id = "h"
[[file]]
table = "vitals"
pattern = "v*.csv"
[file.columns]
patient_sn = "p"
measure = "m"
value = "v"
measured_at = "d"
"""


def write(folder: Path, text: str, name: str = "h.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file(tmp_path: Path) -> None:
    site = load_site(write(tmp_path, GOOD))
    assert site.id == "h" and site.rules_for("vitals.csv") is site.file[0] and site.rules_for("x.csv") is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('pattern = "v*.csv"', 'patern = "v*.csv"', "file.0.patern"),
        ('table = "vitals"', 'table = "vital"', "did you mean 'vitals'"),
        ('measure = "m"', 'mesure = "m"', "did you mean 'measure'"),
        ('value = "v"\n', "", "required column 'vitals.value'"),
        ('id = "h"', 'id = "No Spaces"', "site.id"),
        ('pattern = "v*.csv"', 'pattern = "v*.csv"\nencoding = "gb2"', "not a text encoding"),
        ("[site]", "[site", "not valid TOML"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_site(write(tmp_path, GOOD.replace(old, new)))
    assert words in str(error.value) and "h.toml" in str(error.value)


def test_two_files_with_one_id(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "other.toml")
    with pytest.raises(ConfigError, match="Two site files"):
        load_sites(tmp_path)


def test_no_site_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No site file"):
        load_sites(tmp_path)


def test_the_mapping_is_part_of_what_is_new(tmp_path: Path) -> None:
    before = load_site(write(tmp_path, GOOD)).fingerprint()
    assert before != load_site(write(tmp_path, GOOD.replace('"m"', '"n"'))).fingerprint()
