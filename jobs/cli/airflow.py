"""``make airflow``: Airflow standalone on localhost with the project's DAG, reading the demo's landing folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jobs.cli.demo import airflow_environment
from jobs.runtime.logs import LOG, set_up


def main() -> None:
    """Replace this process by ``airflow standalone``."""
    set_up()
    landing = Path(os.environ.get("ONCORWE_LANDING", "demo/landing")).resolve()
    warehouse = Path(os.environ.get("ONCORWE_WAREHOUSE", "warehouse_data")).resolve()
    if "ONCORWE_KEY_FILE" not in os.environ and Path("demo/key").exists():
        os.environ["ONCORWE_KEY_FILE"] = str(Path("demo/key").resolve())
    env = airflow_environment(Path(os.environ.get("AIRFLOW_HOME", ".airflow")).resolve(), landing, warehouse, None)
    env["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "INFO"
    LOG.info(
        "Airflow starts on http://localhost:8080; user and password are printed below and kept in %s",
        env["AIRFLOW_HOME"],
    )
    binary = str(Path(sys.executable).parent / "airflow")
    os.execve(binary, [binary, "standalone"], env)


if __name__ == "__main__":
    main()
