"""Planted changes of a stance are named right, paraphrases are none, and the ledger has them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.compare import compare_claims
from pipeline.compare.positions import changes_of
from pipeline.records import Claim, Decision, Ledger, Novelty
from tests.generated.stances import START, stances, truces

SEEDS = range(40)


def compared(said: list[Claim]) -> tuple[list[Decision], Ledger]:
    ledger = Ledger()
    decisions: list[Decision] = []
    for claim in said:
        step = compare_claims([claim], "harun-valley", ledger)
        ledger = step.ledger
        decisions += step.decisions
    return decisions, ledger


def named() -> Iterator[tuple[str, str]]:
    for seed in SEEDS:
        for made in (list(stances(seed)), list(truces(seed))):
            decisions, _ = compared([claim for claim, _ in made])
            for (_, planted), decision in zip(made, decisions, strict=True):
                yield planted, decision.change


def test_planted_changes_are_named_right() -> None:
    planted = [(kind, change) for kind, change in named() if kind]
    assert {kind for kind, _ in planted} == {
        "first statement",
        "reversal",
        "softening",
        "hardening",
        "new mediator named",
        "new condition",
    }
    right = sum(change.startswith(kind) for kind, change in planted)
    assert right >= 0.95 * len(planted)


def test_no_paraphrase_is_called_a_change() -> None:
    assert {change for kind, change in named() if not kind} == {""}


@pytest.mark.parametrize("seed", range(10))
def test_the_history_has_the_changes(seed: int) -> None:
    made = list(stances(seed))
    _, ledger = compared([claim for claim, _ in made])
    positions = (*ledger.history, *ledger.positions)
    found = [change for position in positions for change in changes_of(position)]
    planted = [(claim.said_at, kind) for claim, kind in made if kind]
    assert [(at, kind.partition(":")[0]) for at, kind in sorted(found)] == planted


@pytest.mark.parametrize("seed", range(10))
def test_the_history_has_them_in_whatever_order_the_articles_arrive(seed: int) -> None:
    said = [claim for claim, _ in (*stances(seed), *truces(seed))]
    mixed = list(said)
    random.Random(seed).shuffle(mixed)

    def told(ledger: Ledger) -> list[tuple[object, ...]]:
        every = (*ledger.history, *ledger.positions)
        return sorted((p.party, p.act, p.since, p.until, changes_of(p)) for p in every)

    assert told(compared(mixed)[1]) == told(compared(said)[1])


def test_a_return_to_a_stance_that_was_left_is_news() -> None:
    made = {claim.act: claim for claim, _ in stances(3)}
    first, second = made["MED_REJECT"], made["MED_WELCOME"]
    said = [
        replace(one, id=f"c{n}", said_at=START + timedelta(days=n))
        for n, one in enumerate((first, second, first))
    ]
    decisions, _ = compared(said)
    assert [(d.novelty, d.reason) for d in decisions[1:]] == [
        (Novelty.NEW, "first"),
        (Novelty.UPDATE, "hardening"),
    ]
