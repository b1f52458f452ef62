"""A store copied into another one: the same answers, proved by counts and sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.errors import ConfigError, StoreError
from pipeline.records import DeliveryState, Query, Stage
from pipeline.stores import Store, open_store
from pipeline.stores.copying import BATCH, NOTE, copy
from pipeline.stores.parts import KeptClaim, sums
from tests.elasticsearch_node import emptied
from tests.factories import (
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

TWO = "https://two.test/rss"
KINDS = ("sqlite", "elasticsearch")


@pytest.fixture
def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], str]:
    """Name an empty store of a kind."""

    def make(kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.sqlite"
        return emptied(request.getfixturevalue("elasticsearch_url"), f"copy-{name}")

    return make


@pytest.fixture
def opened() -> Iterator[Callable[[str], Store]]:
    there: list[Store] = []

    def open_here(url: str) -> Store:
        there.append(open_store(url))
        return there[-1]

    yield open_here
    for store in there:
        store.close()


def fill(store: Store) -> None:
    """Something of every kind: edits, sightings, replaced claims, forgotten texts, repeats."""
    store.save_poll(poll(1), state(), [article(n) for n in (1, 2, 3)])
    store.save_poll(
        poll(2, feed_url=TWO),
        state(feed_url=TWO),
        [article(1, feed_url=TWO, fingerprint="its words")],
    )
    store.save_article(scraped(1, "The minister said talks would go on."))
    store.save_claims(scraped(1, stage=Stage.COMPARE), [claim(1), claim(2)])
    store.save_claims(scraped(1, stage=Stage.COMPARE), [claim(2), claim(3)])
    store.save_comparison(
        comparison(
            scraped(1),
            sketch=sketch(1),
            decisions=(decision(2), decision(2, topic="other")),
            propositions=(proposition(1),),
            positions=(position(1), position(2, until=at(9))),
            contradictions=(contradiction(1),),
            alerts=(alert(1), alert(2)),
            deliveries=(delivery(1), delivery(2)),
        )
    )
    store.save_poll(poll(3), state(etag='"3"'), [article(1, fingerprint="edited", title="B")])
    store.save_article(scraped(2, stage=Stage.DONE))
    store.forget_texts(at(2.5))
    store.fold_repeat("alert-0001", "article-0003")
    store.save_deliveries([delivery(1, state=DeliveryState.SENT, sent_at=at(3))])
    store.save_note("topics", "a\nb")
    store.take_lease("compare", "me", at(1), 60)


def answers(store: Store) -> dict[str, object]:
    articles = store.articles()
    return {
        "counts": store.counts(),
        "articles": articles,
        "versions": [store.versions(one.id) for one in articles],
        "claims": [store.claims(one.id) for one in articles],
        "replaced": store.claim("claim-0001"),
        "decisions": store.decisions("claim-0002"),
        "search": store.search(Query()),
        "words": store.search(Query(text="talks", party="AA")),
        "ledger": store.ledger(TOPIC, on("river")),
        "positions": store.positions(history=True),
        "coverage": store.coverage(TOPIC, decision(2).key),
        "alerts": store.alerts(),
        "deliveries": [store.deliveries(one.id) for one in store.alerts()],
        "polls": store.polls(),
        "feeds": store.feed_states(),
        "lookalikes": store.lookalikes(sketch(9, bands=("0:aa",))),
        "shown": store.fingerprints([one.id for one in articles], TWO),
        "note": store.note("topics"),
    }


@pytest.mark.parametrize("to_kind", KINDS)
@pytest.mark.parametrize("from_kind", KINDS)
def test_a_copy_answers_like_the_original(
    url_of: Callable[[str, str], str],
    opened: Callable[[str], Store],
    from_kind: str,
    to_kind: str,
) -> None:
    source, target = opened(url_of(from_kind, "one")), opened(url_of(to_kind, "two"))
    fill(source)
    told: list[str] = []
    made = copy(source, target, show=lambda kind, _: told.append(kind))
    assert answers(target) == answers(source)
    assert made["claims"].count == 3
    assert made["articles"].count == 3
    assert set(told) == {name for name, part in made.items() if part.count}
    # and work goes on there as it would have here
    for store in (source, target):
        store.save_poll(poll(4), state(), [article(1, fingerprint="again", title="C")])
        store.fold_repeat("alert-0001", "article-0003")
        store.restage(Stage.COMPARE)
    assert answers(target) == answers(source)


def test_both_kinds_yield_the_same_parts(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store]
) -> None:
    one, other = opened(url_of("sqlite", "one")), opened(url_of("elasticsearch", "two"))
    for store in (one, other):
        fill(store)
    left, right = sums(one.parts()), sums(other.parts())
    assert {name: part.count for name, part in left.items()} == {
        name: part.count for name, part in right.items()
    }
    assert left == right


def test_a_store_that_holds_something_is_no_target(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store]
) -> None:
    source, target = opened(url_of("sqlite", "one")), opened(url_of("sqlite", "two"))
    target.save_article(scraped(1))
    with pytest.raises(ConfigError, match="holds something already"):
        copy(source, target)
    with pytest.raises(ConfigError, match="onto itself"):
        copy(source, source)


@pytest.mark.parametrize("to_kind", KINDS)
def test_an_interrupted_copy_goes_on(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store], to_kind: str
) -> None:
    source, target = opened(url_of("sqlite", "one")), opened(url_of(to_kind, "two"))
    fill(source)

    def interrupt(kind: str, _: int) -> None:
        if kind == "claims":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(source, target, show=interrupt)
    assert target.note(NOTE) == source.url
    copy(source, target)
    assert answers(target) == answers(source)


def test_a_difference_is_told_and_named(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store]
) -> None:
    source, target = opened(url_of("sqlite", "one")), opened(url_of("sqlite", "two"))
    fill(source)

    def spoil(kind: str, _: int) -> None:
        if kind == "claims":
            said = claim(4)
            target.add_parts(
                [KeptClaim(claim=said, article_id="article-0001", place=9, current=False)]
            )

    with pytest.raises(StoreError, match="claims: 3 read, 4 found"):
        copy(source, target, show=spoil)


def test_more_than_a_batch_is_copied(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store]
) -> None:
    source, target = opened(url_of("sqlite", "one")), opened(url_of("sqlite", "two"))
    number = BATCH * 2 + 1
    source.save_poll(poll(1), state(), [article(n) for n in range(number)])
    assert copy(source, target)["articles"].count == number
    assert target.articles(limit=number) == source.articles(limit=number)


def test_the_commands_copy_and_say_what_there_is(tmp_path: Path) -> None:
    source, target = (f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("one", "two"))
    with closing(open_store(source)) as store:
        fill(store)
    done = CliRunner().invoke(cli, ["store", "copy", source, target])
    assert done.exit_code == 0, done.output
    assert "both sides have the same counts and sums" in done.output
    status = CliRunner().invoke(cli, ["store", "status", "--json", "--store", target])
    assert status.exit_code == 0, status.output
    assert '"claims": 2' in status.output
    missing = CliRunner().invoke(cli, ["store", "copy", f"{source}.not", target])
    assert isinstance(missing.exception, StoreError)


def test_a_copy_of_an_article_keeps_its_unread_state(
    url_of: Callable[[str, str], str], opened: Callable[[str], Store]
) -> None:
    source, target = opened(url_of("sqlite", "one")), opened(url_of("sqlite", "two"))
    source.save_article(replace(scraped(1), stage=Stage.EXTRACT, note="paywall"))
    copy(source, target)
    assert target.pending(Stage.EXTRACT) == source.pending(Stage.EXTRACT)
