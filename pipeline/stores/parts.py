"""What a store holds, piece by piece, in a form of no store: to copy one into another.

Leases are not among it. Order: what a piece refers to comes before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.records import (
    Alert,
    Article,
    Change,
    Claim,
    Contradiction,
    Decision,
    Delivery,
    FeedState,
    Poll,
    Position,
    Proposition,
    Sketch,
    Version,
    stable_id,
)
from pipeline.stores.documents import dumps


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPoll:
    """A poll, and the digest by which the same call is recognised."""

    poll: Poll
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """An earlier version; `forgotten`: 0 whole, 1 excerpts only, 2 no text."""

    version: Version
    forgotten: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptArticle:
    """An article with all its versions."""

    article: Article  # with its text
    seen_at: datetime  # of the newest version
    diff: str = ""
    forgotten: int = 0
    shown: tuple[tuple[str, str], ...] = ()  # what a feed showed, where written down, by URL
    compared: str = ""  # digest of what compare found last
    claims: tuple[str, ...] = ()  # ids of the current ones, in order of appearance
    older: tuple[KeptVersion, ...] = ()  # oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptClaim:
    """A claim, current or replaced, under the article it was found in, with its decisions."""

    claim: Claim
    article_id: str
    place: int
    current: bool
    decisions: tuple[Decision, ...] = ()  # by topic


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSketch:
    """The sketch of an article's text."""

    article_id: str
    sketch: Sketch


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlert:
    """An alert as it was created, and which articles were folded in since."""

    alert: Alert
    repeats: int
    repeated: tuple[str, ...] = ()  # sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNote:
    """A small named value."""

    name: str
    value: str


Part = (
    FeedState
    | KeptPoll
    | KeptArticle
    | KeptClaim
    | KeptSketch
    | Proposition
    | Position
    | Contradiction
    | KeptAlert
    | Delivery
    | Change
    | KeptNote
)

NAMES: dict[type, str] = {
    FeedState: "feeds",
    KeptPoll: "polls",
    KeptArticle: "articles",
    KeptClaim: "claims",
    KeptSketch: "sketches",
    Proposition: "propositions",
    Position: "positions",
    Contradiction: "contradictions",
    KeptAlert: "alerts",
    Delivery: "deliveries",
    Change: "changes",
    KeptNote: "notes",
}


@dataclass(frozen=True, slots=True)
class Sum:
    """How many parts of a kind there are, and what they add up to in any order."""

    count: int = 0
    total: int = 0

    def add(self, part: Part) -> Sum:
        """Return the sum with one more part."""
        return self.with_number(int(stable_id(dumps(part)), 16))

    def with_number(self, number: int) -> Sum:
        """Return the sum with one more, of which only this digest counts (80 bits)."""
        return Sum(self.count + 1, (self.total + number) % (1 << 80))

    def without_number(self, number: int) -> Sum:
        """Return the sum without one that was added."""
        return Sum(self.count - 1, (self.total - number) % (1 << 80))

    @property
    def digest(self) -> str:
        """Return the sum as twenty hex digits."""
        return f"{self.total:020x}"


def sums(parts: Iterator[Part]) -> dict[str, Sum]:
    """Return the sum of each kind by its name."""
    found = dict.fromkeys(NAMES.values(), Sum())
    for part in parts:
        name = NAMES[type(part)]
        found[name] = found[name].add(part)
    return found


__all__ = [
    "NAMES",
    "KeptAlert",
    "KeptArticle",
    "KeptClaim",
    "KeptNote",
    "KeptPoll",
    "KeptSketch",
    "KeptVersion",
    "Part",
    "Sum",
    "sums",
]
