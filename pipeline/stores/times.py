"""Moments as whole microseconds since 1970 (UTC): what stores sort and compare, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return `moment` in microseconds, exactly. A time without a zone raises `TypeError`."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """Return the UTC time of a number of microseconds."""
    return EPOCH + value * MICROSECOND


__all__ = ["EPOCH", "MICROSECOND", "micros", "moment"]
