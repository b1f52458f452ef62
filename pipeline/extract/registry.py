"""Who can speak: people, offices, states, forces, agencies, read from `pipeline/actors`.

    Registry.load(Path("config/actors")) -> Registry      package data, the user's files on top

Code holds no name; `entries` has the records, `actorfiles` reads and checks the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pipeline.extract.actorfiles import Entries, read_entries
from pipeline.extract.entries import (
    IGO,
    ROLE_CODES,
    Actor,
    Alias,
    Body,
    Country,
    Entry,
    Office,
    Person,
    Term,
    Unnamed,
    Words,
)
from pipeline.extract.tokens import Token, fold, tokenize

__all__ = [
    "IGO",
    "ROLE_CODES",
    "Actor",
    "Alias",
    "Body",
    "Country",
    "Office",
    "Person",
    "Registry",
    "Term",
    "Unnamed",
    "Words",
]

PACKAGE_DATA = Path(__file__).resolve().parent.parent / "actors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All actors, with every lookup prepared. Build with `load`; immutable after that."""

    countries: Mapping[str, Country]
    regions: Mapping[str, str]  # name of a region -> country
    towns: Mapping[str, str]  # name of a town that is no capital -> country
    people: Mapping[str, Person]
    offices: Mapping[str, Office]
    bodies: Mapping[str, Body]
    actors: Mapping[str, Actor]  # by name; the first table of ACTOR_TABLES wins
    words: Words
    aliases: Mapping[str, tuple[Alias, ...]]  # by first folded word, longest first

    @staticmethod
    def load(extra: Path | None = None) -> Registry:
        """Return the package's registry with the `*.toml` files of folder `extra` on top.

        Cached for as long as no file changes. Raises ConfigError, naming file and key.
        """
        files = [*sorted(PACKAGE_DATA.glob("*.toml"))]
        files += sorted(extra.glob("*.toml")) if extra is not None else []
        return _load(tuple((str(path), path.stat().st_mtime_ns) for path in files))

    def at(self, tokens: list[Token], start: int) -> list[Alias]:
        """Return the longest names that begin at token `start`; several when ambiguous."""
        found: list[Alias] = []
        second = tokens[start + 1].folded if start + 1 < len(tokens) else ""
        for alias in self.aliases.get(tokens[start].folded, ()):
            if len(alias.words) > 1 and alias.words[1] != second:
                continue
            if found and len(alias.words) < len(found[0].words):
                break
            if alias.fits(tokens, start):
                found.append(alias)
        return found

    def holders(self, office: str, country: str, when: datetime) -> list[tuple[Person, Term]]:
        """Return who held `office` of `country` on the day of `when`."""
        return [
            (person, term)
            for person in self.people.values()
            for term in person.terms_on(when.date())
            if term.office == office and (term.country or person.country) == country
        ]

    def handle(self, name: str) -> list[Alias]:
        """Return the people whose full name, written as one word, is `name`: a handle."""
        return [
            Alias("person", person.name, (), person)
            for person in self.people.values()
            if fold(person.name).replace(" ", "") == fold(name)
        ]

    def outlet(self, name: str) -> Actor | None:
        """Return the outlet or agency of that name in any of its forms."""
        tokens = tokenize(name)
        for alias in self.at(tokens, 0) if tokens else ():
            entry = alias.entry
            whole = len(alias.words) == len(tokens)
            if whole and isinstance(entry, Actor) and entry.table in ("outlets", "agencies"):
                return entry
        return None

    def institution(self, body: str, country: str) -> Actor | None:
        """Return what `body` is called in `country`, when it has a name of its own."""
        for actor in self.actors.values():
            if actor.body == body and actor.country == country:
                return actor
        return None

    def demonym(self, code: str) -> str:
        """Return the first adjective of a country code, "" when it has none."""
        country = self.countries.get(code)
        return next(iter(country.demonyms), "") if country is not None else ""

    def country_name(self, code: str) -> str:
        """Return the name of a country code; the code itself when unknown."""
        return self.countries[code].name if code in self.countries else code

    def with_states(self, states: Iterable[Country]) -> Registry:
        """Return a registry that knows these states as well: those of one article, unlisted."""
        new = {state.iso2: state for state in states}
        aliases = dict(self.aliases)
        added = _index(alias for state in new.values() for alias in _country_aliases(state))
        for first, found in added.items():
            both = (*found, *aliases.get(first, ()))
            aliases[first] = tuple(sorted(both, key=lambda alias: -len(alias.words)))
        return replace(self, countries={**self.countries, **new}, aliases=aliases)


