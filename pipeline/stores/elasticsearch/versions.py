"""What an article becomes when something is saved over it: decisions, without the cluster.

See pipeline/stores/sqlite/versions.py: the rules are the same. The document of an article holds
its newest version whole, so that one write changes all of it; what it was before is written as
a document of its own first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pipeline.records import Article, Stage, Version
from pipeline.stores.differences import difference, next_version
from pipeline.stores.documents import decode, encode, from_document, loads, to_document
from pipeline.stores.documents import dumps as dump_record
from pipeline.stores.times import micros, moment

UNREAD = (Stage.SCRAPE, Stage.COMPARE)  # COMPARE: an article of no topic, never extracted
WHOLE, EXCERPTS, NOTHING = 0, 1, 2  # how much of a text was forgotten


@dataclass(frozen=True, slots=True)
class Held:
    """An article as the store has it: the newest version, and what belongs to no version."""

    article: Article
    seen_at: datetime  # of this version
    diff: str = ""
    forgotten: int = WHOLE
    shown: Mapping[str, str] = field(default_factory=dict)  # feed URL -> fingerprint
    compared: str = ""  # what compare found last, as a digest
    claims: tuple[str, ...] = ()  # ids of the current ones, in order of appearance


@dataclass(frozen=True, slots=True)
class Older:
    """An earlier version."""

    version: Version
    forgotten: int = WHOLE


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written: earlier versions first, then the article."""

    held: Held
    older: tuple[Older, ...] = ()


Earlier = Callable[[], list[Older]]  # the earlier versions of the article, newest first


# -- what feeds show -------------------------------------------------------------------------


def show(held: Held | None, shown: Article, *, seen_at: datetime) -> Change | None:
    """Return what an article becomes when a feed shows it; None: it stays as it is."""
    if held is None:
        return Change(Held(shown, shown.first_seen))
    before = shown_before(held, shown.feed_url)
    if before is None and _takes_over(held, shown):
        owned = _with_owner(held)
        return Change(replace(owned, article=shown, diff="", forgotten=WHOLE))
    if before == shown.fingerprint:
        return None
    seen = replace(held, shown={**held.shown, shown.feed_url: shown.fingerprint})
    # Words the article already has are no edit: another feed showed them earlier.
    if before is None or shown.fingerprint == held.article.fingerprint:
        return Change(seen)
    return _begun(_with_owner(seen), shown, seen_at)


def shown_before(held: Held, feed_url: str) -> str | None:
    """Return the fingerprint a feed showed last; None: it never showed the article."""
    if feed_url in held.shown:
        return held.shown[feed_url]
    return held.article.fingerprint if feed_url == held.article.feed_url else None


def _takes_over(held: Held, shown: Article) -> bool:
    """Tell whether an article still unread belongs rather to this feed.

    Of feeds polled at one moment the one with the smaller URL owns it, in any order of polling.
    """
    stored = held.article
    return (
        stored.stage in UNREAD
        and not stored.text
        and stored.version == 1
        and stored.first_seen == shown.first_seen
        and shown.feed_url < stored.feed_url
    )


def _with_owner(held: Held) -> Held:
    """Write down what the article's own feed showed, before the article says something else."""
    own = {held.article.feed_url: held.article.fingerprint}
    return replace(held, shown={**own, **held.shown})


def _begun(held: Held, shown: Article, seen_at: datetime) -> Change:
    return _next(held, next_version(held.article, shown), seen_at)


def _next(held: Held, article: Article, seen_at: datetime) -> Change:
    """Return the change to the next version."""
    stored = held.article
    diff = difference((stored.title, stored.text), (article.title, article.text))
    fresh = replace(held, article=article, seen_at=seen_at, diff=diff, forgotten=WHOLE)
    return Change(fresh, (Older(version_of(held), held.forgotten),))


# -- what the stages find ----------------------------------------------------------------------


def is_edited_since(held: Held, read: Article) -> bool:
    """Tell whether a feed showed other words after `read` was read from the store."""
    stored = held.article
    return read.version < stored.version and read.fingerprint != stored.fingerprint


def is_older(held: Held, read: Article) -> bool:
    """Tell whether the store has a newer version than `read`, for whatever reason."""
    return read.version < held.article.version


def keep(
    held: Held | None,
    found: Article,
    *,
    now: Callable[[], datetime],
    earlier: Earlier,
    is_late: Callable[[Held, Article], bool] = is_edited_since,
) -> Change:
    """Return what an article becomes when a stage found something about it.

    An empty text means "not carried" and keeps the stored one. Whatever `found` says, first
    sight and fingerprint stay, and a baseline stays a baseline.
    """
    if held is None:
        return Change(Held(found, found.first_seen))
    if is_late(held, found):
        return Change(held, _filled_older(found, earlier()))
    stored = held.article
    merged = replace(
        found,
        feed_url=stored.feed_url,
        first_seen=stored.first_seen,
        fingerprint=stored.fingerprint,
        baseline=stored.baseline or found.baseline,
        version=stored.version,
    )
    return _with_text(held, merged, now, earlier)


