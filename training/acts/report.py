"""How good the branch is: right alone, right where the rules find nothing, and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pipeline.extract.decode import Floats
from training.acts.branch import ACTS, NONE
from training.acts.fit import Case

BANDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def report(name: str, cases: Sequence[Case], chances: Floats) -> Iterator[str]:
    """Yield the lines on one set of cases."""
    best = [ACTS[int(row.argmax())] for row in chances]
    hits = right(cases, best)
    rules = right(cases, [one.sample.rule or NONE for one in cases])
    yield f"## {name}: {len(cases)} readings of {len({one.sample.example.id for one in cases})}\n"
    yield f"Right: branch alone {hits.mean():.3f}, rules alone {rules.mean():.3f}.\n"
    yield from filled(cases, chances)
    yield from reliability(chances.max(1), hits)


def filled(cases: Sequence[Case], chances: Floats) -> Iterator[str]:
    """Yield what filling in would do where the rules find nothing, by threshold."""
    best = np.array([int(row.argmax()) for row in chances])
    open_ = np.array([one.sample.rule is None for one in cases])
    hits = right(cases, [ACTS[number] for number in best])
    gold = np.array([one.sample.example.act != NONE for one in cases])
    found = f"{open_.sum()}, {(open_ & gold).sum()} of them with an act"
    yield f"Where the rules find nothing ({found}):\n"
    yield "| from | filled | right | share |\n|---|---|---|---|"
    for limit in LIMITS:
        chosen = open_ & (best > 0) & (chances.max(1) >= limit)
        good = int((chosen & hits).sum())
        yield f"| {limit:.1f} | {chosen.sum()} | {good} | {good / max(1, chosen.sum()):.2f} |"
    yield ""


def reliability(top: Floats, hits: Floats) -> Iterator[str]:
    """Yield, by band of probability, how often the branch is right."""
    yield "| probability | readings | mean | right |\n|---|---|---|---|"
    for low, high in pairwise(BANDS):
        inside = (top >= low) & (top < high + (high == 1))
        if inside.any():
            mean, share = top[inside].mean(), hits[inside].mean()
            yield f"| {low:.1f} to {high:.1f} | {inside.sum()} | {mean:.2f} | {share:.2f} |"
    yield ""


def right(cases: Sequence[Case], acts: Sequence[str]) -> Floats:
    """Return for each case whether its act is among those that are right."""
    pairs = zip(cases, acts, strict=True)
    return np.array([act in one.sample.example.acts for one, act in pairs])
