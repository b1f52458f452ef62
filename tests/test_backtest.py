"""A back-test says what topics and rules would have found, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.backtest import Backtest, backtest
from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.demo.script import load_crisis
from pipeline.errors import ConfigError
from pipeline.records import Alert, Article, Stage, Topic
from pipeline.stores import Store, open_store
from tests.factories import article, claim, poll, state
from tests.ports import free_port
from tests.week import configured, live

CONFIGURED = load_config(CONFIG)
TOPIC = CONFIGURED.topics[0].id


@pytest.fixture
def config() -> Config:
    return CONFIGURED


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/past.sqlite")) as opened:
        yield opened


def keep(store: Store, number: int, title: str, *, topics: tuple[str, ...] = (TOPIC,)) -> Article:
    made = replace(
        article(),
        id=f"article{number}",
        title=title,
        summary=title,
        text=title,
        fingerprint=str(number),
        topics=topics,
        baseline=True,
        stage=Stage.EXTRACT,
    )
    store.save_poll(poll(), state(), (made,))
    said = replace(
        claim(),
        id=f"claim{number}",
        article_id=made.id,
        text=title,
        act="MED_OFFER",
        theme="mediation",
        object="mediation",
        countries=("XC",),
        role_code="HOS",
        alert_worthy=True,
        background=False,
        topics=topics,
    )
    store.save_claims(replace(made, stage=Stage.DONE), (said,) if topics else ())
    return made


def test_a_stored_offer_would_have_alerted_once_for_two_reports(
    config: Config, store: Store
) -> None:
    keep(store, 1, "Ostmark offers to mediate between Varonia and Kestria")
    keep(store, 2, "Ostmark again offers to mediate between Varonia and Kestria")
    found = backtest(config, store, archive=True)
    assert (found.articles, found.matched, found.claims) == (2, 2, 2)
    assert len(found.alerts) == 1
    assert store.alerts() == []


def test_what_a_topic_wants_only_now_is_counted(config: Config, store: Store) -> None:
    keep(store, 1, "Shelling closes the dam road in the Harun Valley", topics=())
    keep(store, 2, "Barley prices rise", topics=())
    found = backtest(config, store, archive=True)
    assert (found.matched, found.newly_matched) == (1, 1)


def test_a_keyword_rule_is_back_tested_on_every_article(config: Config, store: Store) -> None:
    keep(store, 1, "A hospital ferry crosses the lake", topics=())
    found = backtest(config, store, rule="hospital ferry", archive=True)
    assert [alert.kind for alert in found.alerts] == ["keyword"]


def test_an_unknown_topic_or_rule_names_the_known_ones(config: Config, store: Store) -> None:
    with pytest.raises(ConfigError, match="harun-valley"):
        backtest(config, store, topic="harun")
    with pytest.raises(ConfigError, match="hospital ferry"):
        backtest(config, store, rule="ferry")


# -- equal to live running ---------------------------------------------------------------------

PORT = free_port()
RULES = ("mediation and ceasefire", "hospital ferry")
VALLEY = CONFIGURED.topics[0]
ELSEWHERE = replace(VALLEY, id="elsewhere")  # wants the same articles, and is another topic
NARROW = replace(VALLEY, companies=VALLEY.companies[:1])  # both parties must be named


@dataclass(frozen=True)
class Week:
    """A week lived under some topics, and what it sent."""

    config: Config
    sent: list[Alert]  # on claims and words, in order

    def told(self) -> list[tuple[str, str, datetime]]:
        return [(alert.rule, alert.id, alert.created) for alert in self.sent]

    def stories(self) -> set[str]:
        return {alert.story for alert in self.sent}


def lived(folder: Path, **fields: Any) -> Week:
    """Live the week under the demo's configuration with other topics or rules."""
    whole = configured(folder, PORT)
    with closing(open_store(whole.settings.store.url)) as store:
        reports = live(replace(whole, **fields), store, PORT, range(load_crisis().days + 1))
    sent = [alert for report in reports for alert in report.alerts]
    return Week(whole, [alert for alert in sent if alert.kind in ("claim", "keyword")])


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Week]:
    topics = {"whole": VALLEY, "elsewhere": ELSEWHERE, "narrow": NARROW}
    return {
        name: lived(tmp_path_factory.mktemp(name), topics=(topic,))
        for name, topic in topics.items()
    }


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sends_over_the_past_what_it_would_have_sent_live(
    tmp_path: Path, weeks: dict[str, Week], rule: str
) -> None:
    (other,) = set(RULES) - {rule}
    rules = tuple(one for one in CONFIGURED.rules if one.name == other)
    config = lived(tmp_path, rules=rules).config
    with closing(open_store(config.settings.store.url)) as store:
        found = backtest(config, store, rule=rule)
        assert [alert.id for alert in found.alerts] == [
            alert.id for alert in weeks["whole"].sent if alert.rule == rule
        ]
        assert found.alerts
        assert {alert.rule for alert in found.missed} <= {other}
        assert len(found.latencies_s) == len(found.alerts)
        assert min(found.latencies_s) >= 0


# -- a topic that came later, or was drawn otherwise -------------------------------------------


def over(week: Week, topic: Topic) -> Backtest:
    """Back-test a topic over a week."""
    tested = replace(week.config, topics=(topic,))
    with closing(open_store(week.config.settings.store.url)) as store:
        return backtest(tested, store, topic=topic.id)


def told_by(found: Backtest) -> list[tuple[str, str, datetime]]:
    return [(alert.rule, alert.id, alert.created) for alert in found.alerts]


def test_a_new_topic_sends_over_the_past_what_it_would_have_sent_live(
    weeks: dict[str, Week],
) -> None:
    found, live_week = over(weeks["elsewhere"], VALLEY), weeks["whole"]
    assert told_by(found) == live_week.told()
    assert [alert.body for alert in found.alerts] == [alert.body for alert in live_week.sent]
    assert found.missed == []
    new = [alert for alert in live_week.sent if alert.kind == "claim"]
    assert {alert.story for alert in found.added} == {alert.story for alert in new}


def test_its_delays_are_those_of_the_alerts_that_were_sent(weeks: dict[str, Week]) -> None:
    found, live_week = over(weeks["elsewhere"], VALLEY), weeks["whole"]
    with closing(open_store(live_week.config.settings.store.url)) as store:
        articles = [store.article(alert.article_id or "") for alert in live_week.sent]
    waited = [
        (alert.created - article.when).total_seconds()
        for alert, article in zip(live_week.sent, articles, strict=True)
        if article is not None
    ]
    assert found.latencies_s == waited


def test_a_narrower_topic_misses_what_only_the_wider_one_would_have_sent(
    weeks: dict[str, Week],
) -> None:
    found = over(weeks["whole"], NARROW)
    assert told_by(found) == weeks["narrow"].told()
    lost = weeks["whole"].stories() - weeks["narrow"].stories()
    assert lost
    assert {alert.story for alert in found.missed} == lost
    assert {a.story for a in found.added} == weeks["narrow"].stories() - weeks["whole"].stories()
