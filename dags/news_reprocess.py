"""Read stored articles again, a day at a time, with the extractor and topics of now.

Paused when new: each run reads the articles of its data interval again, which is worth it after
a new extractor, actor or topic file. Articles that a topic wants only now are read, too. Unpause
it, then

    airflow backfill create --dag-id news_reprocess --max-active-runs 1 \
        --from-date 2026-05-01 --to-date 2026-05-31

Old claims stay until they are replaced, and nothing that is read again alerts. One day at a time,
and behind the news in both pools, so that fresh articles do not wait for the past. Triggered by
hand without a date, it reads the whole store again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import (
    CronDataIntervalTimetable,
    Param,
    dag,
    get_current_context,
    task,
)
from truceline_retries import CONFIG, MODEL, retried

from pipeline import steps


@dag(
    schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    default_args=retried(
        first=timedelta(seconds=60), limit=timedelta(hours=4), hopeless=(CONFIG, MODEL)
    ),
    params={
        "topic": Param(None, type=["null", "string"], description="Only this topic's articles."),
    },
    tags=["truceline"],
    doc_md=__doc__,
)
def news_reprocess() -> None:
    """For a day of the past: match and send back, scrape, extract, compare."""

    @task(multiple_outputs=False)
    def restage() -> dict[str, int]:
        run = get_current_context()
        since, until = run["data_interval_start"], run["data_interval_end"]
        return steps.restage(since, until, topic=run["params"]["topic"])

    @task
    def scrape() -> int:
        return steps.scrape()

    @task(multiple_outputs=False, pool="truceline_extract")
    def extract() -> dict[str, int]:
        return steps.extract()

    @task(multiple_outputs=False, pool="truceline_compare")
    def compare() -> dict[str, int]:
        return steps.compare()

    restage() >> scrape() >> extract() >> compare()


news_reprocess()
