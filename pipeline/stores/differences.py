"""The next version of an article, and what changed in it, as a unified diff."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from pipeline.records import Article

MOST_LINES = 2_000  # beyond, comparing line by line can take minutes; one hunk says it too


class Before(Protocol):
    """What a store has of an article that is edited."""

    @property
    def feed_url(self) -> str:
        """Whose it is."""

    @property
    def first_seen(self) -> datetime:
        """When it was first seen."""

    @property
    def baseline(self) -> bool:
        """Whether it belongs to a first collection."""

    @property
    def told(self) -> tuple[str, ...]:
        """The claims that compare last saw in it."""

    @property
    def origin(self) -> str | None:
        """Whose copy it was when it was last compared."""

    @property
    def version(self) -> int:
        """The number of its newest version."""


def next_version(stored: Before, shown: Article) -> Article:
    """Return what a feed shows of a stored article as its next version: its past stays."""
    return replace(
        shown,
        feed_url=stored.feed_url,
        first_seen=stored.first_seen,
        baseline=stored.baseline,
        told=stored.told,
        origin=stored.origin,  # until it is compared again: others may be compared before it
        version=stored.version + 1,
    )


def difference(before: tuple[str, str], after: tuple[str, str]) -> str:
    """Return the unified diff of two (title, text) pairs, "" when they are equal.

    A text that is not there (not scraped yet, forgotten) is not compared: then the titles are.
    """
    old, new = _lines(before, after), _lines(after, before)
    if old == new:
        return ""
    if max(len(old), len(new)) > MOST_LINES:
        return f"@@ -1,{len(old)} +1,{len(new)} @@ too long to compare line by line\n"
    from difflib import unified_diff

    return "".join(f"{line}\n" for line in list(unified_diff(old, new, lineterm=""))[2:])


def _lines(one: tuple[str, str], other: tuple[str, str]) -> list[str]:
    title, text = one
    return [title, *(text.splitlines() if text and other[1] else [])]


__all__ = ["difference", "next_version"]
