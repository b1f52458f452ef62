"""Stage 3: keep what is new or edited; sketch a text so that copies of it can be found.

Two questions, both pure. *Is this entry one we hold?* is answered by id and fingerprint.
*Is this text somebody else's copy?* is answered by MinHash: true reprints of wire copy
share as little as 30 % of their 3-grams (Silcock et al., NEWS-COPY, 2022), so the bands
are laid for a resemblance of 0.29 and the signature decides.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.folding import fold
from pipeline.records import Article, Entry, Feed, Sketch, stable_id

SHINGLE_WORDS = 3
ROWS, BANDS = 3, 42  # (1/42)^(1/3) = 0.29: half of the pairs of that resemblance meet
PERMUTATIONS = ROWS * BANDS
SEED = 20250510  # any constant: signatures of all runs must be comparable
MIN_WORDS = 12  # below this two texts share 3-grams by chance


class Change(StrEnum):
    """What an entry is to us."""

    NEW = "new"
    EDITED = "edited"
    ELSEWHERE = "elsewhere"  # new in this feed, but another feed had it
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Fresh:
    """What one poll has for the store, and how many entries were new or edited.

    `articles` also holds those another feed had first: the store keeps that this feed has them.
    """

    articles: tuple[Article, ...]
    entries: int
    new: int
    edited: int


def change_of(entry: Entry, known: Mapping[str, str]) -> Change:
    """Say what `entry` is, given the fingerprints this feed showed before, by article id.

    "" stands for an article only other feeds have shown.
    """
    match known.get(entry.id):
        case None:
            return Change.NEW
        case "":
            return Change.ELSEWHERE
        case entry.fingerprint:
            return Change.SAME
        case _:
            return Change.EDITED


def fresh_articles(
    entries: Sequence[Entry],
    feed: Feed,
    known: Mapping[str, str],
    now: datetime,
    *,
    baseline: bool = False,
) -> Fresh:
    """Return what of `entries` this feed shows for the first time or in other words.

    An id that occurs twice counts once, the first time.
    """
    counted = dict.fromkeys(Change, 0)
    articles: dict[str, Article] = {}
    for entry in entries:
        if entry.id in articles:
            continue
        change = change_of(entry, known)
        counted[change] += 1
        if change is not Change.SAME:
            articles[entry.id] = _article(entry, feed, now, baseline=baseline)
    return Fresh(
        articles=tuple(articles.values()),
        entries=len(entries),
        new=counted[Change.NEW],
        edited=counted[Change.EDITED],
    )


def _article(entry: Entry, feed: Feed, now: datetime, *, baseline: bool) -> Article:
    return Article(
        id=entry.id,
        url=entry.url,
        feed_url=entry.feed_url,
        outlet=entry.outlet,
        title=entry.title,
        summary=entry.content or entry.summary,
        country=feed.country if entry.outlet == feed.outlet else None,
        language=entry.language,
        authors=entry.authors,
        published=entry.published,
        published_from=entry.published_from,
        first_seen=now,
        fingerprint=entry.fingerprint,
        baseline=baseline,
    )


def sketch_text(article_id: str, text: str) -> Sketch | None:
    """Return the MinHash sketch of `text`, or None when it is too short to be told apart."""
    from rensa import RMinHash

    words = fold(text).split()
    if len(words) < MIN_WORDS:
        return None
    minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(sorted(_shingles(words)))
    digest = array("I", minhash.digest())
    return Sketch(
        article_id=article_id,
        bands=tuple(_bands(digest)),
        signature=digest.tobytes(),
        length=len(words),
    )


def resemblance(one: Sketch, other: Sketch) -> float:
    """Return the estimated Jaccard resemblance of two texts' 3-grams (0..1, error about 0.04)."""
    a, b = array("I", one.signature), array("I", other.signature)
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def containment(one: Sketch, other: Sketch) -> float:
    """Return the estimated share of the shorter text's 3-grams that the longer one has (0..1).

    From the resemblance J and the lengths: |A n B| = J (|A|+|B|) / (1+J).
    """
    alike = resemblance(one, other)
    shared = alike * (one.length + other.length) / (1 + alike)
    return min(1.0, shared / max(1, min(one.length, other.length)))


def _shingles(words: Sequence[str]) -> set[str]:
    count = max(1, len(words) - SHINGLE_WORDS + 1)
    return {" ".join(words[i : i + SHINGLE_WORDS]) for i in range(count)}


def _bands(digest: Sequence[int]) -> Iterable[str]:
    for band in range(BANDS):
        rows = digest[band * ROWS : (band + 1) * ROWS]
        yield stable_id(str(band), *map(str, rows))
