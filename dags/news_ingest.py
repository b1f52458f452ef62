"""Ask the feeds that are due, keep what is new, and wake the extraction.

`plan` shares the due feeds out into four to eight batches (those of one host stay together, so
that its limits hold), `fetch` polls a batch, `publish` ends the round. A feed that is dead or
slow ends in its own named outcome (`truceline coverage`) and delays no batch but its own, by
one request's deadline; it fails no task. `publish` is skipped, and so sends no asset event,
when nothing waits to be read. The event is only a wake-up: what there is to do, the next steps
ask the store.

Trigger with `{"everything": true}` to ask all feeds, due or not.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import (
    Asset,
    CronTriggerTimetable,
    Param,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from truceline_retries import retried

from pipeline import steps

ARTICLES = Asset("truceline_articles")
BATCH = "{{ task.op_kwargs.urls | length }} feeds: {{ task.op_kwargs.urls[0] }} ..."


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args=retried(first=timedelta(seconds=10), limit=timedelta(minutes=10)),
    params={
        "everything": Param(False, type="boolean", description="Ask feeds that are not due, too."),
    },
    tags=["truceline"],
    doc_md=__doc__,
)
def news_ingest() -> None:
    """Every five minutes: plan, fetch in batches, publish."""

    @task
    def plan() -> list[list[str]]:
        return steps.plan(everything=get_current_context()["params"]["everything"])

    @task(multiple_outputs=False, map_index_template=BATCH)
    def fetch(urls: list[str]) -> dict[str, int]:
        return steps.collect(urls, everything=get_current_context()["params"]["everything"])

    @task(multiple_outputs=False, outlets=[ARTICLES], trigger_rule="all_done_min_one_success")
    def publish(batches: list[dict[str, int]]) -> dict[str, int]:
        numbers = steps.end_round(batches)
        if not numbers["waiting"]:
            raise AirflowSkipException("nothing new")
        get_current_context()["outlet_events"][ARTICLES].extra = {**numbers}
        return numbers

    publish(fetch.expand(urls=plan()))  # type: ignore[arg-type] # is resolved before the call


news_ingest()
