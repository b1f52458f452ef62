"""A real Airflow: scheduler, processes, asset events; triggered through its REST API."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.demo.replay import write_config
from pipeline.demo.script import load_crisis
from pipeline.stores import open_store
from tests.ports import free_port
from tests.standalone import Api, settings, standalone, wait_for, without_clocks
from tests.week import serving

RUN_S = 240  # on a crowded machine; a quiet one needs 20
WOKEN = ("news_ingest", "news_extract", "news_alert")


@pytest.mark.slow
def test_two_days_through_the_scheduler(tmp_path: Path) -> None:
    stand_port, api_port = free_port(), free_port()
    crisis = replace(load_crisis(), first_day=datetime.now(UTC) - timedelta(days=1, hours=20))
    environment = settings(tmp_path, write_config(tmp_path, stand_port), api_port)
    # A round of the clock's own, in the middle of ours, would see two days at once.
    environment["AIRFLOW__CORE__DAGS_FOLDER"] = str(without_clocks(tmp_path))
    with serving(crisis, stand_port) as stand, standalone(tmp_path, environment, api_port) as api:
        stand.now = crisis.end_of(0)
        collect(api)
        wait_for(lambda: kinds(tmp_path) == ["baseline"], "the summary", RUN_S)
        wait_for(lambda: ended(api), "the end of the first round", RUN_S)
        stand.now = crisis.end_of(1)
        collect(api)
        wait_for(lambda: "claim" in kinds(tmp_path), "an alert", RUN_S)
        wait_for(lambda: ended(api), "the end of all runs", RUN_S)
        assert {state for name in WOKEN for state in api.runs(name).values()} == {"success"}
        assert all(
            run.startswith("asset_triggered") for name in WOKEN[1:] for run in api.runs(name)
        )


def collect(api: Api) -> None:
    """Trigger a round; it wakes the other DAGs by itself."""
    run = api.trigger("news_ingest", everything=True)
    wait_for(lambda: api.runs("news_ingest")[run] == "success", "news_ingest", RUN_S)


def ended(api: Api) -> bool:
    return not {"running", "queued"} & {s for name in WOKEN for s in api.runs(name).values()}


def kinds(folder: Path) -> list[str]:
    with closing(open_store(f"sqlite:///{folder}/demo.sqlite")) as store:
        return [alert.kind for alert in reversed(store.alerts(limit=100))]
