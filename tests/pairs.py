"""Minimal pairs: two sentences that differ in one thing, and in what it makes of the act.

Data: `tests/data/pairs/*.toml`, which say how a member reads. A pair is right when both are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.extract import Extractor
from pipeline.records import Article, Claim

FOLDER = Path(__file__).parent / "data" / "pairs"
NO_ACT = "-"
SENTENCE_END = re.compile(r"\.\s")
WHEN = datetime(2031, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """One sentence and what is right for it; no acts: it performs none."""

    text: str
    who: tuple[str, ...]
    acts: tuple[tuple[str, str | None], ...]  # act and modality, None for any
    none_is_fine: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two members of one family."""

    family: str
    members: tuple[Member, Member]


def read_pairs(half: str) -> list[Pair]:
    """Return the pairs of a half, in the order of the file."""
    table = tomllib.loads((FOLDER / f"{half}.toml").read_text("utf-8"))
    return [
        Pair(family, (member_of(one), member_of(other)))
        for family, rows in table.items()
        for one, other in rows
    ]


def member_of(line: str) -> Member:
    """Read "words | who | ACT"; see the head of the data."""
    text, who, acts = (part.strip() for part in line.rsplit("|", 2))
    labels = acts.split("/")
    return Member(
        text=text,
        who=tuple(who.split("/")),
        acts=tuple(_act(label) for label in labels if label != NO_ACT),
        none_is_fine=NO_ACT in labels,
    )


def _act(label: str) -> tuple[str, str | None]:
    act, _, modality = label.partition(":")
    return act, modality or None


def is_right(member: Member, claims: tuple[Claim, ...]) -> bool:
    """Whether the news among the claims is what was asked for, and nothing else."""
    acts = [claim for claim in claims if claim.act and not claim.background]
    if not acts:
        return member.none_is_fine
    fits = all(any(_fits(claim, label) for label in member.acts) for claim in acts)
    return fits and any(_is_by(claim, member.who) for claim in acts)


def _fits(claim: Claim, label: tuple[str, str | None]) -> bool:
    act, modality = label
    return claim.act == act and modality in (None, claim.modality)


def _is_by(claim: Claim, who: tuple[str, ...]) -> bool:
    named = f"{claim.speaker} {claim.source_text if claim.speaker is None else ''}".casefold()
    return any(one in claim.countries or one.casefold() in named for one in who)


def article_of(text: str, number: int = 0) -> Article:
    """Return a text as an article of its own."""
    return Article(
        id=f"pair-{number}",
        url=None,
        feed_url="",
        outlet="The Record",
        title="",
        text=text,
        published=WHEN,
        first_seen=WHEN,
    )


def read_claims(
    extractor: Extractor, pairs: list[Pair]
) -> Iterator[tuple[Pair, list[tuple[Claim, ...]]]]:
    """Yield every pair with the claims of its two members, without those of the sentence before."""
    found = claims_of(extractor, [member for pair in pairs for member in pair.members])
    for number, pair in enumerate(pairs):
        yield pair, found[2 * number : 2 * number + 2]


def claims_of(extractor: Extractor, members: list[Member]) -> list[tuple[Claim, ...]]:
    """Return the claims of the last sentence of each member."""
    articles = [article_of(member.text, number) for number, member in enumerate(members)]
    found = (claims for _, claims in extractor.pipe(articles))
    return [_behind(c, context_of(m.text)) for m, c in zip(members, found, strict=True)]


def context_of(text: str) -> int:
    """Return where the last sentence begins: what stands before it is its context."""
    return max((end.end() for end in SENTENCE_END.finditer(text)), default=0)


def _behind(claims: tuple[Claim, ...], lead: int) -> tuple[Claim, ...]:
    return tuple(c for c in claims if max(span.end for span in c.content) > lead)
