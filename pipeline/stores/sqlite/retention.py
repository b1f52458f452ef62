"""Forgetting stored article text, wholly or but for the words around claims."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from pipeline.records import Claim, Span
from pipeline.stores.documents import decode, encode, loads
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros

BATCH = 200  # versions in one transaction: other writers get their turn
TEASER = 300  # code points of a feed's summary that stay; longer ones are whole articles
EXCERPTS, NOTHING = 1, 2  # values of versions.forgotten
_WORD = re.compile(r"\S+")
_SEEN = re.compile(r"\S")
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


def excerpts(text: str, spans: Iterable[Span], around: int) -> str:
    """Return `text` with everything blank but the spans and `around` words on both sides.

    Every kept character stays at its offset; line ends stay, trailing blanks go.
    """
    kept, after = [], 0
    for start, end in _merged(_widened(text, spans, around)):
        kept += [_SEEN.sub(" ", text[after:start]), text[start:end]]
        after = end
    return "".join(kept)


def _widened(text: str, spans: Iterable[Span], around: int) -> list[tuple[int, int]]:
    words = [found.span() for found in _WORD.finditer(text)]
    wide = []
    for span in spans:
        touched = [place for place, (start, end) in enumerate(words) if _meet(span, start, end)]
        if touched:
            first, last = max(0, touched[0] - around), min(len(words) - 1, touched[-1] + around)
            wide.append((words[first][0], words[last][1]))
    return wide


def _meet(span: Span, start: int, end: int) -> bool:
    return start < span.end and span.start < end


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _shorten_summary(database: Database, article: int) -> bool:
    """Cut a summary that is as good as the text; tell whether it was one."""
    ((document,),) = database.run("SELECT article FROM articles WHERE n = ?", (article,))
    stored = decode(document)
    summary = stored.get("summary", "")
    if len(summary) <= TEASER:
        return False
    stored["summary"] = summary[: TEASER - 4].rsplit(None, 1)[0] + " ..."
    database.run("UPDATE articles SET article = ? WHERE n = ?", (encode(stored), article))
    return True


__all__ = ["excerpts", "forget_texts"]
