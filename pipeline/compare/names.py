"""Names of parties and people as texts write them: when two of them are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.compare.tables import load_tables
from pipeline.folding import fold

BRACKETED = re.compile(r"\(([^()]+)\)$")
STEM = 4  # letters at least that a name and its adjective share
ENDING = 4  # letters at most by which they differ


@lru_cache(maxsize=4096)
def is_same_name(one: str, other: str) -> bool:
    """Say whether two names are one: equal, or a name and the adjective made of it.

    Only for names without a country code: "Freedonia", "Freedonian"; or its initials.
    """
    a, b = sorted((fold(one), fold(other)), key=len)
    if a == b or a == _initials(b):
        return True
    shared = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    return " " not in b and shared >= max(STEM, len(a) - 1) and len(b) - shared <= ENDING


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()) if " " in name else ""


def is_same_person(one: str, other: str) -> bool:
    """Say whether one name is the other's end: "Rele" and "Anand Rele"."""
    a, b = sorted((fold(one).split(), fold(other).split()), key=len)
    return bool(a) and b[-len(a) :] == a


def in_brackets(name: str) -> str | None:
    """Return what an office's name says it belongs to: "Government (Freedonia)"."""
    found = BRACKETED.search(name)
    return found[1] if found else None


def first_name(pattern: str, words: str) -> str | None:
    """Return the first name that the pattern of the tables finds in `words`."""
    return next(iter(names_in(pattern, words)), None)


def names_in(pattern: str, words: str) -> list[str]:
    """Return the names that the pattern of the tables finds in `words`, folded words aside."""
    tables = load_tables()
    found = tables.patterns[pattern].finditer(words)
    names = [name for match in found for name in match.groups() if name]
    return [name for name in names if not _is_plain(name, tables.not_places)]


def _is_plain(name: str, plain: Iterable[str]) -> bool:
    return all(word in plain for word in fold(name).split())
