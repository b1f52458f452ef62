"""Sketches of texts, and who shares a band with one."""

from __future__ import annotations

from functools import partial

from pipeline.records import Article, Sketch, stable_id
from pipeline.stores.documents import dumps, loads
from pipeline.stores.sqlite.articles import COLUMNS, bare
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import free_row, moment

MERGED = 500  # pages of the index merged in one transaction: other writers get their turn


def save_sketch(database: Database, article: int, sketch: Sketch) -> None:
    """Keep the sketch of an article (by row number) in place of an earlier one."""
    stored = database.first("SELECT n, sketch FROM sketches WHERE article = ?", (article,))
    if stored is not None:
        if stored[1] == dumps(sketch):
            return
        _forget(database, *stored)
    ((at,),) = database.run("SELECT at FROM articles WHERE n = ?", (article,))
    n = free_row(partial(_last_between, database), moment(at))
    database.run(
        "INSERT INTO sketches (n, article, sketch) VALUES (?, ?, ?)", (n, article, dumps(sketch))
    )
    database.run("INSERT INTO bands (rowid, keys) VALUES (?, ?)", (n, _keys(sketch, " ")))


def _forget(database: Database, n: int, sketch: str) -> None:
    database.run("DELETE FROM sketches WHERE n = ?", (n,))
    # An index without a copy of what it holds has to be told what to take out.
    database.run(
        "INSERT INTO bands (bands, rowid, keys) VALUES ('delete', ?, ?)",
        (n, _keys(loads(Sketch, sketch), " ")),
    )


def _last_between(database: Database, start: int, end: int) -> int | None:
    ((last,),) = database.run("SELECT max(n) FROM sketches WHERE n >= ? AND n < ?", (start, end))
    return None if last is None else int(last)


def lookalikes(database: Database, sketch: Sketch, limit: int) -> list[tuple[Article, Sketch]]:
    """Return the `limit` oldest other articles that share a band with `sketch`."""
    if not sketch.bands:
        return []
    with database.read():
        own = database.first(
            "SELECT s.n FROM sketches s JOIN articles a ON a.n = s.article WHERE a.id = ?",
            (sketch.article_id,),
        )
        rows = database.run(
            "SELECT rowid FROM bands WHERE bands MATCH ? ORDER BY rowid LIMIT ?",
            (_keys(sketch, " OR "), limit + 1),
        )
        met = [row for row in rows if row != own][:limit]
        return [_pair(database, n) for (n,) in met]


def merge(database: Database) -> None:
    """Make one part of the many that the index of bands is in: each article adds one.

    Every one of an article's 42 bands is looked up in every part.
    """
    pages = -MERGED  # negative: of all parts, however big; then on with what was begun
    while _merged(database, pages) > 1:  # fewer changes: nothing was left to merge
        pages = MERGED


def _merged(database: Database, pages: int) -> int:
    """Merge some pages; return how many rows of the index that changed."""
    with database.write():
        ((before,),) = database.run("SELECT total_changes()")
        database.run("INSERT INTO bands (bands, rank) VALUES ('merge', ?)", (pages,))
        ((after,),) = database.run("SELECT total_changes()")
    return int(after - before)


def _pair(database: Database, n: int) -> tuple[Article, Sketch]:
    ((*columns, sketch),) = database.run(
        f"""
        SELECT {COLUMNS}, s.sketch FROM sketches s JOIN articles a ON a.n = s.article
        WHERE s.n = ?
        """,  # noqa: S608 - names only
        (n,),
    )
    return bare(*columns), loads(Sketch, sketch)


def _keys(sketch: Sketch, between: str) -> str:
    """Return the bands as tokens of letters and digits."""
    return between.join(f"b{stable_id(band)}" for band in sketch.bands)


__all__ = ["lookalikes", "merge", "save_sketch"]
