"""Who and what one article names: figures, mentions, places, bodies, and looking them up.

Built by `coreference.build_cast`. Nothing here decides who a phrase means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.extract.registry import Actor, Person, Registry
from pipeline.extract.titles import Title
from pipeline.extract.tokens import fold
from pipeline.records import HopKind

MINISTRY = "ministry"
_ARMED = {"army", "military"}


@dataclass(slots=True)
class Figure:
    """A person met in the article. What later mentions tell is added to the first."""

    name: str
    person: Person | None = None  # when the registry knows the name
    countries: tuple[str, ...] = ()
    role: str = ""
    code: str = ""
    office: str = ""
    gender: str = ""
    titled: bool = False  # a title or the registry makes sure that this is a person

    def learn(self, title: Title) -> None:
        """Add what another mention tells."""
        self.countries = self.countries or title.countries
        self.role = self.role or title.role
        self.code = self.code or title.code
        self.gender = self.gender or title.gender
        if title.office is not None and not self.office:
            self.office = title.office.key
        self.titled = self.titled or bool(title.role or title.gender)

    def is_surname(self, word: str) -> bool:
        """Say whether `word` (folded) ends the name."""
        return fold(self.name).split()[-1:] == [word]

    def answers_to(self, words: Sequence[str]) -> bool:
        """Say whether `words` (folded) are part of the name, in order."""
        own = [fold(word) for word in self.name.split()]
        rest = iter(own)
        return all(word in rest for word in words)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a figure is named."""

    start: int
    end: int
    figure: Figure
    subject: bool = True  # no possessive, and no preposition before it


