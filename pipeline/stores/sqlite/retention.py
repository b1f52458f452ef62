"""Forgetting stored article text, wholly or but for the words around claims."""

from __future__ import annotations

from datetime import datetime

from pipeline.records import Claim, Span
from pipeline.stores.documents import decode, encode, loads
from pipeline.stores.excerpts import excerpts, teaser
from pipeline.stores.sqlite import lookalikes
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros

BATCH = 200  # versions in one transaction: other writers get their turn
EXCERPTS, NOTHING = 1, 2  # values of versions.forgotten
_DUE = """
    SELECT v.article, v.number, v.text, v.number = a.version
    FROM versions v JOIN articles a ON a.n = v.article
    WHERE v.forgotten IN (0, 1) AND v.forgotten < :target AND v.seen_at < :before
    AND (a.stage IN ('done', 'set aside') OR v.number < a.version)
    LIMIT :limit
"""


def forget_texts(database: Database, before: datetime, *, excerpt_words: int) -> int:
    """Delete the text of versions first seen before `before`; return of how many articles.

    Titles, claims, positions and alerts stay; diffs go. With `excerpt_words` the words of
    claims and that many on both sides stay in place and everything else becomes spaces, so
    that spans still point to their words. An article that still waits for a stage keeps its
    text until it is done.

    It is done once a day, and so the index of lookalikes is put in order here.
    """
    target = EXCERPTS if excerpt_words else NOTHING
    forgotten: set[int] = set()
    # So that the words do not live on in free pages of the file.
    database.run("PRAGMA secure_delete=ON")
    try:
        number = BATCH
        while number == BATCH:
            number, lost = _batch(database, before, target, excerpt_words)
            forgotten |= lost
    finally:
        database.run("PRAGMA secure_delete=OFF")
    lookalikes.merge(database)
    return len(forgotten)


def _batch(
    database: Database, before: datetime, target: int, excerpt_words: int
) -> tuple[int, set[int]]:
    """Forget some versions; return how many, and the articles that lost words."""
    lost: set[int] = set()
    with database.write():
        rows = database.run(_DUE, {"target": target, "before": micros(before), "limit": BATCH})
        for article, number, text, is_newest in rows:
            left = ""
            if target == EXCERPTS:
                left = excerpts(text, _spans(database, article, number), excerpt_words)
            database.run(
                """
                UPDATE versions SET text = ?, diff = '', forgotten = ?
                WHERE article = ? AND number = ?
                """,
                (left, target, article, number),
            )
            if (is_newest and _shorten_summary(database, article)) or text:
                lost.add(article)
    return len(rows), lost


def _spans(database: Database, article: int, version: int) -> list[Span]:
    """Return the spans of all claims, current and replaced, into one version."""
    rows = database.run(
        "SELECT claim FROM claims WHERE article = ? AND version = ?", (article, version)
    )
    claims = [loads(Claim, claim) for (claim,) in rows]
    return [
        span
        for claim in claims
        for span in (claim.source, claim.cue, *claim.content)
        if span is not None
    ]


def _shorten_summary(database: Database, article: int) -> bool:
    """Cut a summary that is as good as the text; tell whether it was one."""
    ((document,),) = database.run("SELECT article FROM articles WHERE n = ?", (article,))
    stored = decode(document)
    summary = stored.get("summary", "")
    stored["summary"] = teaser(summary)
    if stored["summary"] == summary:
        return False
    database.run("UPDATE articles SET article = ? WHERE n = ?", (encode(stored), article))
    return True


__all__ = ["forget_texts"]
