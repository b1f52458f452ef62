"""The reaction clock: who was addressed, who has answered, how long it took, who is silent. Pure.

An offer, a request, a proposal, a claim or an accusation by one party that addresses another
one starts a clock, once. The first statement of the addressed party that answers it (see
`reactions.toml`) stops it. Declining to comment is no answer, and never a denial:
it stands beside the clock.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pipeline.compare.voices import NO_PARTY
from pipeline.records import NOT_THE_STATE, Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """One thing said to one party, and what came back."""

    topic: str
    asked_by: str  # the party that speaks
    asked: str  # the party addressed
    call: Claim  # the first time it was said
    times: int = 1  # how often it was said while the clock ran
    answer: Claim | None = None
    non_answers: tuple[Claim, ...] = ()

    @property
    def after(self) -> timedelta | None:
        """How long it took to answer; None: no answer yet."""
        return None if self.answer is None else self.answer.said_at - self.call.said_at


def reactions(claims: Iterable[Claim], topic: str, parties: Sequence[str]) -> tuple[Reaction, ...]:
    """Return what was said to whom and what came back, oldest first, in any order of arrival.

    Only parties of the topic are waited for; a topic without parties waits for whoever is
    addressed. The same said again while the clock runs is counted, after an answer it starts
    a new one.
    """
    running: dict[tuple[str, str, str], int] = {}
    found: list[Reaction] = []
    for claim in sorted({c.id: c for c in claims}.values(), key=lambda c: (c.said_at, c.id)):
        own = speaking(claim)
        if own is None or claim.background:
            continue
        for key, place in list(running.items()):
            if key[1] in own.split("+"):
                found[place] = _heard(found[place], claim)
                if found[place].answer is not None:
                    del running[key]
        for asked in addressed(claim, own, parties):
            key = (own, asked, claim.act or "")
            if key in running:
                found[running[key]] = replace(
                    found[running[key]], times=found[running[key]].times + 1
                )
            else:
                running[key] = len(found)
                found.append(Reaction(topic=topic, asked_by=own, asked=asked, call=claim))
    return tuple(found)


def speaking(claim: Claim) -> str | None:
    """Return the party a claim speaks for, joined by "+"; None for bystanders."""
    if claim.role_code in NO_PARTY:
        return None
    if claim.role_code in NOT_THE_STATE or not claim.countries:
        return claim.speaker
    return claim.party


def is_heard_from(party: str, claim: Claim) -> bool:
    """Say whether a party speaks in a claim, now: what it said before answers nothing."""
    return not claim.background and party in (speaking(claim) or "").split("+")


def addressed(claim: Claim, own: str, parties: Sequence[str]) -> list[str]:
    """Return the parties that a claim gives something to answer."""
    if not answers_to(claim.act) or claim.hedged or claim.modality == "conditional":
        return []
    named = [one for one in claim.targets if one not in own.split("+")]
    others = [one for one in parties if one not in own.split("+")]
    if not named and len(parties) == len(others) + 1 == 2:
        named = others
    return sorted({one for one in named if not parties or one in parties})


def calls() -> tuple[str, ...]:
    """Return the acts that can be answered."""
    return tuple(_table())


def answers_to(call: str | None) -> tuple[str, ...]:
    """Return the acts that answer an act; none where there is nothing to answer."""
    return _table().get(call or "", ())


def _heard(reaction: Reaction, claim: Claim) -> Reaction:
    if claim.silent:
        return replace(reaction, non_answers=(*reaction.non_answers, claim))
    if claim.act in answers_to(reaction.call.act):
        return replace(reaction, answer=claim)
    return reaction


def silent_since(
    found: Iterable[Reaction], now: datetime, *, after: timedelta, within: timedelta
) -> tuple[Reaction, ...]:
    """Return the clocks that have run for `after`, and began no longer ago than `within`."""
    return tuple(
        one for one in found if one.answer is None and after <= now - one.call.said_at <= within
    )


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    raw = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {call: tuple(acts) for call, acts in raw["answers"].items()}


__all__ = [
    "Reaction",
    "addressed",
    "answers_to",
    "calls",
    "is_heard_from",
    "reactions",
    "silent_since",
    "speaking",
]
