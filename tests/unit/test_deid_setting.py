"""The setting that leaves the network out reaches the de-identifier of a job."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jobs import deidentify
from jobs.deidentify import worker
from jobs.runtime.settings import Settings


class Handed(Exception):
    """Stops the job at its worker."""


@pytest.mark.parametrize("network", [True, False])
def test_network_reaches_the_de_identifier(network: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    names = SimpleNamespace(name_zh="仁和医院", name_en="", aliases=())
    context = SimpleNamespace(
        settings=Settings.model_validate({"deid": {"network": network}}), run_id="r", warehouse=SimpleNamespace(root="w"),
        site=lambda site_id: SimpleNamespace(id=site_id, site=names),
    )  # fmt: skip

    def caught(frame: object, job: worker.DeidWorker) -> None:
        raise Handed(job.network)

    monkeypatch.setattr(deidentify, "due", lambda *_: ["delivery"])
    monkeypatch.setattr(deidentify, "rows_of", lambda *_: (None, 0))
    monkeypatch.setattr(deidentify, "run_partitions", caught)
    with pytest.raises(Handed, match=str(network)):
        deidentify.run(context, "site")  # type: ignore[arg-type]
    assert worker.engine("tag", network).settings.network is network


def test_the_network_reads_unless_left_out() -> None:
    assert Settings().deid.network
