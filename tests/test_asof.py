"""The time machine answers exactly what a watch that stopped at the cut would answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.asof import Past
from pipeline.cli.ledger import whole_ledger
from pipeline.config import Config
from pipeline.demo.script import load_crisis
from pipeline.records import Article, Claim, Finding, Novelty, Query, Stage
from pipeline.stores import Answers, Store, open_store
from pipeline.stores.copying import copy
from pipeline.stores.sqlite import SqliteStore
from tests.elasticsearch_node import wipe
from tests.factories import TOPIC, at, claim, comparison, decision, poll, scraped, state
from tests.ports import free_port
from tests.week import configured, live

PORT = free_port()
DAYS = range(load_crisis().days + 1)
QUERIES = (
    Query(limit=10_000),
    Query(text="ceasefire"),
    Query(text='"a third party"'),
    Query(party="XA"),
    Query(act="MED_OFFER"),
    Query(anonymous=True),
    Query(agency="VNA"),
    Query(novelty=Novelty.REPEAT),
    Query(novelty=Novelty.NEW, topic="harun-valley"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live the week, keeping a copy of the store as it was each evening."""
    made = tmp_path_factory.mktemp("week")
    config = configured(made, PORT)
    with closing(open_store(config.settings.store.url)) as store:
        assert isinstance(store, SqliteStore)
        live(config, store, PORT, evenings(store, made))
    return made


def evenings(store: SqliteStore, folder: Path) -> Iterator[int]:
    for day in DAYS:
        yield day
        store.backup(folder / f"evening{day}.sqlite")


def told(answers: Answers, config: Config) -> dict[str, Any]:
    """Return everything the screens of the time machine show."""
    findings = {n: as_kept(answers.search(query)) for n, query in enumerate(QUERIES)}
    alerts = answers.alerts(limit=1000)
    claims = [found.claim.id for found in findings[0]]
    articles = [found.article.id for found in findings[0]]
    keys = [(d.topic, d.key) for found in findings[0] if (d := found.decision)]
    return {
        "found": findings,
        "positions": whole_ledger(config, answers),
        "history": whole_ledger(config, answers, history=True),
        "board": [answers.contradictions(), answers.contradictions(closed=True)],
        "alerts": [(alert, answers.alert(alert.id)) for alert in alerts],
        "sent": [[(r.channel, r.state) for r in answers.deliveries(a.id)] for a in alerts],
        "claims": [(answers.claim(id_), answers.decisions(id_)) for id_ in claims],
        "versions": [len(answers.versions(id_)) for id_ in articles],
        "texts": [article.text for id_ in articles if (article := answers.article(id_))],
        "coverage": [answers.coverage(*key) for key in keys],
    }


def as_kept(findings: list[Finding]) -> list[Finding]:
    """Return findings without summaries (not kept of older versions), in an order without ties."""
    bare = [replace(f, article=replace(f.article, summary="")) for f in findings]
    return sorted(bare, key=lambda f: (f.claim.said_at, f.claim.id), reverse=True)


@pytest.mark.parametrize("day", DAYS)
def test_the_answer_is_that_of_a_watch_that_stopped_then(folder: Path, day: int) -> None:
    config, cut = configured(folder, PORT), load_crisis().end_of(day)
    with (
        closing(open_store(f"sqlite:///{folder}/demo.sqlite")) as whole,
        closing(open_store(f"sqlite:///{folder}/evening{day}.sqlite")) as stopped,
    ):
        expected, found = told(stopped, config), told(Past(whole, cut), config)
    for name, answer in expected.items():
        assert found[name] == answer, name


def test_a_cluster_remembers_the_same(folder: Path, elasticsearch_url: str) -> None:
    config, cut = configured(folder, PORT), load_crisis().end_of(4)
    url = f"{elasticsearch_url}/asof"
    wipe(url)
    with (
        closing(open_store(f"sqlite:///{folder}/demo.sqlite")) as one,
        closing(open_store(url)) as other,
    ):
        copy(one, other)
        expected, found = told(Past(one, cut), config), told(Past(other, cut), config)
    for name, answer in expected.items():
        assert same(found[name]) == same(answer), name


def same(answer: Any) -> list[str]:
    """Return answers in an order of ours: stores order claims of one moment differently."""
    listed = answer.values() if isinstance(answer, dict) else [answer]
    return sorted(str(one) for some in listed for one in some)


# -- small cases -------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/past.sqlite")) as opened:
        yield opened


def compared(store: Store, article: Article, *claims: Claim, minute: float) -> None:
    store.save_poll(poll(), state(), (article,))
    store.save_article(article)
    store.save_claims(replace(article, stage=Stage.COMPARE), claims)
    store.save_comparison(
        comparison(
            article,
            claims=claims,
            at=at(minute),
            decisions=tuple(decision(claim_id=c.id) for c in claims),
        )
    )


def words(store: Store, minute: float, **query: Any) -> list[str]:
    return [found.claim.text for found in Past(store, at(minute)).search(Query(**query))]


def test_a_replaced_claim_is_found_before_its_replacement_and_not_after(store: Store) -> None:
    compared(store, scraped(1), claim(1), minute=1)
    edited = replace(scraped(1, "The minister said no."), fingerprint="new", version=2)
    compared(store, edited, claim(2, text="talks are over", version=2), minute=5)
    assert words(store, 4) == words(store, 4, text="go on") == ["talks would go on"]
    assert words(store, 5) == ["talks are over"]
    assert words(store, 4, text="over") == words(store, 0) == []
    assert Past(store, at(0)).claim("claim-0001") is None


def test_what_was_extracted_again_is_told_as_it_was_first(store: Store) -> None:
    compared(store, scraped(1), claim(1, act="offer"), minute=1)
    compared(store, scraped(1), claim(1, act="deny", extractor="2"), minute=5)
    assert words(store, 4, act="offer")
    assert not words(store, 4, act="deny")
    assert words(store, 5, act="deny")
    assert not words(store, 5, act="offer")


def test_news_dated_ahead_is_known_when_it_was_seen(store: Store) -> None:
    late = at(0) + timedelta(days=4000)
    compared(store, scraped(1, published=late), claim(1, said_at=late), minute=1)
    assert words(store, 1) == ["talks would go on"]


def test_many_claims_of_one_moment_come_on_as_many_pages(store: Store) -> None:
    claims = tuple(claim(n, said_at=at(0)) for n in range(450))
    compared(store, scraped(1), *claims, minute=1)
    assert len(words(store, 2, limit=1000)) == 450
    assert len(words(store, 2, limit=10, topic=TOPIC)) == 10
