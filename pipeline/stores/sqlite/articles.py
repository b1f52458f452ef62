"""Articles as they are read, and sent back to a stage. See versions.py for how they are kept."""

from __future__ import annotations

from datetime import datetime

from pipeline.records import Article, Stage, TextFrom, Version
from pipeline.stores.documents import decode, encode, from_document
from pipeline.stores.sqlite.database import Database, Row
from pipeline.stores.sqlite.times import micros, moment

# Restaging sends back to a stage only what has passed it.
ORDER = (Stage.SCRAPE, Stage.EXTRACT, Stage.COMPARE, Stage.DONE, Stage.SET_ASIDE)
COLUMNS = "a.article, a.stage, a.baseline"  # what `bare` reads
_WHOLE = f"""
    SELECT {COLUMNS}, v.text FROM articles a
    JOIN versions v ON v.article = a.n AND v.number = a.version
"""  # noqa: S608 - names only


def bare(article: str, stage: str, baseline: int) -> Article:
    """Return the article of a row's `COLUMNS`, without its text."""
    return from_document(Article, {**decode(article), "stage": stage, "baseline": bool(baseline)})


def _whole(row: Row) -> Article:
    article, stage, baseline, text = row
    return from_document(
        Article, {**decode(article), "stage": stage, "baseline": bool(baseline), "text": text}
    )


def article(database: Database, article_id: str) -> Article | None:
    """Return one article in its newest version."""
    row = database.first(f"{_WHOLE} WHERE a.id = ?", (article_id,))
    return _whole(row) if row else None


def pending(database: Database, stage: Stage, limit: int) -> list[Article]:
    """Return articles waiting for `stage`, by (`when`, id)."""
    # The second condition is what lets SQLite use the partial index.
    waiting = "" if stage is Stage.DONE else "AND a.stage != 'done'"
    rows = database.run(
        f"{_WHOLE} WHERE a.stage = ? {waiting} ORDER BY a.at, a.id LIMIT ?", (stage.value, limit)
    )
    return [_whole(row) for row in rows]


def versions(database: Database, article_id: str) -> list[Version]:
    """Return all versions of an article, oldest first."""
    rows = database.run(
        """
        SELECT v.number, v.seen_at, v.title, v.text, v.text_hash, v.text_from, v.diff
        FROM versions v JOIN articles a ON a.n = v.article WHERE a.id = ? ORDER BY v.number
        """,
        (article_id,),
    )
    return [
        Version(
            article_id=article_id,
            number=number,
            seen_at=moment(seen_at),
            title=title,
            text=text,
            text_hash=text_hash,
            text_from=TextFrom(text_from) if text_from else None,
            diff=diff,
        )
        for number, seen_at, title, text, text_hash, text_from, diff in rows
    ]


def articles(
    database: Database,
    *,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    after: str,
) -> list[Article]:
    """Return articles in the order of their ids; `since` <= `when` < `until`."""
    rows = database.run(
        f"""
        {_WHOLE} WHERE a.id > :after AND (:since IS NULL OR a.at >= :since)
        AND (:until IS NULL OR a.at < :until) AND (:topic IS NULL OR EXISTS (
            SELECT 1 FROM topics t WHERE t.topic = :topic AND t.article = a.n))
        ORDER BY a.id LIMIT :limit
        """,  # noqa: S608 - names only
        {
            "topic": topic,
            "after": after,
            "since": micros(since) if since else None,
            "until": micros(until) if until else None,
            "limit": limit,
        },
    )
    return [_whole(row) for row in rows]


def restage(
    database: Database,
    stage: Stage,
    *,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
) -> int:
    """Send back to `stage` what has passed it and belongs to a topic; return how many.

    What has no text any more (see `forget_texts`) is not sent to be extracted again: its
    claims would be replaced by none.
    """
    passed = [later.value for later in ORDER[ORDER.index(stage) + 1 :]]
    return database.change(
        """
        UPDATE articles SET stage = :stage, baseline = 1
        WHERE matched AND stage IN (SELECT value FROM json_each(:passed))
        AND (stage != 'compare' OR baseline)
        AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
        AND (:topic IS NULL OR EXISTS (
            SELECT 1 FROM topics t WHERE t.topic = :topic AND t.article = articles.n))
        AND (:stage != 'extract' OR EXISTS (
            SELECT 1 FROM versions v WHERE v.article = articles.n
            AND v.number = articles.version AND NOT v.forgotten))
        """,
        {
            "stage": stage.value,
            "passed": encode(passed),
            "since": micros(since) if since else None,
            "until": micros(until) if until else None,
            "topic": topic,
        },
    )


__all__ = ["COLUMNS", "article", "articles", "bare", "pending", "restage", "versions"]
