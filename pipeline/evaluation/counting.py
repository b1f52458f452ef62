"""Counts of right answers, and what they are worth with which certainty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SAMPLES = 1000
SEED = 13
Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were right, of how many predicted and how many to find."""

    hit: float = 0
    predicted: float = 0
    gold: float = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.hit + other.hit, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def value(self) -> float | None:
        """F1, which for equal totals is the share; None when there was nothing on either side."""
        both = self.predicted + self.gold
        return 2 * self.hit / both if both else None


def share(hit: float, total: float) -> Tally:
    """Return a rate as a tally."""
    return Tally(hit, total, total)


Counts = dict[str, Tally]  # by metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric over a set: its value, its 95 % interval, and what it was counted from."""

    value: float | None
    low: float | None
    high: float | None
    hit: float
    predicted: float
    gold: float


def summed(parts: Iterable[Counts]) -> Counts:
    """Return the totals by metric."""
    totals: Counts = {}
    for part in parts:
        for name, tally in part.items():
            totals[name] = totals.get(name, Tally()) + tally
    return totals


def summarise(
    parts: Sequence[Counts], *, samples: int = SAMPLES, seed: int = SEED
) -> dict[str, Score]:
    """Return every metric of the documents with its percentile bootstrap interval.

    Documents are drawn with replacement `samples` times (Efron and Tibshirani 1993, chapter 13).
    """
    totals = summed(parts)
    ends = _intervals(parts, list(totals), samples, seed)
    return {
        name: Score(
            value=tally.value,
            low=ends[name][0],
            high=ends[name][1],
            hit=tally.hit,
            predicted=tally.predicted,
            gold=tally.gold,
        )
        for name, tally in totals.items()
    }


def _intervals(
    parts: Sequence[Counts], names: Sequence[str], samples: int, seed: int
) -> dict[str, Ends]:
    import numpy as np

    if not parts or not names:
        return dict.fromkeys(names, (None, None))
    empty = Tally()
    table = np.array(
        [[(t.hit, t.predicted + t.gold) for t in (p.get(n, empty) for n in names)] for p in parts]
    )
    draws = np.random.default_rng(seed).multinomial(
        len(parts), [1 / len(parts)] * len(parts), samples
    )
    drawn = np.tensordot(draws, table, axes=1)  # samples x metrics x (hit, predicted + gold)
    found = dict[str, Ends]()
    for column, name in enumerate(names):
        hit, both = drawn[:, column, 0], drawn[:, column, 1]
        values = np.sort(2 * hit[both > 0] / both[both > 0])
        last = len(values) - 1
        found[name] = (
            (float(values[round(0.025 * last)]), float(values[round(0.975 * last)]))
            if len(values)
            else (None, None)
        )
    return found
