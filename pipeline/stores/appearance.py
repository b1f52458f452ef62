"""The order in which an article makes its claims."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.records import Claim


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    """Return claims in order of appearance, the outer before the nested; ties stay as given."""
    return sorted(claims, key=lambda claim: (_begin(claim), claim.depth))


def _begin(claim: Claim) -> int:
    return min((span.start for span in claim.content), default=0)


__all__ = ["in_order"]
