"""Progress of long work: bars on a terminal, elsewhere a plain line for each step; on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.stores import Store

Show = Callable[[str, int, int], None]  # step, done, total

STEPS = {
    "collect": "feeds asked",
    "scrape": "pages read",
    "extract": "articles read for claims",
    "compare": "articles compared",
    "export": "claims written",
}
EVERY_S = 30.0  # a plain line while a step goes on


@contextmanager
def progress(store: Store | None = None) -> Iterator[Show]:
    """Yield what to call with (step, done, total).

    The flow knows no total of what waits in the store; `store` is asked for it.
    """
    shown = _bars(store) if sys.stderr.isatty() else _lines()
    with shown as show:
        yield show


@contextmanager
def _bars(store: Store | None) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    bars = Progress(
        TextColumn("{task.description:26}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        redirect_stdout=sys.stdout.isatty(),  # what goes to a file must still go there
    )
    tasks: dict[str, TaskID] = {}
    totals: dict[str, int] = {}

    def show(step: str, done: int, total: int) -> None:
        if step not in tasks:
            totals[step] = max(total, done + _waiting(store, step))
            tasks[step] = bars.add_task(STEPS.get(step, step), total=totals[step])
        bars.update(tasks[step], completed=done, total=max(totals[step], total))

    with bars:
        yield show


@contextmanager
def _lines() -> Iterator[Show]:
    last: tuple[str, int] | None = None
    told = time.monotonic()

    def show(step: str, done: int, total: int) -> None:
        nonlocal last, told
        over = last is not None and last[0] != step
        if last is not None and (over or time.monotonic() - told > EVERY_S):
            _say(*last)
            told = time.monotonic()
        last = (step, done)

    try:
        yield show
    finally:
        if last is not None:
            _say(*last)


def _say(step: str, done: int) -> None:
    click.echo(f"{STEPS.get(step, step)}: {done}", err=True)


def _waiting(store: Store | None, step: str) -> int:
    return store.counts().pending.get(step, 0) if store is not None else 0
