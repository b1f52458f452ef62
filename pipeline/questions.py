"""What compare asks of a ledger: bounded questions, so that an answer costs the same at any size.

A question is made of lines. Each line is a look-up in an index of the store and has a limit of
its own; nothing is asked that would have to be read through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from pipeline.folding import fold

STEM = 4  # letters that a name and its adjective have in common at least (compare/names.py)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The newest propositions, by (last stated, id), of those that fit everything given.

    A line gives `id`, or `name`, or `act`, or `issue`: a store has an index for each of these,
    for the last two with and without `party`, and for `act` with `day`.
    """

    id: str | None = None
    name: str | None = None  # one of its `tags_of`
    act: str | None = None
    issue: str | None = None
    party: str | None = None
    day: str | None = None  # of an incident, ISO
    since: datetime | None = None  # last stated then or later
    until: datetime | None = None  # last stated then or earlier
    begun: datetime | None = None  # first stated then or earlier
    limit: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A party's stances on an issue: the current ones, and those around a moment.

    Current are the 12 newest, whatever the act. Around the moment are, of each of `acts`, the
    two newest that began by `at` and the two oldest that began later.
    """

    party: str
    issue: str
    acts: tuple[str, ...]
    at: datetime


CURRENT, AROUND = 12, 2  # the limits of a track


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The open contradictions in which a party stands by an act: the newest by (opened, id)."""

    party: str
    act: str
    issue: str
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Lines that a store answers together, in as few requests as it can, as one `Ledger`."""

    said: tuple[Asked, ...] = ()
    tracks: tuple[Track, ...] = ()
    sides: tuple[Side, ...] = ()
    pairs: tuple[str, ...] = ()  # ids of contradictions: those of them that are open

    def __bool__(self) -> bool:
        return bool(self.said or self.tracks or self.sides or self.pairs)

    def __or__(self, other: Question) -> Question:
        return Question(
            said=_once((*self.said, *other.said)),
            tracks=_once((*self.tracks, *other.tracks)),
            sides=_once((*self.sides, *other.sides)),
            pairs=_once((*self.pairs, *other.pairs)),
        )

    def __sub__(self, other: Question) -> Question:
        return Question(
            said=_once(self.said, without=other.said),
            tracks=_once(self.tracks, without=other.tracks),
            sides=_once(self.sides, without=other.sides),
            pairs=_once(self.pairs, without=other.pairs),
        )


def _once(lines: Iterable[T], *, without: Iterable[T] = ()) -> tuple[T, ...]:
    known = frozenset(without)
    return tuple(line for line in dict.fromkeys(lines) if line not in known)


# -- names ------------------------------------------------------------------------------------

_BRACKETED = re.compile(r"\(([^()]+)\)$")


def tags_of(party: str, voices: Iterable[str]) -> tuple[str, ...]:
    """Return the tags under which a proposition is found by a name in a text.

    They hold whatever `party_tags`, `bracket_tag` and `voice_tag` may ask for; whoever asks
    still compares the names, for a tag is shorter than a name.
    """
    name = fold(party)
    bracket = _BRACKETED.search(party)
    return _once(
        (
            f"party {name}",
            f"initials {_initials(name)}" if " " in name else f"stem {name[:STEM]}",
            *((bracket_tag(bracket[1]),) if bracket else ()),
            *(voice_tag(voice) for voice in voices if voice.strip()),
        )
    )


def party_tags(name: str) -> tuple[str, ...]:
    """Return the tags of parties that may be named `name`: so, by an adjective or by initials."""
    folded = fold(name)
    if " " in folded:
        return f"party {folded}", f"party {_initials(folded)}"
    return f"party {folded}", f"stem {folded[:STEM]}", f"initials {folded}"


def bracket_tag(name: str) -> str:
    """Return the tag of parties that end in this name in brackets."""
    return f"in {name}"


@lru_cache(maxsize=8_192)
def voice_tag(name: str) -> str:
    """Return the tag of what a person of this last name has said."""
    return f"voice {(fold(name).split() or [''])[-1]}"


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split())


__all__ = [
    "AROUND",
    "CURRENT",
    "Asked",
    "Question",
    "Side",
    "Track",
    "bracket_tag",
    "party_tags",
    "tags_of",
    "voice_tag",
]
