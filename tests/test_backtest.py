"""A back-test says what topics and rules would have found, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.backtest import backtest
from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.demo.script import load_crisis
from pipeline.errors import ConfigError
from pipeline.flow import RunReport
from pipeline.records import Article, Stage
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


def lived(folder: Path, *rules: str) -> tuple[Config, list[RunReport]]:
    """Live the week under some of the demo's rules."""
    whole = configured(folder, PORT)
    some = replace(whole, rules=tuple(rule for rule in whole.rules if rule.name in rules))
    with closing(open_store(whole.settings.store.url)) as store:
        return whole, live(some, store, PORT, range(load_crisis().days + 1))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Return rule and id of every alert of a week under all rules, in their order."""
    _, reports = lived(tmp_path_factory.mktemp("all"), *RULES)
    return [(alert.rule, alert.id) for report in reports for alert in report.alerts]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sends_over_the_past_what_it_would_have_sent_live(
    tmp_path: Path, sent: list[tuple[str, str]], rule: str
) -> None:
    (other,) = set(RULES) - {rule}
    config, _ = lived(tmp_path, other)
    with closing(open_store(config.settings.store.url)) as store:
        found = backtest(config, store, rule=rule)
        assert [alert.id for alert in found.alerts] == [id_ for name, id_ in sent if name == rule]
        assert found.alerts
        assert {alert.rule for alert in found.missed} <= {other}
        assert len(found.latencies_s) == len(found.alerts)
        assert min(found.latencies_s) >= 0
