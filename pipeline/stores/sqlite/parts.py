"""Everything in the file piece by piece, and the way back. See pipeline/stores/parts.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.errors import StoreError
from pipeline.records import (
    Alert,
    Change,
    Claim,
    Contradiction,
    Decision,
    Delivery,
    FeedState,
    Poll,
    Position,
    Proposition,
    Sketch,
    TextFrom,
    Version,
)
from pipeline.stores.documents import loads
from pipeline.stores.parts import (
    KeptAlert,
    KeptArticle,
    KeptClaim,
    KeptNote,
    KeptPoll,
    KeptSketch,
    KeptVersion,
    Part,
)
from pipeline.stores.sqlite import (
    alerts,
    articles,
    claims,
    counts,
    diary,
    ledger,
    lookalikes,
    polls,
    versions,
)
from pipeline.stores.sqlite.database import Database, Row
from pipeline.stores.times import moment

PAGE = 500  # rows read at a time: others may write in between


# -- out -----------------------------------------------------------------------------------------


def parts(database: Database) -> Iterator[Part]:
    """Yield everything, as it was when the call reached its table."""
    for (document,) in database.run("SELECT feed FROM feeds ORDER BY url"):
        yield loads(FeedState, document)
    for _, document, digest in _rows(database, "SELECT n, poll, digest FROM polls"):
        yield KeptPoll(poll=loads(Poll, document), digest=digest)
    for n, article_id in _rows(database, "SELECT n, id FROM articles"):
        yield _article(database, n, article_id)
    for row in _rows(database, "SELECT n, claim, article, place, current FROM claims"):
        yield _claim(database, row)
    for _, document, article in _rows(database, "SELECT n, sketch, article FROM sketches"):
        yield KeptSketch(article_id=_id(database, article), sketch=loads(Sketch, document))
    for (document,) in database.run("SELECT proposition FROM propositions ORDER BY id"):
        yield loads(Proposition, document)
    for (document,) in database.run("SELECT position FROM positions ORDER BY id"):
        yield loads(Position, document)
    for (document,) in database.run("SELECT contradiction FROM contradictions ORDER BY id"):
        yield loads(Contradiction, document)
    for row in database.run("SELECT id, alert, repeats FROM alerts ORDER BY created, id"):
        yield _alert(database, row)
    for (document,) in database.run("SELECT delivery FROM deliveries ORDER BY created, alert_id"):
        yield loads(Delivery, document)
    yield from diary.lines(database)
    for name, value in database.run("SELECT name, value FROM notes ORDER BY name"):
        yield KeptNote(name=name, value=value)


def _rows(database: Database, select: str) -> Iterator[Row]:
    """Yield the rows of a table by number, in pages; the number is their first column."""
    after = -(1 << 63)
    while True:
        rows = database.run(f"{select} WHERE n > ? ORDER BY n LIMIT {PAGE}", (after,))
        yield from rows
        if len(rows) < PAGE:
            return
        after = rows[-1][0]


def _id(database: Database, n: int) -> str:
    ((article_id,),) = database.run("SELECT id FROM articles WHERE n = ?", (n,))
    return str(article_id)


def _article(database: Database, n: int, article_id: str) -> KeptArticle:
    with database.read():
        article = articles.article(database, article_id)
        found = database.run(
            """
            SELECT number, seen_at, forgotten, title, text_hash, text_from, diff, text
            FROM versions WHERE article = ? ORDER BY number
            """,
            (n,),
        )
        shown = database.run(
            "SELECT feed_url, fingerprint FROM shown WHERE article = ? ORDER BY feed_url", (n,)
        )
        current = database.run(
            "SELECT id FROM claims WHERE article = ? AND current ORDER BY place", (n,)
        )
        ((compared,),) = database.run("SELECT compared FROM articles WHERE n = ?", (n,))
    *older, newest = (_version(article_id, row) for row in found)
    if article is None:
        raise StoreError(f"the article {article_id!r} has gone", subject=database.url)
    return KeptArticle(
        article=article,
        seen_at=newest.version.seen_at,
        diff=newest.version.diff,
        forgotten=newest.forgotten,
        shown=tuple(shown),
        compared=compared or "",
        claims=tuple(claim_id for (claim_id,) in current),
        older=tuple(older),
    )


def _version(article_id: str, row: Row) -> KeptVersion:
    number, seen_at, forgotten, title, text_hash, text_from, diff, text = row
    version = Version(
        article_id=article_id,
        number=number,
        seen_at=moment(seen_at),
        title=title,
        text=text,
        text_hash=text_hash,
        text_from=TextFrom(text_from) if text_from else None,
        diff=diff,
    )
    return KeptVersion(version=version, forgotten=forgotten)


def _claim(database: Database, row: Row) -> KeptClaim:
    _, document, article, place, current = row
    claim = loads(Claim, document)
    decided = database.run(
        "SELECT decision FROM decisions WHERE article = ? AND claim_id = ? ORDER BY topic",
        (article, claim.id),
    )
    return KeptClaim(
        claim=claim,
        article_id=_id(database, article),
        place=place,
        current=bool(current),
        decisions=tuple(loads(Decision, decision) for (decision,) in decided),
    )


def _alert(database: Database, row: Row) -> KeptAlert:
    alert_id, document, repeats = row
    folded = database.run(
        "SELECT article_id FROM repeats WHERE alert_id = ? ORDER BY article_id", (alert_id,)
    )
    return KeptAlert(
        alert=loads(Alert, document),
        repeats=repeats,
        repeated=tuple(article_id for (article_id,) in folded),
    )


# -- in ------------------------------------------------------------------------------------------


def add_parts(database: Database, batch: Sequence[Part]) -> None:
    """Keep parts of one kind in one transaction; those already there stay as they are."""
    with database.write():
        for part in batch:
            _add(database, part)


def _add(database: Database, part: Part) -> None:
    if isinstance(part, FeedState):
        polls.put_state(database, part)
    elif isinstance(part, KeptPoll):
        polls.put_poll(database, part.poll, part.digest)
    elif isinstance(part, KeptArticle):
        versions.restore(database, part)
    elif isinstance(part, KeptClaim):
        _add_claim(database, part)
    elif isinstance(part, KeptSketch):
        lookalikes.save_sketch(database, _number(database, part.article_id), part.sketch)
    elif isinstance(part, KeptAlert):
        alerts.restore(database, part)
    elif isinstance(part, Delivery):
        alerts.add(database, (), (part,))
    elif isinstance(part, Change):
        diary.add(database, (part,))
    elif isinstance(part, KeptNote):
        counts.save_note(database, part.name, part.value)
    else:
        ledger.put(
            database,
            propositions=(part,) if isinstance(part, Proposition) else (),
            positions=(part,) if isinstance(part, Position) else (),
            contradictions=(part,) if isinstance(part, Contradiction) else (),
        )


def _number(database: Database, article_id: str) -> int:
    row = database.first("SELECT n FROM articles WHERE id = ?", (article_id,))
    if row is None:
        raise StoreError(f"no article {article_id!r} to add to", subject=database.url)
    return int(row[0])


def _add_claim(database: Database, part: KeptClaim) -> None:
    n = _number(database, part.article_id)
    if database.first("SELECT 1 FROM claims WHERE id = ?", (part.claim.id,)):
        return
    article = articles.article(database, part.article_id)
    if article is None:
        raise StoreError(f"no article {part.article_id!r} to add to", subject=database.url)
    for decision in part.decisions:
        ledger.add_decision(database, n, decision)
    claims.restore(database, n, part, article)


__all__ = ["add_parts", "parts"]