@dataclass(slots=True)
class Cast:
    """The people and countries of one article, in order of appearance."""

    text: str
    when: datetime | None = None
    heads: frozenset[str] = frozenset()  # offices of heads of state and government
    figures: list[Figure] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    countries: list[tuple[int, str]] = field(default_factory=list)
    pairs: list[tuple[int, tuple[str, str]]] = field(default_factory=list)  # "X and Y"
    sentences: list[int] = field(default_factory=list)  # where each begins
    paragraphs: list[int] = field(default_factory=list)
    registry: Registry | None = None  # with the states only this article knows
    subjects: dict[int, str] = field(default_factory=dict)  # sentence -> the first state in it
    openings: dict[int, str] = field(default_factory=dict)  # sentence -> "In CAPITAL, ..."
    spots: list[tuple[int, str]] = field(default_factory=list)  # towns, regions, states: where
    bodies: list[tuple[int, str, str]] = field(default_factory=list)  # where, body, country
    media: list[tuple[int, Actor]] = field(default_factory=list)
    dateline: str = ""  # country of the place the story was written in

    def sentence(self, position: int) -> int:
        """Return the number of the sentence at a code point."""
        return bisect_right(self.sentences, position) - 1

    def paragraph(self, position: int) -> int:
        """Return the number of the paragraph at a code point."""
        return bisect_right(self.paragraphs, position) - 1

    def named(self, name: str) -> Figure | None:
        """Return the figure a full or short name means; a titled one, a surname, the fullest.

        The order matters in headlines: "Novak Offers Help" looks like a name too.
        """
        words = [fold(word) for word in name.split()]
        found = [figure for figure in self.figures if figure.answers_to(words)]
        return max(
            found,
            key=lambda f: (f.titled, f.is_surname(words[-1]), len(f.name.split())),
            default=None,
        )

    def holding(self, office: str, countries: tuple[str, ...], before: int) -> Figure | None:
        """Return who was introduced in `office`, the last one named before a code point."""
        fitting = [
            mention
            for mention in self.mentions
            if mention.figure.office == office
            and (not countries or mention.figure.countries == countries)
        ]
        earlier = [mention for mention in fitting if mention.start < before]
        if earlier:
            return earlier[-1].figure
        unique = {id(mention.figure): mention.figure for mention in fitting}
        return next(iter(unique.values())) if len(unique) == 1 else None

    def titled(self, word: str, countries: tuple[str, ...], before: int) -> Figure | None:
        """Return the last person named whose role ends in `word` (folded)."""
        for mention in reversed(self.mentions):
            figure = mention.figure
            fits = not countries or not figure.countries or figure.countries == countries
            if mention.start < before and fits and figure.role.casefold().split()[-1:] == [word]:
                return figure
        return None

    def main_country(self) -> str | None:
        """Return the country the text is about: named more than twice as often as any other."""
        counts = Counter(country for _, country in self.countries).most_common(2)
        if not counts:
            return None
        if len(counts) == 1 or counts[0][1] > 2 * counts[1][1]:
            return counts[0][0]
        return None

    def subject_state(self, position: int, *, back: int = 1) -> str:
        """Return the state the sentence at a code point, or one of those before it, begins with.

        Sentences of the same paragraph only.
        """
        here, paragraph = self.sentence(position), self.paragraph(position)
        for number in range(here, max(-1, here - back - 1), -1):
            if self.paragraph(self.sentences[number]) != paragraph:
                break
            found = self.subjects.get(number, "")
            place, _, code = found.partition(" ")
            if code and int(place) < position:
                return code
        return ""

    def place_near(self, position: int, until: int | None = None) -> str:
        """Return the country of the last place named in the sentence, else the paragraph.

        With `until` only of places before that code point.
        """
        here, paragraph = self.sentence(position), self.paragraph(position)
        near = [
            (self.sentence(start) == here, start, code)
            for start, code in self.spots
            if start < (self._end_of(here) if until is None else until)
            and self.paragraph(start) == paragraph
        ]
        return max(near)[2] if near else ""

    def _end_of(self, sentence: int) -> int:
        following = self.sentences[sentence + 1 : sentence + 2]
        return following[0] if following else len(self.text)

    def body_named(self, body: str, position: int) -> tuple[str, str]:
        """Return the body and the country of the last one named before a code point.

        A ministry is any ministry, an army as well the armed forces. ("", "") when none.
        """
        for start, key, code in reversed(self.bodies):
            same = key == body or {key, body} == _ARMED or (body == MINISTRY and MINISTRY in key)
            if same and start < position:
                return key, code
        return "", ""

    def medium_named(self, kind: HopKind, position: int) -> Actor | None:
        """Return the agency or outlet named last before a code point."""
        return next(
            (a for start, a in reversed(self.media) if start < position and a.kind is kind), None
        )

    def opens_abroad(self) -> bool:
        """Say whether the first sentence names a state, and not that of the dateline."""
        first = [code for start, code in self.countries if self.sentence(start) <= 1]
        inside = [code for code in first[1:] if code != "IGO"] if self.dateline else first
        return bool(inside) and self.dateline not in inside

    def mentions_country(self, country: str) -> bool:
        """Say whether the text names the country at all."""
        return any(code == country for _, code in self.countries)


def last_person(
    cast: Cast, position: int, gender: str, inside: Callable[[int], bool]
) -> Figure | None:
    """Return the person a pronoun at `position` most likely means, None when nobody fits.

    The first subject of the same sentence, else of the nearest sentence before it, no
    further than the paragraph before. `inside` says which code points are words of claims:
    who is named there is a candidate only when nobody else is.
    """
    fitting = [
        mention
        for mention in cast.mentions
        if mention.start < position
        and mention.figure.gender in (gender, "")
        and (mention.figure.titled or " " in mention.figure.name)
        and cast.sentence(mention.start) >= cast.sentence(position) - 4
        and cast.paragraph(mention.start) >= cast.paragraph(position) - 1
    ]
    sure = [mention for mention in fitting if mention.figure.titled]
    outside = [mention for mention in sure if not inside(mention.start)]
    subjects = [mention for mention in outside if mention.subject]
    maybe = [m for m in fitting if m.subject and not inside(m.start)]  # two capitals, no title
    for mentions in (subjects, outside, sure, maybe):
        if mentions:
            nearest = max(cast.sentence(mention.start) for mention in mentions)
            found = [m.figure for m in mentions if cast.sentence(m.start) == nearest]
            certain = [figure for figure in found if figure.gender == gender]
            return (certain or found)[0]
    return None
