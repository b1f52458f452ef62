"""Stage 6: is it new? Novelty, positions, contradictions. Pure; the one serial stage.

    keys            the structured key of a claim and the details that make an update
    novelty         new, repeat, update or contradicts, with the reason and the receipt
    positions       the ledger of stances per party, issue and aspect
    contradictions  opposed acts of two parties, side by side
    origins         whose copy a text is
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from pipeline.compare.contradictions import closed_by, opened_by
from pipeline.compare.keys import issue_of, key_of, proposition_id
from pipeline.compare.novelty import decide, details, same_proposition
from pipeline.compare.origins import origin_of
from pipeline.compare.positions import changed_positions
from pipeline.compare.tables import aspect_of
from pipeline.records import (
    Claim,
    Contradiction,
    Decision,
    Ledger,
    Novelty,
    Position,
    Proposition,
)

WINDOW = timedelta(days=14)  # a repeat within it needs no further reason

R = TypeVar("R", Proposition, Position, Contradiction)


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing claims changed, and the ledger after it."""

    decisions: tuple[Decision, ...]
    propositions: tuple[Proposition, ...]
    positions: tuple[Position, ...]
    contradictions: tuple[Contradiction, ...]
    ledger: Ledger


def compare_claims(
    claims: Sequence[Claim], topic: str, ledger: Ledger, *, window: timedelta = WINDOW
) -> Compared:
    """Compare the claims of one article, in order, with the ledger and with each other.

    A claim without an act or a party is not compared: there is nothing to hold it against.
    """
    step = Compared((), (), (), (), ledger)
    for claim in claims:
        if claim.act is not None and claim.party is not None:
            step = _with_claim(step, claim, topic, window)
    return step


def issues_of(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Return the issues whose ledger `compare_claims` needs."""
    return tuple(sorted({issue_of(claim) for claim in claims if claim.act is not None}))


def _with_claim(step: Compared, claim: Claim, topic: str, window: timedelta) -> Compared:
    ledger = step.ledger
    decision = decide(claim, topic, ledger, window)
    counted = frozenset(record.id for record in (*step.propositions, *step.positions))
    proposition = _proposition(claim, decision, ledger, counted)
    positions = changed_positions(claim, decision, ledger, counted=counted)
    pairs = opened_by(claim, topic, ledger) + closed_by(positions, ledger)
    return Compared(
        decisions=(*step.decisions, decision),
        propositions=_put(step.propositions, proposition),
        positions=_put(step.positions, positions),
        contradictions=_put(step.contradictions, pairs),
        ledger=Ledger(
            propositions=_put(ledger.propositions, proposition),
            positions=tuple(p for p in _put(ledger.positions, positions) if p.until is None),
            contradictions=tuple(c for c in _put(ledger.contradictions, pairs) if not c.closed),
        ),
    )


def _proposition(
    claim: Claim, decision: Decision, ledger: Ledger, counted: frozenset[str]
) -> tuple[Proposition, ...]:
    """Return the proposition as the ledger has it after this claim; none for background."""
    if claim.background:
        return ()
    assert claim.party is not None
    assert claim.act is not None
    known = same_proposition(claim, decision.topic, ledger)
    turn = decision.novelty is Novelty.CONTRADICTS and decision.reason == "reversal"
    slots = details(claim, known, turn=turn)
    if known is not None:
        newest = claim.said_at >= known.last_stated
        return (
            replace(
                known,
                slots=slots,
                last_claim=claim.id if newest else known.last_claim,
                first_stated=min(known.first_stated, claim.said_at),
                last_stated=max(known.last_stated, claim.said_at),
                times=known.times + (known.id not in counted),
                text=claim.text if newest else known.text,
            ),
        )
    key = key_of(claim)
    return (
        Proposition(
            id=proposition_id(decision.topic, key),
            topic=decision.topic,
            key=key,
            party=claim.party,
            issue=issue_of(claim),
            act=claim.act,
            slots=slots,
            first_claim=claim.id,
            last_claim=claim.id,
            first_stated=claim.said_at,
            last_stated=claim.said_at,
            text=claim.text,
        ),
    )


def _put(records: tuple[R, ...], changed: tuple[R, ...]) -> tuple[R, ...]:
    by_id = {record.id: record for record in records}
    by_id.update((record.id, record) for record in changed)
    return tuple(by_id.values())


__all__ = ["WINDOW", "Compared", "aspect_of", "compare_claims", "issues_of", "origin_of"]
