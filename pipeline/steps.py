"""The round of `flow.Monitor.run`, one step at a time, for a scheduler with a process for each.

    plan -> collect (batches, at once) -> end_round | scrape -> extract | compare -> summarise
      -> deliver; beside them: warn, forget, put_back, and restage -> scrape -> extract -> compare

Each function opens the configuration (`TRUCELINE_CONFIG`) and its store (`TRUCELINE_STORE`),
does one step and closes both. What goes in and comes out is small and JSON: URLs, ids and
numbers, never texts. What there is to do, each step asks the store: a step that is repeated,
killed or called too often does no harm. All raise `TrucelineError`; its `retryable` says
whether the same call can succeed later.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from pipeline import flow, upkeep
from pipeline.flow import Monitor
from pipeline.records import Feed, Poll

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Store

T = TypeVar("T")
Numbers = dict[str, int]

FEEDS_EACH = 25  # a batch of this size costs less to start than to fetch
MOST_BATCHES = 8
LEAST_BATCHES = 4


# -- collect --------------------------------------------------------------------------------


def plan(*, everything: bool = False) -> list[list[str]]:
    """Return the URLs of the feeds that are due, or of all, in batches to collect at once."""
    return _done(lambda monitor: _planned(monitor.due_feeds(everything=everything)))


def collect(urls: Sequence[str], *, everything: bool = False) -> Numbers:
    """Poll those of these feeds that are due; a dead one is a number here, not an error.

    A feed that was polled a moment ago is not due, so a repeated call goes on where it ended
    (with `everything` it asks again). One that left the configuration since it was planned is
    passed over.
    """
    wanted = set(urls)

    async def step(monitor: Monitor) -> Numbers:
        feeds = [feed for feed in monitor.config.feeds if feed.url in wanted]
        return _tally(await monitor.collect(feeds, everything=everything))

    return _awaited(step)


def end_round(batches: Iterable[Numbers]) -> Numbers:
    """Say that a whole round is collected; return the batches' numbers, added up.

    `waiting` is 1 if anything in the store waits to be read, of this round or of earlier ones.
    """
    total = sum(map(Counter, batches), Counter[str]())
    return _done(lambda monitor: {**total, "waiting": _ended(monitor)})


# -- read and compare -----------------------------------------------------------------------


def scrape() -> int:
    """Get the text of every article that waits for it; return how many."""
    return _awaited(lambda monitor: monitor.scrape())


def extract() -> Numbers:
    """Extract the claims of all that has text; `waiting` is 1 if anything is to be compared."""

    async def step(monitor: Monitor) -> Numbers:
        articles, claims, set_aside = await monitor.extract()
        waiting = int(monitor.has_work())
        return {
            "articles": articles, "claims": claims, "set_aside": set_aside, "waiting": waiting
        }  # fmt: skip

    return _awaited(step)


def compare() -> Numbers:
    """Compare what waits, oldest first, and write its alerts to the outbox.

    Raises:
        LeaseHeld: another process compares now.
    """
    done, alerts = _done(lambda monitor: monitor.compare())
    return {"articles": done, "alerts": len(alerts)}


# -- tell -----------------------------------------------------------------------------------


def summarise() -> list[str]:
    """Write one summary for feeds whose first collection this was; return its id."""
    return _done(lambda monitor: [alert.id for alert in monitor.summarise_baseline()])


def warn() -> list[str]:
    """Write alerts on feeds that began to fail and on parties that do not answer; return ids."""
    return _done(
        lambda monitor: [
            alert.id for alert in (*monitor.warn_of_silence(), *monitor.warn_of_feeds())
        ]
    )


def deliver() -> Numbers:
    """Send what is due on every channel; a channel that refuses is a number here.

    Raises:
        LeaseHeld: another process delivers now.
    """

    async def step(monitor: Monitor) -> Numbers:
        report = asdict(await monitor.deliver())
        return {name: count for name, count in report.items() if isinstance(count, int)}

    return _awaited(step)


def put_back(*, channel: str | None = None) -> int:
    """Put deliveries that were given up back into the outbox, to be sent next; return how many."""
    from pipeline.deliver import replay

    return _done(lambda monitor: replay(monitor.store, monitor.clock(), channel=channel))


# -- the past -------------------------------------------------------------------------------


def forget() -> int:
    """Delete the texts the settings no longer keep, once a day; return of how many articles."""
    return _done(lambda monitor: monitor.forget())


def restage(since: datetime | None, until: datetime | None, *, topic: str | None = None) -> Numbers:
    """Match the articles of an interval (`since` <= when < `until`) again and send them back.

    None: no bound. They wait to be extracted; their old claims stay until replaced, and none of
    them alerts.
    """
    begin, end = _plain(since), _plain(until)

    def step(monitor: Monitor) -> Numbers:
        matched, sent = upkeep.send_back(monitor, topic=topic, since=begin, until=end)
        return {"matched": matched, "sent_back": sent}

    return _done(step)


# -- small print ----------------------------------------------------------------------------


@contextmanager
def _opened() -> Iterator[tuple[Config, Store]]:
    from pipeline.config import load_config
    from pipeline.stores import open_store

    config = load_config()
    store = open_store(config.settings.store.url)
    try:
        yield config, store
    finally:
        store.close()


def _awaited(step: Callable[[Monitor], Awaitable[T]]) -> T:
    """Do one step of a monitor over the configured store."""

    async def whole(config: Config, store: Store) -> T:
        async with Monitor(config, store, clock=flow.system_clock) as monitor:
            return await step(monitor)

    with _opened() as (config, store):
        return asyncio.run(whole(config, store))


def _done(step: Callable[[Monitor], T]) -> T:
    """Do one step that asks nobody but the store: it needs no client and no channel."""
    with _opened() as (config, store):
        return step(Monitor(config, store, clock=flow.system_clock))


def _ended(monitor: Monitor) -> int:
    monitor.end_round()
    return int(monitor.has_work())


def _plain(moment: datetime | None) -> datetime | None:
    """Return a standard datetime: schedulers have their own kinds, whose arithmetic differs."""
    return datetime.fromtimestamp(moment.timestamp(), UTC) if moment is not None else None


def _planned(feeds: Iterable[Feed]) -> list[list[str]]:
    """Share feeds out evenly; those of one host stay together, so that its limits hold."""
    hosts = defaultdict[str, list[str]](list)
    for feed in feeds:
        hosts[urlsplit(feed.url).netloc].append(feed.url)
    count = -(-sum(map(len, hosts.values())) // FEEDS_EACH)
    batches: list[list[str]] = [[] for _ in range(min(max(count, LEAST_BATCHES), MOST_BATCHES))]
    for host in sorted(hosts, key=lambda host: (-len(hosts[host]), host)):
        min(batches, key=len).extend(hosts[host])
    return [batch for batch in batches if batch]


def _tally(polls: Sequence[Poll]) -> Numbers:
    new, edited = sum(poll.new for poll in polls), sum(poll.edited for poll in polls)
    outcomes = Counter(poll.outcome.value for poll in polls)
    return {"feeds": len(polls), "new": new, "edited": edited, **outcomes}
