"""The steps a scheduler runs in processes of their own keep what one run promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import flow, steps
from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.records import Feed
from pipeline.stores import Store, open_store
from tests.webserver import WebServer

NOW = datetime(2031, 3, 4, 20, tzinfo=UTC)
OFFER = "Ostmark offers to mediate between Varonia and Kestria in the Harun Valley."


def rss(title: str, link: str, day: datetime = NOW) -> bytes:
    return (
        f'<rss version="2.0"><channel><title>T</title><item><title>{title}</title>'
        f"<link>{link}</link><description>{title}</description>"
        f"<pubDate>{day:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item></channel></rss>"
    ).encode()


@pytest.fixture
def config(tmp_path: Path, web: WebServer, monkeypatch: pytest.MonkeyPatch) -> Config:
    """One feed on loopback; the steps are given it in place of a folder."""
    shipped = load_config(CONFIG)
    settings = replace(
        shipped.settings,
        store=replace(shipped.settings.store, url=f"sqlite:///{tmp_path}/watch.sqlite"),
        channels={"terminal": shipped.settings.channels["terminal"]},
        work=replace(shipped.settings.work, scrape=False, workers=1),
    )
    rules = tuple(replace(rule, channels=("terminal",)) for rule in shipped.rules)
    feed = Feed(url=web.url("/feed"), outlet="The Varona Herald", country="XA", language="en")
    made = replace(shipped, settings=settings, rules=rules, feeds=(feed,))
    use(made, monkeypatch)
    at(NOW, monkeypatch)
    return made


def use(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.config.load_config", lambda: config)


def at(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "system_clock", lambda: now)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with closing(open_store(config.settings.store.url)) as opened:
        yield opened


def read() -> None:
    steps.scrape()
    steps.extract()


def alerts(store: Store) -> list[str]:
    return [alert.kind for alert in reversed(store.alerts())]


# -- the plan ---------------------------------------------------------------------------------


def feeds(*hosts: tuple[str, int]) -> tuple[Feed, ...]:
    return tuple(
        Feed(url=f"https://{host}/{number}", outlet=host)
        for host, count in hosts
        for number in range(count)
    )


@pytest.mark.parametrize(("count", "batches"), [(1, 1), (3, 3), (20, 4), (120, 5), (1000, 8)])
def test_feeds_are_shared_out_over_four_to_eight_batches(
    config: Config, monkeypatch: pytest.MonkeyPatch, count: int, batches: int
) -> None:
    due = feeds(*((f"h{n}.example", 1) for n in range(count)))
    use(replace(config, feeds=due), monkeypatch)
    plan = steps.plan()
    assert len(plan) == batches
    assert sorted(url for batch in plan for url in batch) == sorted(feed.url for feed in due)
    assert max(map(len, plan)) - min(map(len, plan)) <= 1


def test_feeds_of_one_host_stay_together(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    due = feeds(("big.example", 40), *((f"h{n}.example", 2) for n in range(30)))
    use(replace(config, feeds=due), monkeypatch)
    of_hosts = [{url.split("/")[2] for url in batch} for batch in steps.plan()]
    for host in {feed.outlet for feed in due}:
        assert sum(host in batch for batch in of_hosts) == 1


def test_only_what_is_due_is_planned(config: Config, web: WebServer) -> None:
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    [batch] = steps.plan()
    assert steps.collect(batch) == {"feeds": 1, "new": 1, "edited": 0, "ok": 1}
    assert steps.plan() == []
    assert steps.plan(everything=True) == [batch]


def test_a_repeated_batch_asks_nobody_twice(config: Config, web: WebServer) -> None:
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    [batch] = steps.plan()
    steps.collect(batch)
    assert steps.collect(batch)["feeds"] == 0
    assert len(web.seen("/feed")) == 1


def test_a_feed_that_left_the_configuration_is_passed_over(config: Config, web: WebServer) -> None:
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    [batch] = steps.plan()
    assert steps.collect([*batch, "https://left.example/feed"])["feeds"] == 1


# -- baselines, when the steps are apart ------------------------------------------------------


def test_a_first_collection_is_summarised_once_it_is_read(
    config: Config, store: Store, web: WebServer
) -> None:
    web.route("/feed", body=rss(OFFER, web.url("/a")))
    steps.collect(steps.plan()[0])
    assert steps.summarise() == []
    read()
    assert steps.summarise() == []
    steps.compare()
    assert len(steps.summarise()) == 1
    assert steps.summarise() == []
    assert alerts(store) == ["baseline"]


def test_a_topic_may_alert_only_after_its_first_round(
    config: Config, store: Store, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody compares between the new topic file and the first round that looks for it."""
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    use(replace(config, topics=()), monkeypatch)
    round_of(steps.plan(everything=True))
    use(config, monkeypatch)
    at(NOW + timedelta(hours=1), monkeypatch)
    steps.compare()
    web.route("/feed", body=rss(OFFER, web.url("/a")))
    round_of(steps.plan(everything=True))
    assert "claim" not in alerts(store)
    again = OFFER.replace("offers to mediate", "refuses to mediate")
    web.route("/feed", body=rss(again, web.url("/b")))
    round_of(steps.plan(everything=True))
    assert "claim" in alerts(store)


def test_a_topics_first_round_ends_when_all_of_it_is_compared(
    config: Config, store: Store, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody compares while the first round is still being read."""
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    use(replace(config, topics=()), monkeypatch)
    round_of(steps.plan(everything=True))
    use(config, monkeypatch)
    web.route("/feed", body=rss(OFFER, web.url("/a")))
    steps.end_round([steps.collect(steps.plan(everything=True)[0], everything=True)])
    steps.compare()
    read()
    steps.compare()
    assert "claim" not in alerts(store)


def test_a_quiet_first_round_ends_the_baseline(
    config: Config, store: Store, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.route("/feed", body=rss("Rain", web.url("/rain")))
    use(replace(config, topics=()), monkeypatch)
    round_of(steps.plan(everything=True))
    use(config, monkeypatch)
    collected = steps.collect(steps.plan(everything=True)[0], everything=True)
    assert steps.end_round([collected])["waiting"] == 0  # so nobody is woken
    web.route("/feed", body=rss(OFFER, web.url("/a")))
    round_of(steps.plan(everything=True))
    assert "claim" in alerts(store)


def round_of(plan: list[list[str]]) -> None:
    steps.end_round([steps.collect(batch, everything=True) for batch in plan])
    read()
    steps.compare()
    steps.summarise()


# -- the event --------------------------------------------------------------------------------


def test_what_an_earlier_run_left_wakes_the_next(config: Config, web: WebServer) -> None:
    web.route("/feed", body=rss(OFFER, web.url("/a")))
    first = steps.end_round([steps.collect(batch) for batch in steps.plan()])
    assert first == {"feeds": 1, "new": 1, "ok": 1, "waiting": 1}
    assert steps.end_round([])["waiting"] == 1  # nobody read it yet
    read()
    assert steps.end_round([])["waiting"] == 1  # nor compared it
    steps.compare()
    steps.summarise()
    assert steps.end_round([])["waiting"] == 0
