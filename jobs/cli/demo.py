"""``make demo``: three invented hospitals, through Airflow itself, to a release, and what to look at in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from jobs.runtime import keys
from jobs.runtime.errors import OncorweError
from jobs.runtime.logs import LOG
from jobs.runtime.manifest import read_reports
from jobs.runtime.quarantine import summary
from jobs.runtime.storage import Store
from warehouse.release import Release, current
from warehouse.sql import ask

_COHORT = """
WITH staged AS (SELECT tumour_id, arg_min(stage_group, stage_date) AS stage FROM staging WHERE stage_group <> 'UNK' GROUP BY 1)
SELECT t.tumour_code AS tumour, count(*) AS n, count(*) FILTER (s.stage = '0') AS "0", count(*) FILTER (s.stage = 'I') AS I,
       count(*) FILTER (s.stage = 'II') AS II, count(*) FILTER (s.stage = 'III') AS III, count(*) FILTER (s.stage = 'IV') AS IV,
       count(*) FILTER (s.stage IS NULL) AS unknown
FROM tumour t LEFT JOIN staged s USING (tumour_id) GROUP BY 1 ORDER BY 2 DESC, 1
"""
_FIRST_LINES = """
SELECT tumour_code, count(*) AS n FROM line_of_therapy WHERE setting = 'ADVANCED' AND line_number = 1 AND NOT is_maintenance
GROUP BY 1 ORDER BY 2 DESC, 1
"""
_NEXT = """Next:
  .venv/bin/oncorwe question q02                       # treatment patterns; 'oncorwe question' lists all 15
  .venv/bin/oncorwe sql "select * from staging limit 3"  # any SQL; then: oncorwe explain staging <staging_id>
  make airflow                                         # the same DAG in the web page"""


def airflow_environment(home: Path, landing: Path, warehouse: Path, sites: Path | None) -> dict[str, str]:
    """Environment of an Airflow that needs no server, no examples and no network."""
    env = dict(os.environ)
    root = Path(__file__).resolve().parents[2]
    env |= {
        "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2", "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "ONCORWE_LANDING": str(landing), "ONCORWE_WAREHOUSE": str(warehouse), "GX_ANALYTICS_ENABLED": "false", "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), env.get("PYTHONPATH", "")])),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", "")]),
    }  # fmt: skip
    if sites:
        env["ONCORWE_SITES"] = str(sites)
    return env


def _airflow(arguments: list[str], env: dict[str, str], log: Path) -> int:
    """Run an Airflow command; the jobs' own progress lines are shown, all the rest goes to a log file."""
    command = [str(Path(sys.executable).parent / "airflow"), *arguments]
    with log.open("a", encoding="utf-8") as sink:
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        assert process.stdout
        for line in process.stdout:
            sink.write(line)
            if (start := _progress_at(line)) >= 0:
                print(f"  {_AIRFLOW_TAIL.sub('', line[start:]).rstrip()}", flush=True)
    return process.wait()


_AIRFLOW_TAIL = re.compile(r"\s+\[airflow\..*$", re.DOTALL)
"""What Airflow's logger adds to a line."""
_JOB_TAGS = ("[ingest]", "[link]", "[deidentify]", "[structure]", "[conform]", "[derive]", "[validate]", "[publish]")


def _progress_at(line: str) -> int:
    return max(line.find(tag) for tag in _JOB_TAGS)


def _print_answer(title: str, release: Release, sql: str) -> None:
    answer = ask(release, sql)
    table = RichTable(title=title, title_justify="left")
    for name in answer.column_names:
        table.add_column(name)
    for row in answer.to_pylist():
        table.add_row(
            *[
                "" if value is None else str(round(value, 2) if isinstance(value, float) else value)
                for value in row.values()
            ]
        )
    Console(width=110).print(table)


def _prepare(folder: Path, warehouse: Path, patients: int, seed: int) -> None:
    from jobs.synth import synthesise
    from jobs.synth.samples import write_samples

    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(warehouse, ignore_errors=True)
    folder.mkdir(parents=True)
    keys.new_key(folder / "key")
    os.environ["ONCORWE_KEY_FILE"] = str((folder / "key").resolve())
    LOG.info("Writing deliveries of three invented hospitals, %d persons", patients)
    synthesise(patients, 3, seed, folder / "landing", folder / "truth")
    write_samples(folder / "landing", folder / "samples")


def show(warehouse: Path, folder: Path) -> None:
    """What a new user should see of a finished run; the answers to the questions go into ``folder``."""
    from warehouse import questions
    from warehouse.questions.page import page

    release, store = current(warehouse), Store(str(warehouse.resolve()))
    tables = RichTable(title=f"Release {release.release_id}", title_justify="left")
    tables.add_column("table")
    tables.add_column("rows", justify="right")
    for name, entry in release.manifest.tables.items():
        tables.add_row(name, f"{entry.rows:,}")
    Console(width=110).print(tables)
    print("Quarantined (values stay sealed in the private zone):")
    for (site, what), n in summary(store).items():
        print(f"  {n:>5,}  {site}  {what}")
    print(f"\nQA report ({release.manifest.quality.verdict}): {release.path / 'report' / 'index.html'}")
    print(f"Data dictionary: {release.path / 'dictionary' / 'index.html'}")
    answers = folder / "questions.html"
    answers.write_text(page(release, share=False), encoding="utf-8")
    print(f"Fifteen questions and their answers: {answers}\n")
    _print_answer("Cohort: tumours by stage group at first staging", release, _COHORT)
    print("Kaplan-Meier median rwPFS by first-line regimen, advanced setting (months; '-' is not reached):")
    for tumour in ask(release, _FIRST_LINES).column("tumour_code").to_pylist():
        for row in questions.run("q04", release, tumour_code=tumour, min_n=3).to_pylist():
            median = "-" if row["km_median_months"] is None else f"{row['km_median_months']:.1f}"
            print(f"  {tumour:<10}{row['regimen']:<60} n={row['n']:<3} events={row['events']:<3} median={median}")
    print(f"\n{_NEXT}", flush=True)


def run_demo(folder: Path, warehouse_name: str, patients: int, seed: int) -> None:
    """Synthesise, run the DAG through Airflow, show the result.

    Raises:
        OncorweError: the DAG run failed; names the log.
    """
    started, warehouse = time.monotonic(), Path(warehouse_name).resolve()
    _prepare(folder, warehouse, patients, seed)
    home, log = (folder / "airflow").resolve(), (folder / "airflow.log").resolve()
    env = airflow_environment(home, (folder / "landing").resolve(), warehouse, None)
    LOG.info("Preparing Airflow's metadata (SQLite)")
    if _airflow(["db", "migrate"], env, log):
        raise OncorweError("Airflow could not prepare its metadata", where=str(log), do="Read the end of that log")
    LOG.info("Running the DAG oncology_warehouse through Airflow; four kinds of Spark application follow")
    code = _airflow(["dags", "test", "oncology_warehouse"], env, log)
    failed = [
        r.line()
        for name in Store(str(warehouse)).folders("runs")
        for r in read_reports(Store(str(warehouse)), name)
        if r.status == "failed"
    ]
    if code or failed:
        raise OncorweError(
            "The demo run failed",
            where=str(log),
            why=failed[0] if failed else f"airflow ended with code {code}",
            do="Read the end of that log",
        )
    show(warehouse, folder)
    LOG.info("Demo done in %.0f s", time.monotonic() - started)
