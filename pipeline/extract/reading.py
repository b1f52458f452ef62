"""One text as the rules read it: sentences, clauses, quotations, words."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.extract.media import Media
from pipeline.extract.quotes import Quotes, find_quotes
from pipeline.languages import Language
from pipeline.records import Span

WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
SENTENCE_END = re.compile(r"[.!?]+[\"”’»)\]]*(?=\s+[\"“‘«(\[@#]*[A-Z0-9])|\n+")
MAX_SENTENCE = 2000  # characters
LOOSE_ENDS = " \t\n\xa0,;:-–—"


@dataclass(slots=True)
class Reading:
    """A text with what every rule needs of it."""

    text: str
    language: Language
    quotes: Quotes
    media: Media
    sentences: list[Span] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, media: Media) -> Reading:
        """Read `text` in the language of `media`; costs one pass."""
        language = media.language
        reading = cls(text, language, find_quotes(text, language.marks), media)
        reading.sentences = reading._split()
        return reading

    def _split(self) -> list[Span]:
        spans, start = [], 0
        for match in SENTENCE_END.finditer(self.text):
            if not self._abbreviation(match.start()):
                spans += self._bounded(start, match.end())
                start = match.end()
        return [*spans, *self._bounded(start, len(self.text))]

    def _bounded(self, start: int, end: int) -> list[Span]:
        """Cut an endless sentence: rules look through whole sentences again and again."""
        cuts = [*range(start, end, MAX_SENTENCE), end] if end > start else [start, end]
        return [Span(one, other) for one, other in pairwise(cuts)]

    def _abbreviation(self, stop: int) -> bool:
        """Whether the full stop at `stop` ends an abbreviation or an initial."""
        if self.text[stop] != ".":
            return False
        before = re.search(r"[\w.]+$", self.text[max(0, stop - 12) : stop])
        word = before.group().lower() if before else ""
        return word in self.language.listed("abbreviations") or (len(word) == 1 and word.isalpha())

    def sentence(self, place: int) -> Span:
        """Return the sentence that holds `place`."""
        index = bisect_right(self.sentences, place, key=lambda span: span.start)
        return self.sentences[max(0, index - 1)]

    def trimmed(self, start: int, end: int) -> Span | None:
        """Return the range without loose ends and spaces at its borders; None when empty."""
        while start < end and self.text[start] in LOOSE_ENDS:
            start += 1
        while start < end and self.text[end - 1] in LOOSE_ENDS:
            end -= 1
        return Span(start, end) if start < end else None

    def words(self, start: int, end: int) -> list[Span]:
        """Return the words between two places."""
        return [Span(*match.span()) for match in WORD.finditer(self.text, start, end)]

    def lower(self, span: Span) -> str:
        """Return the words of a span in lower case, white space as single spaces."""
        return " ".join(span.of(self.text).lower().split())


def cut(span: Span, hole: Span) -> list[Span]:
    """Return what is left of `span` without `hole`."""
    if hole.end <= span.start or hole.start >= span.end:
        return [span]
    parts = [Span(span.start, hole.start), Span(hole.end, span.end)]
    return [part for part in parts if part.start < part.end]
