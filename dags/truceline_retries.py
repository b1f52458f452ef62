"""How the tasks of this folder try again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryRule
from airflow.sdk.definitions.retry_policy import RetryAction

CONFIG, MODEL = "pipeline.errors.ConfigError", "pipeline.errors.ModelError"


def retried(
    *, first: timedelta, limit: timedelta, hopeless: tuple[str, ...] = (CONFIG,)
) -> dict[str, Any]:
    """Return `default_args`: three more tries, after `first`, twice that, four times that.

    A task is ended after `limit`. Errors named in `hopeless` fail at once: what they say is wrong
    (a setting, a damaged model) is still wrong in a minute.
    """
    return {
        "owner": "truceline",
        "retries": 3,
        "retry_delay": first,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=5),
        "retry_policy": ExceptionRetryPolicy([RetryRule(list(hopeless), RetryAction.FAIL)]),
        "execution_timeout": limit,
    }
