"""A feed becomes an alert: the promises of the flow, seen from outside."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.errors import LeaseHeld, WorkerError
from pipeline.flow import Monitor, RunReport
from pipeline.records import Article, Claim, Feed, PollOutcome, Query, Stage
from pipeline.stores import Store, open_store
from tests.webserver import Answer, WebServer

NOW = datetime(2031, 3, 4, 20, tzinfo=UTC)
OFFER = "Ostmark offers to mediate between Varonia and Kestria in the Harun Valley."


def rss(*items: tuple[str, str], day: datetime = NOW) -> bytes:
    rows = "".join(
        f"<item><title>{title}</title><link>{link}</link><description>{title}</description>"
        f"<pubDate>{day:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for title, link in items
    )
    return f'<rss version="2.0"><channel><title>T</title>{rows}</channel></rss>'.encode()


@pytest.fixture
def config(tmp_path: Path, web: WebServer) -> Config:
    shipped = load_config(CONFIG)
    settings = replace(
        shipped.settings,
        store=replace(shipped.settings.store, url=f"sqlite:///{tmp_path}/watch.sqlite"),
        channels={"terminal": shipped.settings.channels["terminal"]},
        work=replace(shipped.settings.work, scrape=False, workers=1),
    )
    rules = tuple(replace(rule, channels=("terminal",)) for rule in shipped.rules)
    feed = Feed(url=web.url("/feed"), outlet="The Varona Herald", country="XA", language="en")
    return replace(shipped, settings=settings, rules=rules, feeds=(feed,))


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with closing(open_store(config.settings.store.url)) as opened:
        yield opened


def run(
    config: Config, store: Store, *, now: datetime = NOW, alert_backlog: bool = False
) -> RunReport:
    async def once() -> RunReport:
        async with Monitor(
            config, store, clock=lambda: now, alert_backlog=alert_backlog
        ) as monitor:
            return await monitor.run(everything=True)

    return asyncio.run(once())


def later(days: float = 1) -> datetime:
    return NOW + timedelta(days=days)


def test_the_first_collection_is_a_baseline_and_the_next_news_alerts(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss(("A ceasefire holds in the Harun Valley", web.url("/a"))))
    assert [a.kind for a in run(config, store).alerts] == ["baseline"]
    web.route("/feed", body=rss((OFFER, web.url("/b")), day=later()))
    report = run(config, store, now=later())
    assert [a.kind for a in report.alerts] == ["claim"]
    assert "mediat" in report.alerts[0].body


def test_alert_backlog_alerts_on_the_first_collection(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    report = run(config, store, alert_backlog=True)
    assert "claim" in [a.kind for a in report.alerts]


def test_a_dead_feed_stops_no_other(config: Config, store: Store, web: WebServer) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    web.route("/dead", Answer(status=500))
    web.route("/page", Answer(body=b"<html><body>hello</body></html>"))
    dead = [Feed(url=web.url(path), outlet="Dead") for path in ("/dead", "/page", "/none")]
    report = run(replace(config, feeds=(*dead, *config.feeds)), store)
    outcomes = [poll.outcome for poll in report.polls]
    assert outcomes == [
        PollOutcome.REFUSED,
        PollOutcome.HTML,
        PollOutcome.REFUSED,
        PollOutcome.OK,
    ]
    assert store.counts().claims > 0


def test_a_new_topic_on_an_old_store_is_a_baseline(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss(("Rain", web.url("/rain"))))
    run(replace(config, topics=()), store)
    web.route("/feed", body=rss((OFFER, web.url("/b")), day=later()))
    assert run(config, store, now=later()).alerts == ()
    assert store.counts().claims > 0


def test_old_articles_never_page(config: Config, store: Store, web: WebServer) -> None:
    web.route("/feed", body=rss(("Rain", web.url("/rain"))))
    run(config, store)
    web.route("/feed", body=rss((OFFER, web.url("/b")), day=later(-30)))
    assert run(config, store, now=later()).alerts == ()


def test_a_keyword_rule_sees_articles_no_topic_wants(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss(("Rain", web.url("/rain"))))
    run(config, store)
    ferry = ("A hospital ferry crosses the lake", web.url("/ferry"))
    web.route("/feed", body=rss(ferry, day=later()))
    assert [a.kind for a in run(config, store, now=later()).alerts] == ["keyword"]
    assert store.counts().matched == 0


def test_running_again_changes_nothing(config: Config, store: Store, web: WebServer) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    run(config, store)
    before = store.search(Query())
    again = run(config, store, now=later(0.1))
    assert again.alerts == ()
    assert store.search(Query()) == before


def test_an_edited_entry_is_a_new_version(config: Config, store: Store, web: WebServer) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    run(config, store)
    web.route("/feed", body=rss((OFFER.replace("offers", "may offer"), web.url("/b"))))
    report = run(config, store, now=later(0.1))
    assert [poll.edited for poll in report.polls] == [1]
    [article] = store.articles()
    assert [version.number for version in store.versions(article.id)] == [1, 2]


class Deadly:
    """Readers whose worker dies of some texts; stands in for `Workers`."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def call_within(
        self, limit: float, function: object, arguments: tuple[Article, ...]
    ) -> tuple[Claim, ...]:
        self.read.append(arguments[0].title)
        if "poison" in arguments[0].title:
            raise WorkerError("died of signal 11")
        return ()

    def close(self) -> None:
        """Nothing to end."""


def test_a_text_that_kills_the_extractor_twice_is_set_aside_and_the_rest_goes_on(
    config: Config, store: Store, web: WebServer
) -> None:
    poison = ("Kestria ceasefire poison", web.url("/poison"))
    web.route("/feed", body=rss(poison, (OFFER, web.url("/b"))))
    deadly = Deadly()

    async def once() -> RunReport:
        async with Monitor(config, store, clock=lambda: NOW) as monitor:
            monitor.readers = deadly  # type: ignore[assignment]  # a fake with the method used
            return await monitor.run()

    report = asyncio.run(once())
    assert report.set_aside == 1
    assert deadly.read.count(poison[0]) == 2
    [aside] = [a for a in store.articles() if a.stage is Stage.SET_ASIDE]
    assert "signal 11" in aside.note
    assert report.extracted == 1


def test_a_second_process_is_told_to_wait(config: Config, store: Store, web: WebServer) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    store.take_lease("compare", "somebody else", datetime.now(UTC), 60)
    with pytest.raises(LeaseHeld, match="another process"):
        run(config, store)
    store.release_lease("compare", "somebody else")
    assert run(config, store).compared == 1


def test_the_lease_of_a_killed_process_is_taken_over(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    store.take_lease("compare", f"{socket.gethostname()}:{gone.pid}", datetime.now(UTC), 60)
    assert run(config, store).compared == 1


def test_texts_are_forgotten_as_the_setting_says(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss((OFFER, web.url("/b"))))
    run(config, store)
    keep = replace(config.settings.store, keep_text_days=7)
    frugal = replace(config, settings=replace(config.settings, store=keep))
    run(frugal, store, now=later(30))
    [article] = store.articles()
    full = store.article(article.id)
    assert full is not None
    assert full.text == ""
    assert store.claims(article.id)
