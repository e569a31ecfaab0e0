"""Link: one person key per human across hospitals, from keyed tokens; what is known of each person, sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.ingest.seal import KNOWN_DDL, PERSON_DDL
from jobs.link.cluster import Clusters, Node, cluster
from jobs.runtime import keys
from jobs.runtime.context import Context
from jobs.runtime.fanout import PartWriter, guarded, run_partitions
from jobs.runtime.manifest import JobReport
from jobs.runtime.storage import Store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.privacy import gate

MAP_SCHEMA = pa.schema(
    [
        ("site", pa.string()),
        ("patient_token", pa.string()),
        ("patient_id", pa.string()),
        ("opt_out", pa.bool_()),
        ("known", pa.binary()),
    ]
)
MAP_DDL = "site string, patient_token string, patient_id string, opt_out boolean, known binary"
CURRENT = "private/link/current.json"


def newest_persons(persons: DataFrame) -> DataFrame:
    """The newest patients row of each patient number; a deletion mark, which may hold the number alone, tells nothing of the person."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    newest = [F.col("deleted").asc(), F.col("delivery").desc(), F.col("file_row").desc()]
    order = Window.partitionBy("site", "patient_token").orderBy(*newest)
    return persons.withColumn("_n", F.row_number().over(order)).where("_n = 1").drop("_n")


def candidates(persons: DataFrame) -> DataFrame:
    """Persons whose ID number or name + birth date + sex occurs more than once."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    def repeated(name: str) -> Any:
        return F.col(name).isNotNull() & (F.count("*").over(Window.partitionBy(name)) > 1)

    marked = persons.withColumn("_id", repeated("id_token")).withColumn(
        "_demographics", repeated("name_birth_sex_token")
    )
    return marked.where("_id or _demographics").drop("_id", "_demographics")


def person_ids(clusters: Clusters, sealed: dict[tuple[str, str], bytes]) -> dict[tuple[str, str], str]:
    """Person key of each clustered patient number: HMAC of the cluster's smallest canonical identity, ID numbers first."""
    found: dict[tuple[str, str], str] = {}
    for members in clusters.members().values():
        smallest = min(keys.unseal(sealed[n.site, n.patient_token])["identity"] for n in members)
        found |= {(n.site, n.patient_token): keys.person_key(smallest) for n in members}
    return found


