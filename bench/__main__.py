"""``make bench``: what is measured, and the quick ones run. Ratios, side by side in one run; never a test."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PARSE = """
import sys, time
import airflow.sdk
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.dag_processing.dagbag import DagBag
started = time.perf_counter()
DagBag(dag_folder=sys.argv[1])
print(time.perf_counter() - started)
"""


def dag_parse() -> None:
    """Seconds to parse the DAG after Airflow's own import, median of five fresh processes."""
    seconds = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", _PARSE, str(ROOT / "dags")], capture_output=True, text=True, check=True, cwd=ROOT
        )
        seconds.append(float(done.stdout.splitlines()[-1]))
    print(f"DAG parse after Airflow's import: median {sorted(seconds)[2]:.3f} s of {len(seconds)}")


def synth_speed(patients: int = 200) -> None:
    """Synthetic persons a second, with truth."""
    from tempfile import TemporaryDirectory

    from jobs.synth import synthesise

    with TemporaryDirectory() as folder:
        started = time.process_time()
        synthesise(patients, 3, 1, Path(folder) / "landing", Path(folder) / "truth")
        print(f"Synthetic hospitals: {patients / (time.process_time() - started):.0f} persons a CPU second")


if __name__ == "__main__":
    dag_parse()
    synth_speed()
    print(
        "More, beside peers in an environment of their own: python -m bench.deid (Presidio, jieba), bench.annotate (medspaCy)"
    )
