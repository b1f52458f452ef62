"""Stage 6: is it new? Novelty, positions, contradictions. Pure; the one serial stage.

voices          whose statement a claim is, and how high the voice
about           its object: which conflict, mediator, matter, incident
slots           the details that make an update
keys            the structured key made of these
asking          what has to be known of the past to decide, as bounded questions
opposition      which statements cannot hold together
novelty         new, repeat, update or contradicts, with the reason and the receipt
turns           what kind of change a statement is to its party's stance
positions       the ledger of stances per party, issue and aspect
contradictions  opposed acts of two parties, side by side
wording         statements in which no act was found, by their words
origins         whose copy a text is
reactions       who was addressed, and who answered
fronts          the state of a ceasefire, step by step
drift           what an edit did to what an article had said
unsaid          the ledger without what an edit took out
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TypeVar

from pipeline.compare.asking import asked_of, asked_of_ended, asked_then, names_asked
from pipeline.compare.contradictions import closed_by, given_up, opened_by
from pipeline.compare.drift import Edit, adds_little, context_in, corrections, drifts_of
from pipeline.compare.keys import Said, proposition_id, read
from pipeline.compare.novelty import decide
from pipeline.compare.opposition import CLASH
from pipeline.compare.origins import origin_of
from pipeline.compare.positions import changed_positions
from pipeline.compare.tables import aspect_of
from pipeline.compare.turns import change_of
from pipeline.compare.unsaid import Unsaid, asked_of_lost, over, remembered, unsaid
from pipeline.questions import Question
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


Recall = Callable[[Question], Ledger]  # a store's `ledger` on one topic


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing claims changed, and the ledger before and after it, as far as it was read."""

    decisions: tuple[Decision, ...]
    propositions: tuple[Proposition, ...]
    positions: tuple[Position, ...]
    contradictions: tuple[Contradiction, ...]
    ledger: Ledger
    before: Ledger = field(default_factory=Ledger)
    asked: Question = field(default_factory=Question)


def compare_claims(
    claims: Sequence[Claim],
    topic: str,
    ledger: Ledger,
    *,
    window: timedelta = WINDOW,
    clash: timedelta = CLASH,
    known: Collection[str] = (),
    again: bool = False,
    recall: Recall | None = None,
) -> Compared:
    """Compare the claims of one article, in order, with the ledger and with each other.

    `recall` answers what else of the past bears on them (see `asking`); without it `ledger` is
    all there is. A claim without an act or a party is not compared: there is nothing to hold
    it against. Nor are those whose ids are `known`: an edit left them as they were; with
    `again` their stances are entered where the ledger lacks them, because it took out another
    claim that had stood for them all. `clash` is how far apart two accounts of one fact can be.
    """
    means = _Means(window, clash, frozenset(known), recall)
    step = Compared((), (), (), (), ledger, before=ledger)
    if recall is not None:
        step = _prepared(step, claims, topic, window, recall)
    for claim in claims:
        if claim.id in known and not again:
            continue
        said = read(claim, claims, topic, step.ledger.propositions)
        if said is None:
            continue
        if claim.id in known:
            step = _with_stance(step, said, means)
        else:
            step = _with_claim(step, said, means)
    return step


@dataclass(frozen=True, slots=True)
class _Means:
    """What comparing one claim needs beside the ledger."""

    window: timedelta
    clash: timedelta
    known: frozenset[str]
    recall: Recall | None


def _prepared(
    step: Compared, claims: Sequence[Claim], topic: str, window: timedelta, recall: Recall
) -> Compared:
    """Ask at once what bears on all claims; only what one changes for the next is asked later."""
    step = _recalled(step, names_asked(claims), recall)
    found = (read(claim, claims, topic, step.ledger.propositions) for claim in claims)
    questions = (asked_of(said, window) for said in found if said is not None)
    return _recalled(step, reduce(or_, questions, Question()), recall)


def _recalled(step: Compared, question: Question, recall: Recall | None) -> Compared:
    """Add the answer to a question to the ledger, but for what this article has changed."""
    new = question - step.asked
    if recall is None or not new:
        return step
    found = recall(new)
    changed = _ids(step.contradictions)
    kept = tuple(pair for pair in found.contradictions if pair.id not in changed)
    return replace(
        step,
        ledger=_joined(replace(found, contradictions=kept), step.ledger),
        before=_joined(found, step.before),
        asked=step.asked | new,
    )


