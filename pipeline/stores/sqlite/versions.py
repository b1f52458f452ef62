"""How articles are kept.

A row of `articles` is the newest version without its text; a row of `versions` has the text.
A version begins when a feed shows other words (its text is empty until it is scraped) or when
scrape finds a text that differs from the one this version has. Two processes may hold an older
reading of an article than the store: what they bring then fills the version it belongs to and
never pushes the newer one back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.records import Article, Stage, TextFrom, Version
from pipeline.stores.differences import difference, next_version
from pipeline.stores.documents import decode, encode, to_document
from pipeline.stores.parts import KeptArticle, KeptVersion
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import micros

UNREAD = (Stage.SCRAPE, Stage.COMPARE)  # COMPARE: an article of no topic, never extracted


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of an article before something is saved over it."""

    n: int
    version: int
    fingerprint: str
    feed_url: str
    stage: Stage
    first_seen: datetime
    baseline: bool
    title: str
    text: str
    text_hash: str
    text_from: TextFrom | None
    topics: tuple[str, ...]
    told: tuple[str, ...]
    origin: str | None


# -- what feeds show -------------------------------------------------------------------------


def show(database: Database, shown: Article, *, seen_at: datetime) -> None:
    """Keep what a feed showed: a new article, its next version, or only that it was seen there."""
    stored = _stored(database, shown.id)
    if stored is None:
        _add(database, shown)
        return
    before = _shown_before(database, stored, shown.feed_url)
    if before is None and _takes_over(stored, shown):
        _take_over(database, stored, shown)
    elif before != shown.fingerprint:
        _remember(database, stored.n, shown.feed_url, shown.fingerprint)
        # Words the article already has are no edit: another feed showed them earlier.
        if before is not None and shown.fingerprint != stored.fingerprint:
            _remember_owner(database, stored)
            _begin_version(database, stored, shown, seen_at)


def _takes_over(stored: Stored, shown: Article) -> bool:
    """Tell whether an article still unread belongs rather to this feed.

    Of feeds polled at one moment the one with the smaller URL owns it, in any order of polling.
    """
    return (
        stored.stage in UNREAD
        and not stored.text
        and stored.version == 1
        and stored.first_seen == shown.first_seen
        and shown.feed_url < stored.feed_url
    )


def _take_over(database: Database, stored: Stored, shown: Article) -> None:
    _remember_owner(database, stored)
    _fill(database, stored.n, shown)
    _update(database, stored, shown)


def _begin_version(database: Database, stored: Stored, shown: Article, seen_at: datetime) -> None:
    edited = next_version(stored, shown)
    diff = difference((stored.title, stored.text), (edited.title, edited.text))
    _add_version(database, stored.n, edited, seen_at=seen_at, diff=diff)
    _update(database, stored, edited)


def _shown_before(database: Database, stored: Stored, feed_url: str) -> str | None:
    row = database.first(
        "SELECT fingerprint FROM shown WHERE article = ? AND feed_url = ?", (stored.n, feed_url)
    )
    if row:
        return str(row[0])
    return stored.fingerprint if feed_url == stored.feed_url else None


def _remember(database: Database, n: int, feed_url: str, fingerprint: str) -> None:
    database.run(
        """
        INSERT INTO shown (article, feed_url, fingerprint) VALUES (?, ?, ?)
        ON CONFLICT (article, feed_url) DO UPDATE SET fingerprint = excluded.fingerprint
        """,
        (n, feed_url, fingerprint),
    )


def _remember_owner(database: Database, stored: Stored) -> None:
    """Write down what the article's own feed showed, before the article says something else."""
    database.run(
        """
        INSERT INTO shown (article, feed_url, fingerprint) VALUES (?, ?, ?)
        ON CONFLICT (article, feed_url) DO NOTHING
        """,
        (stored.n, stored.feed_url, stored.fingerprint),
    )


# -- what the stages find ----------------------------------------------------------------------


def is_edited_since(stored: Stored, read: Article) -> bool:
    """Tell whether a feed showed other words after `read` was read from the store."""
    return read.version < stored.version and read.fingerprint != stored.fingerprint


