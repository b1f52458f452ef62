"""Which copy is this text of? N outlets are often one agency's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.records import Article, Sketch

REPRINT = 0.30  # resemblance of true reprints (NEWS-COPY, Silcock et al. 2022)
CUT_COPY = 0.75  # share of the shorter text's 3-grams found in the longer one
MIN_CUT_WORDS = 25  # below this a contained text may be just one shared quote

Likeness = Callable[[Sketch, Sketch], float]


def origin_of(
    article: Article,
    sketch: Sketch | None,
    lookalikes: Sequence[tuple[Article, Sketch]],
    *,
    resemblance: Likeness,
    containment: Likeness,
) -> str:
    """Return the id of the first article whose copy this is: its own id when it is the first.

    `lookalikes` come oldest first. The two measures are `dedupe`'s, handed in by `flow`.
    """
    if sketch is None:
        return article.id
    for earlier, other in lookalikes:
        if earlier.id == article.id:
            continue
        if resemblance(sketch, other) >= REPRINT or (
            min(sketch.length, other.length) >= MIN_CUT_WORDS
            and containment(sketch, other) >= CUT_COPY
        ):
            return earlier.origin or earlier.id
    return article.id
