"""Row numbers that grow with time, whatever the order of arrival.

The millisecond (48 bits) and a counter (15 bits). In every index of such a table the newest
rows are the last ones, so that newest first (or oldest first) costs the same in a big store as
in a small one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pipeline.stores.times import micros, moment

COUNTER_BITS = 15


def first_row(moment: datetime) -> int:
    """Return the lowest row number of that millisecond."""
    return (micros(moment) // 1000) << COUNTER_BITS


def is_row_of(row: int, moment: datetime) -> bool:
    """Tell whether a row number belongs to that millisecond."""
    return row >> COUNTER_BITS == micros(moment) // 1000


def free_row(last_between: Callable[[int, int], int | None], moment: datetime) -> int:
    """Return the next row number of that millisecond; when it is full, of one after it.

    `last_between(start, end)` gives the highest number taken in a half-open range.
    """
    start = first_row(moment)
    while True:
        end = start + (1 << COUNTER_BITS)
        last = last_between(start, end)
        if last is None:
            return start
        if last + 1 < end:
            return last + 1
        start = end


__all__ = ["first_row", "free_row", "is_row_of", "micros", "moment"]
