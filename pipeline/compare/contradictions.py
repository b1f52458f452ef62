"""The contradiction board: opposed acts of two parties on one object, kept side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from pipeline.compare.keys import Said
from pipeline.compare.opposition import CLASH, clashing, is_turn, opposed_to
from pipeline.compare.positions import takes_a_stand
from pipeline.records import Contradiction, Ledger, Position, Proposition, stable_id


def opened_by(
    said: Said, stated: Proposition | None, ledger: Ledger, *, clash: timedelta = CLASH
) -> tuple[Contradiction, ...]:
    """Return the pairs `said` forms with what others said; never the same pair twice.

    Numbers and days clash only in accounts given within `clash` of each other.
    """
    if stated is None or not takes_a_stand(said):
        return ()
    known = {pair.id for pair in ledger.contradictions}
    opposed = [(p, "cross_party") for p in opposed_to(said, ledger.propositions)]
    opposed += [(p, "numeric") for p in clashing(said, ledger.propositions, within=clash)]
    pairs = (_pair(said, stated, p, reason) for p, reason in opposed if p.party != said.party)
    return tuple({pair.id: pair for pair in pairs if pair.id not in known}.values())


def closed_by(
    positions: Iterable[Position], pairs: Iterable[Contradiction]
) -> tuple[Contradiction, ...]:
    """Return the open pairs that end because a side gave up (`given_up`) what made them."""
    return tuple(
        replace(pair, closed=position.until)
        for pair in pairs
        for position in positions
        if pair.issue == position.issue
        and (position.party, position.act)
        in ((pair.party_a, pair.act_a), (pair.party_b, pair.act_b))
    )


def given_up(positions: Iterable[Position]) -> tuple[Position, ...]:
    """Return the ended stances whose party has taken another side in `positions`."""
    positions = tuple(positions)
    return tuple(p for p in positions if p.until is not None and _is_given_up(p, positions))


def _is_given_up(ended: Position, positions: Iterable[Position]) -> bool:
    """Say whether the current stance among `positions` is another side than the ended one."""
    return any(
        p.until is None
        and (p.party, p.issue) == (ended.party, ended.issue)
        and is_turn(p.act, ended.act)
        for p in positions
    )


def _pair(said: Said, stated: Proposition, other: Proposition, reason: str) -> Contradiction:
    """Return the pair with the older account first."""
    first, second = sorted((stated, other), key=lambda p: (p.first_stated, p.id))
    return Contradiction(
        id=stable_id("contradiction", said.topic, *sorted((stated.key, other.key))),
        topic=said.topic,
        issue=said.about.issue,
        claim_a=first.first_claim,
        claim_b=second.first_claim,
        party_a=first.party,
        party_b=second.party,
        act_a=first.act,
        act_b=second.act,
        opened=second.first_stated,
        reason=reason,
    )