def _single_ids(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        with guarded():
            ids = [
                given or keys.person_key(keys.unseal(blob)["identity"])
                for given, blob in zip(
                    batch.column("clustered").to_pylist(), batch.column("sealed").to_pylist(), strict=True
                )
            ]
        yield pa.RecordBatch.from_arrays(
            [batch.column("site"), batch.column("patient_token"), batch.column("opt_out"), pa.array(ids)],
            names=["site", "patient_token", "opt_out", "patient_id"],
        )


def merge_known(blobs: Iterable[bytes]) -> dict[str, list[str]]:
    """Union of sealed lists of identifying strings, by kind, sorted."""
    merged: dict[str, set[str]] = {}
    for blob in blobs:
        for kind, values in keys.unseal(blob).items():
            merged.setdefault(kind, set()).update(values)
    return {kind: sorted(values) for kind, values in sorted(merged.items())}


class _MapWriter:
    """Writes the person map from the workers; pickled with paths only."""

    def __init__(self, warehouse: str, prefix: str) -> None:
        self.warehouse, self.prefix = warehouse, prefix

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
        from pyspark import TaskContext

        task = TaskContext.get()
        number = task.partitionId() if task else 0
        with PartWriter(Store(self.warehouse), f"{self.prefix}/map-{number:05d}", MAP_SCHEMA) as parts:
            for batch in batches:
                for row in batch.to_pylist():
                    known = keys.seal({} if row["opt_out"] else merge_known(row["blobs"] or []))
                    for site, token in sorted((m["site"], m["patient_token"]) for m in row["members"]):
                        parts.add(
                            {
                                "site": site,
                                "patient_token": token,
                                "patient_id": row["patient_id"],
                                "opt_out": row["opt_out"],
                                "known": known,
                            }
                        )
        yield {"files": parts.files}


def _map_frame(context: Context, newest: DataFrame, ids: dict[tuple[str, str], str], known: DataFrame) -> DataFrame:
    """One row a person: members, opt-out, sealed lists."""
    from pyspark.sql import functions as F

    clustered = context.spark.createDataFrame(
        [(s, t, p) for (s, t), p in sorted(ids.items())], "site string, patient_token string, clustered string"
    )
    mapped = (
        newest.select("site", "patient_token", "opt_out", "sealed")
        .join(F.broadcast(clustered), ["site", "patient_token"], "left")
        .mapInArrow(_single_ids, "site string, patient_token string, opt_out boolean, patient_id string")
    )
    blobs = known.groupBy("site", "patient_token").agg(F.collect_list("sealed").alias("_blobs"))
    joined = mapped.join(blobs, ["site", "patient_token"], "left")
    return joined.groupBy("patient_id").agg(
        F.max("opt_out").alias("opt_out"),
        F.collect_list(F.struct("site", "patient_token")).alias("members"),
        F.flatten(F.collect_list(F.coalesce("_blobs", F.array().cast("array<binary>")))).alias("blobs"),
    )


def changed_sites(context: Context, files: list[str], previous: list[str]) -> tuple[list[str], list[str]]:
    """Sites with a patient whose key or opt-out changed since the last run, and the person keys that may no longer be used."""
    from pyspark.sql import functions as F

    if not previous:
        return [], []
    old = [F.col("patient_id").alias("old_id"), F.col("opt_out").alias("old_opt_out")]
    before = context.frame(previous, MAP_DDL).select("site", "patient_token", *old)
    now = context.frame(files, MAP_DDL).select("site", "patient_token", "patient_id", "opt_out")
    moved = (
        before.join(now, ["site", "patient_token"])
        .where("old_id <> patient_id or old_opt_out <> opt_out")
        .select("site", "old_id")
        .distinct()
        .collect()
    )
    return sorted({row.site for row in moved}), sorted({row.old_id for row in moved})


def unfinished(context: Context, old: dict[str, Any]) -> list[str]:
    """Sites that the last link sent back for new keys and that were not read again since (their job failed or was not run).

    A site is done when every staged delivery that still lies in landing was staged by the run that asked for it.
    """
    found = []
    for site in old.get("redo", []):
        here = set(context.landing.folders(site))
        runs = {state["run_id"] for (_, name), state in context.states("deidentify", site).items() if name in here}
        if runs - {old["run_id"]}:
            found.append(site)
    return found


def retired(context: Context, files: list[str], candidates: Iterable[str]) -> list[str]:
    """Of the keys that were given up at some time, those that nobody (but people who opted out) holds today."""
    from pyspark.sql import functions as F

    wanted = sorted(set(candidates))
    if not wanted:
        return []
    people = context.frame(files, MAP_DDL).where(~F.col("opt_out") & F.col("patient_id").isin(wanted))
    return sorted({*wanted} - {row.patient_id for row in people.select("patient_id").distinct().collect()})


def with_valid_keys(context: Context, frame: DataFrame) -> DataFrame:
    """Staged rows without those whose person key was given up: of deliveries that are gone from landing and could not be read again."""
    from pyspark.sql import functions as F

    gone = context.warehouse.read_json(CURRENT, {}).get("retired", [])
    return frame.where(F.col("patient_id").isNull() | ~F.col("patient_id").isin(gone)) if gone else frame


def without(context: Context, newest: DataFrame, refused: gate.Refused) -> DataFrame:
    """The persons who are not on the refusal list."""
    from pyspark.sql import functions as F

    if not refused.numbers:
        return newest
    gone = context.spark.createDataFrame(sorted(refused.numbers), "site string, patient_token string")
    return newest.join(F.broadcast(gone), ["site", "patient_token"], "left_anti")


def opted_out(context: Context, files: list[str], previous: list[str]) -> tuple[list[tuple[str, str]], bool]:
    """Numbers that a hospital delivers as opted out, or that belong to such a person; and whether some of them are new."""
    flagged = context.frame(files, MAP_DDL).where("opt_out").select("site", "patient_token")
    found = sorted((row.site, row.patient_token) for row in flagged.collect())
    if not found:
        return [], False
    old = context.frame(previous, MAP_DDL).where("opt_out").select("site", "patient_token")
    return found, bool({*found} - {(row.site, row.patient_token) for row in old.collect()})


def run(context: Context, site_id: str = "") -> JobReport:
    """Give every patient number its person key, write the person map, and erase who is refused (:mod:`jobs.privacy.gate`)."""
    from jobs.privacy import gate

    report = JobReport("link")
    states = context.states("ingest")
    persons = context.frame([f for s in states.values() for f in s["persons"]], PERSON_DDL)
    known = context.frame([f for s in states.values() for f in s["known"]], KNOWN_DDL)
    refused = gate.refuse(context, persons)
    everybody = newest_persons(persons).cache()
    newest = without(context, everybody, refused)
    found = candidates(newest).collect()
    nodes = [
        Node(r.site, r.patient_token, r.id_token, r.name_birth_sex_token, r.phone_token, r.address_token) for r in found
    ]
    clusters = cluster(nodes)
    ids = person_ids(clusters, {(r.site, r.patient_token): bytes(r.sealed) for r in found})
    prefix = f"private/link/{context.run_id}"
    people = _map_frame(context, newest, ids, known)
    answers = run_partitions(people, _MapWriter(context.warehouse.root, prefix))
    files = sorted(part["file"] for answer in answers for part in answer["files"])
    report.rows_in = everybody.count()
    report.rows_out = sum(part["rows"] for answer in answers for part in answer["files"])
    if refused.numbers:
        report.dropped["patient is on the refusal list"] = report.rows_in - report.rows_out
    everybody.unpersist()
    old = context.warehouse.read_json(CURRENT, {})
    changed, gone = changed_sites(context, files, old.get("files", []))
    sites = sorted({*changed, *unfinished(context, old)})
    report.details = {
        "persons": len({*ids.values()}) + report.rows_out - len(ids),
        "linked_numbers": len(ids),
        "conflicts": dict(clusters.conflicts),
        "rekeyed_sites": sites,
    }
    report.warnings = [f"link conflict: {text}: {n}" for text, n in sorted(clusters.conflicts.items())]
    if refused.in_doubt:
        report.warnings.append(
            f"{refused.in_doubt} patient number(s) refused in doubt: name, birth date and sex of a refused person, no ID number that tells them apart"
        )
    report.tables = {"person_map": report.rows_out}
    context.warehouse.write_json(
        CURRENT,
        {
            "files": files,
            "run_id": context.run_id,
            "redo": sites,
            "retired": retired(context, files, [*old.get("retired", []), *gone]),
            "conflicts": dict(clusters.conflicts),
        },
    )
    flagged, newly = opted_out(context, files, old.get("files", []))
    erased = Counter(gate.erase_refused(context, refused, files))
    erased.update(gate.erase_opted_out(context, flagged, newly, files))
    if erased:
        report.details["erased"] = dict(erased)
    return report
