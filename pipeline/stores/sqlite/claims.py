"""Claims: replaced as a whole with every extraction, never deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from functools import partial

from pipeline.records import Article, Claim
from pipeline.stores.appearance import in_order
from pipeline.stores.documents import dumps, loads
from pipeline.stores.parts import KeptClaim
from pipeline.stores.sqlite import index, versions
from pipeline.stores.sqlite.database import Database, Row
from pipeline.stores.sqlite.times import free_row, is_row_of


def save_claims(
    database: Database,
    article: Article,
    claims: Sequence[Claim],
    *,
    now: Callable[[], datetime],
) -> None:
    """Make `claims` the current claims of the article, and keep the article with them."""
    fresh = {claim.id: claim for claim in claims}
    with database.write():
        n = versions.keep(database, article, now=now, is_late=versions.is_older)
        current = _current(database, n)
        late = bool(current) and _is_older(database, n, article)
        if not late:
            _replace(database, current, fresh.keys())
        for place, claim in enumerate(fresh.values()):
            if late and any(claim.id == claim_id for _, claim_id, _ in current):
                continue  # carried into the newer version
            row = _put(database, n, place, claim, current=not late)
            if not late:
                index.add(database, row, claim, article)


def _is_older(database: Database, n: int, article: Article) -> bool:
    """Say whether a slow process brings the claims of an older version: kept, not as current."""
    return (
        database.first("SELECT 1 FROM articles WHERE n = ? AND version > ?", (n, article.version))
        is not None
    )


def _current(database: Database, article: int) -> list[Row]:
    return database.run(
        "SELECT n, id, version FROM claims WHERE article = ? AND current", (article,)
    )


def _replace(database: Database, current: list[Row], again: Set[str]) -> None:
    for row, claim_id, _ in current:
        if claim_id not in again:
            index.remove(database, row)
            database.run("UPDATE claims SET current = 0 WHERE n = ?", (row,))


def _put(database: Database, article: int, place: int, claim: Claim, *, current: bool) -> int:
    """Write the claim's row, new or again; return its number."""
    stored = database.first("SELECT n FROM claims WHERE id = ?", (claim.id,))
    if stored and is_row_of(stored[0], claim.said_at):
        row: int = stored[0]
    else:
        row = free_row(partial(_last_between, database), claim.said_at)
    if stored:
        index.remove(database, stored[0])
        database.run("DELETE FROM claims WHERE n = ?", stored)
    database.run(
        """
        INSERT INTO claims (n, id, article, current, version, place, claim)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (row, claim.id, article, current, claim.version, place, dumps(claim)),
    )
    return row


def restore(database: Database, n: int, part: KeptClaim, article: Article) -> None:
    """Keep a claim of another store, inside the caller's transaction; `n` is its article's row."""
    row = _put(database, n, part.place, part.claim, current=part.current)
    if part.current:
        index.add(database, row, part.claim, article)


def _last_between(database: Database, start: int, end: int) -> int | None:
    ((last,),) = database.run("SELECT max(n) FROM claims WHERE n >= ? AND n < ?", (start, end))
    return None if last is None else int(last)


def claims(database: Database, article_id: str) -> list[Claim]:
    """Return the current claims of an article in order of appearance."""
    rows = database.run(
        """
        SELECT c.claim FROM claims c JOIN articles a ON a.n = c.article
        WHERE a.id = ? AND c.current ORDER BY c.place
        """,
        (article_id,),
    )
    return in_order(loads(Claim, claim) for (claim,) in rows)


def claim(database: Database, claim_id: str) -> Claim | None:
    """Return one claim, current or replaced; the start of an id does if it is the only one."""
    if not claim_id:
        return None
    rows = database.run(
        "SELECT id, claim FROM claims WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
        (claim_id, claim_id + "\U0010ffff"),
    )
    if not rows or (len(rows) > 1 and rows[0][0] != claim_id):
        return None
    return loads(Claim, rows[0][1])


__all__ = ["claim", "claims", "restore", "save_claims"]
