"""Who is who within one article: full and short names, titles seen once, pronouns.

A cast is built once from the whole text; a name given in full anywhere explains its short
form everywhere. Pronouns look back only, to people of the right gender or number, and never
further than the paragraph before. No candidate, no answer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.extract.cast import Cast, Figure, Mention
from pipeline.extract.phrases import (
    NAMES,
    PLACES,
    TITLES,
    Item,
    item_countries,
    parse_items,
    parse_phrase,
)
from pipeline.extract.registry import Actor, Body, Country, Person, Registry
from pipeline.extract.strangers import unknown_states
from pipeline.extract.titles import Title, read_title
from pipeline.records import HopKind

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+(?=[\"“‘A-Z])|\n+")
_QUOTED = re.compile(r"“[^”\n]*”|\"[^\"\n]*\"")
# CITY, State (Agency) -   CITY:   CITY, Month 3 /AGENCY/
DATELINE = re.compile(
    r"\s*(?:[A-Z][A-Z .'’-]+|(?:[A-Z][\w'’-]+ ?){1,3}(?=[,:\[]| [-—–(\[]))[^()\n—–:/]{0,40}?\s*"
    r"(?::|—|–|--?\s|\(|/)"
)
_STATES = PLACES | {"actor", "person"}
_TITLE_PARTS = TITLES | PLACES | {"body", "actor", "'s"}


def build_cast(text: str, registry: Registry, when: datetime | None) -> Cast:
    """Return who and which countries occur in `text`."""
    items = list(_all_items(text, registry))
    states = unknown_states(items, text, registry.words)
    if states:
        registry = registry.with_states(states)
        items = list(_all_items(text, registry))
    heads = frozenset(key for key, o in registry.offices.items() if o.code in ("HOS", "HOG"))
    cast = Cast(text=text, when=when, heads=heads, registry=registry)
    cast.paragraphs = [0, *(match.end() for match in re.finditer(r"\n+", text))]
    cast.sentences = [0, *_sentence_starts(text)]
    cast.countries = list(_countries(items, text))
    cast.pairs = list(_pairs(items))
    cast.dateline = _dateline(items, text)
    _set_places(cast, items)
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


def _dateline(items: Sequence[Item], text: str) -> str:
    """Return the country of the place before the first dash, colon or agency; "" when none."""
    head = DATELINE.match(text)
    if head is None:
        return ""
    placed = [item for item in items[:8] if item.end <= head.end() and item.label in PLACES]
    found = [code for item in placed for code in item_countries(item)]
    return found[-1] if found else ""


def _set_places(cast: Cast, items: Sequence[Item]) -> None:
    """Note where the text names places, bodies with their state, and each sentence's first."""
    pairs = {start for start, _ in cast.pairs}
    for index, item in enumerate(items):
        codes = item_countries(item) if item.label in _STATES else ()
        entry = item.aliases[0].entry if item.aliases else None
        if isinstance(entry, Actor) and entry.kind in (HopKind.AGENCY, HopKind.OUTLET):
            cast.media.append((item.start, entry))
            continue
        if len(codes) != 1:
            continue
        number = cast.sentence(item.start)
        opens = index > 0 and items[index - 1].start == cast.sentences[number]
        if (
            opens
            and items[index - 1].label == "prep"
            and item.label in ("capital", "country", "town")
        ):
            cast.openings[number] = codes[0]
        if item.label in PLACES - {"demonym"}:
            cast.spots.append((item.start, codes[0]))
        # "in Ruritania" is where, "Ruritania's army" who; two at once are neither
        apart = item.start not in pairs and _is_led(items, index)
        if apart and number not in cast.subjects:
            cast.subjects[number] = f"{item.start} {codes[0]}"
        following = [i for i in items[index + 1 : index + 4] if i.label not in ("'s", "word")]
        if item.label in PLACES and following and following[0].label == "body":
            body = following[0].aliases[0].entry
            if isinstance(body, Body):
                cast.bodies.append((item.start, body.key, codes[0]))
        if isinstance(entry, Actor) and entry.body:
            cast.bodies.append((item.start, entry.body, codes[0]))


