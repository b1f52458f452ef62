"""What the words around a name say of a person: office, role code, country, gender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.extract.phrases import NAMES, PLACES, Item, Phrase, nationality
from pipeline.extract.registry import IGO, Actor, Body, Office, Registry
from pipeline.extract.tokens import fold

# Actors whose president or chairman is nobody's head of state.
PRIVATE = frozenset({"parties", "groups", "organisations", "outlets", "agencies", "platforms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """`office` is a key of the registry's offices; `role` the text's own words for it."""

    role: str = ""
    code: str = ""
    office: Office | None = None
    countries: tuple[str, ...] = ()
    gender: str = ""


def read_title(phrase: Phrase, registry: Registry) -> Title:
    """Return what a phrase says of the person it names."""
    office = find_office(phrase, registry)
    return Title(
        role=role_words(phrase),
        code=_code(phrase, office, registry),
        office=office,
        countries=_told(phrase, registry),
        gender=_gender(phrase, registry),
    )


def _told(phrase: Phrase, registry: Registry) -> tuple[str, ...]:
    """Return the nationality the title tells; a namesake in the registry tells nothing."""
    named = phrase.name is not None
    return nationality(replace(phrase, head=phrase.head[:-1]) if named else phrase, registry)


def find_office(phrase: Phrase, registry: Registry) -> Office | None:
    """Return the highest office the phrase names, as its country understands the title."""
    rank = list(registry.offices.values())
    country = next(iter(nationality(phrase, registry)), "")
    for part in (phrase, *phrase.appositions):
        items = [item for item in part.head if item.label == "office"]
        if items and not _is_former(part.head, registry):
            found = [office_meant(item, part, country) for item in items]
            held = [office for office in found if office is not None]
            return min(held, key=rank.index, default=None)
    return None


def office_meant(item: Item, phrase: Phrase, country: str) -> Office | None:
    """Return the office of a title; None for one inside a party, company or organisation."""
    office = choose_office(item, country)
    within = any(
        alias.label == "actor" and isinstance(alias.entry, Actor) and alias.entry.table in PRIVATE
        for part in (*phrase.head, *phrase.possessor)
        for alias in part.aliases
    )
    return None if within and office is not None and office.single else office


def choose_office(item: Item, country: str) -> Office | None:
    """Return the reading of a title that holds in `country`."""
    offices = [alias.entry for alias in item.aliases if isinstance(alias.entry, Office)]
    for office in offices:
        if item.folded in map(fold, office.local.get(country, ())):
            return office
    common = [office for office in offices if item.folded in map(fold, office.titles)]
    return next(iter(common or offices), None)


def role_words(phrase: Phrase) -> str:
    """Return the text's words for the role, without name, nationality and honorific."""
    for part in (phrase, *phrase.appositions):
        kept = [item for item in part.head if item.label not in NAMES | PLACES | {"honorific"}]
        if any(item.label in ("office", "rank", "spokes", "unnamed") for item in kept):
            return " ".join(_plain(item) for item in kept)
    return ""


def _plain(item: Item) -> str:
    return item.text if item.label in ("actor", "name") else item.text.lower()


def _is_former(items: Iterable[Item], registry: Registry) -> bool:
    return any(item.folded in registry.words.former for item in items)


def _code(phrase: Phrase, office: Office | None, registry: Registry) -> str:
    for part in (phrase, *phrase.appositions):
        if _is_former(part.head, registry):
            return "EXP"
    if nationality(phrase, registry) == (IGO,) and office is not None:
        return IGO
    house = [item for item in phrase.head if item.folded in registry.words.house["OPP"]]
    if house and office is not None and office.code in ("LEG", "GOV"):
        return "OPP"
    if office is not None and office.code:
        return office.code
    return house_code(phrase, registry) or _rank_code(phrase)


def _rank_code(phrase: Phrase) -> str:
    ranks = [item for item in phrase.items if item.label == "rank"]
    return str(ranks[0].aliases[0].entry) if ranks else ""


def house_code(phrase: Phrase, registry: Registry) -> str:
    """Return the role code of the body or house a phrase belongs to, "" when it tells none."""
    for item in _inside_out(phrase):
        code = item_code(item, registry)
        if code:
            return code
    return ""


def _inside_out(phrase: Phrase) -> Sequence[Item]:
    inner = [item for word, items in phrase.complements if word in ("of", "for") for item in items]
    outer = [item for part in phrase.appositions for item in part.head]
    return (*phrase.head, *phrase.possessor, *inner, *outer)


def item_code(item: Item, registry: Registry) -> str:
    """Return the role code one item tells, "" when none."""
    if item.aliases:
        entry = item.aliases[0].entry
        if isinstance(entry, Actor | Body):
            return entry.code
    if item.label == "region":
        return ""
    for code, words in registry.words.house.items():
        if item.folded in words:
            return code
    return ""


def _gender(phrase: Phrase, registry: Registry) -> str:
    for item in phrase.items:
        if item.folded in registry.words.genders:
            return registry.words.genders[item.folded]
        if item.label == "honorific":
            gender = registry.words.honorifics.get(item.text, "")
            if gender:
                return gender
        if item.label in ("office", "spokes") and item.folded.endswith("woman"):
            return "f"
        if item.label in ("office", "spokes") and item.folded.endswith("man"):
            return "m"
    return ""
