"""The demo's week on Elasticsearch: the same claims, alerts, ledger and contradictions."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.records import Query
from pipeline.stores import open_store
from tests.elasticsearch_node import remove
from tests.killing import KILLED, MODES
from tests.ports import free_port
from tests.week import State, configured, live, state_of

PORT = free_port()
DAYS = range(8)
KILLS = 8


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


def lived_under_fire(folder: Path, url: str, shots: random.Random) -> int:
    """Live the week in processes that end at random writes; return how many did."""
    kills, day = 0, 0
    while day in DAYS:
        command = [sys.executable, "-m", "tests.dying_watch", str(folder), url, str(PORT), str(day)]
        if kills < KILLS:
            command += [str(shots.randrange(40)), shots.choice(list(MODES))]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert ended.returncode in (0, KILLED), ended.stderr
        kills += ended.returncode == KILLED
        day += ended.returncode == 0
    return kills


@pytest.mark.slow
def test_kills_at_random_writes_change_nothing(tmp_path: Path, cluster_url: str) -> None:
    file_url = f"sqlite:///{tmp_path}/week.sqlite"
    lived(tmp_path / "file", file_url)
    kills = lived_under_fire(tmp_path / "cluster", cluster_url, random.Random(20310303))
    assert kills >= KILLS // 2
    expected, found = but_summaries(state_of(file_url)), but_summaries(state_of(cluster_url))
    for what, value in expected.items():
        assert found[what] == value, what


def but_summaries(state: State) -> State:
    """Leave out the summaries of first collections.

    A watch that is killed between a summary and the notes of its feeds writes a second one, of
    the feeds without a note: in any store, and to be mended in the flow.
    """
    summaries = {alert[0] for alert in state["alerts"] if alert[1] == "baseline"}
    assert summaries
    return {
        what: [one for one in found if one[0] not in summaries]
        if isinstance(found, list)
        else found
        for what, found in state.items()
    }


QUESTIONS = (
    Query(limit=10_000),
    Query(text="mediate", limit=1_000),
    Query(text="ceasefire violation", limit=1_000),
    Query(party="XA", limit=1_000),
    Query(anonymous=True, limit=1_000),
    Query(agency="VNA", limit=1_000),
    Query(outlet="the varona herald", alert_worthy=True, limit=1_000),
)
