"""Compare what was claimed with what is known, write the alerts, and send them.

The one serial part: one run at a time, one slot in each pool, and a lease in the store that also
holds against a `truceline watch` elsewhere. A lease that another process holds is a reason to
try again, with back-off. Alerts and their outbox rows are kept with the decisions in one
transaction, so a repeated task neither loses nor doubles one; what a channel refuses,
`news_maintenance` sends when its time comes.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Asset, dag, task
from truceline_retries import retried

from pipeline import steps

CLAIMS = Asset("truceline_claims")


@dag(
    schedule=[CLAIMS],
    catchup=False,
    max_active_runs=1,
    default_args=retried(first=timedelta(seconds=20), limit=timedelta(hours=1)),
    tags=["truceline"],
    doc_md=__doc__,
)
def news_alert() -> None:
    """When claims wait: compare, summarise first collections, deliver."""

    @task(multiple_outputs=False, pool="truceline_compare", priority_weight=2)
    def compare() -> dict[str, int]:
        return steps.compare()

    @task
    def summarise() -> list[str]:
        return steps.summarise()

    @task(multiple_outputs=False, pool="truceline_deliver", priority_weight=2)
    def deliver() -> dict[str, int]:
        return steps.deliver()

    compare() >> summarise() >> deliver()


news_alert()
