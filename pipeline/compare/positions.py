"""The ledger: for each party, issue and aspect the current stance, and what it replaced."""

from __future__ import annotations

from dataclasses import replace

from pipeline.compare.keys import issue_of
from pipeline.compare.tables import aspect_of
from pipeline.records import Claim, Decision, Ledger, Position, stable_id


# Whose words are no party's position: media, experts, civilians.
NO_PARTY = frozenset({"MED", "EXP", "CVL"})


def changed_positions(
    claim: Claim, decision: Decision, ledger: Ledger, *, counted: frozenset[str] = frozenset()
) -> tuple[Position, ...]:
    """Return the positions this claim opens, restates or closes.

    Only what a known party says itself, now and for sure, is a position: background, hedged
    and conditional claims and those without an act or a party leave the ledger alone.
    `counted` are ids of positions this article has stated already: an article counts once.
    """
    if not takes_a_stand(claim):
        return ()
    current = _current(claim, ledger)
    if current is None:
        return (_opened(claim, decision, previous=None),)
    if claim.said_at < current.since:
        return ()  # an older statement that reached us late: history, not the current stance
    if current.act == claim.act:
        return (
            replace(
                current,
                last_stated=max(current.last_stated, claim.said_at),
                times=current.times + (current.id not in counted),
            ),
        )
    return (
        replace(current, until=claim.said_at),
        _opened(claim, decision, previous=current.id),
    )


def takes_a_stand(claim: Claim) -> bool:
    """Say whether a claim is its party's own word, said now and for sure."""
    return bool(
        claim.act
        and claim.party
        and claim.role_code not in NO_PARTY
        and not claim.background
        and not claim.hedged
        and claim.modality != "conditional"
    )


def _current(claim: Claim, ledger: Ledger) -> Position | None:
    wanted = (claim.party, issue_of(claim), aspect_of(claim.act or ""))
    for position in ledger.positions:
        if (position.party, position.issue, aspect_of(position.act)) == wanted:
            return position
    return None


def _opened(claim: Claim, decision: Decision, *, previous: str | None) -> Position:
    assert claim.act is not None
    assert claim.party is not None
    issue = issue_of(claim)
    return Position(
        id=stable_id(
            "position", decision.topic, claim.party, issue, claim.act, claim.said_at.isoformat()
        ),
        topic=decision.topic,
        party=claim.party,
        issue=issue,
        act=claim.act,
        modality=claim.modality,
        since=claim.said_at,
        claim_id=claim.id,
        speaker=claim.speaker,
        via=tuple(hop.name for hop in claim.chain),
        text=claim.text,
        last_stated=claim.said_at,
        previous=previous,
    )
