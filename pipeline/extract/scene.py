"""What a source phrase can lean on: the article, its day and home, and who spoke before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.extract.cast import Cast
from pipeline.extract.draft import Speaker
from pipeline.extract.phrases import Item
from pipeline.extract.registry import IGO, Registry

NO_HOLDER = "office without a known holder"
ONE_POST = "a post with one holder, no name"


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
    carrier: str = ""  # country of the medium that quotes them, when the text is about it
    agency: str | None = None  # whose copy the article is
    position: int = 0  # of the phrase, in code points
    until: int = 0  # where its cue begins, or the phrase ends
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

    def default_country(self, usual: Sequence[str] = ()) -> tuple[tuple[str, ...], str]:
        """Return the country a bare office or body belongs to, and why; () when open.

        With `usual` only one of those: the states that have such an office at all.
        """
        for code, why in self._candidates():
            if code and code != IGO and (not usual or code in usual):
                return (code,), why
        return (), "no country"

    def _candidates(self) -> Iterator[tuple[str, str]]:
        """Yield the countries that may be meant, the likeliest first."""
        cast = self.cast
        yield (
            cast.openings.get(cast.sentence(self.position), ""),
            "the place the sentence opens with",
        )
        if self.home and (cast.mentions_country(self.home) or not cast.countries):
            yield self.home, "outlet's own country"
        if cast.dateline and not cast.opens_abroad():
            yield cast.dateline, "country of the dateline"
        yield cast.subject_state(self.position), "the state the sentence begins with"
        for speaker in self.before():
            if len(speaker.countries) == 1 and speaker.countries != (IGO,):
                yield speaker.countries[0], "country of the speaker before"
        yield cast.main_country() or "", "country the article is about"

    def owner_state(self) -> tuple[str, ...]:
        """Return whose "its ministry" is: the state before it, else of the speaker before."""
        state = self.cast.subject_state(self.position)
        if state:
            return (state,)
        return next((s.countries for s in self.before() if len(s.countries) == 1), ())

    def story_place(self, *, beside: bool = False) -> tuple[tuple[str, ...], str]:
        """Return the country in which people without an office are met, and why.

        With `beside` a place counts only before the cue: "NAME, who lives in CITY, said".
        """
        near = self.cast.place_near(self.position, self.until if beside else None)
        if near and near != IGO:
            return (near,), "the place named beside them"
        if self.cast.dateline and not self.cast.opens_abroad():
            return (self.cast.dateline,), "country of the dateline"
        named = {code for _, code in self.cast.countries if code != IGO}
        if self.home and named <= {self.home}:
            return (self.home,), "outlet's own country, no other is named"
        return (tuple(named), "the only country named") if len(named) == 1 else ((), "no country")
