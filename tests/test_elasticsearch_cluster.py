"""Three nodes, one killed after the other while articles are written: nothing lost or doubled.

`TRUCELINE_NODE_KILLS` says how many kills (4 by default; each takes some ten seconds).
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import StoreError
from pipeline.records import Query, Stage
from pipeline.stores.elasticsearch import ElasticsearchStore
from tests.elasticsearch_node import Missing, Node, not_run, start
from tests.factories import article, at, claim, poll, scraped, state
from tests.ports import free_port

KILLS = int(os.environ.get("TRUCELINE_NODE_KILLS", "4"))
BATCH = 20  # articles in one poll
HEALTHY_S = 120


@dataclass
class Three:
    """Three nodes that know each other; each can be killed and started again."""

    folder: Path
    http: list[int] = field(default_factory=lambda: [free_port() for _ in range(3)])
    transport: list[int] = field(default_factory=lambda: [free_port() for _ in range(3)])
    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        return "http://" + ",".join(f"127.0.0.1:{port}" for port in self.http) + "/fire"

    def _start(self, place: int) -> Node:
        seeds = ",".join(f"127.0.0.1:{port}" for port in self.transport)
        names = ",".join(f"node-{port}" for port in self.http)
        return start(
            self.folder / str(place),
            f"discovery.seed_hosts={seeds}",
            f"cluster.initial_master_nodes={names}",
            http=self.http[place],
            transport=self.transport[place],
        )

    def start_all(self) -> None:
        with ThreadPoolExecutor(3) as threads:
            self.nodes = list(threads.map(self._start, range(3)))

    def again(self, place: int) -> None:
        self.nodes[place].close()
        self.nodes[place] = self._start(place)

    def close(self) -> None:
        for node in self.nodes:
            node.kill()
            node.close()


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    made = Three(tmp_path)
    try:
        made.start_all()
    except Missing as why:
        not_run(why)
    yield made
    made.close()


class Writer:
    """Writes polls of new articles, one after the other, and knows which were acknowledged."""

    def __init__(self, url: str) -> None:
        self.store = ElasticsearchStore(url, patience_s=90)
        self.written: list[int] = []
        self.errors: list[BaseException] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        number = 0
        while not self.stop.is_set():
            numbers = range(number * BATCH, (number + 1) * BATCH)
            try:
                self.store.save_poll(poll(number), state(), [article(n) for n in numbers])
                first = scraped(numbers[0])
                self.store.save_article(first)
                said = claim(numbers[0], article_id=first.id, said_at=at(number))
                self.store.save_claims(scraped(numbers[0], stage=Stage.DONE), [said])
            except BaseException as error:
                self.errors.append(error)
                raise
            self.written.append(number)
            number += 1

    def finish(self) -> None:
        self.stop.set()
        self.thread.join()


def healthy(store: ElasticsearchStore) -> None:
    """Wait until every copy of every index is back."""
    answer = store._cluster.ask(
        lambda client: client.options(request_timeout=HEALTHY_S + 10).cluster.health(
            wait_for_status="green", wait_for_nodes="3", timeout=f"{HEALTHY_S}s"
        )
    )
    assert answer["status"] == "green", answer.body


def master(store: ElasticsearchStore) -> str:
    answer = store._cluster.ask(lambda client: client.cat.master(format="json", h="node"))
    rows: Any = answer.body  # a list, for format="json"
    return str(rows[0]["node"])


@pytest.mark.slow
def test_killed_nodes_lose_and_double_nothing(three: Three) -> None:
    chance = random.Random(9)
    writer = Writer(three.url)
    healthy(writer.store)
    writer.thread.start()
    masters = 0
    for kill in range(KILLS):
        names = [f"node-{port}" for port in three.http]
        leader = names.index(master(writer.store))
        place = leader if kill % 2 else chance.randrange(3)
        masters += place == leader
        before = len(writer.written)
        three.nodes[place].kill()
        three.again(place)
        healthy(writer.store)
        assert len(writer.written) >= before
    writer.finish()
    assert writer.errors == []
    assert len(writer.written) > KILLS
    assert masters >= KILLS // 2
    with closing(writer.store) as store:
        expected = [f"article-{n:04}" for n in range(len(writer.written) * BATCH)]
        found = store.articles(limit=10**6)
        assert sorted(one.id for one in found) == sorted(expected)
        assert {one.version for one in found} == {1}
        assert len(store.polls(limit=10**6)) == len(writer.written)
        assert len(store.search(Query(limit=10**6))) == len(writer.written)
        assert store.check() == []
        _all_down(three, store, len(writer.written))
    print(f"{KILLS} kills, {masters} of masters; {len(expected)} articles acknowledged and there")


def _all_down(three: Three, store: ElasticsearchStore, number: int) -> None:
    """With every node down a run ends with its reason; the next one catches up."""
    for node in three.nodes:
        node.kill()
        node.close()
    store._cluster._patience_s = 1
    late = [article(n) for n in range(number * BATCH, (number + 1) * BATCH)]
    with pytest.raises(StoreError, match="no node answers") as caught:
        store.save_poll(poll(number), state(), late)
    assert caught.value.retryable
    three.start_all()
    store._cluster._patience_s = 90
    healthy(store)
    store.save_poll(poll(number), state(), late)
    assert len(store.articles(limit=10**6)) == (number + 1) * BATCH