def _is_headline(line: str) -> bool:
    words = [word for word in line.split() if word[:1].isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    return len(words) > 3 and capitals > 0.7 * len(words) and line.rstrip()[-1] not in '.!?”"'


def _sentence_starts(text: str) -> Iterator[int]:
    """Yield where sentences begin; a quotation of several sentences belongs to its speaker's."""
    quotes = [match.span() for match in _QUOTED.finditer(text)]
    starts = [start for start, _ in quotes]
    for match in _SENTENCE_END.finditer(text):
        last = bisect_left(starts, match.start()) - 1  # quotations do not overlap
        if last < 0 or match.end() >= quotes[last][1]:
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
    member = index > 1 and items[index - 1].label == "'s" and items[index - 2].label != "name"
    figure.titled = figure.titled or (member and item.label == "name")  # "the party's NAME"
    if not title.countries and figure.person is None:
        title = replace(title, countries=_whose(items, index, cast, registry))
    if figure.person is None:
        figure.learn(title)
    elif title.office is not None and not figure.office:
        figure.office = title.office.key
    cast.mentions.append(Mention(item.start, item.end, figure, _is_subject(items, index)))


def _whose(items: Sequence[Item], index: int, cast: Cast, registry: Registry) -> tuple[str, ...]:
    """Return the state told by "its minister, NAME" or "NAME, who led the Ruritanian side"."""
    words = registry.words
    behind = [item for item in items[index + 1 : index + 9] if item.label != "det"]
    if behind and behind[0].label == ",":
        clause = behind[1:]
        verbs = [n for n, item in enumerate(clause[:3]) if item.folded in words.leading]
        led = clause[verbs[0] + 1 : verbs[0] + 3] if verbs else []
        if len(led) == 2 and led[0].label in PLACES and led[1].folded in words.led:
            return item_countries(led[0])
    first = index
    while first > max(0, index - 5) and (
        _belongs(items[first - 1], registry) or items[first - 1].label in (",", "word")
    ):
        first -= 1
    owner = items[first - 1] if 0 < first < index else None
    neuter = owner is not None and words.possessives.get(owner.folded) in ("n", "p")
    if owner is not None and neuter and first < index:
        state = cast.subject_state(owner.start)
        return (state,) if state else ()
    return ()


def _is_subject(items: Sequence[Item], index: int) -> bool:
    following = items[index + 1].label if index + 1 < len(items) else ""
    return following != "'s" and _is_led(items, index)


def _is_led(items: Sequence[Item], index: int) -> bool:
    """Say whether no preposition governs the phrase."""
    first = index
    while first > 0 and items[first - 1].label in _TITLE_PARTS | {"det"}:
        first -= 1
    return first == 0 or items[first - 1].label != "prep"


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
    if first == index:
        before = _title_before_comma(items, index)
        if before:
            return [*before, items[index]]
    return [*items[first : index + 1], *_apposition(items, index, registry)]


def _title_before_comma(items: Sequence[Item], index: int) -> list[Item]:
    """Return the title of "Ruritania's envoy to the talks, NAME,"; [] when there is none."""
    following = items[index + 1].label if index + 1 < len(items) else ","
    if index < 2 or items[index - 1].label != "," or following not in ",.":
        return []
    first = index - 1
    while first > 0 and index - first < 10 and items[first - 1].label not in ',.;:()"“”—–':
        first -= 1
    front = list(items[first : index - 1])
    cut = next((n for n, item in enumerate(front) if item.label == "prep"), len(front))
    title = front[:cut]
    ends = title[-1].label if title else ""
    return title if ends in ("office", "spokes", "rank", "unnamed") else []


def _links(items: Sequence[Item], index: int) -> bool:
    """Say whether a preposition is inside a title: "ambassador TO somewhere Jan Novak"."""
    titles = ("office", "spokes", "body")
    return items[index].label == "prep" and index > 0 and items[index - 1].label in titles


def _belongs(item: Item, registry: Registry) -> bool:
    if item.label in _TITLE_PARTS:
        return True
    if item.label in ("word", "conj", "cap"):
        parties = registry.words.anaphors["group"]
        return item.folded in registry.words.adjectives or item.folded in parties
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
