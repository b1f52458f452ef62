"""Who is who within one article: full and short names, titles seen once, pronouns.

A cast is built once from the whole text; a name given in full anywhere explains its short
form everywhere. Pronouns look back only, to people of the right gender or number, and never
further than the paragraph before. No candidate, no answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    TITLES,
    Item,
    item_countries,
    parse_items,
    parse_phrase,
)
from pipeline.extract.registry import Country, Person, Registry
from pipeline.extract.titles import Title, read_title
from pipeline.extract.tokens import fold

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+(?=[\"“‘A-Z])|\n+")
_QUOTED = re.compile(r"“[^”\n]*”|\"[^\"\n]*\"")
_TITLE_PARTS = TITLES | PLACES | {"body", "actor", "'s"}


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

    def mentions_country(self, country: str) -> bool:
        """Say whether the text names the country at all."""
        return any(code == country for _, code in self.countries)


def build_cast(text: str, registry: Registry, when: datetime | None) -> Cast:
    """Return who and which countries occur in `text`."""
    heads = frozenset(key for key, o in registry.offices.items() if o.code in ("HOS", "HOG"))
    cast = Cast(text=text, when=when, heads=heads)
    cast.paragraphs = [0, *(match.end() for match in re.finditer(r"\n+", text))]
    cast.sentences = [0, *_sentence_starts(text)]
    items = list(_all_items(text, registry))
    cast.countries = list(_countries(items, text))
    cast.pairs = list(_pairs(items))
    lines = [match.span() for match in re.finditer(r"[^\n]+", text) if _is_headline(match.group())]
    spots = [
        index
        for index, item in enumerate(items)
        if item.label in NAMES
        # capitals of a headline are no names: "Novak Offers Help"
        and (item.label != "name" or not any(a <= item.start < b for a, b in lines))
    ]
    # Full names first, so that a short form finds its owner even when it comes earlier.
    for index in sorted(spots, key=lambda i: (items[i].label == "short", -len(items[i].tokens), i)):
        _meet(items, index, cast, registry)
    cast.mentions.sort(key=lambda mention: mention.start)
    return cast


def _is_headline(line: str) -> bool:
    words = [word for word in line.split() if word[:1].isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) > 3 and capitals > 0.7 * len(words) and line.rstrip()[-1] not in '.!?”"'


def _sentence_starts(text: str) -> Iterator[int]:
    """Yield where sentences begin; a quotation of several sentences belongs to its speaker's."""
    quotes = [match.span() for match in _QUOTED.finditer(text)]
    for match in _SENTENCE_END.finditer(text):
        if not any(start < match.start() and match.end() < end for start, end in quotes):
            yield match.end()


def _all_items(text: str, registry: Registry) -> Iterator[Item]:
    for match in re.finditer(r"[^\n]+", text):
        yield from parse_items(match.group(), registry, offset=match.start())


def _countries(items: Sequence[Item], text: str) -> Iterator[tuple[int, str]]:
    for item in items:
        if item.label in PLACES:
            entry = item.aliases[0].entry
            if isinstance(entry, Country) and not _means_other(entry, text):
                yield item.start, entry.iso2
        elif item.label == "person":
            yield from ((item.start, code) for code in item_countries(item) if code != "IGO")


def _pairs(items: Sequence[Item]) -> Iterator[tuple[int, tuple[str, str]]]:
    states = {"country", "capital", "demonym"}
    for one, joint, other in zip(items, items[1:], items[2:], strict=False):
        if one.label in states and joint.label == "conj" and other.label in states:
            first, second = item_countries(one), item_countries(other)
            if first and second and first != second:
                yield one.start, (first[0], second[0])


def _means_other(country: Country, text: str) -> bool:
    return any(re.search(rf"\b{re.escape(word)}\b", text) for word in country.not_near)


def _meet(items: Sequence[Item], index: int, cast: Cast, registry: Registry) -> None:
    item = items[index]
    title = read_title(parse_phrase(_around(items, index, registry), registry.words), registry)
    figure = _figure(item, cast, title, registry)
    if figure is None:
        return
    if figure.person is None:
        figure.learn(title)
    elif title.office is not None and not figure.office:
        figure.office = title.office.key
    cast.mentions.append(Mention(item.start, item.end, figure, _is_subject(items, index)))


def _is_subject(items: Sequence[Item], index: int) -> bool:
    following = items[index + 1].label if index + 1 < len(items) else ""
    first = index
    while first > 0 and items[first - 1].label in _TITLE_PARTS | {"det"}:
        first -= 1
    return following != "'s" and (first == 0 or items[first - 1].label != "prep")


def _figure(item: Item, cast: Cast, title: Title, registry: Registry) -> Figure | None:
    known = known_person(item, cast, title)
    if known is not None:
        return _enlist(cast, figure_of(known, cast.when, registry))
    if item.label == "short":
        return cast.named(item.text)
    earlier = cast.named(item.text)
    if earlier is not None:
        return earlier
    if len(item.tokens) == 1 and not (title.role or title.gender):
        return None  # a lone capital may be the first word of a sentence
    return _enlist(cast, Figure(name=item.text))


