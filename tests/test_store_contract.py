"""What every store promises. Nothing here knows how a store keeps anything.

To add a store: a line in `STORES` with a function that names a fresh one by its URL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.questions import Asked, Question, Side, Track, party_tags, voice_tag
from pipeline.records import (
    Alert,
    Article,
    Change,
    ChangeKind,
    Claim,
    Comparison,
    Contradiction,
    Coverage,
    Credit,
    Decision,
    Delivery,
    DeliveryState,
    FeedState,
    Hop,
    HopKind,
    Ledger,
    Lines,
    Match,
    Novelty,
    Poll,
    PollOutcome,
    Position,
    Proposition,
    Query,
    Sketch,
    Span,
    Stage,
    TextFrom,
)
from pipeline.stores import Store, open_store
from pipeline.stores.diary import account_of
from tests.elasticsearch_node import emptied
from tests.factories import (
    FEED_URL,
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


def in_a_file(request: pytest.FixtureRequest) -> str:
    folder: Path = request.getfixturevalue("tmp_path")
    return f"sqlite:///{folder}/store.db"


def in_a_cluster(request: pytest.FixtureRequest) -> str:
    return emptied(request.getfixturevalue("elasticsearch_url"), "contract")


STORES: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "elasticsearch": in_a_cluster,
    "sqlite": in_a_file,
}


@pytest.fixture(params=sorted(STORES))
def open_here(request: pytest.FixtureRequest) -> Iterator[Callable[[], Store]]:
    """Open the same store again and again: what was kept must be there."""
    opened: list[Store] = []
    url = STORES[request.param](request)

    def open_again() -> Store:
        opened.append(open_store(url))
        return opened[-1]

    yield open_again
    for one in opened:
        one.close()


@pytest.fixture
def store(open_here: Callable[[], Store]) -> Store:
    return open_here()


def show(store: Store, *articles: Article, n: int = 1, feed_url: str = FEED_URL) -> None:
    """One poll that brought these articles."""
    store.save_poll(poll(n, feed_url=feed_url), state(feed_url=feed_url), articles)


def whole(article: Article | None) -> Article:
    assert article is not None
    return article


# -- polls ---------------------------------------------------------------------------------


def test_a_poll_its_cursor_and_its_articles_are_kept_together(store: Store) -> None:
    show(store, article(1), article(2))
    assert store.feed_states() == {FEED_URL: state()}
    assert store.polls() == [poll(1)]
    assert store.article("article-0001") == article(1)
    assert store.article("article-0002") == article(2)
    assert store.article("article-0003") is None


def test_what_was_kept_is_there_after_opening_again(open_here: Callable[[], Store]) -> None:
    first = open_here()
    show(first, article(1))
    first.close()
    assert open_here().article("article-0001") == article(1)


def test_polls_come_newest_first_and_by_feed(store: Store) -> None:
    for n in (1, 3, 2):
        store.save_poll(poll(n), state(), ())
    store.save_poll(poll(9, feed_url="https://two.test/"), state(feed_url="https://two.test/"), ())
    assert [p.at for p in store.polls()] == [at(9), at(3), at(2), at(1)]
    assert [p.at for p in store.polls(FEED_URL)] == [at(3), at(2), at(1)]
    assert [p.at for p in store.polls(FEED_URL, limit=1)] == [at(3)]


def test_the_cursor_is_that_of_the_last_poll(store: Store) -> None:
    store.save_poll(poll(1), state(etag='"1"'), ())
    store.save_poll(poll(2), state(etag='"2"', failures=3), ())
    assert store.feed_states()[FEED_URL] == state(etag='"2"', failures=3)


def test_an_old_poll_repeated_changes_nothing(store: Store) -> None:
    show(store, article(1), n=1)
    store.save_poll(poll(2), state(etag='"2"'), [article(1, fingerprint="edited", title="B")])
    show(store, article(1), n=1)
    assert len(store.polls()) == 2
    assert store.feed_states()[FEED_URL].etag == '"2"'
    assert whole(store.article("article-0001")).title == "B"


def test_fingerprints_are_those_of_the_stored_ones(store: Store) -> None:
    show(store, article(1), article(2))
    asked = ["article-0001", "article-0002", "article-0009"]
    assert store.fingerprints(asked, FEED_URL) == {
        "article-0001": "shown-1",
        "article-0002": "shown-2",
    }
    assert store.fingerprints([], FEED_URL) == {}
    assert len(store.fingerprints((f"article-{n:04}" for n in range(5000)), FEED_URL)) == 2


def test_the_same_fingerprint_again_is_left_alone(store: Store) -> None:
    show(store, article(1), n=1)
    show(store, article(1, title="not looked at", first_seen=at(60)), n=2)
    assert store.article("article-0001") == article(1)
    assert len(store.versions("article-0001")) == 1


def test_another_fingerprint_is_the_next_version(store: Store) -> None:
    show(store, article(1, baseline=True), n=1)
    store.save_article(scraped(1, baseline=True, stage=Stage.DONE))
    edited = article(1, title="Envoys leave", fingerprint="edited", first_seen=at(60))
    show(store, edited, n=2)
    now = whole(store.article("article-0001"))
    assert now == replace(edited, first_seen=at(1), baseline=True, version=2)
    assert (now.stage, now.text) == (Stage.SCRAPE, "")
    old, new = store.versions("article-0001")
    assert (old.number, old.title, old.text) == (1, article(1).title, scraped(1).text)
    assert (new.number, new.title, new.text, new.seen_at) == (2, "Envoys leave", "", at(2))
    assert "-Envoys meet on the river, part 1\n" in new.diff
    assert "+Envoys leave\n" in new.diff
    assert old.diff == ""


def test_an_edit_back_to_the_first_words_is_a_version_too(store: Store) -> None:
    for n, fingerprint in enumerate(("a", "b", "a"), 1):
        show(store, article(1, fingerprint=fingerprint), n=n)
    assert [v.number for v in store.versions("article-0001")] == [1, 2, 3]


TWO = "https://two.test/rss"


def test_another_feed_only_sees_an_article_that_was_read(store: Store) -> None:
    show(store, article(1))
    store.save_article(scraped(1))
    show(store, article(1, feed_url=TWO, fingerprint="its words"), n=2, feed_url=TWO)
    assert store.article("article-0001") == scraped(1)
    assert store.fingerprints(["article-0001"], FEED_URL) == {"article-0001": "shown-1"}
    assert store.fingerprints(["article-0001"], TWO) == {"article-0001": "its words"}
    assert store.fingerprints(["article-0001"], "https://three.test/") == {"article-0001": ""}


def test_an_edit_seen_by_another_feed_is_an_edit(store: Store) -> None:
    show(store, article(1))
    show(store, article(1, feed_url=TWO, fingerprint="b"), n=2, feed_url=TWO)
    assert whole(store.article("article-0001")).version == 1
    show(store, article(1, feed_url=TWO, fingerprint="c", title="C"), n=3, feed_url=TWO)
    now = whole(store.article("article-0001"))
    assert (now.version, now.title) == (2, "C")
    # the first feed still shows what it showed: no edit
    show(store, article(1), n=4)
    assert whole(store.article("article-0001")).version == 2
    # and catches up later: none either
    show(store, article(1, fingerprint="c", title="C"), n=5)
    assert whole(store.article("article-0001")).version == 2


@pytest.mark.parametrize("order", [(FEED_URL, TWO), (TWO, FEED_URL)])
def test_of_two_feeds_at_one_moment_the_smaller_url_owns_the_article(
    store: Store, order: tuple[str, str]
) -> None:
    for n, url in enumerate(order, 1):
        shown = article(1, feed_url=url, fingerprint=url, title=url, topics=(url,))
        show(store, shown, n=n, feed_url=url)
    now = whole(store.article("article-0001"))
    assert (now.feed_url, now.title, now.version) == (FEED_URL, FEED_URL, 1)
    assert [v.title for v in store.versions("article-0001")] == [FEED_URL]
    for url in (FEED_URL, TWO):
        assert store.fingerprints(["article-0001"], url) == {"article-0001": url}
    assert [a.id for a in store.articles(topic=FEED_URL)] == ["article-0001"]
    assert store.articles(topic=TWO) == []


# -- articles ------------------------------------------------------------------------------


def test_a_scraped_text_fills_the_version_that_waited_for_it(store: Store) -> None:
    show(store, article(1))
    store.save_article(scraped(1))
    assert store.article("article-0001") == scraped(1)
    (only,) = store.versions("article-0001")
    assert (only.text, only.text_hash, only.text_from) == (
        scraped(1).text,
        scraped(1).text_hash,
        TextFrom.PAGE,
    )


def test_a_changed_text_is_a_version_with_a_diff(store: Store) -> None:
    show(store, article(1))
    store.save_article(scraped(1, "One line.\nTalks go on."))
    store.save_article(scraped(1, "One line.\nTalks are off."))
    now = whole(store.article("article-0001"))
    assert (now.version, now.text) == (2, "One line.\nTalks are off.")
    old, new = store.versions("article-0001")
    assert old.text == "One line.\nTalks go on."
    assert "-Talks go on.\n+Talks are off.\n" in new.diff


def test_saving_an_article_again_changes_nothing(store: Store) -> None:
    show(store, article(1))
    for _ in range(2):
        store.save_article(scraped(1))
    assert len(store.versions("article-0001")) == 1
    for _ in range(2):
        store.save_article(scraped(1, "Another text."))
    assert len(store.versions("article-0001")) == 2


def test_the_text_after_an_edit_is_compared_with_the_text_before_it(store: Store) -> None:
    show(store, article(1), n=1)
    store.save_article(scraped(1, "Talks go on."))
    show(store, article(1, fingerprint="edited"), n=2)
    store.save_article(replace(scraped(1, "Talks are off."), fingerprint="edited", version=2))
    _, new = store.versions("article-0001")
    assert "-Talks go on.\n+Talks are off.\n" in new.diff


def test_a_text_scraped_before_an_edit_does_not_push_the_edit_back(store: Store) -> None:
    show(store, article(1), n=1)
    show(store, article(1, fingerprint="edited", title="Edited"), n=2)
    store.save_article(scraped(1, "The old text."))
    now = whole(store.article("article-0001"))
    assert (now.version, now.title, now.stage, now.text) == (2, "Edited", Stage.SCRAPE, "")
    assert [v.text for v in store.versions("article-0001")] == ["The old text.", ""]


def test_an_article_saved_without_its_text_keeps_it(store: Store) -> None:
    show(store, article(1))
    store.save_article(scraped(1))
    store.save_article(article(1, stage=Stage.SET_ASIDE, note="why"))
    now = whole(store.article("article-0001"))
    assert (now.text, now.stage, now.note) == (scraped(1).text, Stage.SET_ASIDE, "why")


def test_an_imported_article_needs_no_poll(store: Store) -> None:
    imported = scraped(1, text_from=TextFrom.IMPORT, baseline=True)
    store.save_article(imported)
    assert store.article("article-0001") == imported


def test_pending_articles_come_oldest_first(store: Store) -> None:
    show(store, article(3), article(1), article(2), article(5, id="a", published=at(2)))
    waiting = store.pending(Stage.SCRAPE)
    assert [a.id for a in waiting] == ["article-0001", "a", "article-0002", "article-0003"]
    assert store.pending(Stage.SCRAPE, limit=2) == waiting[:2]
    assert store.pending(Stage.EXTRACT) == []
    store.save_article(scraped(1))
    assert store.pending(Stage.EXTRACT) == [scraped(1)]


def test_articles_page_by_id(store: Store) -> None:
    show(store, *(article(n) for n in (2, 1, 3)), article(4, topics=()))
    ids = [a.id for a in store.articles()]
    assert ids == ["article-0001", "article-0002", "article-0003", "article-0004"]
    assert [a.id for a in store.articles(after="article-0002", limit=1)] == ["article-0003"]
    assert [a.id for a in store.articles(topic=TOPIC, after="article-0001")] == ids[1:3]
    assert [a.id for a in store.articles(since=at(2), until=at(3))] == ["article-0002"]
    assert store.articles(topic="elsewhere") == []


def test_an_article_leaves_a_topic_it_no_longer_matches(store: Store) -> None:
    show(store, article(1, topics=("old", "both")))
    store.save_article(scraped(1, topics=("new", "both")))
    found = {name: len(store.articles(topic=name)) for name in ("old", "both", "new")}
    assert found == {"old": 0, "both": 1, "new": 1}


# -- restaging -----------------------------------------------------------------------------


def test_restaging_sends_back_what_passed_and_sets_the_baseline(store: Store) -> None:
    show(store, *(article(n) for n in (1, 2, 3)), article(4, topics=()))
    store.save_article(scraped(1, stage=Stage.DONE))
    store.save_article(scraped(2, stage=Stage.SET_ASIDE))
    store.save_article(article(4, topics=(), stage=Stage.DONE))
    assert store.restage(Stage.EXTRACT) == 2
    back = store.pending(Stage.EXTRACT)
    assert [(a.id, a.baseline) for a in back] == [("article-0001", True), ("article-0002", True)]
    assert [a.id for a in store.pending(Stage.SCRAPE)] == ["article-0003"]
    assert whole(store.article("article-0004")).stage is Stage.DONE


def test_restaging_takes_a_topic_and_a_time(store: Store) -> None:
    store.save_article(scraped(1, stage=Stage.DONE))
    store.save_article(scraped(2, stage=Stage.DONE))
    store.save_article(scraped(3, stage=Stage.DONE, topics=("other",)))
    assert store.restage(Stage.COMPARE, topic=TOPIC, since=at(2)) == 1
    assert [a.id for a in store.pending(Stage.COMPARE)] == ["article-0002"]


def test_restaging_ends_before_its_end(store: Store) -> None:
    for n in (1, 2, 3):
        store.save_article(scraped(n, stage=Stage.DONE))
    assert store.restage(Stage.COMPARE, since=at(2), until=at(3)) == 1
    assert [a.id for a in store.pending(Stage.COMPARE)] == ["article-0002"]


def test_restaging_leaves_news_that_waits_to_be_compared(store: Store) -> None:
    store.save_article(scraped(1, stage=Stage.COMPARE))
    store.save_article(scraped(2, stage=Stage.COMPARE, baseline=True))
    assert store.restage(Stage.EXTRACT) == 1
    assert [a.baseline for a in store.pending(Stage.COMPARE)] == [False]


def test_a_baseline_stays_one_whoever_saves_an_older_reading(store: Store) -> None:
    store.save_article(scraped(1, stage=Stage.DONE))
    store.restage(Stage.EXTRACT)
    store.save_article(scraped(1, stage=Stage.DONE))
    assert whole(store.article("article-0001")).baseline


# -- claims --------------------------------------------------------------------------------


def extracted(store: Store, *claims: Claim, n: int = 1, **changes: Any) -> Article:
    """An article with its text and these claims, waiting to be compared."""
    read = scraped(n, **changes)
    if store.article(read.id) is None:
        store.save_article(read)
    read = replace(read, stage=Stage.COMPARE)
    store.save_claims(read, claims)
    return read


def test_claims_are_kept_with_the_stage_of_their_article(store: Store) -> None:
    read = extracted(store, claim(1), claim(2, content=(Span(0, 3),)))
    assert store.claims("article-0001") == [claim(2, content=(Span(0, 3),)), claim(1)]
    assert store.pending(Stage.COMPARE) == [read]
    assert store.claims("article-0009") == []


def test_replaced_claims_stay_readable(store: Store) -> None:
    extracted(store, claim(1), claim(2))
    extracted(store, claim(2), claim(3))
    assert [c.id for c in store.claims("article-0001")] == ["claim-0002", "claim-0003"]
    assert store.claim("claim-0001") == claim(1)
    assert [f.claim.id for f in store.search(Query())] == ["claim-0003", "claim-0002"]
    assert store.search(Query(text="talks")) == store.search(Query())


def test_a_claim_extracted_again_is_what_the_last_extractor_said(store: Store) -> None:
    extracted(store, claim(1, act="offer"))
    extracted(store, claim(1, act="deny", said_at=at(7)))
    assert store.claims("article-0001") == [claim(1, act="deny", said_at=at(7))]
    assert store.search(Query(act="offer")) == []
    assert len(store.search(Query(act="deny"))) == 1


def test_saving_claims_again_changes_nothing(store: Store) -> None:
    for _ in range(2):
        extracted(store, claim(1), claim(2))
    assert len(store.claims("article-0001")) == 2
    assert len(store.search(Query(text="talks"))) == 2


def test_claims_of_an_older_version_do_not_replace_newer_ones(store: Store) -> None:
    old = extracted(store, claim(1))
    show(store, article(1, fingerprint="edited"), n=2)
    new = replace(scraped(1, "New."), fingerprint="edited", version=2, stage=Stage.COMPARE)
    store.save_article(new)
    store.save_claims(new, [claim(2, version=2)])
    store.save_claims(old, [claim(3)])
    assert [c.id for c in store.claims("article-0001")] == ["claim-0002"]
    assert store.claim("claim-0003") == claim(3)
    assert store.article("article-0001") == new


def test_a_slow_process_takes_nothing_from_claims_that_were_carried(store: Store) -> None:
    old = extracted(store, claim(1), claim(2))
    store.save_poll(poll(2), state(), [article(1, fingerprint="edited")])
    new = store.article("article-0001")
    assert new is not None
    store.save_claims(new, [claim(1)])
    store.save_claims(old, [claim(1), claim(2)])
    assert store.claims("article-0001") == [claim(1)]


def test_what_compare_saw_last_outlives_an_edit(store: Store) -> None:
    store.save_article(scraped(1, told=("claim-0001",), origin="article-0002"))
    store.save_poll(poll(2), state(), [article(1, fingerprint="edited")])
    edited = store.article("article-0001")
    assert edited is not None
    assert (edited.version, edited.told) == (2, ("claim-0001",))
    assert edited.origin == "article-0002"


def test_the_start_of_an_id_finds_a_claim_if_it_is_the_only_one(store: Store) -> None:
    extracted(store, claim(1, id="abc1"), claim(2, id="abd2"), claim(3, id="abd"))
    assert whole_claim(store.claim("abc")).id == "abc1"
    assert whole_claim(store.claim("abd")).id == "abd"
    assert store.claim("ab") is None
    assert store.claim("") is None
    assert store.claim("%") is None


def whole_claim(claim: Claim | None) -> Claim:
    assert claim is not None
    return claim


# -- leases --------------------------------------------------------------------------------


def test_a_lease_has_one_holder_at_a_time(store: Store) -> None:
    assert store.take_lease("compare", "a", NOON, 60)
    assert not store.take_lease("compare", "b", at(0.5), 60)
    assert store.take_lease("other", "b", NOON, 60)


def test_a_lease_is_renewed_by_its_holder_and_runs_out(store: Store) -> None:
    assert store.take_lease("compare", "a", NOON, 60)
    assert store.take_lease("compare", "a", at(0.9), 60)
    assert not store.take_lease("compare", "b", at(1.5), 60)
    assert store.take_lease("compare", "b", at(1.9), 60)
    assert not store.take_lease("compare", "a", at(2), 60)


def test_a_lease_is_given_back_by_its_holder_only(store: Store) -> None:
    store.take_lease("compare", "a", NOON, 60)
    store.release_lease("compare", "b")
    assert not store.take_lease("compare", "b", NOON, 60)
    store.release_lease("compare", "a")
    assert store.take_lease("compare", "b", NOON, 60)


# -- comparison ----------------------------------------------------------------------------


def full_comparison(compared: Article) -> Comparison:
    return comparison(
        compared,
        sketch=sketch(1),
        decisions=(decision(1),),
        propositions=(proposition(1),),
        positions=(position(1),),
        contradictions=(contradiction(1),),
        alerts=(alert(1),),
        deliveries=(delivery(1), delivery(1, channel="file")),
    )


def test_a_comparison_is_kept_whole(store: Store) -> None:
    compared = extracted(store, claim(1))
    kept = full_comparison(compared)
    store.save_comparison(kept)
    assert store.article("article-0001") == kept.article
    assert store.decisions("claim-0001") == [decision(1)]
    assert store.ledger(TOPIC, on("river")) == Ledger(
        propositions=(proposition(1),), positions=(position(1),), contradictions=(contradiction(1),)
    )
    assert store.alert("alert-0001") == alert(1)
    assert [d.channel for d in store.deliveries("alert-0001")] == ["file", "terminal"]


def test_a_stance_keeps_how_it_began_and_what_was_named_later(store: Store) -> None:
    changed = position(
        1, change="softening", noted=((at(3), "claim-0003", "mediator", "CC"),), times=2
    )
    told = decision(1, change="new mediator named: CC")
    compared = extracted(store, claim(1))
    store.save_comparison(comparison(compared, decisions=(told,), positions=(changed,)))
    assert store.positions() == [changed]
    assert store.decisions("claim-0001") == [told]


def everything(store: Store) -> tuple[object, ...]:
    return (
        store.counts(),
        store.articles(),
        store.search(Query()),
        store.ledger(TOPIC, on("river")),
        store.positions(history=True),
        store.contradictions(closed=True),
        store.alerts(),
        [store.deliveries(a.id) for a in store.alerts()],
    )


def test_a_comparison_repeated_changes_nothing(store: Store) -> None:
    kept = full_comparison(extracted(store, claim(1)))
    store.save_comparison(kept)
    sent = delivery(1, state=DeliveryState.SENT, sent_at=at(3), attempts=1)
    store.save_deliveries([sent])
    store.save_comparison(
        comparison(scraped(2), propositions=(proposition(1, times=2, last_claim="claim-0002"),))
    )
    before = everything(store)
    store.save_comparison(kept)
    assert everything(store) == before
    assert store.ledger(TOPIC, on("river")).propositions[0].times == 2


def test_a_repeated_comparison_still_finishes_an_article_that_was_sent_back(store: Store) -> None:
    kept = full_comparison(extracted(store, claim(1)))
    for _ in range(3):
        store.save_comparison(kept)
        assert store.pending(Stage.COMPARE) == []
        assert store.restage(Stage.COMPARE) == 1


def test_the_first_alert_of_an_id_and_the_first_decision_stay(store: Store) -> None:
    store.save_comparison(full_comparison(extracted(store, claim(1))))
    other = comparison(
        scraped(2),
        decisions=(decision(1, novelty=Novelty.REPEAT),),
        alerts=(alert(1, headline="again", article_id="article-0002"),),
        deliveries=(delivery(1, next_try=at(99)),),
    )
    store.save_comparison(other)
    assert store.alert("alert-0001") == alert(1)
    assert store.decisions("claim-0001") == [decision(1)]
    assert [d.next_try for d in store.deliveries("alert-0001")] == [at(1), at(1)]


def test_a_failing_comparison_leaves_nothing_behind(store: Store) -> None:
    compared = extracted(store, claim(1))
    before = everything(store)
    broken = replace(full_comparison(compared), alerts=(alert(1, receipt={"a set": {1, 2}}),))
    with pytest.raises(StoreError):
        store.save_comparison(broken)
    orphan = replace(full_comparison(compared), deliveries=(delivery(7),))
    with pytest.raises(StoreError):
        store.save_comparison(orphan)
    assert everything(store) == before


def test_decisions_of_replaced_claims_stay(store: Store) -> None:
    store.save_comparison(full_comparison(extracted(store, claim(1))))
    extracted(store, claim(2))
    assert store.decisions("claim-0001") == [decision(1)]


def test_a_decision_is_found_again_after_its_claim_was_extracted_again(store: Store) -> None:
    store.save_comparison(full_comparison(extracted(store, claim(1))))
    extracted(store, claim(1, said_at=at(5)))
    assert [f.decision for f in store.search(Query(novelty=Novelty.NEW))] == [decision(1)]


def test_the_holder_of_a_lease_is_known(store: Store) -> None:
    assert store.lease_holder("compare") is None
    store.take_lease("compare", "host:1", at(1), 60)
    assert store.lease_holder("compare") == "host:1"
    store.release_lease("compare", "host:1")
    assert store.lease_holder("compare") is None


def test_the_ledger_holds_what_was_asked_for_and_is_current(store: Store) -> None:
    old = position(1, until=at(5))
    kept = comparison(
        scraped(1),
        propositions=(proposition(1), proposition(2, issue="road"), proposition(3, topic="x")),
        positions=(old, position(2, previous=old.id), position(3, issue="road")),
        contradictions=(contradiction(1), contradiction(2, closed=at(9))),
    )
    store.save_comparison(kept)
    found = store.ledger(TOPIC, on("river", "nothing"))
    assert [p.id for p in found.propositions] == ["proposition-0001"]
    assert [p.id for p in found.positions] == ["position-0002"]
    assert [p.id for p in found.history] == [old.id]
    assert [c.id for c in found.contradictions] == ["contradiction-0001"]
    assert len(store.ledger(TOPIC, on("river", "road")).propositions) == 2
    assert store.ledger(TOPIC, Question()) == Ledger()


def said_by(store: Store, **asked: Any) -> list[str]:
    """Return the numbers of the propositions that one line finds."""
    found = store.ledger(TOPIC, Question(said=(Asked(**asked),)))
    return [p.id.removeprefix("proposition-000") for p in found.propositions]


def spoken(n: int, **changes: Any) -> Proposition:
    """A proposition first and last stated at minute `n`."""
    moments = {"first_stated": at(n), "last_stated": at(n)}
    return proposition(n, key=f"key {n}", **(moments | changes))


def test_what_was_said_is_found_by_what_a_line_gives(store: Store) -> None:
    kept = (
        spoken(1),
        spoken(2, act="deny"),
        spoken(3, party="BB"),
        spoken(4, party="BB", issue="road"),
        spoken(5, act="breach", day="2031-03-04"),
        spoken(6, act="breach", day="2031-03-05"),
        spoken(7, topic="other"),
    )
    store.save_comparison(comparison(scraped(1), propositions=kept))
    assert said_by(store, id="proposition-0002", limit=9) == ["2"]
    assert said_by(store, act="offer", limit=9) == ["1", "3", "4"]
    assert said_by(store, act="offer", party="BB", limit=9) == ["3", "4"]
    assert said_by(store, issue="road", limit=9) == ["4"]
    assert said_by(store, issue="river", party="BB", limit=9) == ["3"]
    assert said_by(store, act="breach", day="2031-03-05", limit=9) == ["6"]


def test_a_line_finds_the_newest_within_its_limit_and_its_times(store: Store) -> None:
    kept = tuple(spoken(n, first_stated=at(n - 1)) for n in range(1, 7))
    store.save_comparison(comparison(scraped(1), propositions=kept))
    assert said_by(store, act="offer", limit=2) == ["5", "6"]
    assert said_by(store, act="offer", until=at(4), limit=2) == ["3", "4"]
    assert said_by(store, act="offer", since=at(5), limit=9) == ["5", "6"]
    assert said_by(store, act="offer", party="AA", begun=at(1), limit=9) == ["1", "2"]


def test_what_was_said_is_found_by_names_until_it_is_said_later(store: Store) -> None:
    first = spoken(1, party="Freedonia", voices=("Rufus T. Firefly",))
    store.save_comparison(comparison(scraped(1), propositions=(first,)))
    for tag in party_tags("Freedonian"):
        assert said_by(store, name=tag) == (["1"] if tag.startswith("stem") else [])
    again = replace(first, last_stated=at(9), voices=("Chicolini", "Rufus T. Firefly"))
    store.save_comparison(comparison(scraped(2), propositions=(again,)))
    assert said_by(store, name=voice_tag("Firefly"), until=at(8)) == []
    assert said_by(store, name=voice_tag("Firefly"), since=at(9)) == ["1"]
    assert said_by(store, name=voice_tag("Chicolini")) == ["1"]


def test_of_names_only_those_of_now_find_what_was_said(store: Store) -> None:
    first = spoken(1, party="Freedonia", voices=("Chicolini", "Rufus T. Firefly"))
    store.save_comparison(comparison(scraped(1), propositions=(first,)))
    cut = replace(first, voices=("Gloria Teasdale", "Rufus T. Firefly"))
    store.save_comparison(comparison(scraped(2), propositions=(cut,)))
    for name, found in (("Chicolini", []), ("Firefly", ["1"]), ("Teasdale", ["1"])):
        assert said_by(store, name=voice_tag(name), until=first.last_stated) == found
    earlier = replace(cut, last_stated=first.last_stated - timedelta(hours=1))
    store.save_comparison(comparison(scraped(3), propositions=(earlier,)))
    assert said_by(store, name=voice_tag("Firefly"), since=first.last_stated) == []
    assert said_by(store, name=voice_tag("Firefly")) == ["1"]


def test_a_track_has_what_is_current_and_the_neighbours_of_a_moment(store: Store) -> None:
    past = [position(n, since=at(10 * n), until=at(10 * n + 10)) for n in range(1, 8)]
    now = position(8, act="deny", since=at(80))
    elsewhere = (position(9, issue="road"), position(10, party="BB"), position(11, topic="x"))
    store.save_comparison(comparison(scraped(1), positions=(*past, now, *elsewhere)))
    track = Track(party="AA", issue="river", acts=("offer",), at=at(45))
    found = store.ledger(TOPIC, Question(tracks=(track,)))
    assert found.positions == (now,)
    assert [p.id[-1] for p in found.history] == ["3", "4", "5", "6"]


def test_open_contradictions_are_found_by_either_side_or_by_id(store: Store) -> None:
    kept = (
        contradiction(1),
        contradiction(2, party_a="BB", act_a="deny", party_b="AA", act_b="offer"),
        contradiction(3, closed=at(9)),
        contradiction(4, issue="road"),
    )
    store.save_comparison(comparison(scraped(1), contradictions=kept))
    side = Side(party="AA", act="offer", issue="river")
    assert store.ledger(TOPIC, Question(sides=(side,))).contradictions == kept[:2]
    asked = Question(pairs=(*(pair.id for pair in kept), "nothing"))
    assert store.ledger(TOPIC, asked).contradictions == (kept[0], kept[1], kept[3])
    swapped = replace(kept[0], party_a="BB", party_b="CC")
    store.save_comparison(comparison(scraped(2), contradictions=(swapped,)))
    assert store.ledger(TOPIC, Question(sides=(side,))).contradictions == (kept[1],)
    narrow = Question(sides=(replace(side, limit=1),))
    assert kept[1] in store.ledger(TOPIC, narrow).contradictions


def test_a_comparison_counts_the_alerts_it_repeats_once(store: Store) -> None:
    store.save_comparison(comparison(scraped(1), alerts=(alert(1, article_id="article-0001"),)))
    for _ in range(2):
        store.save_comparison(comparison(scraped(2), repeated=(alert(1).id,)))
    kept = store.alert(alert(1).id)
    assert kept is not None
    assert kept.repeats == 1


def test_positions_and_contradictions_change_in_place(store: Store) -> None:
    store.save_comparison(
        comparison(scraped(1), positions=(position(1),), contradictions=(contradiction(1),))
    )
    replaced = replace(position(1), until=at(9))
    closed = replace(contradiction(1), closed=at(9))
    store.save_comparison(
        comparison(
            scraped(2), positions=(replaced, position(2)), contradictions=(closed, contradiction(2))
        )
    )
    assert store.positions() == [position(2)]
    assert store.positions(history=True) == [replaced, position(2)]
    assert store.contradictions() == [contradiction(2)]
    assert store.contradictions(closed=True) == [contradiction(2), closed]
    assert store.contradictions(topic="other", closed=True) == []


def test_positions_are_found_by_topic_party_and_issue(store: Store) -> None:
    kept = (position(1), position(2, party="BB"), position(3, issue="road"), position(4, topic="x"))
    store.save_comparison(comparison(scraped(1), positions=kept))
    assert [p.id for p in store.positions(topic=TOPIC, party="AA")] == [
        "position-0001",
        "position-0003",
    ]
    assert [p.id for p in store.positions(issue="road")] == ["position-0003"]
    assert [p.id for p in store.positions(topic="x")] == ["position-0004"]


# -- lookalikes ----------------------------------------------------------------------------


def sketched(store: Store, n: int, *bands: str, **changes: Any) -> None:
    compared = scraped(n, **changes)
    store.save_comparison(comparison(compared, sketch=sketch(n, bands=bands)))


def test_lookalikes_share_a_band_and_come_oldest_first(store: Store) -> None:
    sketched(store, 3, "0:a", "1:b")
    sketched(store, 1, "0:a", "1:b", text="The long text.")
    sketched(store, 2, "0:z", "1:b")
    sketched(store, 4, "0:z", "1:z")
    found = store.lookalikes(sketch(9, bands=("0:a", "1:b")))
    assert [other.article_id for _, other in found] == [
        "article-0001",
        "article-0002",
        "article-0003",
    ]
    first, other = found[0]
    assert first == scraped(1, "", text_hash=first.text_hash, stage=Stage.DONE)
    assert other == sketch(1, bands=("0:a", "1:b"))
    assert store.lookalikes(sketch(9, bands=("0:a", "1:b")), limit=2) == found[:2]
    assert store.lookalikes(sketch(9, bands=("0:none",))) == []


def test_an_article_is_not_its_own_lookalike(store: Store) -> None:
    sketched(store, 1, "0:a")
    assert store.lookalikes(sketch(1, bands=("0:a",))) == []


def test_a_new_sketch_takes_the_place_of_the_old(store: Store) -> None:
    sketched(store, 1, "0:a")
    sketched(store, 1, "0:b")
    assert store.lookalikes(sketch(9, bands=("0:a",))) == []
    assert len(store.lookalikes(sketch(9, bands=("0:b",)))) == 1


# -- coverage ------------------------------------------------------------------------------


def carried(store: Store, n: int, outlet: str, **changes: Any) -> None:
    """An article of `outlet` with one claim under the one key."""
    said = claim(n, article_id=f"article-{n:04}", outlet=outlet)
    compared = extracted(store, said, n=n, outlet=outlet, **changes)
    store.save_comparison(comparison(compared, decisions=(decision(n),)))


KEY = decision(1).key


def test_coverage_tells_outlets_from_origins(store: Store) -> None:
    carried(store, 1, "The One")
    carried(store, 2, "The Two", credit=Credit(agencies=("AG",), origin="AG"))
    carried(store, 3, "The Three", credit=Credit(agencies=("AG",), origin="AG"))
    carried(store, 4, "The Four", origin="article-0001")
    carried(store, 5, "The Five", origin="article-0002")
    carried(store, 6, "The Four", origin="never stored")
    assert store.coverage(TOPIC, KEY) == Coverage(
        outlets=("The Five", "The Four", "The One", "The Three", "The Two"),
        origins=(("AG", 3), ("own reporting: The One", 2), ("own reporting: The Four", 1)),
    )


def test_two_claims_of_one_article_are_one_article(store: Store) -> None:
    compared = extracted(store, claim(1), claim(2))
    store.save_comparison(comparison(compared, decisions=(decision(1), decision(2))))
    assert store.coverage(TOPIC, KEY).origins == (("own reporting: The One", 1),)


def test_nobody_carried_what_was_never_said(store: Store) -> None:
    carried(store, 1, "The One")
    assert store.coverage(TOPIC, "other") == Coverage()
    assert store.coverage("other", KEY) == Coverage()
    assert store.coverage(TOPIC, "") == Coverage()


# -- alerts and the outbox -----------------------------------------------------------------


def test_alerts_are_kept_with_their_outbox_rows(store: Store) -> None:
    store.save_alerts([alert(1)], [delivery(1)])
    assert store.alert("alert-0001") == alert(1)
    assert store.deliveries("alert-0001") == [delivery(1)]
    assert store.alert("alert-0009") is None
    assert store.deliveries("alert-0009") == []


def test_an_alert_already_stored_stays_as_it_is(store: Store) -> None:
    store.save_alerts([alert(1)], [delivery(1)])
    store.save_deliveries([delivery(1, state=DeliveryState.SENT, sent_at=at(2))])
    store.save_alerts([alert(1, headline="other")], [delivery(1), delivery(1, channel="file")])
    assert store.alert("alert-0001") == alert(1)
    states = {d.channel: d.state for d in store.deliveries("alert-0001")}
    assert states == {"terminal": DeliveryState.SENT, "file": DeliveryState.PENDING}


def test_alerts_come_newest_first_and_narrow(store: Store) -> None:
    made = [alert(1), alert(2, rule="other"), alert(3, topic="other"), alert(4, topic=None)]
    store.save_alerts(made, [])
    assert [a.id[-1] for a in store.alerts()] == ["4", "3", "2", "1"]
    assert [a.id[-1] for a in store.alerts(limit=2)] == ["4", "3"]
    assert [a.id[-1] for a in store.alerts(topic=TOPIC)] == ["2", "1"]
    assert [a.id[-1] for a in store.alerts(rule="other")] == ["2"]
    assert [a.id[-1] for a in store.alerts(since=at(3))] == ["4", "3"]
    assert [a.id[-1] for a in store.alerts(topic=TOPIC, rule="any offer", since=at(1))] == ["1"]


def test_an_article_is_folded_into_an_alert_once(store: Store) -> None:
    store.save_alerts([alert(1, repeats=2)], [delivery(1)])
    for article_id in ("article-0002", "article-0002", "article-0003", "article-0001"):
        store.fold_repeat("alert-0001", article_id)
    folded = alert(1, repeats=4)
    assert store.alert("alert-0001") == folded
    assert store.alerts() == [folded]
    assert store.due(at(9)) == [(delivery(1), folded)]
    with pytest.raises(StoreError, match="no alert"):
        store.fold_repeat("alert-0009", "article-0002")


def test_due_deliveries_come_oldest_alert_first(store: Store) -> None:
    store.save_alerts(
        [alert(2), alert(1), alert(3)],
        [delivery(1, next_try=at(5)), delivery(2, next_try=at(1)), delivery(3, next_try=at(6))],
    )
    assert [d.alert_id[-1] for d, _ in store.due(at(5))] == ["1", "2"]
    assert [a.id[-1] for _, a in store.due(at(5), limit=1)] == ["1"]
    assert store.due(at(0)) == []


def test_only_pending_deliveries_are_due(store: Store) -> None:
    states = list(DeliveryState)
    store.save_alerts([alert(n) for n, _ in enumerate(states)], [])
    made = [delivery(n, state=one, sent_at=at(n)) for n, one in enumerate(states)]
    store.save_deliveries(made)
    assert [d.state for d, _ in store.due(at(99))] == [DeliveryState.PENDING]


def test_a_dead_delivery_can_be_replayed_but_a_sent_one_stays_sent(store: Store) -> None:
    store.save_alerts([alert(1), alert(2)], [delivery(1), delivery(2)])
    dead = delivery(1, state=DeliveryState.DEAD, error="gone")
    store.save_deliveries([dead, delivery(2, state=DeliveryState.SENT, sent_at=at(3))])
    assert store.deliveries("alert-0001") == [dead]
    store.save_deliveries([delivery(1, attempts=1), delivery(2, attempts=1)])
    assert [d.alert_id for d, _ in store.due(at(9))] == ["alert-0001"]


def test_the_rate_cap_counts_what_went_out(store: Store) -> None:
    store.save_alerts([alert(n) for n in (1, 2, 3)] + [alert(4, rule="other")], [])
    sent = {"state": DeliveryState.SENT}
    store.save_deliveries([delivery(n, sent_at=at(n), **sent) for n in (1, 2, 4)] + [delivery(3)])
    assert store.sent_since("terminal", "any offer", at(1)) == 2
    assert store.sent_since("terminal", "any offer", at(2)) == 1
    assert store.sent_since("file", "any offer", at(0)) == 0


# -- search --------------------------------------------------------------------------------


def ids(store: Store, **query: Any) -> str:
    """The last digits of the claims found, in order."""
    found = [f.claim for f in store.search(Query(**query))]
    assert store.search_claims(Query(**query)) == found
    return "".join(claim.id[-1] for claim in found)


@pytest.fixture
def told(store: Store) -> Store:
    """Four claims of four articles, oldest first, the last two saved out of order."""
    agency = Hop(name="Wire News", kind=HopKind.AGENCY)
    said = [
        claim(1, text="talks would go on", alert_worthy=True),
        claim(
            2,
            text="no talks were held",
            speaker="Bo Speaker",
            countries=("BB",),
            act="deny",
            theme="ceasefire",
            outlet="The Two",
            chain=(*claim().chain[:1], agency),
        ),
        claim(
            3,
            text="कश्मीर पर बातचीत",
            speaker=None,
            countries=(),
            anonymous=True,
            topics=("other",),
            theme=None,
        ),
        claim(4, text="سری نگر میں جنگ بندی", countries=("AA", "BB"), speaker="Joint Body"),
    ]
    for n in (1, 2, 4, 3):
        credit = Credit(agencies=("Press Co",), origin="Press Co") if n == 4 else Credit()
        compared = extracted(
            store,
            replace(said[n - 1], article_id=f"article-{n:04}"),
            n=n,
            credit=credit,
            title=f"Headline {'dam' if n == 1 else 'bridge'}",
        )
        novelty = Novelty.NEW if n < 3 else Novelty.REPEAT
        topic = "other" if n == 3 else TOPIC
        decided = decision(n, novelty=novelty, topic=topic, key=f"key {n}")
        store.save_comparison(comparison(compared, decisions=(decided,)))
    return store


def test_an_empty_question_finds_all_newest_first(told: Store) -> None:
    assert ids(told) == "4321"
    assert ids(told, limit=2) == "43"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"speaker": "Ada Minister"}, "1"),
        ({"speaker": "bo"}, "2"),
        ({"speaker": "SPEAKER"}, "2"),
        ({"speaker": "nobody"}, ""),
        ({"party": "AA"}, "41"),
        ({"party": "BB"}, "42"),
        ({"party": "AA+BB"}, "4"),
        ({"act": "deny"}, "2"),
        ({"act": "offer"}, "431"),
        ({"acts": ("deny", "offer")}, "4321"),
        ({"acts": ("deny", "accept")}, "2"),
        ({"acts": ("accept",)}, ""),
        ({"acts": ("deny", "offer"), "party": "BB", "limit": 1}, "4"),
        ({"theme": "mediation"}, "41"),
        ({"anonymous": True}, "3"),
        ({"anonymous": False}, "421"),
        ({"agency": "Wire News"}, "2"),
        ({"agency": "press co"}, "4"),
        ({"outlet": "The Two"}, "2"),
        ({"topic": TOPIC}, "421"),
        ({"topic": "other"}, "3"),
        ({"novelty": Novelty.NEW}, "21"),
        ({"novelty": Novelty.REPEAT, "topic": TOPIC}, "4"),
        ({"novelty": Novelty.UPDATE}, ""),
        ({"since": at(3)}, "43"),
        ({"until": at(3)}, "21"),
        ({"since": at(2), "until": at(4)}, "32"),
        ({"alert_worthy": True}, "1"),
        ({"alert_worthy": False}, "432"),
        ({"text": "talks"}, "21"),
        ({"text": "TALKS on"}, "1"),
        ({"text": "bridge talks"}, "2"),
        ({"text": "dam"}, "1"),
        ({"text": "talk"}, ""),
        ({"text": "talks", "party": "BB"}, "2"),
        ({"text": "talks", "act": "offer", "party": "AA", "novelty": Novelty.NEW}, "1"),
        ({"text": "talks", "until": at(2)}, "1"),
    ],
)
def test_every_field_narrows(told: Store, asked: dict[str, Any], found: str) -> None:
    assert ids(told, **asked) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"go on"', "1"),
        ('"on go"', ""),
        ("“go on”", "1"),
        ('"talks would', "1"),
        ('talks "go on"', "1"),
        ("कश्मीर", "3"),
        ("कश्म", ""),
        ("جنگ بندی", "4"),
        ('"نگر میں"', "4"),
        ("ن", ""),
    ],
)
def test_words_are_whole_in_every_script_and_phrases_in_order(
    told: Store, text: str, found: str
) -> None:
    assert ids(told, text=text) == found


@pytest.mark.parametrize(
    "text",
    ["talks AND", "NOT talks", "talks*", "text:talks", "NEAR(talks on)", "(", '"', "^talks",
     "talks - on", "a\0b", "'; DROP TABLE claims; --", "{talks}", "+", "…", "\ud800"],
)  # fmt: skip
def test_what_people_type_is_never_syntax(told: Store, text: str) -> None:
    found = told.search(Query(text=text))
    assert {f.claim.id for f in found} <= {"claim-0001", "claim-0002"}
    assert ids(told) == "4321"


def test_a_question_without_a_word_finds_nothing(told: Store) -> None:
    assert ids(told, text="…") == ""
    assert ids(told, text="   ") == "4321"


def test_a_finding_brings_the_article_the_decision_and_who_carried_it(store: Store) -> None:
    carried(store, 1, "The One")
    carried(store, 2, "The Two", origin="article-0001")
    carried(store, 3, "The Three", credit=Credit(origin="AG"))
    found = store.search(Query(outlet="The Two"))
    assert len(found) == 1
    assert found[0].claim.id == "claim-0002"
    assert found[0].article.id == "article-0002"
    assert found[0].article.text == ""
    assert found[0].decision == decision(2)
    assert (found[0].outlets, found[0].origins) == (3, 2)


def test_a_claim_not_compared_yet_is_found_too(store: Store) -> None:
    extracted(store, claim(1))
    (found,) = store.search(Query())
    assert (found.decision, found.outlets, found.origins) == (None, 1, 1)


def test_both_readings_of_an_invisible_joiner_are_found(store: Store) -> None:
    extracted(store, claim(1, text="سری\u200cنگر"))
    for typed in ("سری\u200cنگر", "سری نگر", "سرینگر"):
        assert ids(store, text=typed) == "1", typed


# -- counts, notes, forgetting -------------------------------------------------------------


def test_counts_tell_what_there_is_and_what_waits(store: Store) -> None:
    show(store, article(1), article(2), article(3, topics=()))
    store.save_comparison(full_comparison(extracted(store, claim(1))))
    extracted(store, claim(2))
    counted = store.counts()
    assert (counted.feeds, counted.articles, counted.versions, counted.matched) == (1, 3, 3, 2)
    assert (counted.claims, counted.positions, counted.contradictions) == (1, 1, 1)
    assert counted.alerts == 1
    assert counted.pending == {
        "scrape": 2,
        "extract": 0,
        "compare": 1,
        "set aside": 0,
        "deliveries": 2,
    }


def test_notes_are_small_named_values(store: Store) -> None:
    assert store.note("topics") is None
    store.save_note("topics", "a")
    store.save_note("topics", "b")
    assert store.note("topics") == "b"


def test_forgetting_takes_the_texts_and_leaves_the_claims(store: Store) -> None:
    long = "word " * 200
    store.save_article(scraped(1, "First text.", summary=long))
    store.save_article(scraped(1, "Second text.", summary=long))
    read = whole(store.article("article-0001"))
    store.save_claims(read, [claim(1, version=2)])
    store.save_comparison(full_comparison(read))
    assert store.forget_texts(datetime.now(UTC) + timedelta(days=1)) == 1
    now = whole(store.article("article-0001"))
    assert now.text == ""
    assert now.title == read.title
    assert len(now.summary) <= 300
    assert [(v.text, v.diff) for v in store.versions("article-0001")] == [("", ""), ("", "")]
    assert store.claims("article-0001")[0].text == "talks would go on"
    assert store.positions() == [position(1)]
    assert store.alert("alert-0001") == alert(1)
    assert store.forget_texts(datetime.now(UTC) + timedelta(days=1)) == 0


def test_newer_texts_and_those_still_needed_are_not_forgotten(store: Store) -> None:
    store.save_article(scraped(1, stage=Stage.DONE))
    store.save_article(scraped(2, stage=Stage.EXTRACT))
    store.save_article(scraped(5, stage=Stage.DONE))
    assert store.forget_texts(at(4)) == 1
    assert [bool(a.text) for a in store.articles()] == [False, True, True]


def test_a_summary_that_is_as_good_as_the_text_is_forgotten_too(store: Store) -> None:
    unmatched = article(1, topics=(), stage=Stage.DONE, summary="word " * 500)
    show(store, unmatched, article(2, summary="word " * 500))
    assert store.forget_texts(at(9)) == 1
    done, waiting = store.articles()
    assert len(done.summary) <= 300
    assert len(waiting.summary) == 2500
    assert store.forget_texts(at(9)) == 0


def test_excerpts_keep_the_words_around_claims_where_they_were(store: Store) -> None:
    text = "Long before this.\nThe minister said talks would go on. Much more follows here."
    start = text.index("The minister")
    made = claim(
        1,
        source=Span(start, start + 12),
        cue=Span(start + 13, start + 17),
        content=(Span(start + 18, start + 35),),
    )
    store.save_article(scraped(1, text))
    done = replace(scraped(1, text), stage=Stage.DONE)
    store.save_claims(done, [made])
    assert store.forget_texts(at(9), excerpt_words=1) == 1
    left = whole(store.article("article-0001")).text
    assert " ".join(left.split()) == "this. The minister said talks would go on. Much"
    assert made.content[0].of(left) == "talks would go on"
    assert made.source is not None
    assert made.source.of(left) == "The minister"
    assert store.forget_texts(at(9), excerpt_words=1) == 0
    assert store.forget_texts(at(9)) == 1
    assert whole(store.article("article-0001")).text == ""


def test_a_forgotten_text_is_not_extracted_again_but_can_be_scraped_again(store: Store) -> None:
    store.save_article(scraped(1, stage=Stage.DONE))
    store.forget_texts(at(9))
    assert store.restage(Stage.EXTRACT) == 0
    assert store.restage(Stage.SCRAPE) == 1
    store.save_article(scraped(1))
    now = whole(store.article("article-0001"))
    assert (now.text, now.version, now.stage) == (scraped(1).text, 1, Stage.EXTRACT)


# -- every record comes back as it was -----------------------------------------------------

T = TypeVar("T")
# NUL, right-to-left, astral, combining; no lone surrogates, which no UTF-8 store can hold
texts = st.text(max_size=12)
names = st.text(min_size=1, max_size=8)
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001 - and adds the zone itself
    timezones=st.just(UTC),
)
maybe_moments = st.none() | moments
maybe_texts = st.none() | texts
many = st.lists(texts, max_size=3).map(tuple)
numbers = st.integers(-(2**53), 2**53)
floats = st.floats(allow_nan=False)
spans = st.builds(Span, start=numbers, end=numbers)
hops = st.builds(Hop, name=texts, kind=st.sampled_from(HopKind), countries=many)
credit_lines = st.builds(
    Credit, agencies=many, byline=maybe_texts, dateline=maybe_texts, origin=maybe_texts
)
matches = st.builds(
    Match, topic=texts, term=texts, field=texts, kept=st.booleans(), reason=texts, start=numbers
)
json_values: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | numbers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def of_type(hint: str) -> st.SearchStrategy[Any]:
    """A strategy for the annotation of a record's field."""
    simple: dict[str, st.SearchStrategy[Any]] = {
        "str": texts,
        "str | None": maybe_texts,
        "int": numbers,
        "int | None": st.none() | numbers,
        "float": floats,
        "bool": st.booleans(),
        "bytes": st.binary(max_size=9),
        "datetime": moments,
        "datetime | None": maybe_moments,
        "tuple[str, ...]": many,
        "tuple[tuple[str, str], ...]": st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
        "tuple[tuple[datetime, str], ...]": st.lists(st.tuples(moments, texts), max_size=3).map(
            tuple
        ),
        "tuple[tuple[datetime, str, str, str], ...]": st.lists(
            st.tuples(moments, texts, texts, texts), max_size=3
        ).map(tuple),
        "Span | None": st.none() | spans,
        "tuple[Span, ...]": st.lists(spans, max_size=3).map(tuple),
        "tuple[Hop, ...]": st.lists(hops, max_size=3).map(tuple),
        "tuple[Match, ...]": st.lists(matches, max_size=2).map(tuple),
        "Credit": credit_lines,
        "dict[str, object]": st.dictionaries(texts, json_values, max_size=3),
    }
    if hint in simple:
        return simple[hint]
    enums = (HopKind, Stage, TextFrom, PollOutcome, Novelty, DeliveryState)
    choice = st.sampled_from({e.__name__: e for e in enums}[hint.removesuffix(" | None")])
    return st.none() | choice if hint.endswith("None") else choice


