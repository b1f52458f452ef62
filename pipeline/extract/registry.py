"""Who can speak: people, offices, states, forces, agencies, read from `pipeline/actors`.

    Registry.load(Path("config/actors")) -> Registry      package data, the user's files on top

Every entry lives in a table of a TOML file; the head of each file explains its keys. The same
key in a user's file replaces the keys it names and keeps the others. Code holds no name.
"""

from __future__ import annotations

import difflib
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from pipeline.errors import ConfigError
from pipeline.extract.tokens import Token, fold, tokenize
from pipeline.records import HopKind

PACKAGE_DATA = Path(__file__).resolve().parent.parent / "actors"
IGO = "IGO"

# What the entries of a table are when they do not say: (kind, role, code, country).
ACTOR_TABLES: dict[str, tuple[HopKind, str, str, str]] = {
    "institutions": (HopKind.GOVERNMENT, "government", "GOV", ""),
    "agencies": (HopKind.AGENCY, "news agency", "MED", ""),
    "outlets": (HopKind.OUTLET, "newspaper", "MED", ""),
    "organisations": (HopKind.ORGANISATION, "international organisation", "IGO", IGO),
    "forces": (HopKind.MILITARY, "military", "MIL", ""),
    "groups": (HopKind.GROUP, "armed group", "REB", ""),
    "parties": (HopKind.GROUP, "political party", "OPP", ""),
    "platforms": (HopKind.POST, "platform", "", ""),
}
ROLE_CODES = frozenset(
    {"HOS", "HOG", "FM", "MFA", "DEF", "GOV", "MIL", "LEG", "OPP"}
    | {"REB", "SEP", "REG", "IGO", "NGO", "MED", "EXP", "CVL"}
)
STRICT = {"extra": "forbid"}  # a typo in a file is an error, not a silent default


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A state: `iso2` is its key; all names are as newspapers write them."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    iso2: str = ""
    iso3: str
    name: str
    demonyms: tuple[str, ...] = ()
    capitals: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    metonyms: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    article: bool = False  # "the" before the name
    given_name: bool = False  # also a first name


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A time in an office, first and last day included; an open end is None."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    office: str
    country: str = ""  # of the office, when not the person's own
    since: date | None = None
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether the office was held on `day`."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody known by full name. `short` is what a text may call the person alone."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str = ""
    country: str = ""
    gender: str = ""  # m, f, "" unknown
    names: tuple[str, ...] = ()
    short: tuple[str, ...] | None = None  # None: the last word of the name
    offices: tuple[Term, ...] = ()
    role: str = ""
    code: str = ""

    @property
    def countries(self) -> tuple[str, ...]:
        """The country spoken for, as a Speaker has it."""
        return (self.country,) if self.country else ()

    @property
    def short_names(self) -> tuple[str, ...]:
        """Names that mean this person only beside a full name or within the office's dates."""
        return (self.name.split()[-1],) if self.short is None else self.short

    def terms_on(self, day: date) -> tuple[Term, ...]:
        """Return the offices held on `day`."""
        return tuple(term for term in self.offices if term.covers(day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A title held by a person in any state."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    key: str = ""
    titles: tuple[str, ...]
    code: str = ""
    kind: HopKind = HopKind.GOVERNMENT
    single: bool = False
    post: bool = False
    show: str = ""
    country: str = ""
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A ministry, force or service that any state has."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    key: str = ""
    titles: tuple[str, ...]
    code: str = "GOV"
    kind: HopKind = HopKind.GOVERNMENT
    own_words: bool = False
    show: str = ""
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A named body: institution, agency, outlet, organisation, force, group, party, platform."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str = ""
    table: str = ""
    kind: HopKind | None = None
    country: str | None = None
    names: tuple[str, ...] = ()
    metonyms: tuple[str, ...] = ()
    body: str = ""
    role: str = ""
    code: str = ""

    @property
    def countries(self) -> tuple[str, ...]:
        """The country spoken for, as a Speaker has it."""
        return (self.country,) if self.country else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnamed:
    """A noun for people nobody names ("officials"), and the house they speak for."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    key: str = ""
    words: tuple[str, ...]
    code: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """A plain list of phrases; `alone` only when nothing follows."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    words: tuple[str, ...]
    alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The grammar around names; see actors/words.toml."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    honorifics: Mapping[str, str]
    ranks: tuple[str, ...]
    police_ranks: tuple[str, ...]
    spokespeople: tuple[str, ...]
    pronouns: Mapping[str, str]
    determiners: tuple[str, ...]
    particles: tuple[str, ...]
    prepositions: tuple[str, ...]
    dropped: tuple[str, ...]
    based: tuple[str, ...]
    genders: Mapping[str, str]
    possessives: Mapping[str, str]
    relatives: tuple[str, ...]
    adjectives: tuple[str, ...]
    former: tuple[str, ...]
    conjunctions: tuple[str, ...]
    unnamed: Mapping[str, Unnamed]
    house: Mapping[str, tuple[str, ...]]
    documents: Phrases
    collectives: Phrases
    administrations: Mapping[str, tuple[str, ...]]
    organisations: Mapping[str, tuple[str, ...]]
    anaphors: Mapping[str, tuple[str, ...]]
    nobody: tuple[str, ...]


Entry = Country | Person | Office | Body | Actor | Unnamed | str


@dataclass(frozen=True, slots=True)
class Alias:
    """One way to write an entry. `label` is the part it plays in a phrase."""

    label: str
    written: str
    words: tuple[str, ...]  # folded
    entry: Entry

    def fits(self, tokens: list[Token], start: int) -> bool:
        """Say whether the tokens from `start` are this name, capitals included.

        A name written with a capital needs one in the text; an acronym needs all of its own,
        so that "us" is never a country.
        """
        end = start + len(self.words)
        if end > len(tokens):
            return False
        if any(tokens[start + i].folded != word for i, word in enumerate(self.words)):
            return False
        first = tokens[start].text
        if self.written.isupper():
            return all(t.text.upper() == t.text for t in tokens[start:end])
        return not self.written[0].isupper() or first[0].isupper() or first in ("'s",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All actors, with every lookup prepared. Build with `load`; immutable after that."""

    countries: Mapping[str, Country]
    regions: Mapping[str, str]  # name of a region or town -> country
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
        for alias in self.aliases.get(tokens[start].folded, ()):
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


# -- reading ----------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _load(files: tuple[tuple[str, int], ...]) -> Registry:
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    origin: dict[tuple[str, str], str] = {}
    for name, _ in files:
        for table, entries in _read(Path(name)).items():
            for key, value in entries.items():
                tables[table][key] = _merged(tables[table].get(key), value)
                origin[table, key] = name
    return _build(_Source(tables=tables, origin=origin))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), subject=str(path)) from error
    known = {"countries", "regions", "people", "offices", "bodies", "words", *ACTOR_TABLES}
    for table, entries in data.items():
        if table not in known:
            raise ConfigError(f"unknown table [{table}]{_nearest(table, known)}", subject=str(path))
        if not isinstance(entries, dict):
            raise ConfigError(f"[{table}] must be a table", subject=str(path))
    return data


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Merged tables, and the file each key was last read from."""

    tables: Mapping[str, Mapping[str, Any]]
    origin: Mapping[tuple[str, str], str]

    def entries(self, table: str, shape: Any) -> Iterator[tuple[str, Any]]:
        """Yield (key, record of `shape`) of a table; ConfigError names file and key."""
        from pydantic import TypeAdapter

        adapter = TypeAdapter(shape)
        for key, value in self.tables.get(table, {}).items():
            yield key, self.checked(adapter, table, key, value)

    def checked(self, adapter: Any, table: str, key: str, value: Any) -> Any:
        """Validate one entry."""
        from pydantic import ValidationError

        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in (table, key, *first["loc"]))
            file = self.origin.get((table, key)) or self.origin.get((table, str(first["loc"][0])))
            raise ConfigError(f"{where}: {first['msg']}", subject=file or "") from error


def _build(source: _Source) -> Registry:
    countries = {k: replace(v, iso2=k) for k, v in source.entries("countries", Country)}
    people = {k: replace(v, name=k) for k, v in source.entries("people", Person)}
    offices = {k: replace(v, key=k) for k, v in source.entries("offices", Office)}
    bodies = {k: replace(v, key=k) for k, v in source.entries("bodies", Body)}
    regions = {
        name: code for code, names in source.tables.get("regions", {}).items() for name in names
    }
    actors = dict(_actors(source))
    words = _words(source)
    _check_references(source, people, offices, countries)
    parts = (countries, regions, people, offices, bodies, actors, words)
    return Registry(
        countries=countries,
        regions=regions,
        people=people,
        offices=offices,
        bodies=bodies,
        actors=actors,
        words=words,
        aliases=_index(_aliases(*parts)),
    )


def _actors(source: _Source) -> Iterator[tuple[str, Actor]]:
    seen: set[str] = set()
    for table, (kind, role, code, country) in ACTOR_TABLES.items():
        for key, actor in source.entries(table, Actor):
            if key in seen:
                continue
            seen.add(key)
            yield (
                key,
                replace(
                    actor,
                    name=key,
                    table=table,
                    kind=actor.kind or kind,
                    role=actor.role or role,
                    code=actor.code or code,
                    country=country if actor.country is None else actor.country,
                ),
            )


def _words(source: _Source) -> Words:
    from pydantic import TypeAdapter

    words: Words = source.checked(
        TypeAdapter(Words), "words", "words", dict(source.tables.get("words", {}))
    )
    return replace(words, unnamed={k: replace(v, key=k) for k, v in words.unnamed.items()})


def _check_references(
    source: _Source,
    people: Mapping[str, Person],
    offices: Mapping[str, Office],
    countries: Mapping[str, Country],
) -> None:
    for name, person in people.items():
        subject = source.origin.get(("people", name), "")
        if person.country not in countries and person.country not in (IGO, ""):
            raise ConfigError(
                f"people.{name}.country: unknown country {person.country!r}", subject=subject
            )
        for term in person.offices:
            if term.office not in offices:
                raise ConfigError(
                    f"people.{name}.offices: unknown office {term.office!r}"
                    + _nearest(term.office, offices),
                    subject=subject,
                )
    for table in ("people", "offices", "bodies", *ACTOR_TABLES):
        for key, entry in source.tables.get(table, {}).items():
            code = entry.get("code", "")
            if code and code not in ROLE_CODES:
                raise ConfigError(
                    f"{table}.{key}.code: unknown role code {code!r}",
                    subject=source.origin.get((table, key), ""),
                )


# -- names to entries -------------------------------------------------------------------


def _aliases(
    countries: Mapping[str, Country],
    regions: Mapping[str, str],
    people: Mapping[str, Person],
    offices: Mapping[str, Office],
    bodies: Mapping[str, Body],
    actors: Mapping[str, Actor],
    words: Words,
) -> Iterator[tuple[str, str, Entry]]:
    """Yield (label, written form, entry) of everything a phrase can hold."""
    for country in countries.values():
        yield from (("country", name, country) for name in (country.name, *country.names))
        yield from (("capital", name, country) for name in country.capitals)
        yield from (("capital", name, country) for name in country.metonyms)
        for demonym in country.demonyms:
            yield "demonym", demonym, country
            yield "demonym", f"{demonym}s", country
    yield from (("region", name, countries[code]) for name, code in regions.items())
    for person in people.values():
        yield from (("person", name, person) for name in (person.name, *person.names))
        yield from (("short", name, person) for name in person.short_names)
    for office in offices.values():
        local = [title for titles in office.local.values() for title in titles]
        yield from (("office", title, office) for title in {*office.titles, *local})
        yield from (("office", _plural(title), office) for title in {*office.titles, *local})
    for body in bodies.values():
        local = [title for titles in body.local.values() for title in titles]
        yield from (("body", title, body) for title in (*body.titles, *local))
        yield from (("body", _plural(title), body) for title in body.titles)
    for actor in actors.values():
        yield from (("actor", name, actor) for name in (actor.name, *actor.names))
        yield from (("actor", name, actor) for name in actor.metonyms)
    yield from _word_aliases(words)


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
