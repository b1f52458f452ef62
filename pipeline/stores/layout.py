"""In which form a store keeps its records, and what became of them when that form changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Show = Callable[[str, int, int], None]  # what is being moved, how many so far, of how many


@dataclass(frozen=True, slots=True)
class Form:
    """One thing with a version of its own: an index, a file."""

    name: str
    version: int
    newest: int  # that this program knows

    @property
    def is_current(self) -> bool:
        """Whether nothing needs to be moved."""
        return self.version == self.newest


@dataclass(frozen=True, slots=True)
class Layout:
    """The forms of a store, and in words what it does without, or leaves to somebody else."""

    forms: tuple[Form, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing brought to its newest version; both sides had this count and sum."""

    name: str
    before: int
    after: int
    count: int = 0
    digest: str = ""  # of all documents in any order; "" where they stayed in place


__all__ = ["Form", "Layout", "Moved", "Show"]