def records(kind: type[T], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    hints = {f.name: str(f.type) for f in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    return st.builds(kind, **{name: of_type(hint) for name, hint in hints.items()} | fixed)


# -- the diary -------------------------------------------------------------------------------


def line(n: int, id_: str = "a", **changes: Any) -> Change:
    made = Change(kind=ChangeKind.POSITION, id=id_, at=at(n), head="h", document=f'"{n}"')
    return replace(made, **changes)


def lines(store: Store, **asked: Any) -> list[tuple[str, datetime]]:
    found = store.changes(Lines(kind=ChangeKind.POSITION, **asked))
    return [(one.id, one.at) for one in found]


def test_the_diary_is_read_by_kind_id_and_time(store: Store) -> None:
    kept = [line(1), line(2, "b"), line(3), line(3, "b", kind=ChangeKind.MUTE)]
    store.save_changes(kept)
    store.save_changes(kept)
    assert store.changes(Lines(kind=ChangeKind.POSITION)) == kept[:3]
    assert lines(store, ids=("a",)) == [("a", at(1)), ("a", at(3))]
    assert lines(store, since=at(2), until=at(3)) == [("b", at(2))]
    assert lines(store, newest=True) == [("b", at(2)), ("a", at(3))]
    assert lines(store, newest=True, until=at(3)) == [("a", at(1)), ("b", at(2))]
    assert lines(store, after=kept[0], limit=1) == [("b", at(2))]
    (brief,) = store.changes(Lines(kind=ChangeKind.POSITION, ids=("b",), brief=True))
    assert brief == replace(kept[1], document="")


def test_of_one_moment_the_last_line_counts(store: Store) -> None:
    store.save_changes([line(1), line(1, document='"later"')])
    (kept,) = store.changes(Lines(kind=ChangeKind.POSITION))
    assert kept.document == '"later"'


def test_a_comparison_writes_the_diary(store: Store) -> None:
    store.save_alerts((alert(2),), ())
    kept = replace(
        full_comparison(extracted(store, claim(1))),
        claims=(claim(1),),
        at=at(5),
        quiet=("other",),
        repeated=("alert-0002",),
    )
    store.save_comparison(kept)
    (account,) = map(account_of, store.changes(Lines(kind=ChangeKind.ARTICLE)))
    assert account.claims == (claim(1),)
    assert account.decisions == (decision(1),)
    assert account.article == replace(kept.article, text="", summary="")
    assert account.quiet == ("other",)
    (position_line,) = store.changes(Lines(kind=ChangeKind.POSITION))
    assert (position_line.id, position_line.at) == ("position-0001", at(5))
    (repeat,) = store.changes(Lines(kind=ChangeKind.REPEAT))
    assert (repeat.id, repeat.part) == ("alert-0002", "article-0001")
    assert store.carriers(TOPIC, "AA | offer | river") == ["article-0001"]
    assert store.carriers(TOPIC, "other") == []


def test_an_article_compared_again_keeps_its_first_decisions_in_the_diary(store: Store) -> None:
    first = replace(full_comparison(extracted(store, claim(1))), claims=(claim(1),), at=at(5))
    again = replace(
        comparison(scraped(1)),
        claims=(claim(1, text="other"),),
        decisions=(decision(1, reason="later"), decision(2)),
        at=at(6),
    )
    store.save_comparison(first)
    store.save_comparison(again)
    (line_,) = store.changes(Lines(kind=ChangeKind.ARTICLE, again=True))
    assert account_of(line_).decisions == (decision(1), decision(2))


round_trip = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@round_trip
@given(kept=records(Article, id=names, version=st.just(1)))
def test_articles_come_back_as_they_were(open_here: Callable[[], Store], kept: Article) -> None:
    store = open_here()
    store.save_article(replace(kept, id=kept.id + str(store.counts().articles)))
    (back,) = [a for a in store.articles() if a.id == kept.id + str(store.counts().articles - 1)]
    assert replace(back, id=kept.id) == kept
    store.close()


@round_trip
@given(kept=records(Claim, id=names, article_id=st.just("article-0001"), version=st.just(1)))
def test_claims_come_back_as_they_were(open_here: Callable[[], Store], kept: Claim) -> None:
    store = open_here()
    store.save_claims(scraped(1), [kept])
    assert store.claims("article-0001") == [kept]
    assert [f.claim for f in store.search(Query())] == [kept]
    store.close()


@round_trip
@given(
    decided=records(Decision),
    proposed=records(Proposition, issue=names),  # a code of ours: never a NUL, which JSON1 cuts
    held=records(Position),
    contradicted=records(Contradiction),
    drawn=records(Sketch, article_id=st.just("article-0001"), bands=st.just(("only",))),
    alerted=records(Alert, id=names),
    due=records(Delivery),
)
def test_what_compare_found_comes_back_as_it_was(
    open_here: Callable[[], Store],
    decided: Decision,
    proposed: Proposition,
    held: Position,
    contradicted: Contradiction,
    drawn: Sketch,
    alerted: Alert,
    due: Delivery,
) -> None:
    store, run = open_here(), str(open_here().counts().articles)
    decided, proposed = replace(decided, claim_id=run), replace(proposed, id=run)
    held, contradicted = replace(held, id=run), replace(contradicted, id=run)
    drawn = replace(drawn, article_id=f"x{run}", bands=(run,))
    alerted = replace(alerted, id=run)
    due = replace(due, alert_id=run)
    store.save_claims(scraped(1, id=f"x{run}"), [claim(1, id=run)])
    store.save_comparison(
        Comparison(
            article=scraped(1, id=f"x{run}"),
            sketch=drawn,
            decisions=(decided,),
            propositions=(proposed,),
            positions=(held,),
            contradictions=(contradicted,),
            alerts=(alerted,),
            deliveries=(due,),
        )
    )
    assert store.decisions(run) == [decided]
    assert proposed in store.ledger(proposed.topic, on(proposed.issue)).propositions
    assert held in store.positions(history=True)
    assert contradicted in store.contradictions(closed=True)
    assert [other for _, other in store.lookalikes(replace(drawn, article_id="q"))] == [drawn]
    assert store.alert(run) == alerted
    assert store.deliveries(run) == [due]
    store.close()


@round_trip
@given(polled=records(Poll, feed_url=names), known=records(FeedState, feed_url=names))
def test_polls_and_cursors_come_back_as_they_were(
    open_here: Callable[[], Store], polled: Poll, known: FeedState
) -> None:
    store = open_here()
    store.save_poll(polled, known, ())
    assert polled in store.polls(polled.feed_url, limit=1000)
    assert store.feed_states()[known.feed_url] == known
    store.close()


def test_half_a_surrogate_pair_costs_one_character_and_no_offset(store: Store) -> None:
    broken = scraped(1, text="before \ud83d after", title="\udc00")
    store.save_article(broken)
    store.save_article(broken)
    back = whole(store.article("article-0001"))
    assert (back.text, back.title) == ("before \ufffd after", "\ufffd")
    assert len(store.versions("article-0001")) == 1
