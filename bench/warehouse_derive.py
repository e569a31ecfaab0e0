"""Derivation of tumours, lines and endpoints: one Spark session after start-up (Java and Python workers up, rules read) beside a plain
loop over patients on one core.

Both read the same conformed Parquet files, apply the same rules (``warehouse.derive``) and write the same four tables; Spark the
rules in set form, as the pipeline does. The loop is
what one writes first: all rows of a patient as dictionaries, ``derive_patient``, the resulting rows to Parquet. It runs on a part
of the patients, in files of their own, and is given as patients a second; so is the loop over rows that are in memory already, which costs the rules alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.warehouse_people import CUTOFF, person_rows, tables
from bench.warehouse_release import COPIES
from jobs.derive.worker import Deriver
from warehouse.compile.arrow import arrow_schema
from warehouse.derive import INPUT_TABLES, Rows, derive_patient, load_rules
from warehouse.derive.columnar import COURSE_TABLES, derive_tables, reads
from warehouse.schema import release

LOOP_PATIENTS = 2_000
FILES = 2
"""Files a table: what as many Spark tasks read."""


def build_conformed(folder: Path, patients: int) -> int:
    """Conformed tables of synthetic people and their copies, in files as the pipeline leaves them; rows written."""
    base = tables(person_rows(n) for n in range(max(1, patients // COPIES)))
    db = duckdb.connect()
    db.execute("SET enable_progress_bar = false")
    total = 0
    for name in INPUT_TABLES:
        if name in base:
            db.register("base", base[name])
            for part in range(FILES):
                path = folder / name / f"part-{part:05d}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                picked = f"SELECT b.* REPLACE ({_own_keys(base[name].schema)}) FROM base b CROSS JOIN range({COPIES}) r(k) WHERE hash(b.patient_id, k) % {FILES} = {part}"  # fmt: skip
                total += int(db.execute(f"COPY ({picked}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0])  # fmt: skip
            db.unregister("base")
    return total


def _own_keys(schema: pa.Schema) -> str:
    """Keys and references of copy ``k``: as long and as mixed as those of a warehouse, so that none repeats as no key does."""
    own = [
        c for c in schema.names if c == "source_ref" or (c.endswith("_id") and c not in ("hospital_id", "release_id"))
    ]
    parts = [f"left(md5({c} || k), 26) AS {c}" for c in own]
    if "mention_ids" in schema.names:
        parts.append("list_transform(mention_ids, lambda m: left(md5(m || k), 26)) AS mention_ids")
    return ", ".join(parts)


def loop(folder: Path, out: Path) -> tuple[float, float, dict[str, int]]:
    """Patients a second of the plain loop, of the rules alone, and the rows it made."""
    rules = load_rules().with_cutoff(CUTOFF)
    started = time.process_time()
    people = list(_people(folder))
    read = time.process_time()
    derived: Rows = {name: [] for name in COURSE_TABLES}
    for rows in people:
        result = derive_patient(rows, rules)
        for name, kept in derived.items():
            kept += result[name]
    ruled = time.process_time()
    for name, rows_of in derived.items():
        schema = pa.schema([pa.field(f.name, f.type) for f in arrow_schema(release(name))])
        pq.write_table(pa.Table.from_pylist(rows_of, schema), out / f"{name}.parquet")
    done = time.process_time()
    made = {name: len(found) for name, found in derived.items()}
    return len(people) / (done - started), len(people) / (ruled - read), made


def pick_few(conformed: Path, folder: Path, patients: int) -> None:
    """The rows of some patients in files of their own, so that the loop reads no more than it derives."""
    wanted = pq.read_table(conformed / "patient" / "part-00000.parquet", columns=["patient_id"])["patient_id"].unique()
    wanted = pa.array(wanted.slice(0, patients))
    for path in sorted(conformed.glob("*/part-00000.parquet")):
        table = pq.read_table(path)
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.filter(pc.is_in(table["patient_id"], value_set=wanted)), target, compression="zstd")


def _people(folder: Path) -> Iterator[Rows]:
    """The patients' rows, one patient after the other."""
    found: dict[str, Rows] = {}
    for name in INPUT_TABLES:
        path = folder / name / "part-00000.parquet"
        if path.exists():
            columns = [c for c in pq.read_schema(path).names if c in reads(name)]
            for row in pq.read_table(path, columns=columns).to_pylist():
                found.setdefault(row["patient_id"], {}).setdefault(name, []).append(row)
    yield from found.values()


