"""The demo's week as a fixture: live it in any order, and see what is left in the store."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.config import Config, load_config
from pipeline.demo.replay import write_config
from pipeline.demo.script import Crisis, load_crisis
from pipeline.demo.server import Newsstand, newsstand
from pipeline.flow import Monitor, RunReport
from pipeline.records import Query
from pipeline.stores import Store, open_store

State = dict[str, Any]


def configured(folder: Path, port: int, *, seed: int | None = None) -> Config:
    """Return the demo's configuration in `folder`, its feeds shuffled by `seed`."""
    config = load_config(write_config(folder, port))
    if seed is None:
        return config
    feeds = list(config.feeds)
    random.Random(seed).shuffle(feeds)
    return replace(config, feeds=tuple(feeds))


def live(config: Config, store: Store, port: int, days: Iterator[int] | range) -> list[RunReport]:
    """Run the monitor on the evenings of `days`."""
    crisis = load_crisis()

    async def week() -> list[RunReport]:
        reports = []
        async with (
            newsstand(crisis, port) as stand,
            Monitor(config, store, clock=lambda: stand.now) as monitor,
        ):
            for day in days:
                stand.now = crisis.end_of(day)
                reports.append(await monitor.run(everything=True))
        return reports

    return asyncio.run(week())


@contextmanager
def serving(crisis: Crisis, port: int) -> Iterator[Newsstand]:
    """Serve a crisis from a thread of its own, for readers with event loops of their own."""
    stands: list[Newsstand] = []
    up, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with newsstand(crisis, port) as stand:
            stands.append(stand)
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(10)
        yield stands[0]
    finally:
        over.set()
        thread.join()


def state_of(url: str) -> State:
    """Return what must be equal after any order, repetition or kill."""
    with closing(open_store(url)) as store:
        findings = store.search(Query(limit=10_000))
        alerts = store.alerts(limit=10_000)
        return {
            "claims": sorted(found.claim.id for found in findings),
            "decisions": sorted(
                (f.claim.id, f.decision.novelty.value, f.decision.reason, f.decision.key)
                for f in findings
                if f.decision is not None
            ),
            "positions": sorted(
                (p.party, p.issue, p.act, p.since.isoformat(), str(p.until))
                for p in store.positions(history=True)
            ),
            "contradictions": sorted(c.id for c in store.contradictions(closed=True)),
            "alerts": sorted((a.id, a.kind, a.headline, a.repeats) for a in alerts),
            "deliveries": sorted(
                (d.alert_id, d.channel, d.state.value)
                for alert in alerts
                for d in store.deliveries(alert.id)
            ),
            "pending": store.counts().pending,
        }
