"""What a source phrase can lean on: the article, its day and home, and who spoke before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.extract.coreference import Cast
from pipeline.extract.draft import Speaker
from pipeline.extract.phrases import Item
from pipeline.extract.registry import IGO, Registry


def again(speaker: Speaker, why: str) -> Speaker:
    """Return somebody who spoke before, with one reason however often it is repeated."""
    first = speaker.why.rpartition(" (")[2].removesuffix(")")
    return replace(speaker, why=f"{why} ({first})")


@dataclass(slots=True)
class Scene:
    """What a phrase can lean on: the article, its time and home, who spoke before."""

    registry: Registry
    cast: Cast
    when: datetime
    home: str | None = None  # the outlet's country
    position: int = 0  # of the phrase, in code points
    spoken: list[tuple[int, Speaker]] = field(default_factory=list)  # where, who; in order
    parent: Speaker | None = None  # of the attribution this one is nested in
    skip: tuple[tuple[int, int], ...] = ()  # the words of claims: nobody speaks in there

    inner: Callable[[Sequence[Item], Scene], Speaker] | None = None  # reads phrases in phrases

    def read(self, items: Sequence[Item]) -> Speaker:
        """Return who a phrase inside the phrase names."""
        assert self.inner is not None
        return self.inner(items, self)

    def before(self, paragraphs: int = 1) -> list[Speaker]:
        """Return who spoke before the phrase, nearest first, this paragraph and those before."""
        here = self.cast.paragraph(self.position)
        return [
            speaker
            for position, speaker in reversed(self.spoken)
            if position < self.position and self.cast.paragraph(position) >= here - paragraphs
        ]

    def inside(self, position: int) -> bool:
        """Say whether a code point lies in the words of a claim."""
        return any(start <= position < end for start, end in self.skip)

    def default_country(self) -> tuple[tuple[str, ...], str]:
        """Return the country a bare office or body belongs to, and why; () when open."""
        mentions = self.cast.mentions_country
        if self.home and (mentions(self.home) or not self.cast.countries):
            return (self.home,), "outlet's own country"
        for speaker in self.before():
            if len(speaker.countries) == 1 and speaker.countries != (IGO,):
                return speaker.countries, "country of the speaker before"
        main = self.cast.main_country()
        return ((main,), "country the article is about") if main else ((), "no country")
