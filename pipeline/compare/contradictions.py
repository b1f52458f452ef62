"""The contradiction board: opposed acts of two parties on one issue, kept side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.compare.keys import issue_of
from pipeline.compare.positions import takes_a_stand
from pipeline.records import Claim, Contradiction, Ledger, Position, Proposition, stable_id
from pipeline.taxonomy import opposes


def opened_by(claim: Claim, topic: str, ledger: Ledger) -> tuple[Contradiction, ...]:
    """Return the pairs `claim` forms with what other parties said; never the same pair twice."""
    if not takes_a_stand(claim):
        return ()
    known = {pair.id for pair in ledger.contradictions}
    pairs = (_pair(claim, topic, p) for p in _opposed(claim, ledger.propositions))
    return tuple({pair.id: pair for pair in pairs if pair.id not in known}.values())


def closed_by(positions: Iterable[Position], ledger: Ledger) -> tuple[Contradiction, ...]:
    """Return the open pairs that end because a side gave up the act that made them."""
    ended = [p for p in positions if p.until is not None]
    return tuple(
        replace(pair, closed=position.until)
        for pair in ledger.contradictions
        for position in ended
        if pair.issue == position.issue
        and (position.party, position.act)
        in ((pair.party_a, pair.act_a), (pair.party_b, pair.act_b))
    )


def _opposed(claim: Claim, propositions: Iterable[Proposition]) -> list[Proposition]:
    return [
        p
        for p in propositions
        if p.issue == issue_of(claim) and p.party != claim.party and opposes(claim.act, p.act)
    ]


def _pair(claim: Claim, topic: str, other: Proposition) -> Contradiction:
    assert claim.party is not None
    assert claim.act is not None
    issue = issue_of(claim)
    sides = sorted([f"{claim.party}:{claim.act}", f"{other.party}:{other.act}"])
    return Contradiction(
        id=stable_id("contradiction", topic, issue, *sides),
        topic=topic,
        issue=issue,
        claim_a=other.first_claim,
        claim_b=claim.id,
        party_a=other.party,
        party_b=claim.party,
        act_a=other.act,
        act_b=claim.act,
        opened=max(claim.said_at, other.first_stated),
        reason="cross_party",
    )
