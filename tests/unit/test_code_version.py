"""What the version of the code is made of."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from jobs.runtime import context


def test_every_kind_of_data_that_is_installed_counts() -> None:
    """Weights, words or pages that change must change the version, or two different releases bear one id."""
    config = configparser.ConfigParser()
    config.read(Path(context.__file__).parents[2] / "setup.cfg", encoding="utf-8")
    installed = set(re.findall(r"\*(\.\w+)", config["options.package_data"]["*"]))
    assert installed
    assert installed <= context._CODE_SUFFIXES
