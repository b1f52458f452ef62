"""Say how much of what is planted in months is found: origins, contradictions, turns.

    python -m tests.generated.figures [MONTHS] [FIRST_SEED]

The months are lived undisturbed through `flow`, from feeds to channels.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.records import Article
from pipeline.stores import Store, open_store
from tests.generated.everything import quiet_life
from tests.generated.lives import Memory
from tests.generated.plan import Piece, Plan, month

STANCES = frozenset(("MED_ACCEPT", "MED_REJECT"))  # two parties that differ on an offer


def origins(plan: Plan, store: Store) -> Counter[str]:
    """Count articles on the topic by kind, and those of them whose origin is right.

    Right is: one origin for a whole family and for nothing else; one of its own for own
    reporting; for a merged text that of one of its families.
    """
    kept = {_slug(article): article for article in store.articles(limit=10_000)}
    pieces = [piece for piece in plan.pieces if piece.says]
    first = {f: kept[p.slug].origin for p in reversed(pieces) for f in _whole(p)}
    shared = Counter(kept[p.slug].origin for p in pieces if len(p.families) < 2)
    sizes = Counter(family for p in pieces for family in _whole(p))
    counted: Counter[str] = Counter()
    for piece in pieces:
        found = kept[piece.slug].origin
        kind = ("own", "wire", "merged")[len(piece.families)]
        wanted = {first[family] for family in piece.families} or {kept[piece.slug].id}
        size = sum(sizes[family] for family in piece.families) or 1
        is_right = found in wanted and (kind == "merged" or shared[found] == size)
        counted[kind] += 1
        counted[f"{kind} right"] += is_right
    return counted


def _whole(piece: Piece) -> tuple[str, ...]:
    return piece.families if len(piece.families) == 1 else ()


def _slug(article: Article) -> str:
    return (article.url or "").rpartition("/")[2]


def contradictions(plan: Plan, store: Store) -> Counter[str]:
    """Count the planted pairs, those of them on the board, and what else is there."""
    found = Counter(tuple(sorted((p.act_a, p.act_b))) for p in store.contradictions(closed=True))
    wanted = Counter(tuple(sorted(pair)) for pair in plan.quarrels)
    others = found - wanted
    false = sum(n for pair, n in others.items() if set(pair) != STANCES)
    return Counter(planted=wanted.total(), found=(wanted & found).total(), false=false)


def turns(plan: Plan, store: Store) -> Counter[str]:
    """Count the planted changes of position, those in the ledger, and what else is there."""
    wanted = Counter(news for news in plan.news if news[1] in STANCES)
    found = Counter(
        (p.party, p.act, p.since) for p in store.positions(history=True) if p.act in STANCES
    )
    known = Counter({turn: n for turn, n in (found - wanted).items() if not _is_known(turn)})
    return Counter(
        planted=wanted.total(), found=(wanted & found).total(), false=known.total()
    )  # fmt: skip


def _is_known(turn: tuple[str, str, object]) -> bool:
    """Say whether a stance is the standing one: its first statement is a position, not news."""
    return turn[:2] == ("XA", "MED_REJECT")


def lived(count: int, first: int) -> Iterator[tuple[Plan, Store]]:
    """Yield months and the stores that they leave."""
    memory = Memory()
    for seed in range(first, first + count):
        plan = month(seed)
        with tempfile.TemporaryDirectory() as folder:
            world = quiet_life(plan, Path(folder), memory)
            with closing(open_store(world.url)) as store:
                yield plan, store


def main() -> None:
    """Print the figures of some months."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    copies, pairs, stances = Counter[str](), Counter[str](), Counter[str]()
    for plan, store in lived(count, first):
        copies += origins(plan, store)
        pairs += contradictions(plan, store)
        stances += turns(plan, store)
    for kind in ("own", "wire", "merged"):
        print(f"origin of {kind} articles right: {copies[f'{kind} right']} of {copies[kind]}")
    for name, counted in (("contradictions", pairs), ("changes of position", stances)):
        print(f"{name}: {counted['found']} of {counted['planted']} found, {counted['false']} false")


if __name__ == "__main__":
    main()
