"""Building a cohort: criteria one after the other over the primary tumours of a release, in DuckDB.

The candidate of a step is a primary tumour with its person; who fails a criterion leaves with its number as the reason. All of it
follows from the release and the file, so building again gives the same bytes.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.cohort.attrition import ShownStep, Step, shown
from warehouse.cohort.figure import attrition_svg
from warehouse.cohort.model import Cohort, Criterion, version
from warehouse.cohort.unknown import warnings
from warehouse.errors import WarehouseError
from warehouse.export.folder import filled, write_report
from warehouse.pages import render
from warehouse.privacy.cells import DEFAULT_THRESHOLD
from warehouse.release import MANIFEST, Release

KIND = "cohort"
MEMBERS = pa.schema(
    [
        ("cohort_id", pa.string()),
        ("patient_id", pa.string()),
        ("tumour_id", pa.string()),
        ("tumour_code", pa.string()),
        ("index_date", pa.date32()),
        ("line_id", pa.string()),
    ]
)
EXCLUDED = pa.schema(
    [("patient_id", pa.string()), ("tumour_id", pa.string()), ("step", pa.int32()), ("reason", pa.string())]
)
START = """
CREATE TABLE candidate AS
SELECT t.* EXCLUDE (release_id, hospital_id), t.hospital_id, p.sex, t.first_dx_date AS index_date, NULL::VARCHAR AS line_id, 0 AS left_at
FROM tumour t JOIN patient p ON p.patient_id = t.patient_id
"""


@dataclass(frozen=True, slots=True)
class Built:
    """A built cohort: its id, attrition with true counts, members and those left out."""

    cohort_id: str
    cohort: Cohort
    release_id: str
    steps: tuple[Step, ...]
    members: pa.Table
    excluded: pa.Table
    threshold: int = DEFAULT_THRESHOLD
    """Counts of persons below it are small."""
    warnings: tuple[str, ...] = ()
    """Sentences about values of the file that nothing knows."""

    @property
    def shown(self) -> list[ShownStep]:
        """The attrition with small cells hidden."""
        return shown(self.steps, self.threshold)


def build(release: Release, cohort: Cohort, threshold: int = DEFAULT_THRESHOLD) -> Built:
    """Apply the criteria in order; ``threshold``: counts below it are hidden in what may leave. Raises WarehouseError when the SQL of a criterion fails."""
    cohort_id = cohort.id(release.release_id)
    with release.connect() as connection:
        connection.execute(START)
        told = warnings(connection, cohort)
        for number, criterion in enumerate(cohort.criteria, 1):
            _apply(connection, criterion, number)
        steps = _steps(connection, cohort)
        members = connection.sql(
            "SELECT $id AS cohort_id, patient_id, tumour_id, tumour_code, index_date, line_id FROM candidate WHERE left_at = 0 ORDER BY 2, 3",
            params={"id": cohort_id},
        ).to_arrow_table()
        left = connection.sql(
            "SELECT patient_id, tumour_id, left_at AS step FROM candidate WHERE left_at > 0 ORDER BY 3, 1, 2"
        ).to_arrow_table()
    reasons = [cohort.criteria[step - 1].label for step in left["step"].to_pylist()]
    excluded = left.append_column("reason", pa.array(reasons, pa.string())).cast(EXCLUDED)
    return Built(cohort_id, cohort, release.release_id, steps, members.cast(MEMBERS), excluded, threshold, told)


def _apply(connection: duckdb.DuckDBPyConnection, criterion: Criterion, number: int) -> None:
    """Rewrite the candidates with the decision of one criterion; those who left earlier stay as they are."""
    kind = criterion.kind
    met = f"({criterion.values['where']})" if kind.name == "sql" else f"({kind.met})"
    kept = f"NOT coalesce({met}, false)" if criterion.exclude else f"coalesce({met}, false)"
    index = f"coalesce({kind.index}, c.index_date)" if kind.index and not criterion.exclude else "c.index_date"
    lateral = f"LEFT JOIN LATERAL ({kind.line}) step_line ON true" if kind.line else ""
    line = "coalesce(step_line.line_id, c.line_id)" if kind.line and not criterion.exclude else "c.line_id"
    sql = (
        f"CREATE OR REPLACE TABLE candidate AS SELECT c.* REPLACE ("
        f"CASE WHEN c.left_at = 0 THEN {index} ELSE c.index_date END AS index_date, "
        f"CASE WHEN c.left_at = 0 THEN {line} ELSE c.line_id END AS line_id, "
        f"CASE WHEN c.left_at > 0 THEN c.left_at WHEN {kept} THEN 0 ELSE {number} END AS left_at) "
        f"FROM candidate c {lateral}"
    )
    _one_expression(connection, met, number)
    used = {} if kind.name == "sql" else {k: v for k, v in criterion.values.items() if f"${k}" in sql}
    try:
        connection.execute(sql, used)
    except duckdb.Error as error:
        why = " ".join(str(error).split("\n\n")[0].split())
        raise WarehouseError(
            "A criterion of the cohort failed.",
            where=f"criterion {number} ({kind.name})",
            why=why,
            do="correct the cohort file",
        ) from None


def _one_expression(connection: duckdb.DuckDBPyConnection, met: str, number: int) -> None:
    """Raise WarehouseError unless the SQL of a criterion is one expression: a fragment may not smuggle a statement."""
    try:
        statements = connection.extract_statements(f"SELECT {met}")
    except duckdb.Error as error:
        statements = []
        why = " ".join(str(error).split("\n\n")[0].split())
    else:
        why = "it is more than one statement"
    if len(statements) != 1:
        raise WarehouseError(
            "The SQL of a criterion is no condition.", where=f"criterion {number}", why=why, do="give one condition"
        )


def _steps(connection: duckdb.DuckDBPyConnection, cohort: Cohort) -> tuple[Step, ...]:
    steps = []
    labels = ["all primary tumours", *(criterion.label for criterion in cohort.criteria)]
    for number, label in enumerate(labels):
        rows = connection.execute(
            "SELECT count(*), count(DISTINCT patient_id), (SELECT count(*) FROM candidate WHERE left_at = $n AND $n > 0) "
            "FROM candidate WHERE left_at = 0 OR left_at > $n",
            {"n": number},
        ).fetchall()
        steps.append(Step(number, label, *rows[0]))
    return tuple(steps)


def default_folder(warehouse: Path | str, cohort_id: str) -> Path:
    """Where a cohort stands when no folder is named: beside the releases."""
    return Path(warehouse) / "cohorts" / cohort_id


def write(built: Built, release: Release, folder: Path) -> Path:
    """Write members, excluded (for the institution alone), and the attrition as JSON, CSV, SVG and HTML, which may leave."""
    with filled(folder, KIND) as fresh:
        (fresh / "restricted").mkdir()
        pq.write_table(built.members, fresh / "restricted" / "members.parquet", compression="zstd")
        pq.write_table(built.excluded, fresh / "restricted" / "excluded.parquet", compression="zstd")
        svg = attrition_svg(built.shown)
        (fresh / "attrition.svg").write_text(svg, encoding="utf-8")
        (fresh / "attrition.csv").write_text(_csv(built.shown), encoding="utf-8")
        page = render("cohort", built=built, svg=svg)
        (fresh / "attrition.html").write_text(page, encoding="utf-8")
        write_report(fresh, description(built, release))
    return folder


def description(built: Built, release: Release) -> dict[str, Any]:
    """What export.json of a cohort says: enough to cite it and to build it again, no count that identifies."""
    manifest = (release.path / MANIFEST).read_bytes()
    return {
        "kind": KIND,
        "cohort_id": built.cohort_id,
        "name": built.cohort.name,
        "title": built.cohort.title,
        "release_id": built.release_id,
        "release_manifest_sha256": sha256(manifest).hexdigest(),
        "criteria_version": version(),
        "criteria": [criterion.meaning() | {"label": criterion.label} for criterion in built.cohort.criteria],
        "min_cell": built.threshold,
        "attrition": [asdict(step) for step in built.shown],
    }


def read_members(folder: Path) -> pa.Table:
    """The members of a written cohort. Raises WarehouseError when there are none to read."""
    try:
        return pq.read_table(folder / "restricted" / "members.parquet")
    except OSError:
        raise WarehouseError(
            "The cohort has no list of members.", where=folder.name, do="build it again with `oncorwe cohort build`"
        ) from None


def _csv(steps: list[ShownStep]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["step", "criterion", "tumours", "persons", "excluded"])
    writer.writerows([s.number, s.label, s.tumours, s.persons, s.excluded] for s in steps)
    return buffer.getvalue()
