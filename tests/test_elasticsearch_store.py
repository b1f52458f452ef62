"""What only the Elasticsearch store promises: order of writes, outcomes, addresses, faults."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from pipeline.errors import ConfigError, StoreError, StoreFull
from pipeline.records import Comparison, Decision, Novelty, Query, Stage
from pipeline.stores import open_store, shown_url
from pipeline.stores.elasticsearch import ElasticsearchStore, schema
from pipeline.stores.elasticsearch.address import parse
from pipeline.stores.elasticsearch.cluster import Outcome, Source, Write, create, put
from pipeline.stores.elasticsearch.versions import Held, source_of
from tests.elasticsearch_node import emptied, remove, wipe
from tests.factories import (
    NOON,
    TOPIC,
    alert,
    article,
    at,
    claim,
    comparison,
    contradiction,
    decision,
    delivery,
    on,
    poll,
    position,
    proposition,
    scraped,
    sketch,
    state,
)
from tests.killing import MODES, Killed, killed_at
from tests.moody import Answer, Moody


@pytest.fixture
def url(elasticsearch_url: str) -> str:
    return emptied(elasticsearch_url, "own")


@pytest.fixture
def store(url: str) -> Iterator[ElasticsearchStore]:
    with closing(ElasticsearchStore(url)) as opened:
        yield opened


# -- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "nodes", "prefix"),
    [
        ("http://one.test:9201", ["http://one.test:9201"], "truceline"),
        ("http://one.test", ["http://one.test:9200"], "truceline"),
        ("https://one.test/", ["https://one.test:443"], "truceline"),
        ("https://one.test:9200/watch", ["https://one.test:9200"], "watch"),
        ("http://a:1,b:2/x-1", ["http://a:1", "http://b:2"], "x-1"),
        ("http://[::1]:9200/x", ["http://[::1]:9200"], "x"),
    ],
)
def test_an_address_names_nodes_and_prefix(url: str, nodes: list[str], prefix: str) -> None:
    address = parse(url)
    assert (list(address.nodes), address.prefix) == (nodes, prefix)


def test_a_password_is_used_and_never_shown() -> None:
    address = parse("https://writer:s%3Acr%40t@one.test:9200/watch")
    assert (address.user, address.password) == ("writer", "s:cr@t")
    assert address.shown == "https://writer@one.test:9200/watch"
    assert "cr" not in repr(address).replace("truceline", "")
    assert shown_url("https://writer:s%3Acr%40t@one.test:9200/watch") == address.shown
    with pytest.raises(ConfigError) as caught:
        parse("https://writer:secret@one.test/Not A Name")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://", "http:///x", "http://a:b:c/x", "http://a:99999/x"])
def test_an_address_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"http\(s\)://user"):
        parse(url)


def test_without_the_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "elasticsearch", None)
    with pytest.raises(ConfigError, match=r"truceline\[elasticsearch\]"):
        open_store("http://127.0.0.1:9/x")


def test_nobody_at_the_address_can_be_tried_again() -> None:
    with pytest.raises(StoreError, match="no node answers") as caught:
        ElasticsearchStore("http://someone:secret@127.0.0.1:9/x", patience_s=0)
    assert caught.value.retryable
    assert "secret" not in str(caught.value)


# -- indices ---------------------------------------------------------------------------------


def test_every_index_is_versioned_behind_an_alias_and_strict(store: ElasticsearchStore) -> None:
    for index in schema.INDICES:
        assert schema.template(index)["mappings"]["dynamic"] == "strict"
    answer = store._cluster.ask(lambda client: client.indices.get(index="own-*-v*"))
    names = {f"own-{index}-v{schema.version_of(index)}": f"own-{index}" for index in schema.INDICES}
    assert {name: list(about["aliases"]) for name, about in answer.body.items()} == {
        name: [alias] for name, alias in names.items()
    }


def test_every_field_of_an_article_is_in_its_mapping(store: ElasticsearchStore) -> None:
    store.save_article(scraped(1))
    held = store._cluster.get("articles", "article-0001")
    assert held is not None
    assert set(held.source) == set(schema.template("articles")["mappings"]["properties"])


def test_indices_of_a_newer_program_are_refused(elasticsearch_url: str) -> None:
    url = f"{elasticsearch_url}/newer"
    remove(url)
    with closing(ElasticsearchStore(url)) as store:
        ask = store._cluster.ask
        ask(lambda client: client.indices.delete(index="newer-state-v1"))
        ask(
            lambda client: client.indices.create(
                index="newer-state-v99", aliases={"newer-state": {}}
            )
        )
    with pytest.raises(StoreError, match="newer than this program"):
        ElasticsearchStore(url)
    remove(url)


def test_two_may_open_a_new_store_at_once(elasticsearch_url: str) -> None:
    url = f"{elasticsearch_url}/twice"
    remove(url)
    with ThreadPoolExecutor(3) as threads:
        opened = list(threads.map(ElasticsearchStore, [url] * 3))
    for one in opened:
        one.close()
    remove(url)


# -- what a kill leaves behind ------------------------------------------------------------------


def run(store: ElasticsearchStore) -> None:
    """One run of a watch in small: each stage asks the store for its work, as the flow does."""
    shown = [article(1), article(2)]
    new = [one for one in shown if store.fingerprints([one.id], one.feed_url).get(one.id) is None]
    store.save_poll(poll(1), state(), new)
    for waiting in store.pending(Stage.SCRAPE):
        number = int(waiting.id[-4:])
        store.save_article(scraped(number))
    for waiting in store.pending(Stage.EXTRACT):
        number = int(waiting.id[-4:])
        said = [
            claim(number * 10 + place, article_id=waiting.id, said_at=at(number))
            for place in (1, 2)
        ]
        store.save_claims(replace(waiting, stage=Stage.COMPARE), said)
    for waiting in store.pending(Stage.COMPARE):
        store.save_comparison(compared(store, int(waiting.id[-4:])))


def compared(store: ElasticsearchStore, number: int) -> Comparison:
    """Compare as the flow does: what the ledger holds already is a repeat, and tells nobody."""
    (before, *_) = store.ledger(TOPIC, on("river")).propositions or (None,)
    read = store.article(f"article-{number:04}")
    assert read is not None
    novelty = Novelty.NEW if before is None else Novelty.REPEAT
    decided: list[Decision] = [
        decision(claim_id=one.id, novelty=novelty) for one in store.claims(read.id)
    ]
    result = comparison(
        read,
        sketch=sketch(number),
        decisions=tuple(decided),
        propositions=(proposition(1, times=1 if before is None else before.times + 1),),
    )
    if before is not None:
        return result
    return replace(
        result,
        positions=(position(1),),
        contradictions=(contradiction(1),),
        alerts=(alert(1),),
        deliveries=(delivery(1), delivery(1, channel="file")),
    )


def all_of(store: ElasticsearchStore) -> dict[str, object]:
    return {
        "counts": store.counts(),
        "articles": store.articles(),
        "search": store.search(Query()),
        "decisions": [store.decisions(f.claim.id) for f in store.search(Query())],
        "ledger": store.ledger(TOPIC, on("river")),
        "positions": store.positions(history=True),
        "contradictions": store.contradictions(closed=True),
        "alerts": store.alerts(),
        "deliveries": [store.deliveries(one.id) for one in store.alerts()],
        "due": store.due(at(99)),
        "lookalikes": store.lookalikes(sketch(9, bands=("0:aa",))),
        "coverage": store.coverage(TOPIC, decision(1).key),
        "versions": [store.versions(one.id) for one in store.articles()],
    }


@pytest.mark.parametrize("mode", MODES)
def test_a_kill_at_any_write_is_repaired_by_the_next_run(url: str, mode: str) -> None:
    with closing(ElasticsearchStore(url)) as control:
        run(control)
        expected = all_of(control)
    assert expected["alerts"] == [alert(1)]
    kills = 0
    while True:
        wipe(url)
        with closing(ElasticsearchStore(url)) as victim:
            killed_at(victim, kills, MODES[mode])
            try:
                run(victim)
            except Killed:
                kills += 1
            else:
                break
        with closing(ElasticsearchStore(url)) as heir:
            run(heir)
            found = all_of(heir)
        for what, value in expected.items():
            assert found[what] == value, f"{what} after a kill {mode} write {kills}"
    assert kills >= 10


def test_claims_that_a_killed_process_left_are_not_current(store: ElasticsearchStore) -> None:
    store.save_article(scraped(1))
    killed_at(store, 0, MODES["after"])
    with pytest.raises(Killed):
        store.save_claims(scraped(1, stage=Stage.COMPARE), [claim(1)])
    assert store.claims("article-0001") == []
    assert store.search(Query()) == []
    del store._cluster.send  # alive again
    store.save_claims(scraped(1, stage=Stage.COMPARE), [claim(2)])
    assert [f.claim.id for f in store.search(Query())] == ["claim-0002"]


# -- several at once ---------------------------------------------------------------------------


def test_of_many_only_one_gets_a_lease(store: ElasticsearchStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda n: store.take_lease("compare", str(n), NOON, 60), range(8)))
    assert got.count(True) == 1


def test_repeats_folded_by_many_are_all_counted(store: ElasticsearchStore) -> None:
    store.save_alerts([alert(1)], [])
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: store.fold_repeat("alert-0001", f"other-{n}"), range(12)))
    folded = store.alert("alert-0001")
    assert folded is not None
    assert folded.repeats == 12


def test_one_article_shown_by_many_feeds_at_once_remembers_them_all(
    store: ElasticsearchStore,
) -> None:
    feeds = [f"https://{n}.test/rss" for n in range(6)]

    def show(feed_url: str) -> None:
        shown = article(1, feed_url=feed_url, fingerprint=feed_url)
        store.save_poll(poll(1, feed_url=feed_url), state(feed_url=feed_url), [shown])

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(show, feeds))
    for feed_url in feeds:
        assert store.fingerprints(["article-0001"], feed_url) == {"article-0001": feed_url}
    now = store.article("article-0001")
    assert now is not None
    assert now.feed_url == feeds[0]


# -- dead letters --------------------------------------------------------------------------------


def test_what_can_never_be_indexed_is_a_dead_letter_and_stops_nobody(
    store: ElasticsearchStore,
) -> None:
    too_long = article(1, id="x" * 40_000)
    store.save_poll(poll(1), state(), [too_long, article(2)])
    assert [one.id for one in store.articles()] == ["article-0002"]
    assert len(store.polls()) == 1
    store._cluster.refresh("dead")
    (letter,) = store._cluster.hits("dead", {"match_all": {}}, sort=["at"])
    assert letter.source["index"] == "articles"
    assert letter.source["status"] == 400
    assert "immense term" in letter.source["reason"]
    assert json.loads(letter.source["record"])["id"] == too_long.id
    (fault,) = store.check()
    assert "own-dead" in fault


def test_an_article_refused_when_it_is_saved_alone_is_an_error(store: ElasticsearchStore) -> None:
    with pytest.raises(StoreError, match="refused"):
        store.save_article(scraped(1, id="x" * 40_000))


# -- a cluster that does not do what it should ----------------------------------------------------


@pytest.fixture
def moody() -> Iterator[Callable[..., Moody]]:
    made: list[Moody] = []

    def make(*answers: Answer) -> Moody:
        made.append(Moody(*answers))
        return made[-1]

    yield make
    for one in made:
        one.close()


def items(*statuses: int, reason: str = "rejected_execution") -> Answer:
    done = [
        {"create": {"status": s} | ({"error": {"type": reason, "reason": ""}} if s > 299 else {})}
        for s in statuses
    ]
    return 200, {"errors": any(s > 299 for s in statuses), "items": done, "took": 1}


def writes(count: int) -> list[Write]:
    return [create("articles", str(n), {"id": str(n)}) for n in range(count)]


def test_only_items_that_may_succeed_later_are_sent_again(moody: Callable[..., Moody]) -> None:
    server = moody(items(201, 429, 409, 503), items(429, 201), items(201))
    outcomes = server.cluster.write(writes(4))
    assert outcomes == [Outcome.DONE, Outcome.DONE, Outcome.CONFLICT, Outcome.DONE]
    sent = [[json.loads(line)["id"] for line in body.splitlines()[1::2]] for body in server.asked]
    assert sent == [["0", "1", "2", "3"], ["1", "3"], ["1"]]
    assert server.waits == [0.05, 0.1]


def test_a_refused_item_goes_to_the_dead_letters_and_the_others_on(
    moody: Callable[..., Moody],
) -> None:
    server = moody(items(201, 400, 201, reason="mapper_parsing_exception"), items(201))
    outcomes = server.cluster.write(writes(3))
    assert outcomes == [Outcome.DONE, Outcome.REJECTED, Outcome.DONE]
    head, letter = map(json.loads, server.asked[1].splitlines())
    assert head["index"]["_index"] == "x-dead"
    assert letter["reason"].startswith("mapper_parsing_exception")


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_a_request_that_may_succeed_later_is_repeated(
    moody: Callable[..., Moody], status: int
) -> None:
    server = moody((status, {"error": "busy"}), (status, {"error": "busy"}), items(201))
    assert server.cluster.write(writes(1)) == [Outcome.DONE]
    assert len(server.asked) == 3


def test_patience_ends_and_says_why(moody: Callable[..., Moody]) -> None:
    server = moody((503, {"error": {"type": "no_master", "reason": "gone"}}))
    with pytest.raises(StoreError, match="no_master: gone") as caught:
        server.cluster.write(writes(1))
    assert caught.value.retryable
    assert 10 <= sum(server.waits) < 16


def test_items_that_never_get_room_end_it_too(moody: Callable[..., Moody]) -> None:
    server = moody(items(429))
    with pytest.raises(StoreError, match="rejected_execution") as caught:
        server.cluster.write(writes(1))
    assert caught.value.retryable


@pytest.mark.parametrize("status", [403, 429])
def test_a_full_disk_is_told_as_one(moody: Callable[..., Moody], status: int) -> None:
    reason = "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark"
    server = moody((status, {"error": {"type": "cluster_block_exception", "reason": reason}}))
    with pytest.raises(StoreFull, match="free some space"):
        server.cluster.write(writes(1))


def test_a_user_without_rights_is_told_at_once(moody: Callable[..., Moody]) -> None:
    server = moody((403, {"error": {"type": "security_exception", "reason": "no"}}))
    with pytest.raises(StoreError, match="check user, password and rights") as caught:
        server.cluster.write(writes(1))
    assert not caught.value.retryable
    assert len(server.asked) == 1


def test_big_bulks_are_cut_and_their_outcomes_stay_in_order(moody: Callable[..., Moody]) -> None:
    server = moody(items(*[201] * 1000), items(409))
    outcomes = server.cluster.write([put("polls", str(n), {"digest": str(n)}) for n in range(1001)])
    assert outcomes == [Outcome.DONE] * 1000 + [Outcome.CONFLICT]


def test_a_lost_acknowledgement_costs_nothing(store: ElasticsearchStore) -> None:
    """Every bulk arrives twice, as when the first answer was lost."""
    send = store._cluster.send

    def twice(lines: list[str]) -> list[dict[str, Any]]:
        send(lines)
        return send(lines)

    store._cluster.send = twice  # type: ignore[method-assign]  # the network
    run(store)
    store.fold_repeat("alert-0001", "article-0009")
    assert store.take_lease("compare", "a", NOON, 60)
    found = store.alert("alert-0001")
    assert found is not None
    assert found.repeats == 1
    assert store.counts().versions == 2
    assert store.ledger(TOPIC, on("river")).propositions == (proposition(1, times=2),)


def test_articles_keep_their_claims_when_a_feed_edits_them(store: ElasticsearchStore) -> None:
    store.save_poll(poll(1), state(), [article(1)])
    store.save_claims(scraped(1, stage=Stage.DONE), [claim(1)])
    store.save_poll(poll(2), state(), [article(1, fingerprint="edited", title="B")])
    assert [f.claim.id for f in store.search(Query())] == ["claim-0001"]
    assert [f.article.title for f in store.search(Query())] == ["B"]


def test_more_hits_than_one_page_come_in_order(store: ElasticsearchStore) -> None:
    made: list[Source] = []
    for n in range(2_500):
        made.append(source_of(Held(article(n), at(n))))
    store._cluster.write([create("articles", one["id"], one) for one in made])
    found = store.articles(limit=10_000)
    assert [one.id for one in found] == sorted(one["id"] for one in made)
    assert [one.id for one in store.articles(after=found[1499].id)] == [
        one.id for one in found[1500:]
    ]
