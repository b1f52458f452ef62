"""Sentences of a text by place and by words: what two versions of an article share.

A full stop, question or exclamation mark, danda or Arabic full stop ends one, and so does a
line. "Mr. Ford" makes two: for comparing versions it does not matter, both split alike.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.records import Claim, Span

SENTENCE = re.compile(r"[^\n]+?(?:[.!?\u0964\u06d4]+[\"\u201d\u2019')\]]*(?=\s|$)|(?=\n)|$)")


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one text, in order, with single spaces between their words."""

    starts: tuple[int, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Sentences:
        """Split `text`; costs one pass."""
        found = [match for match in SENTENCE.finditer(text) if match[0].strip()]
        return cls(
            tuple(match.start() for match in found),
            tuple(" ".join(match[0].split()) for match in found),
        )

    def around(self, hull: Span | None) -> tuple[str, ...]:
        """Return the sentences that a range of the text touches."""
        if hull is None or not self.words:
            return ()
        first = max(0, bisect_right(self.starts, hull.start) - 1)
        last = max(first + 1, bisect_right(self.starts, hull.end - 1))
        return self.words[first:last]

    def hold(self, sentences: Iterable[str]) -> bool:
        """Say whether all of these, and at least one, are sentences of the text."""
        wanted = tuple(sentences)
        return bool(wanted) and frozenset(self.words).issuperset(wanted)


def hull_of(claim: Claim, article: Sequence[Claim]) -> Span | None:
    """Return from where to where a claim stands, with those it is nested in; None: nowhere."""
    by_id = {one.id: one for one in article}
    spans: list[Span] = []
    one: Claim | None = claim
    while one is not None:
        spans += [span for span in (one.source, one.cue, *one.content) if span is not None]
        one = by_id.get(one.parent or "")
    if not spans:
        return None
    return Span(min(span.start for span in spans), max(span.end for span in spans))