def is_older(stored: Stored, read: Article) -> bool:
    """Tell whether the store has a newer version than `read`, for whatever reason."""
    return read.version < stored.version


def keep(
    database: Database,
    found: Article,
    *,
    now: Callable[[], datetime],
    is_late: Callable[[Stored, Article], bool] = is_edited_since,
) -> int:
    """Keep what a stage found about an article; return its row number.

    An empty text means "not carried" and keeps the stored one. Whatever `found` says, first
    sight and fingerprint stay, and a baseline stays a baseline.
    """
    stored = _stored(database, found.id)
    if stored is None:
        return _add(database, found)
    if is_late(stored, found):
        _fill_older(database, stored.n, found)
        return stored.n
    merged = replace(
        found,
        feed_url=stored.feed_url,
        first_seen=stored.first_seen,
        fingerprint=stored.fingerprint,
        baseline=stored.baseline or found.baseline,
        version=stored.version,
    )
    _update(database, stored, _with_text(database, stored, merged, now))
    return stored.n


def _with_text(
    database: Database, stored: Stored, found: Article, now: Callable[[], datetime]
) -> Article:
    """Write the text to the version it belongs to; return the article as it then is."""
    if not found.text:
        _set_title(database, stored, found.title)
        return replace(
            found, text=stored.text, text_hash=stored.text_hash, text_from=stored.text_from
        )
    if stored.text and not _is_same_text(stored, found):
        found = replace(found, version=stored.version + 1)
        diff = difference((stored.title, stored.text), (found.title, found.text))
        _add_version(database, stored.n, found, seen_at=now(), diff=diff)
    elif stored.text != found.text or stored.text_hash != found.text_hash:
        _fill(database, stored.n, found)
    else:
        _set_title(database, stored, found.title)
    return found


def _is_same_text(stored: Stored, found: Article) -> bool:
    # A text of which only excerpts are left is recognised by its hash.
    return stored.text == found.text or (
        bool(found.text_hash) and stored.text_hash == found.text_hash
    )


def _fill(database: Database, n: int, found: Article) -> None:
    """Put the text into a version that has none (or only excerpts) so far."""
    before = database.first(
        """
        SELECT title, CASE WHEN forgotten THEN '' ELSE text END FROM versions
        WHERE article = ? AND number < ? AND text != '' ORDER BY number DESC LIMIT 1
        """,
        (n, found.version),
    )
    database.run(
        """
        UPDATE versions SET title = ?, text = ?, text_hash = ?, text_from = ?, forgotten = 0,
        diff = ? WHERE article = ? AND number = ?
        """,
        (
            found.title,
            found.text,
            found.text_hash,
            found.text_from and found.text_from.value,
            difference((before[0], before[1]), (found.title, found.text)) if before else "",
            n,
            found.version,
        ),
    )


def _fill_older(database: Database, n: int, found: Article) -> None:
    row = database.first(
        "SELECT text FROM versions WHERE article = ? AND number = ? AND NOT forgotten",
        (n, found.version),
    )
    if row == ("",) and found.text:
        _fill(database, n, found)


def _set_title(database: Database, stored: Stored, title: str) -> None:
    if title != stored.title:
        database.run(
            "UPDATE versions SET title = ? WHERE article = ? AND number = ?",
            (title, stored.n, stored.version),
        )


# -- rows ----------------------------------------------------------------------------------------


def _stored(database: Database, article_id: str) -> Stored | None:
    row = database.first(
        """
        SELECT a.n, a.version, a.fingerprint, a.feed_url, a.stage, a.article, a.baseline,
        v.title, v.text, v.text_hash, v.text_from
        FROM articles a JOIN versions v ON v.article = a.n AND v.number = a.version
        WHERE a.id = ?
        """,
        (article_id,),
    )
    if row is None:
        return None
    n, version, fingerprint, feed_url, stage, document, baseline, title, text, text_hash, origin = (
        row
    )
    kept = decode(document)
    return Stored(
        n=n,
        version=version,
        fingerprint=fingerprint,
        feed_url=feed_url,
        stage=Stage(stage),
        first_seen=datetime.fromisoformat(kept["first_seen"]),
        baseline=bool(baseline),
        title=title,
        text=text,
        text_hash=text_hash,
        text_from=TextFrom(origin) if origin else None,
        topics=tuple(kept.get("topics", ())),
        told=tuple(kept.get("told", ())),
        origin=kept.get("origin"),
    )


