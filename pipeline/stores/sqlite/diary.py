"""The diary's table. Documents are compressed: they are read seldom."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipeline.records import Account, Change, ChangeKind, Comparison, Lines
from pipeline.stores.diary import account_of, lines_of
from pipeline.stores.documents import encode
from pipeline.stores.sqlite.database import Database, Row
from pipeline.stores.sqlite.times import micros, moment

_COLUMNS = "c.kind, c.id, c.part, c.at, c.again, c.head, c.document"
_BRIEF = "c.kind, c.id, c.part, c.at, c.again, c.head, NULL"
_ASKED = """
    c.kind = :kind AND c.at >= :since AND c.at < :until
    AND (:ids IS NULL OR c.id IN (SELECT value FROM json_each(:ids)))
    AND (:after IS NULL OR (c.at, c.id, c.part) > (:after, :after_id, :after_part))
"""
EVER = 1 << 62
PAGE = 500


def add(database: Database, changes: Iterable[Change]) -> None:
    """Keep lines, inside the caller's transaction; of one moment the last one counts."""
    database.many(
        """
        INSERT INTO changes (kind, id, part, at, again, head, document)
        VALUES (:kind, :id, :part, :at, :again, :head, :document)
        ON CONFLICT (kind, id, part, at)
        DO UPDATE SET again = excluded.again, head = excluded.head, document = excluded.document
        """,
        [_values(change) for change in changes],
    )


def _values(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "id": change.id,
        "part": change.part,
        "at": micros(change.at),
        "again": change.again,
        "head": change.head,
        "document": zlib.compress(change.document.encode("utf-8", "replace")),
    }


def add_comparison(database: Database, comparison: Comparison, at: datetime) -> None:
    """Write down what a comparison made known, inside the caller's transaction."""
    add(database, lines_of(comparison, at, _before(database, comparison.article.id, at)))


def _before(database: Database, article_id: str, at: datetime) -> Account | None:
    row = database.first(
        f"""
        SELECT {_COLUMNS} FROM changes c
        WHERE c.kind = 'article' AND c.id = ? AND c.part = '' AND c.at < ?
        ORDER BY c.at DESC LIMIT 1
        """,  # noqa: S608 - names only
        (article_id, micros(at)),
    )
    return account_of(_change(row)) if row else None


def changes(database: Database, asked: Lines) -> list[Change]:
    """Return lines of one kind by (time, id, part). See `Lines`."""
    after = asked.after
    only = f"{_ASKED} AND c.again" if asked.again else _ASKED
    table = "changes c"
    if asked.newest:
        table = f"""
            (SELECT kind, id, part, max(at) AS at FROM changes c WHERE {only}
            GROUP BY kind, id, part) l CROSS JOIN changes c USING (kind, id, part, at)
        """  # noqa: S608 - names only
        only = "true"
    rows = database.run(
        f"""
        SELECT {_BRIEF if asked.brief else _COLUMNS} FROM {table} WHERE {only}
        ORDER BY c.at, c.id, c.part LIMIT :limit
        """,  # noqa: S608 - names only
        {
            "kind": asked.kind.value,
            "ids": None if asked.ids is None else encode(list(asked.ids)),
            "since": micros(asked.since) if asked.since else -EVER,
            "until": micros(asked.until) if asked.until else EVER,
            "after": micros(after.at) if after else None,
            "after_id": after.id if after else "",
            "after_part": after.part if after else "",
            "limit": -1 if asked.limit is None else asked.limit,
        },
    )
    return [_change(row) for row in rows]


def _change(row: Row) -> Change:
    kind, id_, part, at, again, head, document = row
    return Change(
        kind=ChangeKind(kind),
        id=id_,
        part=part,
        at=moment(at),
        again=bool(again),
        head=head,
        document="" if document is None else zlib.decompress(document).decode(),
    )


def lines(database: Database) -> Iterator[Change]:
    """Yield every line, page by page."""
    for kind in ChangeKind:
        last: Change | None = None
        while page := changes(database, Lines(kind=kind, after=last, limit=PAGE)):
            yield from page
            last = page[-1]


def carriers(database: Database, topic: str, key: str) -> list[str]:
    """Return the ids of the articles that ever carried a proposition."""
    rows = database.run(
        """
        SELECT DISTINCT a.id FROM decisions d JOIN articles a ON a.n = d.article
        WHERE d.topic = ? AND d.key = ? AND d.key != '' ORDER BY a.id
        """,
        (topic, key),
    )
    return [article_id for (article_id,) in rows]


__all__ = ["add", "add_comparison", "carriers", "changes", "lines"]
