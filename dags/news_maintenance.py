"""Keep the watch in order: silent and failing feeds, deliveries that wait, old texts.

`warn` alerts once on each feed that began to fail or fell silent; `deliver` sends that, the
deliveries whose next attempt has come, and digests after quiet hours; `forget` deletes texts the
settings no longer keep (once a day, however often it runs). Deliveries wait for no other success.

Trigger with `{"replay": true}`, and a `channel` if only one is meant, to put back the deliveries
that were given up.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import (
    CronTriggerTimetable,
    Param,
    dag,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException
from truceline_retries import retried

from pipeline import steps


@dag(
    schedule=CronTriggerTimetable("2-59/10 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=retried(first=timedelta(seconds=30), limit=timedelta(hours=1)),
    params={
        "replay": Param(False, type="boolean", description="Put given-up deliveries back."),
        "channel": Param(None, type=["null", "string"], description="Only of this channel."),
    },
    tags=["truceline"],
    doc_md=__doc__,
)
def news_maintenance() -> None:
    """Every ten minutes: warn, replay if asked, deliver, forget."""

    @task
    def warn() -> list[str]:
        return steps.warn()

    @task
    def replay() -> int:
        params = get_current_context()["params"]
        if not params["replay"]:
            raise AirflowSkipException("not asked for")
        return steps.put_back(channel=params["channel"])

    @task(multiple_outputs=False, pool="truceline_deliver", trigger_rule="all_done")
    def deliver() -> dict[str, int]:
        return steps.deliver()

    @task
    def forget() -> int:
        return steps.forget()

    warned = warn()
    [warned, replay()] >> deliver()
    warned >> forget()  # so that a failed warning fails the run, and yet stops no delivery


news_maintenance()
