"""Read what was collected: get the articles' texts, find the claims in them.

Woken by `news_ingest`; the work list is the store's, so events that are lost, doubled or melted
into one do no harm, and a run that is killed is gone on with by the next. A text that kills its
worker twice is set aside with the reason. The model loads inside the task.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from truceline_retries import CONFIG, MODEL, retried

from pipeline import steps

ARTICLES, CLAIMS = Asset("truceline_articles"), Asset("truceline_claims")


@dag(
    schedule=[ARTICLES],
    catchup=False,
    max_active_runs=1,
    default_args=retried(
        first=timedelta(seconds=20), limit=timedelta(hours=2), hopeless=(CONFIG, MODEL)
    ),
    tags=["truceline"],
    doc_md=__doc__,
)
def news_extract() -> None:
    """When articles wait: scrape, extract."""

    @task
    def scrape() -> int:
        return steps.scrape()

    @task(multiple_outputs=False, outlets=[CLAIMS], pool="truceline_extract", priority_weight=2)
    def extract() -> dict[str, int]:
        numbers = steps.extract()
        if not numbers["waiting"]:
            raise AirflowSkipException("nothing to compare")
        return numbers

    scrape() >> extract()


news_extract()