def cpu_seconds() -> float:
    """CPU seconds of this process and all below it so far: Spark's Java and its Python workers."""
    below: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                below.setdefault(int(fields[1]), []).append(int(entry.name))
                used[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def total(process: int) -> float:
        return used.get(process, 0.0) + sum(map(total, below.get(process, ())))

    return total(os.getpid())


def spark_seconds(folder: Path, out: Path) -> tuple[float, float, float]:
    """Seconds and CPU seconds of derivation in a session that has started, and the seconds of the start itself."""
    from jobs.derive import derive
    from jobs.runtime.session import spark_session
    from jobs.runtime.settings import SparkSettings
    from jobs.runtime.storage import Store

    started = time.perf_counter()
    spark = spark_session(SparkSettings(master="local[2]"), "bench")
    spark.range(0, 2, 1, 2).mapInArrow(_ready, "id LONG").count()
    ready, used = time.perf_counter(), cpu_seconds()
    store = Store(str(folder.parent))
    derive(spark, store, folder.name, str(out.relative_to(folder.parent)), {"cutoff": CUTOFF}, COURSE_TABLES)
    done, used = time.perf_counter(), cpu_seconds() - used
    spark.stop()
    return done - ready, used, ready - started


def _ready(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A Python worker that is up: modules loaded, rules read."""
    Deriver(wanted=COURSE_TABLES, cutoff=CUTOFF, gap_days=None).rules()
    yield from batches


def columnar(folder: Path) -> float:
    """Patients a second of the columnar path in this process, a bucket of patients at once."""
    inputs = {p.name: pq.read_table(p / "part-00000.parquet") for p in sorted(folder.iterdir()) if p.is_dir()}
    rules = load_rules().with_cutoff(CUTOFF)
    started = time.process_time()
    derive_tables(
        {n: t.select([c for c in t.column_names if c in reads(n)]) for n, t in inputs.items()}, rules, COURSE_TABLES
    )
    return inputs["patient"].num_rows / (time.process_time() - started)


def report_derive(patients: int, folder: Path) -> None:
    """Build the patients, run both, print patients a second and the ratio."""
    conformed, out = folder / "conformed", folder / "derived"
    out.mkdir(exist_ok=True)
    if not conformed.exists():
        rows = build_conformed(conformed, patients)
        pick_few(conformed, folder / "few", LOOP_PATIENTS)
        print(f"Derivation: {rows:,} conformed rows, {rows / patients:.0f} a patient.")
    count = sum(pq.read_metadata(p).num_rows for p in (conformed / "patient").iterdir())
    whole, rules_only, _ = loop(folder / "few", out)
    inner = columnar(conformed)
    seconds, used, start = spark_seconds(conformed, out / "spark")
    rate = count / seconds
    print(
        f"  plain loop, one core, Parquet to Parquet   {whole:7.0f} patients a CPU second ({LOOP_PATIENTS:,} patients)"
    )
    print(f"  the rules alone, rows in memory            {rules_only:7.0f} patients a CPU second")
    print(f"  columns, one process                       {inner:7.0f} patients a CPU second")
    print(
        f"  Spark, local[2], after {start:.0f} s of start-up      {rate:7.0f} patients a second ({count:,} patients, {seconds:.0f} s)"
    )
    print(f"  the same, Java and Python workers          {count / used:7.0f} patients a CPU second ({used:.0f} CPU s)")
    print(f"  ratio Spark on two cores : plain loop on one, by CPU {2 * count / used / whole:.1f}; by the clock {rate / whole:.1f}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