def _joined(found: Ledger, known: Ledger) -> Ledger:
    """Return both; of a record in both that of `known`."""
    stances = over((*found.positions, *found.history), (*known.positions, *known.history))
    return Ledger(
        propositions=over(found.propositions, known.propositions),
        positions=tuple(p for p in stances if p.until is None),
        contradictions=over(found.contradictions, known.contradictions),
        history=tuple(p for p in stances if p.until is not None),
    )


def _with_claim(step: Compared, said: Said, means: _Means) -> Compared:
    recall = means.recall
    step = _recalled(step, asked_of(said, means.window), recall)
    step = _recalled(step, asked_then(said, step.ledger.propositions), recall)
    decision, stated = decide(said, step.ledger, means.window, clash=means.clash)
    if decision.novelty is not Novelty.REPEAT:
        decision = replace(decision, change=change_of(said, step.ledger))
    stated = remembered(stated, said.claim) if stated else None
    counted = _ids(step.propositions)
    propositions = (_counted_once(stated, step.ledger, counted),) if stated else ()
    pairs = opened_by(said, stated, step.ledger, clash=means.clash)
    step, opened = _opened(step, pairs, recall)
    step = replace(
        step,
        decisions=(*step.decisions, decision),
        propositions=over(step.propositions, propositions),
        contradictions=over(step.contradictions, opened),
        ledger=_after(step.ledger, propositions, (), opened),
    )
    return _with_stance(step, said, means)


def _with_stance(step: Compared, said: Said, means: _Means) -> Compared:
    """Enter the stance of a claim, and close the pairs that rest on what it gives up."""
    stances = (*step.ledger.positions, *step.ledger.history)
    if any(moment[1] == said.claim.id for p in stances for moment in p.said):
        return step
    own = (p.id for p in stances if any(moment[1] in means.known for moment in p.said))
    positions = changed_positions(said, step.ledger, counted=_ids(step.positions) | {*own})
    ended = given_up(positions)
    step = _recalled(step, asked_of_ended(ended), means.recall)
    pairs = closed_by(ended, step.ledger.contradictions)
    return replace(
        step,
        positions=over(step.positions, positions),
        contradictions=over(step.contradictions, pairs),
        ledger=_after(step.ledger, (), positions, pairs),
    )


def _opened(
    step: Compared, opened: tuple[Contradiction, ...], recall: Recall | None
) -> tuple[Compared, tuple[Contradiction, ...]]:
    """Return those of the pairs a claim opens that are not open already."""
    if not opened or recall is None:
        return step, opened
    step = _recalled(step, Question(pairs=tuple(pair.id for pair in opened)), recall)
    known = _ids(step.ledger.contradictions)
    return step, tuple(pair for pair in opened if pair.id not in known)


def _after(
    ledger: Ledger,
    propositions: tuple[Proposition, ...],
    positions: tuple[Position, ...],
    pairs: tuple[Contradiction, ...],
) -> Ledger:
    every = over((*ledger.history, *ledger.positions), positions)
    return Ledger(
        propositions=over(ledger.propositions, propositions),
        positions=tuple(p for p in every if p.until is None),
        contradictions=tuple(c for c in over(ledger.contradictions, pairs) if not c.closed),
        history=tuple(p for p in every if p.until is not None),
    )


def _counted_once(stated: Proposition, ledger: Ledger, counted: frozenset[str]) -> Proposition:
    """An article counts once, however often it says the same."""
    if stated.id not in counted:
        return stated
    before = next(p for p in ledger.propositions if p.id == stated.id)
    return replace(stated, times=before.times)


def _ids(records: Iterable[Proposition | Position | Contradiction]) -> frozenset[str]:
    return frozenset(record.id for record in records)


__all__ = [
    "CLASH",
    "WINDOW",
    "Compared",
    "Edit",
    "Recall",
    "Unsaid",
    "adds_little",
    "asked_of_lost",
    "aspect_of",
    "compare_claims",
    "context_in",
    "corrections",
    "drifts_of",
    "origin_of",
    "proposition_id",
    "unsaid",
]
