"""Polls, the cursors of feeds, and the articles that a poll brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.records import Article, FeedState, Poll, stable_id
from pipeline.stores.documents import dumps, encode, loads
from pipeline.stores.sqlite import versions
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros


def feed_states(database: Database) -> dict[str, FeedState]:
    """Return the state of every feed ever polled, by feed URL."""
    rows = database.run("SELECT url, feed FROM feeds ORDER BY url")
    return {url: loads(FeedState, state) for url, state in rows}


def fingerprints(database: Database, article_ids: Iterable[str], feed_url: str) -> dict[str, str]:
    """Return of the stored articles what this feed showed last, "" where it never did."""
    rows = database.run(
        """
        SELECT a.id, coalesce(
            s.fingerprint, CASE a.feed_url WHEN :feed_url THEN a.fingerprint ELSE '' END)
        FROM articles a LEFT JOIN shown s ON s.article = a.n AND s.feed_url = :feed_url
        WHERE a.id IN (SELECT value FROM json_each(:ids))
        """,
        {"feed_url": feed_url, "ids": encode(list(article_ids))},
    )
    return dict(rows)


def save_poll(database: Database, poll: Poll, state: FeedState, fresh: Sequence[Article]) -> None:
    """Keep the poll, the cursor and the articles; the very same call again changes nothing."""
    digest = _digest(poll, state, fresh)
    with database.write():
        if _is_kept(database, poll, digest):
            return
        put_poll(database, poll, digest)
        put_state(database, state)
        for article in fresh:
            versions.show(database, article, seen_at=poll.at)


def put_poll(database: Database, poll: Poll, digest: str) -> None:
    """Keep one line of history, once, inside the caller's transaction."""
    if not _is_kept(database, poll, digest):
        database.run(
            "INSERT INTO polls (feed_url, at, digest, poll) VALUES (?, ?, ?, ?)",
            (poll.feed_url, micros(poll.at), digest, dumps(poll)),
        )


def put_state(database: Database, state: FeedState) -> None:
    """Keep the cursor of a feed inside the caller's transaction."""
    database.run(
        """
        INSERT INTO feeds (url, feed) VALUES (?, ?)
        ON CONFLICT (url) DO UPDATE SET feed = excluded.feed
        """,
        (state.feed_url, dumps(state)),
    )


def _digest(poll: Poll, state: FeedState, fresh: Sequence[Article]) -> str:
    shown = (part for article in fresh for part in (article.id, article.fingerprint))
    return stable_id(dumps(poll), dumps(state), *shown)


def _is_kept(database: Database, poll: Poll, digest: str) -> bool:
    row = database.first(
        "SELECT 1 FROM polls WHERE feed_url = ? AND at = ? AND digest = ?",
        (poll.feed_url, micros(poll.at), digest),
    )
    return row is not None


def polls(database: Database, feed_url: str | None, limit: int) -> list[Poll]:
    """Return polls, newest first."""
    where = "" if feed_url is None else "WHERE feed_url = :feed_url"
    rows = database.run(
        f"SELECT poll FROM polls {where} ORDER BY at DESC, n DESC LIMIT :limit",  # noqa: S608 - no value in it
        {"feed_url": feed_url, "limit": limit},
    )
    return [loads(Poll, poll) for (poll,) in rows]


__all__ = ["feed_states", "fingerprints", "polls", "put_poll", "put_state", "save_poll"]