def _enlist(cast: Cast, figure: Figure) -> Figure:
    for known in cast.figures:
        if known.name == figure.name:
            return known
    cast.figures.append(figure)
    return figure


def figure_of(person: Person, when: datetime | None, registry: Registry) -> Figure:
    """Return a registry person as an article of `when` meets them, in the highest office."""
    rank = list(registry.offices)
    terms = person.terms_on(when.date()) if when is not None else ()
    term = min(terms, key=lambda term: rank.index(term.office), default=None)
    return Figure(
        name=person.name,
        person=person,
        countries=(term.country,) if term is not None and term.country else person.countries,
        office=term.office if term is not None else "",
        gender=person.gender,
        titled=True,
    )


def known_person(item: Item, cast: Cast, title: Title | None = None) -> Person | None:
    """Return the registry's person an item names, None when nobody or several fit.

    A short name means a person named in full in the article, else the one who holds an
    office on its date, else the only one whose country the article names or who once held
    the office the text says.
    """
    found = [alias.entry for alias in item.aliases if isinstance(alias.entry, Person)]
    people = list({person.name: person for person in found}.values())
    if title is not None and title.countries:
        people = [person for person in people if person.countries == title.countries] or people
    if item.label == "person":
        return people[0] if len(people) == 1 else None
    if item.label != "short":
        return None
    present = [person for person in people if any(f.person is person for f in cast.figures)]
    held = _once_held(people, title)
    if len(present) == 1 or len(held) == 1:
        return (present if len(present) == 1 else held)[0]
    namesake = cast.named(item.text)
    if namesake is not None and namesake.person is None and namesake.titled:
        return None
    likely = _likely(people, cast)
    # An untitled stranger of that surname wins, unless the short name is a head of state's.
    stranger = namesake is not None and namesake.person is None
    surname = namesake is not None and namesake.is_surname(item.folded)
    return None if stranger and surname and not _heads(likely, cast) else likely


def _once_held(people: Sequence[Person], title: Title | None) -> list[Person]:
    if title is None or title.office is None:
        return []
    return [p for p in people if title.office.key in (term.office for term in p.offices)]


def _heads(person: Person | None, cast: Cast) -> bool:
    """Say whether somebody heads a state or government on the article's day."""
    terms = person.terms_on(cast.when.date()) if person and cast.when is not None else ()
    return any(term.office in cast.heads for term in terms)


def _likely(people: Sequence[Person], cast: Cast) -> Person | None:
    if cast.when is not None:
        day = cast.when.date()
        serving = [person for person in people if person.terms_on(day)]
        if len(serving) == 1:
            return serving[0]
    at_home = [p for p in people if cast.mentions_country(p.country) or p.country == "IGO"]
    return people[0] if len(people) == 1 and at_home else None


def _around(items: Sequence[Item], index: int, registry: Registry) -> list[Item]:
    """Return the item with the title before it and the apposition behind it."""
    first = index
    while first > 0 and (_belongs(items[first - 1], registry) or _links(items, first - 1)):
        first -= 1
    return [*items[first : index + 1], *_apposition(items, index, registry)]


def _links(items: Sequence[Item], index: int) -> bool:
    """Say whether a preposition is inside a title: "ambassador TO somewhere Jan Novak"."""
    titles = ("office", "spokes", "body")
    return items[index].label == "prep" and index > 0 and items[index - 1].label in titles


def _belongs(item: Item, registry: Registry) -> bool:
    if item.label in _TITLE_PARTS:
        return True
    if item.label in ("word", "conj", "cap"):
        return item.folded in registry.words.adjectives
    return False


def _apposition(items: Sequence[Item], index: int, registry: Registry) -> list[Item]:
    if index + 2 >= len(items) or items[index + 1].label != ",":
        return []
    found: list[Item] = []
    for item in items[index + 2 : index + 12]:
        fits = item.label in ("det", "prep", "unnamed") or _belongs(item, registry)
        if not fits:
            break
        found.append(item)
    closed = index + 2 + len(found) >= len(items) or items[index + 2 + len(found)].label in ',.”"'
    titled = any(item.label in ("office", "spokes", "rank") for item in found)
    return [items[index + 1], *found] if titled and closed else []


# -- looking back ---------------------------------------------------------------------------


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
        and mention.figure.titled
        and mention.figure.gender in (gender, "")
        and cast.sentence(mention.start) >= cast.sentence(position) - 4
        and cast.paragraph(mention.start) >= cast.paragraph(position) - 1
    ]
    outside = [mention for mention in fitting if not inside(mention.start)]
    for mentions in ([m for m in outside if m.subject], outside, fitting):
        if mentions:
            nearest = max(cast.sentence(mention.start) for mention in mentions)
            found = [m.figure for m in mentions if cast.sentence(m.start) == nearest]
            certain = [figure for figure in found if figure.gender == gender]
            return (certain or found)[0]
    return None
