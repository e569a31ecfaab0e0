"""A Spark standalone cluster (master and worker of their own processes): the same release as the one-process run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark
import pytest

from jobs.runtime.java import ensure_java
from warehouse.release import current

if TYPE_CHECKING:
    from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
SPARK = Path(pyspark.__file__).parent
DEPLOY = "org.apache.spark.deploy"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(log: Path, words: str, seconds: int = 120) -> None:
    for _ in range(seconds * 2):
        if log.exists() and words in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.5)
    raise AssertionError(f"no '{words}' in {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """The key of the shared run as a file: a cluster is never given the key itself."""
    path = tmp_path / "key"
    path.write_text(os.environ["ONCORWE_KEY"], encoding="ascii")
    path.chmod(0o600)
    return path


@pytest.fixture
def master(tmp_path: Path) -> Iterator[str]:
    """``spark://…`` of a master with one worker of two cores, on loopback."""
    ensure_java()
    port, env = (
        free_port(),
        os.environ | {"SPARK_HOME": str(SPARK), "PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    url = f"spark://127.0.0.1:{port}"
    roles = (
        ("master", ["Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port())], "I have been elected"),
        ("worker", ["Worker", "--host", "127.0.0.1", "--webui-port", str(free_port()), "-c", "2", "-m", "3g",
                    "-d", str(tmp_path / "work"), url], "Successfully registered"),
    )  # fmt: skip
    started = []
    for name, words, ready in roles:
        log = tmp_path / f"{name}.log"
        command = [str(SPARK / "bin" / "spark-class"), f"{DEPLOY}.{name}.{words[0]}", *words[1:]]
        started.append(subprocess.Popen(command, env=env, stdout=log.open("w"), stderr=subprocess.STDOUT))
        wait_for(log, ready)
    yield url
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.soak
def test_one_setting_moves_the_run_to_a_cluster(world: World, master: str, key_file: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[spark]\nmaster = "{master}"\nexecutor_memory = "2g"\n', encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if k != "ONCORWE_KEY"}
    env |= {"ONCORWE_KEY_FILE": str(key_file), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jobs.cli", "run", "--landing", str(world.landing), "--warehouse", str(tmp_path / "warehouse"),
               "--settings", str(settings)]  # fmt: skip
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr[-3000:]
    mine, other = current(world.warehouse).manifest, current(tmp_path / "warehouse").manifest
    assert mine.release_id == other.release_id
    assert {name: entry.rows for name, entry in mine.tables.items()} == {n: e.rows for n, e in other.tables.items()}
    digests = [{name: [f.sha256 for f in entry.files] for name, entry in m.tables.items()} for m in (mine, other)]
    assert digests[0] == digests[1]
