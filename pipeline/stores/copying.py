"""Copies one store into another, and proves it: counts and sums of both sides must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from pipeline.errors import ConfigError, StoreError
from pipeline.stores import Store
from pipeline.stores.parts import NAMES, KeptNote, Part, Sum, sums

BATCH = 500
NOTE = "copied from"  # in the target while a copy is under way: the same copy may go on
Show = Callable[[str, int], None]  # kind of part, how many so far


def copy(source: Store, target: Store, *, show: Show = lambda _kind, _done: None) -> dict[str, Sum]:
    """Copy everything but leases; return count and sum of each kind, equal on both sides.

    `show` hears of every batch. A copy that was interrupted goes on when it is started again.

    Raises:
        ConfigError: the target holds something else already.
        StoreError: a store failed, or the sides differ: the source changed meanwhile.
    """
    _claim(source, target)
    made = dict.fromkeys(NAMES.values(), Sum())
    batch: list[Part] = []
    for part in chain(source.parts(), (None,)):
        if batch and (part is None or type(part) is not type(batch[0]) or len(batch) == BATCH):
            target.add_parts(batch)
            name = NAMES[type(batch[0])]
            for one in batch:
                made[name] = made[name].add(one)
            show(name, made[name].count)
            batch = []
        if part is not None:
            batch.append(part)
    _compare(made, sums(_without_note(target.parts())), target.url)
    target.save_note(NOTE, "")
    return made


def _claim(source: Store, target: Store) -> None:
    """Make sure the target is empty or holds an earlier attempt of the same copy."""
    if source.url == target.url:
        raise ConfigError("a store cannot be copied onto itself", subject=source.url)
    counts = target.counts()
    if target.note(NOTE) == source.url:
        return
    if counts.articles or counts.feeds or counts.alerts:
        raise ConfigError(
            "holds something already: copy into an empty store, or choose another prefix",
            subject=target.url,
        )
    target.save_note(NOTE, source.url)


def _without_note(parts: Iterator[Part]) -> Iterator[Part]:
    return (part for part in parts if not (isinstance(part, KeptNote) and part.name == NOTE))


def _compare(made: dict[str, Sum], found: dict[str, Sum], url: str) -> None:
    wrong = [
        f"{name}: {made[name].count} read, {found[name].count} found"
        + (" with other content" if made[name].count == found[name].count else "")
        for name in made
        if made[name] != found[name]
    ]
    if wrong:
        raise StoreError(
            f"the copy differs ({'; '.join(wrong)}): let nothing write meanwhile and start again",
            subject=url,
        )


__all__ = ["NOTE", "copy"]
