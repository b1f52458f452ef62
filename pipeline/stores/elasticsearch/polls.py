"""Polls, the cursors of feeds, and the articles that a poll brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.records import Article, FeedState, Poll, stable_id
from pipeline.stores.documents import decode, dumps, loads
from pipeline.stores.elasticsearch import articles, versions
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Source,
    Write,
    finite,
    key_of,
    mended,
    put,
)
from pipeline.stores.elasticsearch.versions import Change, Held
from pipeline.stores.times import micros

FEEDS, POLLS = "feeds", "polls"


def feed_states(cluster: Cluster) -> dict[str, FeedState]:
    """Return the state of every feed ever polled, by feed URL."""
    cluster.refresh(FEEDS)
    found = cluster.hits(FEEDS, {"match_all": {}}, sort=["feed_url"])
    states = (loads(FeedState, kept.source["record"]) for kept in found)
    return {state.feed_url: state for state in states}


def fingerprints(cluster: Cluster, article_ids: Iterable[str], feed_url: str) -> dict[str, str]:
    """Return of the stored articles what this feed showed last, "" where it never did."""
    keys = {one: (articles.ARTICLES, key_of(one)) for one in article_ids}
    found = cluster.get_all(keys.values(), without=("record", "text", "diff"))
    shown = {}
    for article_id, key in keys.items():
        if key in found:
            source = found[key].source
            own = source["fingerprint"] if feed_url == source["feed_url"] else ""
            shown[article_id] = decode(source["shown"]).get(feed_url, own)
    return shown


def save_poll(cluster: Cluster, poll: Poll, state: FeedState, fresh: Sequence[Article]) -> None:
    """Keep the articles, then the cursor and the poll; the very same call again changes nothing.

    A process killed in between left articles without the cursor: the next poll asks the feed
    again, and finds them there.
    """
    record, cursor = dumps(poll), dumps(state)
    digest = _digest(record, cursor, fresh)
    if cluster.get(POLLS, digest) is not None:
        return

    def decide(held: Held | None, shown: Article) -> Change | None:
        return versions.show(held, shown, seen_at=poll.at)

    articles.save_all(cluster, fresh, decide)
    cluster.must_write(
        [
            feed_write(state, cursor),
            poll_write(poll, digest, record),
        ]
    )


def _digest(record: str, cursor: str, fresh: Sequence[Article]) -> str:
    shown = (part for article in fresh for part in (article.id, article.fingerprint))
    return stable_id(mended(record), mended(cursor), *shown)


def feed_write(state: FeedState, record: str) -> Write:
    """Return the write of a feed's cursor."""
    source = {
        "feed_url": state.feed_url,
        "last_outcome": state.last_outcome and state.last_outcome.value,
        "failures": state.failures,
        "next_check": state.next_check and state.next_check.isoformat(),
        "last_success": state.last_success and state.last_success.isoformat(),
        "last_new": state.last_new and state.last_new.isoformat(),
        "interval_s": finite(state.interval_s),
        "record": record,
    }
    return put(FEEDS, key_of("feed", state.feed_url), source)


def poll_write(poll: Poll, digest: str, record: str) -> Write:
    """Return the write of one line of history."""
    source = {
        "digest": digest,
        "feed_url": poll.feed_url,
        "at": poll.at.isoformat(),
        "at_us": micros(poll.at),
        "outcome": poll.outcome.value,
        "reason": poll.reason,
        "status": poll.status,
        "entries": poll.entries,
        "new": poll.new,
        "edited": poll.edited,
        "size": poll.size,
        "elapsed_s": finite(poll.elapsed_s),
        "record": record,
    }
    return put(POLLS, digest, source)


def polls(cluster: Cluster, feed_url: str | None, limit: int) -> list[Poll]:
    """Return polls, newest first."""
    query: Source = {"match_all": {}} if feed_url is None else {"term": {"feed_url": feed_url}}
    cluster.refresh(POLLS)
    found = cluster.hits(POLLS, query, sort=[{"at_us": "desc"}, "digest"], limit=limit)
    return [loads(Poll, kept.source["record"]) for kept in found]


__all__ = ["feed_states", "feed_write", "fingerprints", "poll_write", "polls", "save_poll"]
