"""What stays of a text when it is forgotten: the words around claims, and a teaser's length."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.records import Span

TEASER = 300  # code points of a feed's summary that stay; longer ones are whole articles
_WORD = re.compile(r"\S+")
_SEEN = re.compile(r"\S")


def teaser(summary: str) -> str:
    """Return a summary cut to a length at which it is no substitute for the article."""
    if len(summary) <= TEASER:
        return summary
    return summary[: TEASER - 4].rsplit(None, 1)[0] + " ..."


def excerpts(text: str, spans: Iterable[Span], around: int) -> str:
    """Return `text` with everything blank but the spans and `around` words on both sides.

    Every kept character stays at its offset; line ends stay, trailing blanks go.
    """
    kept, after = [], 0
    for start, end in _merged(_widened(text, spans, around)):
        kept += [_SEEN.sub(" ", text[after:start]), text[start:end]]
        after = end
    return "".join(kept)


def _widened(text: str, spans: Iterable[Span], around: int) -> list[tuple[int, int]]:
    words = [found.span() for found in _WORD.finditer(text)]
    wide = []
    for span in spans:
        touched = [place for place, (start, end) in enumerate(words) if _meet(span, start, end)]
        if touched:
            first, last = max(0, touched[0] - around), min(len(words) - 1, touched[-1] + around)
            wide.append((words[first][0], words[last][1]))
    return wide


def _meet(span: Span, start: int, end: int) -> bool:
    return start < span.end and span.start < end


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


__all__ = ["excerpts", "teaser"]
