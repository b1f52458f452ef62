"""The entries of the actor registry: countries, people, offices, bodies, words.

Every entry lives in a table of a TOML file under `pipeline/actors`; the head of each file
explains its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from pipeline.extract.tokens import Token
from pipeline.records import HopKind

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
    usual: tuple[str, ...] = ()  # the states that have it, when only a few do
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
    given_name: bool = False  # also a first name
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
    degrees: tuple[str, ...]
    particles: tuple[str, ...]
    prepositions: tuple[str, ...]
    dropped: tuple[str, ...]
    based: tuple[str, ...]
    genders: Mapping[str, str]
    possessives: Mapping[str, str]
    serving: tuple[str, ...]
    posted: tuple[str, ...]
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
    state_forms: tuple[str, ...]
    state_nouns: tuple[str, ...]
    demonym_endings: tuple[str, ...]
    peoples: tuple[str, ...]
    elsewhere: tuple[str, ...]
    institutions: tuple[str, ...]
    agent_endings: tuple[str, ...]
    no_agents: tuple[str, ...]
    leading: tuple[str, ...]
    led: tuple[str, ...]
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
        for place, word in enumerate(self.words, start):  # hot: no generator
            if tokens[place].folded != word:
                return False
        first = tokens[start].text
        if self.written.isupper():
            return all(t.text.upper() == t.text for t in tokens[start:end])
        return not self.written[0].isupper() or first[0].isupper() or first in ("'s",)