def _with_text(held: Held, found: Article, now: Callable[[], datetime], earlier: Earlier) -> Change:
    stored = held.article
    if not found.text:
        kept = replace(
            found, text=stored.text, text_hash=stored.text_hash, text_from=stored.text_from
        )
        return Change(replace(held, article=kept))
    if stored.text and not _is_same_text(stored, found):
        return _next(held, replace(found, version=stored.version + 1), now())
    if (stored.text, stored.text_hash) == (found.text, found.text_hash):
        return Change(replace(held, article=found))
    diff = _difference(found, earlier())
    return Change(replace(held, article=found, diff=diff, forgotten=WHOLE))


def _is_same_text(stored: Article, found: Article) -> bool:
    # A text of which only excerpts are left is recognised by its hash.
    return stored.text == found.text or (
        bool(found.text_hash) and stored.text_hash == found.text_hash
    )


def _difference(found: Article, earlier: Iterable[Older]) -> str:
    """Return the diff against the last version before that has (or had) a text."""
    for older in earlier:
        if older.version.number < found.version and older.version.text:
            text = "" if older.forgotten else older.version.text
            return difference((older.version.title, text), (found.title, found.text))
    return ""


def _filled_older(found: Article, earlier: list[Older]) -> tuple[Older, ...]:
    """Return the earlier version that waits for this text, filled with it."""
    for older in earlier:
        fits = older.version.number == found.version and not older.forgotten
        if fits and found.text and not older.version.text:
            filled = replace(
                older.version,
                title=found.title,
                text=found.text,
                text_hash=found.text_hash,
                text_from=found.text_from,
                diff=_difference(found, earlier),
            )
            return (replace(older, version=filled),)
    return ()


# -- documents -----------------------------------------------------------------------------------


def version_of(held: Held) -> Version:
    """Return the newest version as a version."""
    article = held.article
    return Version(
        article_id=article.id,
        number=article.version,
        seen_at=held.seen_at,
        title=article.title,
        text=article.text,
        text_hash=article.text_hash,
        text_from=article.text_from,
        diff=held.diff,
    )


def source_of(held: Held) -> dict[str, Any]:
    """Return the document of an article."""
    article = held.article
    record = to_document(article)
    for name in ("text", "stage", "baseline"):
        record.pop(name, None)
    return {
        "id": article.id,
        "url": article.url,
        "feed_url": article.feed_url,
        "outlet": article.outlet,
        "country": article.country,
        "language": article.language,
        "title": article.title,
        "when": article.when.isoformat(),
        "first_seen": article.first_seen.isoformat(),
        "lag_s": _lag_s(article),
        "at": micros(article.when),
        "stage": article.stage.value,
        "baseline": article.baseline,
        "matched": bool(article.topics),
        "topics": list(article.topics),
        "version": article.version,
        "seen_at": micros(held.seen_at),
        "forgotten": held.forgotten,
        "agency": article.credit.origin,
        "origin": article.origin,
        "claim_count": len(held.claims),
        "claims": list(held.claims),
        "shown": encode(dict(held.shown)),
        "compared": held.compared,
        "fingerprint": article.fingerprint,
        "diff": held.diff,
        "text": article.text,
        "record": encode(record),
    }


def _lag_s(article: Article) -> int | None:
    """Return after how many seconds we saw it; None where it has no date, or one to come."""
    if article.published is None or article.published > article.first_seen:
        return None
    return int((article.first_seen - article.published).total_seconds())


def held_of(source: Mapping[str, Any]) -> Held:
    """Return what `source_of` made a document of."""
    return Held(
        article=article_of(source),
        seen_at=moment(source["seen_at"]),
        diff=source.get("diff", ""),
        forgotten=source["forgotten"],
        shown=decode(source["shown"]),
        compared=source["compared"],
        claims=tuple(source["claims"]),
    )


def article_of(source: Mapping[str, Any]) -> Article:
    """Return the article of a document, without text where the document came without."""
    state = {
        "stage": source["stage"],
        "baseline": source["baseline"],
        "text": source.get("text", ""),
    }
    return from_document(Article, {**decode(source["record"]), **state})


def older_source(older: Older) -> dict[str, Any]:
    """Return the document of an earlier version."""
    version = older.version
    return {
        "article_id": version.article_id,
        "number": version.number,
        "seen": version.seen_at.isoformat(),
        "seen_at": micros(version.seen_at),
        "forgotten": older.forgotten,
        "record": dump_record(version),
    }


def older_of(source: Mapping[str, Any]) -> Older:
    """Return what `older_source` made a document of."""
    return Older(loads(Version, source["record"]), source["forgotten"])


__all__ = [
    "EXCERPTS",
    "NOTHING",
    "WHOLE",
    "Change",
    "Held",
    "Older",
    "article_of",
    "held_of",
    "is_edited_since",
    "is_older",
    "keep",
    "older_of",
    "older_source",
    "show",
    "shown_before",
    "source_of",
    "version_of",
]