def _columns(article: Article) -> dict[str, Any]:
    document = to_document(article)
    for name in ("text", "stage", "baseline"):
        document.pop(name, None)
    return {
        "id": article.id,
        "at": micros(article.when),
        "stage": article.stage.value,
        "baseline": article.baseline,
        "matched": bool(article.topics),
        "version": article.version,
        "fingerprint": article.fingerprint,
        "feed_url": article.feed_url,
        "outlet": article.outlet,
        "agency": article.credit.origin,
        "origin": article.origin,
        "article": encode(document),
    }


_INSERT = """
    INSERT INTO articles (id, at, stage, baseline, matched, version, fingerprint, feed_url,
    outlet, agency, origin, article) VALUES (:id, :at, :stage, :baseline, :matched, :version,
    :fingerprint, :feed_url, :outlet, :agency, :origin, :article)
    """


def _add(database: Database, article: Article) -> int:
    n = database.insert(_INSERT, _columns(article))
    _add_version(database, n, article, seen_at=article.first_seen, diff="")
    _add_topics(database, n, article.topics)
    return n


def restore(database: Database, part: KeptArticle) -> None:
    """Keep an article of another store with its versions, unless it is here already."""
    if _stored(database, part.article.id) is not None:
        return
    n = database.insert(_INSERT, _columns(part.article))
    database.run("UPDATE articles SET compared = ? WHERE n = ?", (part.compared or None, n))
    for older in part.older:
        _restore_version(database, n, older)
    newest = Version(
        article_id=part.article.id,
        number=part.article.version,
        seen_at=part.seen_at,
        title=part.article.title,
        text=part.article.text,
        text_hash=part.article.text_hash,
        text_from=part.article.text_from,
        diff=part.diff,
    )
    _restore_version(database, n, KeptVersion(version=newest, forgotten=part.forgotten))
    for feed_url, fingerprint in part.shown:
        _remember(database, n, feed_url, fingerprint)
    _add_topics(database, n, part.article.topics)


def _restore_version(database: Database, n: int, part: KeptVersion) -> None:
    version = part.version
    database.run(
        """
        INSERT INTO versions
        (article, number, seen_at, forgotten, title, text_hash, text_from, diff, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            n,
            version.number,
            micros(version.seen_at),
            part.forgotten,
            version.title,
            version.text_hash,
            version.text_from and version.text_from.value,
            version.diff,
            version.text,
        ),
    )


def _update(database: Database, stored: Stored, article: Article) -> None:
    database.run(
        """
        UPDATE articles SET at = :at, stage = :stage, baseline = :baseline, matched = :matched,
        version = :version, fingerprint = :fingerprint, feed_url = :feed_url, outlet = :outlet,
        agency = :agency, origin = :origin, article = :article WHERE n = :n
        """,
        {**_columns(article), "n": stored.n},
    )
    database.many(
        "DELETE FROM topics WHERE topic = ? AND article = ?",
        [(topic, stored.n) for topic in stored.topics if topic not in article.topics],
    )
    _add_topics(database, stored.n, article.topics)


def _add_topics(database: Database, article: int, topics: Iterable[str]) -> None:
    database.many(
        "INSERT INTO topics (topic, article) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(topic, article) for topic in topics],
    )


def _add_version(
    database: Database, n: int, article: Article, *, seen_at: datetime, diff: str
) -> None:
    database.run(
        """
        INSERT INTO versions (article, number, seen_at, title, text_hash, text_from, diff, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            n,
            article.version,
            micros(seen_at),
            article.title,
            article.text_hash,
            article.text_from and article.text_from.value,
            diff,
            article.text,
        ),
    )


__all__ = ["Stored", "is_edited_since", "is_older", "keep", "restore", "show"]
