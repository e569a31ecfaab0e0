"""The one operator of the DAG: a Spark application by ``spark-submit``, failing with the job's own sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import BaseHook

from jobs.runtime.settings import SparkSettings, load_settings

LAUNCHER = str(Path(__file__).resolve().parents[1] / "jobs" / "runtime" / "submit.py")
CONNECTION = "oncorwe_spark"


class SparkApplication(SparkSubmitOperator):
    """``SparkSubmitOperator`` with the project's settings.

    Master and deploy mode come from the Airflow connection ``oncorwe_spark``, else from ``[spark]`` of the settings file.
    ``site_arguments`` are appended to ``common_arguments`` when the task is mapped over sites.
    """

    template_fields = (*SparkSubmitOperator.template_fields, "common_arguments", "site_arguments")

    def __init__(
        self, *, common_arguments: list[str] | None = None, site_arguments: list[str] | None = None, **kwargs: Any
    ) -> None:
        self.common_arguments = common_arguments or []
        self.site_arguments = site_arguments or []
        kwargs.setdefault("application_args", [])
        super().__init__(conn_id=CONNECTION, name="oncorwe", **kwargs)

    @property
    def site_label(self) -> str:
        """Sites of a mapped task, shown in place of its index."""
        return ", ".join(a for a in self.site_arguments if a != "--site")

    def execute(self, context: Any) -> None:
        """Run spark-submit; a failure is told in the words of the job's manifest."""
        from jobs.runtime.session import prepare_environment, spark_conf

        settings = load_settings(context["params"].get("settings") or None).spark
        prepare_environment()
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._use_connection_or(settings)
        self.conf = {**spark_conf(settings), **(self.conf or {})}
        self.application_args = [*(self.application_args or []), *self.common_arguments, *self.site_arguments]
        self.application_args = _without_empty(self.application_args)
        try:
            super().execute(context)
        except AirflowException:
            raise AirflowException(self._sentence(context)) from None

    @staticmethod
    def _use_connection_or(settings: SparkSettings) -> None:
        try:
            BaseHook.get_connection(CONNECTION)
        except Exception:  # Airflow raises different errors for "no such connection" in different places
            extra = f'{{"deploy-mode": "{settings.deploy_mode}", "spark-binary": "spark-submit"}}'
            os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = (
                f'{{"conn_type": "spark", "host": "{settings.master}", "extra": {extra}}}'
            )

    def _sentence(self, context: Any) -> str:
        from jobs.runtime.conclusion import failures

        found = failures(
            context["params"]["warehouse"], context["run_id"], [a for a in self.site_arguments if a != "--site"]
        )
        return found[0] if found else "The Spark application ended without a manifest; its log above says why"


def _without_empty(arguments: list[str]) -> list[str]:
    """Drop options whose value is empty."""
    kept: list[str] = []
    for argument in arguments:
        if argument == "" and kept and kept[-1].startswith("--"):
            kept.pop()
        else:
            kept.append(argument)
    return kept