@lru_cache(maxsize=4)
def _load(files: tuple[tuple[str, int], ...]) -> Registry:
    entries = read_entries(Path(name) for name, _ in files)
    return Registry(
        countries=entries.countries,
        regions=entries.regions,
        towns=entries.towns,
        people=entries.people,
        offices=entries.offices,
        bodies=entries.bodies,
        actors=entries.actors,
        words=entries.words,
        aliases=_index(_aliases(entries)),
    )


# -- names to entries -------------------------------------------------------------------


def _aliases(entries: Entries) -> Iterator[tuple[str, str, Entry]]:
    """Yield (label, written form, entry) of everything a phrase can hold."""
    for country in entries.countries.values():
        yield from _country_aliases(country)
    states = entries.countries
    yield from (("region", name, states[code]) for name, code in entries.regions.items())
    yield from (("town", name, states[code]) for name, code in entries.towns.items())
    for person in entries.people.values():
        yield from (("person", name, person) for name in (person.name, *person.names))
        yield from (("short", name, person) for name in person.short_names)
    yield from _post_aliases(entries)
    for actor in entries.actors.values():
        yield from (("actor", name, actor) for name in (actor.name, *actor.names))
        yield from (("actor", name, actor) for name in actor.metonyms)
    yield from _word_aliases(entries.words)


def _country_aliases(country: Country) -> Iterator[tuple[str, str, Entry]]:
    yield from (("country", name, country) for name in (country.name, *country.names) if name)
    yield from (("capital", name, country) for name in country.capitals)
    yield from (("capital", name, country) for name in country.metonyms)
    for demonym in country.demonyms:
        yield "demonym", demonym, country
        yield "demonym", f"{demonym}s", country


def _post_aliases(entries: Entries) -> Iterator[tuple[str, str, Entry]]:
    for office in entries.offices.values():
        local = [title for titles in office.local.values() for title in titles]
        yield from (("office", title, office) for title in {*office.titles, *local})
        yield from (("office", _plural(title), office) for title in {*office.titles, *local})
    for body in entries.bodies.values():
        local = [title for titles in body.local.values() for title in titles]
        yield from (("body", title, body) for title in (*body.titles, *local))
        yield from (("body", _plural(title), body) for title in body.titles)


def _word_aliases(words: Words) -> Iterator[tuple[str, str, Entry]]:
    for honorific in words.honorifics:
        yield "honorific", honorific, honorific
    yield from (("rank", rank, "MIL") for rank in words.ranks)
    yield from (("rank", rank, "GOV") for rank in words.police_ranks)
    yield from (("spokes", word, word) for word in words.spokespeople)
    yield from (("pronoun", word, word) for word in words.pronouns)
    for unnamed in words.unnamed.values():
        yield from (("unnamed", word, unnamed) for word in unnamed.words)
    yield from (("document", word, word) for word in words.documents.words)
    yield from (("collective", word, word) for word in words.collectives.words)


def _plural(title: str) -> str:
    head, _, rest = title.partition(" of ")
    ending = "men" if head.endswith("man") else ""
    plural = head[:-3] + ending if ending else f"{head}s"
    if head.endswith("y"):
        plural = f"{head[:-1]}ies"
    return f"{plural} of {rest}" if rest else plural


def _index(aliases: Iterable[tuple[str, str, Entry]]) -> dict[str, tuple[Alias, ...]]:
    index: dict[str, dict[tuple[str, str, int], Alias]] = defaultdict(dict)
    for label, written, entry in aliases:
        words = tuple(token.folded for token in tokenize(written))
        if words:
            key = (label, written, id(entry))
            index[words[0]].setdefault(key, Alias(label, written, words, entry))
    return {
        first: tuple(sorted(found.values(), key=lambda alias: -len(alias.words)))
        for first, found in index.items()
    }
