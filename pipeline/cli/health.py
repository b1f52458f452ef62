"""Feed health: one word for each feed, and which parties' media were heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.records import Feed, FeedState, PollOutcome

ANSWERED = frozenset(
    {PollOutcome.OK, PollOutcome.SAME, PollOutcome.NOT_MODIFIED, PollOutcome.MOVED}
)
LATE = timedelta(hours=1)  # behind its next check: nobody is watching


class Health(StrEnum):
    """How a feed does; the worst first."""

    FAILING = "failing"  # the last poll brought no feed
    NEVER = "never asked"
    SILENT = "silent"  # nothing new for long, by default a week
    LATE = "late"  # its next check is overdue: no watch runs
    ALIVE = "alive"
    OFF = "off"  # enabled = false


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """One line of the coverage screen."""

    feed: Feed
    state: FeedState | None
    health: Health
    reason: str = ""  # what the server said, where it is failing


@dataclass(frozen=True, slots=True)
class Heard:
    """How many of a party's own feeds were heard."""

    party: str
    feeds: int
    alive: int
    last_new: datetime | None


def health_of(feed: Feed, state: FeedState | None, now: datetime, *, silent: timedelta) -> Health:
    """Return the first word of `Health` that fits, `off` before all.

    `silent` is how long a feed may hold nothing new.
    """
    if not feed.enabled:
        return Health.OFF
    if state is None or state.last_outcome is None:
        return Health.NEVER
    if state.last_outcome not in ANSWERED:
        return Health.FAILING
    if state.last_new is None or now - state.last_new > silent:
        return Health.SILENT
    if state.next_check is not None and now - state.next_check > LATE:
        return Health.LATE
    return Health.ALIVE


def by_trouble(rows: Iterable[FeedHealth]) -> list[FeedHealth]:
    """Return the worst first; among failing feeds those that fail longest."""
    worst = list(Health)
    return sorted(
        rows,
        key=lambda row: (
            worst.index(row.health),
            -(row.state.failures if row.state else 0),
            row.feed.outlet.casefold(),
            row.feed.url,
        ),
    )


def heard_parties(rows: Sequence[FeedHealth]) -> list[Heard]:
    """Return for each party that has media of its own how many of them are heard."""
    parties = sorted({row.feed.party for row in rows if row.feed.party and row.feed.enabled})
    return [_heard(party, [row for row in rows if row.feed.party == party]) for party in parties]


def _heard(party: str, rows: Sequence[FeedHealth]) -> Heard:
    asked = [row for row in rows if row.health is not Health.OFF]
    heard = [row for row in asked if row.health in (Health.ALIVE, Health.LATE)]
    times = [row.state.last_new for row in asked if row.state and row.state.last_new]
    return Heard(party, len(asked), len(heard), max(times, default=None))
