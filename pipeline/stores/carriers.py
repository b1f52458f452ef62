"""Who carried a proposition, counted the same way by every store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pipeline.records import Coverage


def coverage_of(carried: Iterable[tuple[str, str]]) -> Coverage:
    """Return the coverage by (outlet, origin) of the articles: origins with most articles first."""
    pairs = list(carried)
    origins = Counter(origin for _, origin in pairs)
    return Coverage(
        outlets=tuple(sorted({outlet for outlet, _ in pairs})),
        origins=tuple(sorted(origins.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


__all__ = ["coverage_of"]
