"""Entry point of a Spark application: ``spark-submit jobs/runtime/submit.py --application ingest --site site_a …``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the jobs of one Spark application.")
    parser.add_argument("--application", required=True)
    parser.add_argument("--site", action="append", default=[])
    parser.add_argument("--landing", required=True)
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--sites", default="")
    parser.add_argument("--settings", default="")
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--delivery", default="")
    return parser.parse_args()


def main() -> int:
    """Run one application; the exit code says how it went, the last line of the log says why."""
    here = Path(__file__).resolve()
    # Spark puts this file's folder in front of the path; its module names are too plain to be top-level names.
    sys.path[:] = [str(here.parents[2]), *(p for p in sys.path if Path(p or ".").resolve() != here.parent)]
    from jobs.runtime.application import run_named
    from jobs.runtime.errors import describe, exit_code
    from jobs.runtime.logs import LOG, set_up

    set_up()
    arguments = _arguments()
    try:
        return run_named(
            arguments.application,
            sites=arguments.site,
            landing=arguments.landing,
            warehouse=arguments.warehouse,
            sites_folder=arguments.sites or None,
            settings_file=arguments.settings or None,
            run_id=arguments.run_id,
            delivery=arguments.delivery,
        )
    except Exception as error:
        LOG.error("%s", describe(error))
        return exit_code(error)


if __name__ == "__main__":
    raise SystemExit(main())
