"""Stage 6: is it new? Novelty, positions, contradictions. Pure; the one serial stage.

voices          whose statement a claim is, and how high the voice
about           its object: which conflict, mediator, matter, incident
slots           the details that make an update
keys            the structured key made of these
opposition      which statements cannot hold together
novelty         new, repeat, update or contradicts, with the reason and the receipt
positions       the ledger of stances per party, issue and aspect
contradictions  opposed acts of two parties, side by side
wording         statements in which no act was found, by their words
origins         whose copy a text is
drift           what an edit did to what an article had said
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from pipeline.compare.contradictions import closed_by, opened_by
from pipeline.compare.drift import Edit, adds_little, context_in, corrections, drifts_of
from pipeline.compare.keys import Said, issue_of, read
from pipeline.compare.novelty import decide
from pipeline.compare.origins import origin_of
from pipeline.compare.positions import changed_positions
from pipeline.compare.tables import aspect_of, is_kind
from pipeline.records import (
    Claim,
    Contradiction,
    Decision,
    Ledger,
    Position,
    Proposition,
)
from pipeline.taxonomy import THEMES

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
    claims: Sequence[Claim],
    topic: str,
    ledger: Ledger,
    *,
    window: timedelta = WINDOW,
    known: Collection[str] = (),
) -> Compared:
    """Compare the claims of one article, in order, with the ledger and with each other.

    A claim without an act or a party is not compared: there is nothing to hold it against.
    Nor are those whose ids are `known`: an edit left them as they were.
    """
    step = Compared((), (), (), (), ledger)
    for claim in claims:
        if claim.id in known:
            continue
        said = read(claim, claims, topic, step.ledger.propositions)
        if said is not None:
            step = _with_claim(step, said, window)
    return step


def issues_of(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Return the issues whose ledger `compare_claims` needs.

    That is a claim's own issue and the theme of its act; for an account of a mediation, which
    may be told of the truce it led to or of nothing in particular, every theme.
    """
    return tuple(sorted({issue for c in claims if c.act for issue in _issues(c)}))


def _issues(claim: Claim) -> set[str]:
    themes = THEMES if is_kind("accounts", claim.act) else (claim.theme,)
    return {issue_of(claim), *(theme for theme in themes if theme)}


def _with_claim(step: Compared, said: Said, window: timedelta) -> Compared:
    ledger = step.ledger
    decision, stated = decide(said, ledger, window)
    counted = _ids(step.propositions) | _ids(step.positions)
    propositions = (_counted_once(stated, ledger, counted),) if stated else ()
    positions = changed_positions(said, ledger, counted=counted)
    opened = opened_by(said, stated, ledger)
    closed = closed_by(positions, (*ledger.contradictions, *opened))
    pairs = _put(opened, closed)
    return Compared(
        decisions=(*step.decisions, decision),
        propositions=_put(step.propositions, propositions),
        positions=_put(step.positions, positions),
        contradictions=_put(step.contradictions, pairs),
        ledger=_after(ledger, propositions, positions, pairs),
    )


def _after(
    ledger: Ledger,
    propositions: tuple[Proposition, ...],
    positions: tuple[Position, ...],
    pairs: tuple[Contradiction, ...],
) -> Ledger:
    every = _put((*ledger.history, *ledger.positions), positions)
    return Ledger(
        propositions=_put(ledger.propositions, propositions),
        positions=tuple(p for p in every if p.until is None),
        contradictions=tuple(c for c in _put(ledger.contradictions, pairs) if not c.closed),
        history=tuple(p for p in every if p.until is not None),
    )


def _counted_once(stated: Proposition, ledger: Ledger, counted: frozenset[str]) -> Proposition:
    """An article counts once, however often it says the same."""
    if stated.id not in counted:
        return stated
    before = next(p for p in ledger.propositions if p.id == stated.id)
    return replace(stated, times=before.times)


def _ids(records: Iterable[Proposition | Position]) -> frozenset[str]:
    return frozenset(record.id for record in records)


def _put(records: tuple[R, ...], changed: tuple[R, ...]) -> tuple[R, ...]:
    by_id = {record.id: record for record in records}
    by_id.update((record.id, record) for record in changed)
    return tuple(by_id.values())


__all__ = [
    "WINDOW",
    "Compared",
    "Edit",
    "adds_little",
    "aspect_of",
    "compare_claims",
    "context_in",
    "corrections",
    "drifts_of",
    "issues_of",
    "origin_of",
]
