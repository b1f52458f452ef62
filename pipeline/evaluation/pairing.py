"""One-to-one pairing by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Place = tuple[int, int]  # row, column


def pair_up(weights: Sequence[Sequence[float]]) -> list[Place]:
    """Return the one-to-one pairs (row, column) with the largest summed weight; no pair weighs 0.

    Augments along the path of largest gain until no path gains (the successive shortest path
    method for assignment, Ahuja, Magnanti and Orlin 1993, chapter 12).
    """
    edges = {
        (row, column): weight
        for row, line in enumerate(weights)
        for column, weight in enumerate(line)
        if weight > 0
    }
    owner: dict[int, int] = {}  # column -> row
    while path := _best_path(edges, owner):
        owner |= {column: row for row, column in path}
    return sorted((row, column) for column, row in owner.items())


def _best_path(edges: Mapping[Place, float], owner: Mapping[int, int]) -> list[Place]:
    """Return the new pairs of the augmenting path with the largest gain; none when none does."""
    taken = set(owner.values())
    gain: dict[int, float] = {row: 0.0 for row, _ in edges if row not in taken}
    way: dict[int, list[Place]] = {row: [] for row in gain}
    best, chosen = 1e-12, list[Place]()
    changed = True
    while changed:
        changed = False
        for (row, column), weight in edges.items():
            if row not in gain or owner.get(column) == row:
                continue
            total, path = gain[row] + weight, [*way[row], (row, column)]
            if column not in owner:
                best, chosen = max((best, chosen), (total, path), key=lambda found: found[0])
                continue
            back = owner[column]
            rest = total - edges[back, column]
            if rest > gain.get(back, float("-inf")) + 1e-12 and back not in {r for r, _ in path}:
                gain[back], way[back], changed = rest, path, True
    return chosen
