"""The demo's week on Elasticsearch: the same claims, alerts, ledger and contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.records import Query
from pipeline.stores import open_store
from tests.elasticsearch_node import remove
from tests.week import configured, live, state_of

PORT = 18937
DAYS = range(8)


@pytest.fixture
def cluster_url(elasticsearch_url: str) -> Iterator[str]:
    url = f"{elasticsearch_url}/week"
    remove(url)
    yield url
    remove(url)


def on(config: Config, url: str) -> Config:
    """The same watch with its store at `url`."""
    store = replace(config.settings.store, url=url)
    return replace(config, settings=replace(config.settings, store=store))


def lived(folder: Path, url: str) -> None:
    config = on(configured(folder, PORT), url)
    with closing(open_store(url)) as store:
        live(config, store, PORT, DAYS)


def test_the_week_ends_alike_in_a_cluster_and_in_a_file(tmp_path: Path, cluster_url: str) -> None:
    file_url = f"sqlite:///{tmp_path}/week.sqlite"
    lived(tmp_path / "file", file_url)
    lived(tmp_path / "cluster", cluster_url)
    expected, found = state_of(file_url), state_of(cluster_url)
    assert expected["alerts"]
    assert expected["contradictions"]
    for what, value in expected.items():
        assert found[what] == value, what
    with closing(open_store(file_url)) as one, closing(open_store(cluster_url)) as other:
        for query in QUESTIONS:
            asked = sorted(one.search(query), key=lambda f: f.claim.id)
            assert sorted(other.search(query), key=lambda f: f.claim.id) == asked, query
        assert other.counts() == one.counts()
        assert other.articles() == one.articles()


QUESTIONS = (
    Query(limit=10_000),
    Query(text="mediate", limit=1_000),
    Query(text="ceasefire violation", limit=1_000),
    Query(party="XA", limit=1_000),
    Query(anonymous=True, limit=1_000),
    Query(agency="VNA", limit=1_000),
    Query(outlet="the varona herald", alert_worthy=True, limit=1_000),
)
