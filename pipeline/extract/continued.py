"""Quotations that go on in the next paragraph without naming anybody."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from sys import maxsize

from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading
from pipeline.records import Span

CONFIDENCE = 0.5
MIN_CONTINUED_WORDS = 4


def continued_quotations(reading: Reading, drafts: list[Draft]) -> Iterator[Draft]:
    """Yield a draft for each paragraph that is one quotation nobody has claimed yet."""
    last: Draft | None = None
    paragraphs = [match.span() for match in re.finditer(r"[^\n]+", reading.text)]
    owners = _by_paragraph(paragraphs, drafts)
    for number, paragraph in enumerate(paragraphs):
        span = reading.trimmed(*paragraph)
        own = owners.get(number)
        if own:
            last = own[-1] if _quotes(reading, own[-1]) else None
        elif span is not None and last is not None and _is_quotation(reading, span):
            yield _continuation(last, span)
        elif span is not None:
            last = None


def _by_paragraph(paragraphs: list[tuple[int, int]], drafts: list[Draft]) -> dict[int, list[Draft]]:
    """Return the drafts that begin a piece in each paragraph, by its number."""
    owners: dict[int, list[Draft]] = {}
    for draft in drafts:
        starts = {piece.start for piece in (*draft.content, *draft.cue)}
        for number in sorted({bisect_right(paragraphs, (start, maxsize)) - 1 for start in starts}):
            owners.setdefault(number, []).append(draft)
    return owners


def _quotes(reading: Reading, draft: Draft) -> bool:
    return bool(draft.source) and any(reading.quotes.inside(span) for span in draft.content)


def _is_quotation(reading: Reading, span: Span) -> bool:
    """Whether the paragraph is quotation from end to end."""
    quote = reading.quotes.at(span.start)
    long_enough = len(reading.words(span.start, span.end)) >= MIN_CONTINUED_WORDS
    return quote is not None and quote.end >= span.end and long_enough


def _continuation(last: Draft, span: Span) -> Draft:
    return Draft(
        source=last.source[:1],
        cue=[],
        content=[span],
        cue_kind="speech",
        found_by="quote rules",
        confidence=CONFIDENCE,
        why={"attribution": "a paragraph of quotation goes on with the speaker before"},
    )
