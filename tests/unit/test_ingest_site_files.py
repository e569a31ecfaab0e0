"""Mistakes of a site file that would spoil every row are found before a row is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.ingest.check import check_site
from jobs.runtime.errors import ConfigError
from jobs.runtime.sites import load_site

GOOD = """
[site]
id = "h"
[delivery]
date_formats = ["%Y%m%d"]
[[file]]
table = "patients"
pattern = "p*.csv"
[file.columns]
patient_sn = "nr"
birth_date = "born"
[file.values.sex]
"1" = "M"
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"%Y%m%d"', '"%Y%m%Q"', "not a date format"),
        ('"%Y%m%d"', '"%"', "not a date format"),
        ("[file.columns]", 'delimiter = ";;"\n[file.columns]', "file.0.delimiter"),
        ("[file.columns]", 'encoding = "rot13"\n[file.columns]', "not a text encoding"),
        ('"1" = "M"', '"1" = "Male"', "'patients.sex' the unknown value 'Male'"),
        ('"1" = "M"', '"1" = "M"\n[file.constants]\nconsent_scope = "ALL"', "unknown value 'ALL'"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "h.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(path)
    assert words in str(caught.value) and "h.toml" in caught.value.where


def test_site_check_shows_columns_and_counts_and_no_value(tmp_path: Path) -> None:
    (tmp_path / "h.toml").write_text(GOOD, encoding="utf-8")
    delivery = tmp_path / "landing" / "h" / "2024-01-01"
    delivery.mkdir(parents=True)
    (delivery / "p.csv").write_text("nr,borne,extra\n7731,欧阳保密,x\n7732,欧阳保密\n", encoding="utf-8")
    good, lines = check_site(tmp_path / "h.toml", str(tmp_path / "landing"), 100)
    text = "\n".join(lines)
    assert (
        good
        and "did you mean 'borne'?" in text
        and "2 fields where the header has 3" in text
        and "not taken: borne, extra" in text
    )
    assert "欧阳" not in text and "773" not in text and "labs: not delivered" in text
    (delivery / "p.csv").write_bytes(b"")
    good, lines = check_site(tmp_path / "h.toml", str(tmp_path / "landing"), 100)
    assert not good and "The file is empty" in "\n".join(lines)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["h.toml", "p.csv"]
