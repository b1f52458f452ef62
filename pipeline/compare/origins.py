"""Which copy is this text of? N outlets are often one agency's words.

The limits were set on 2,700 generated reprints (cut, edited, re-headlined, mixed with own
paragraphs) and 890 articles on one campaign: different reports of one event shared at most
10 % of all their 3-grams and 28 % of the shorter one's, most of it quotations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline.records import Article, Sketch

REPRINT = 0.25  # resemblance; true reprints go down to 0.3 (NEWS-COPY, Silcock et al. 2022)
CUT_COPY = 0.4  # share of the shorter text's 3-grams found in the longer one
SHORT_WORDS = 60  # a text shorter than this may be one quotation and who said it:
SHORT_COPY = 0.75  # so much of it must be found in the other
BRIEF_WORDS = 25  # a text shorter than this is a sentence,
BRIEF_REPRINT = 0.6  # which the other must be too
OTHER_AGENCY = 0.6  # resemblance, where the two credit different agencies

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

    `lookalikes` come oldest first; the one that shares most decides, of equals the oldest. The
    two measures are `dedupe`'s, handed in by `flow`.
    """
    if sketch is None:
        return article.id
    nearest, most = article, 0.0
    for earlier, other in lookalikes:
        alike, held = resemblance(sketch, other), containment(sketch, other)
        shorter, agreed = min(sketch.length, other.length), _agree(article, earlier)
        more = earlier.id != article.id and max(alike, held) > most
        if more and is_copy(alike, held, shorter, same_agency=agreed):
            nearest, most = earlier, max(alike, held)
    return (nearest.origin or nearest.id) if most else article.id


def is_copy(alike: float, held: float, shorter: int, *, same_agency: bool = True) -> bool:
    """Decide by resemblance, containment and the length of the shorter text in words.

    `same_agency` is False when the two texts credit different agencies.
    """
    if not same_agency:
        return alike >= OTHER_AGENCY
    if shorter < BRIEF_WORDS:
        return alike >= BRIEF_REPRINT
    if shorter < SHORT_WORDS:
        return held >= SHORT_COPY
    return alike >= REPRINT or held >= CUT_COPY


def _agree(one: Article, other: Article) -> bool:
    credited = {one.credit.origin, other.credit.origin} - {None}
    return len(credited) < 2
