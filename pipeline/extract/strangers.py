"""States no list has: found in an article by what stands around their names.

    "Norvia's foreign minister", "two Norvian officials", "ULSTEN, Kestan -"

Such a state is a country of that article alone. Its code begins with a question mark and
never leaves the component: a speaker of such a state has no country, but keeps from being
given somebody else's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.extract.entries import Body, Country, Office, Words
from pipeline.extract.phrases import Item
from pipeline.extract.tokens import fold

MARK = "?"
MAX_NAME = 3  # words
SURE = 2  # points from which a name is a state's
# Offices only a state has give two points; a company has a president as well.
OF_STATE = {"HOS": 1, "HOG": 2, "FM": 2, "MFA": 2, "DEF": 2}
DATELINE = re.compile(
    r"^\s*[A-Z][A-Z .'’-]+,\s+(?P<state>[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})\s*(?:\(|—|–|-)"
)


@dataclass(slots=True)
class _Found:
    """Names and adjectives met so far, with their points."""

    names: dict[str, int] = field(default_factory=dict)
    adjectives: dict[str, int] = field(default_factory=dict)
    full: dict[str, str] = field(default_factory=dict)  # name -> "Kingdom of NAME"


def unknown_states(items: Sequence[Item], text: str, words: Words) -> tuple[Country, ...]:
    """Return the states of a text that the registry does not have."""
    found = _Found()
    people = _people(items)
    for index, item in enumerate(items):
        if item.label == "name" and len(item.tokens) <= MAX_NAME and item.text not in people:
            _weigh(items, index, found, words)
    head = DATELINE.match(text)
    known = {item.text: item.label for item in items[:12]}
    if head is not None and known.get(head["state"]) == "name":
        found.names[head["state"]] = SURE
    return tuple(_states(found, items, words))


def is_stranger(code: str) -> bool:
    """Say whether a country code is that of an unlisted state."""
    return code.startswith(MARK)


def _people(items: Sequence[Item]) -> set[str]:
    """Return the first and last words of longer names: they are people's."""
    parts: set[str] = set()
    for index, item in enumerate(items):
        titled = index > 0 and items[index - 1].label in ("office", "rank", "honorific", "spokes")
        if item.label == "name" and (len(item.tokens) > 1 or titled):
            parts |= {item.tokens[0].text, item.tokens[-1].text}
            if titled:
                parts.add(item.text)
    return parts


def _weigh(items: Sequence[Item], index: int, found: _Found, words: Words) -> None:
    item, following = items[index], items[index + 1 : index + 5]
    if following and following[0].label == "'s":
        points = _points(following[1:], words)
        if points:
            found.names[item.text] = found.names.get(item.text, 0) + points
    elif _is_adjective(item, words):
        points = _points(following, words)
        if points:
            found.adjectives[item.text] = found.adjectives.get(item.text, 0) + points
    else:
        points = _beside(items, index, words)
        if points:
            found.names[item.text] = found.names.get(item.text, 0) + points
    before = items[max(0, index - 2) : index]
    form = before[0].folded if len(before) == 2 and before[1].folded == "of" else ""
    if form in words.state_forms:
        found.names[item.text] = SURE
        found.full[item.text] = f"{before[0].text} of {item.text}"
    if item.tokens[-1].folded in words.state_forms and len(item.tokens) > 1:
        found.names[item.text] = SURE


def _beside(items: Sequence[Item], index: int, words: Words) -> int:
    """Return how sure "the NAME premier", "envoy to NAME", "NAME and NAME" make of a state."""
    before = [item.label for item in items[max(0, index - 2) : index]]
    if before[-1:] == ["det"]:
        return _points(items[index + 1 : index + 5], words)
    if before == ["office", "prep"] and items[index - 2].folded in words.posted:
        return SURE
    paired = [item.label for item in items[index + 1 : index + 3]] == ["conj", "name"]
    pair = paired or before == ["name", "conj"]
    return 1 if pair and len(items[index].tokens) == 1 else 0


def _points(following: Sequence[Item], words: Words) -> int:
    """Return how sure the words behind a name make that it is a state's."""
    for item in following:
        if item.label == "word" and item.folded in words.adjectives:
            continue
        if item.label == "word":
            return SURE if item.folded in words.state_nouns else 0
        entry = item.aliases[0].entry if item.aliases else None
        if isinstance(entry, Office):
            return OF_STATE.get(entry.code, 0) if entry.single or entry.code == "MFA" else 0
        if isinstance(entry, Body):
            listed = item.folded in words.state_nouns
            return SURE if listed or entry.code in OF_STATE or entry.code == "MIL" else 0
        if item.label == "unnamed":
            return SURE if item.folded in words.state_nouns else 0
        return 0
    return 0


def _is_adjective(item: Item, words: Words) -> bool:
    """Say whether a name of one word looks like an adjective of a people."""
    plain = len(item.tokens) == 1 and len(item.text) > 4 and item.folded not in words.peoples
    return plain and item.folded.endswith(words.demonym_endings)


def _states(found: _Found, items: Sequence[Item], words: Words) -> Iterator[Country]:
    singles = {i.text for i in items if i.label == "name" and len(i.tokens) == 1}
    taken: set[str] = set()
    for adjective, points in found.adjectives.items():
        name = next((n for n in (*found.names, *sorted(singles)) if _kin(n, adjective)), "")
        if points + found.names.get(name, 0) >= SURE:
            taken.add(name)
            yield _state(name, (adjective,), found)
    for name, points in found.names.items():
        if name in taken:
            continue
        demonyms = tuple(
            one
            for one in sorted(singles)
            if _kin(name, one) and one.casefold().removesuffix("s").endswith(words.demonym_endings)
        )
        if points >= SURE or demonyms:
            yield _state(name, demonyms, found)


def _kin(name: str, adjective: str) -> bool:
    """Say whether a name and an adjective share their stem: Norvia, Norvian."""
    one, other = fold(name.split(maxsplit=1)[0]), fold(adjective)
    stem = max(3, len(one) - 3)
    return one != other and one[:stem] == other[:stem] and len(one) - 1 <= len(other) + 1


def _state(name: str, demonyms: tuple[str, ...], found: _Found) -> Country:
    key = f"{MARK}{fold(name or demonyms[0])}"
    full = (found.full[name],) if name in found.full else ()
    singular = tuple(one.removesuffix("s") for one in demonyms)
    return Country(iso2=key, iso3="", name=name, demonyms=singular, names=full)
