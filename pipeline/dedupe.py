"""Stage 3: keep what is new or edited; sketch a text so that copies of it can be found.

Two questions, both pure. *Is this entry one we hold?* is answered by id and fingerprint.
*Is this text somebody else's copy?* has two parts: which texts could it be, and how much do
they share? Wire copy is cut, re-headlined and mixed with own paragraphs, so that true reprints
share as little as 30 % of their 3-grams (Silcock et al., NEWS-COPY, 2022).

* A sketch's `bands` find candidates: MinHash bands for texts that are alike as a whole, and a
  sample of long runs of words, which a fragment keeps however short it is.
* Its `signature` measures: the smallest hashes of the text's 3-grams (a bottom-k sketch, Cohen
  and Kaplan 2007). Below 128 3-grams that is all of them, and the measures are exact.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pipeline.folding import fold, words
from pipeline.records import Article, Entry, Feed, Sketch, stable_id

SHINGLE_WORDS = 3
ROWS, BANDS = 3, 42  # of pairs with resemblance 0.4 94 % meet, of 0.3 69 %, of 0.05 0.5 %
SEED = 20250510  # any constant: sketches of all runs must be comparable
RUN_WORDS = 16  # who shares so many words in a row copied a sentence, or quotes the same words
RUN_SAMPLE = 8  # one run in so many is kept, chosen by its hash, so that copies keep the same
MAX_RUNS = 64
LEAD_WORDS, LEAD_SAMPLE = 40, 2  # the lead is what is left of a text that was cut to a summary
SIGNATURE = 128  # hashes kept; 0.5 kB
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

    An id that occurs twice counts once, the first time: a feed that lists a story in two states
    must not look edited at each poll. An entry without id is told by its words.
    """
    counted = dict.fromkeys(Change, 0)
    articles: list[Article] = []
    told = {_identity(entry): entry for entry in reversed(entries)}
    for article_id in dict.fromkeys(map(_identity, entries)):
        entry = replace(told[article_id], id=article_id)
        change = change_of(entry, known)
        counted[change] += 1
        if change is not Change.SAME:
            articles.append(_article(entry, feed, now, baseline=baseline))
    return Fresh(
        articles=tuple(articles),
        entries=len(entries),
        new=counted[Change.NEW],
        edited=counted[Change.EDITED],
    )


def _identity(entry: Entry) -> str:
    words = (entry.feed_url, entry.url or "", entry.guid or "", entry.title, entry.summary)
    return entry.id or stable_id("no id", *words)


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
    """Return the sketch of `text`, or None when it is too short to be told apart.

    The same text gives the same sketch in every process; case, accents and punctuation do not
    count.
    """
    folded = fold(text)
    spoken = [folded[start:end] for start, end in words(folded)]
    if len(spoken) < MIN_WORDS:
        return None
    shingles = set(_grams(spoken, SHINGLE_WORDS))
    smallest = sorted(set(map(_hash, shingles)))[:SIGNATURE]
    return Sketch(
        article_id=article_id,
        bands=(*_bands(shingles), *_runs(spoken)),
        signature=array("I", smallest).tobytes(),
        length=len(spoken),
    )


def resemblance(one: Sketch, other: Sketch) -> float:
    """Return the Jaccard resemblance of two texts' 3-grams (0..1; of long texts +- 0.04)."""
    shared, left, right = _overlap(one, other)
    return shared / max(1, left + right - shared)


def containment(one: Sketch, other: Sketch) -> float:
    """Return the share of the shorter text's 3-grams that the longer one has (0..1).

    Estimated where both are long: +- 0.1 for a text that is a tenth of the other.
    """
    shared, left, right = _overlap(one, other)
    return shared / max(1, min(left, right))


def _overlap(one: Sketch, other: Sketch) -> tuple[int, int, int]:
    """Return how many hashes both have, and how many each has, of those that both would keep."""
    a, b = _hashes(one), _hashes(other)
    limit = min((hashes[-1] for hashes in (a, b) if len(hashes) >= SIGNATURE), default=None)
    left, right = ({h for h in hashes if limit is None or h <= limit} for hashes in (a, b))
    return len(left & right), len(left), len(right)


def _hashes(sketch: Sketch) -> array[int]:
    return array("I", sketch.signature)


def _hash(gram: str) -> int:
    """Return 32 bits, the same in every process; the factor spreads what CRC leaves in order."""
    return (zlib.crc32(gram.encode("utf-8", "surrogatepass")) * 0x9E3779B1) & 0xFFFF_FFFF


def _grams(spoken: Sequence[str], size: int) -> Iterator[str]:
    return (" ".join(spoken[i : i + size]) for i in range(len(spoken) - size + 1))


def _bands(shingles: set[str]) -> Iterator[str]:
    """Yield MinHash band keys: two texts share one with probability 1 - (1 - J^3)^42."""
    from rensa import RMinHash

    minhash = RMinHash(num_perm=ROWS * BANDS, seed=SEED)
    minhash.update(sorted(shingles))
    digest = minhash.digest()
    for band in range(BANDS):
        yield stable_id(str(band), *map(str, digest[band * ROWS : (band + 1) * ROWS]))


def _runs(spoken: Sequence[str]) -> Iterator[str]:
    """Yield keys for a sample of the text's long runs of words."""
    hashes = [_hash(run) for run in _grams(spoken, RUN_WORDS)]
    lead = {number for number in hashes[:LEAD_WORDS] if number % LEAD_SAMPLE == 0}
    rest = sorted({number for number in hashes if number % RUN_SAMPLE == 0} - lead)
    return (f"run {number:08x}" for number in (*sorted(lead), *rest[:MAX_RUNS]))
