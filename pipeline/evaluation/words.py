"""Spans as sets of words: quotation marks and punctuation do not count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pipeline.evaluation.labels import knowledge

Tokens = frozenset[int]  # numbers of the words a span touches

WORD = re.compile(r"\w+(?:['’]\w+)*")
APPOSITION = re.compile(r"(?<=[,;()\[\]—–])|(?<=--)")


class Words:
    """A text with numbered words; a span's tokens are the words it touches."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.places = [m.span() for m in WORD.finditer(text)]

    def holds(self, span: Sequence[int] | None) -> bool:
        """Say whether a span lies in the text and is not blank; no span is fine."""
        if span is None:
            return True
        start, end = span
        return 0 <= start < end <= len(self.text) and bool(self.text[start:end].strip())

    def tokens(self, *spans: Sequence[int] | None) -> Tokens:
        """Return the words that any of the spans touches."""
        good = [span for span in spans if span is not None and self.holds(span)]
        return frozenset(
            number
            for number, (start, end) in enumerate(self.places)
            if any(start < last and first < end for first, last in good)
        )

    def heads(self, span: Sequence[int] | None) -> Tokens:
        """Return the head of each part of an apposition: its last word before a modifier."""
        if span is None or not self.holds(span):
            return frozenset()
        found, offset = set[int](), span[0]
        for part in APPOSITION.split(self.text[span[0] : span[1]]):
            core = _modifier().split(part)[0]
            inside = self.tokens((offset, offset + len(core if core.strip() else part)))
            found |= {max(inside)} if inside else set()
            offset += len(part)
        return frozenset(found)


@cache
def _modifier() -> re.Pattern[str]:
    return re.compile(rf"\s(?:{'|'.join(knowledge()['modifiers'])})\s")


def dice(one: Tokens, other: Tokens) -> float:
    """Return twice the common words over all words."""
    size = len(one) + len(other)
    return 2 * len(one & other) / size if size else 0.0
