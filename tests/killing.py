"""Ends a process, as far as its store can tell, at a certain write to the cluster."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline.stores.elasticsearch import ElasticsearchStore

KILLED = 9  # exit code of a process that ended at a write


class Killed(BaseException):
    """The process ends here."""


Mode = Callable[[list[str]], list[str]]
MODES: dict[str, Mode] = {
    "in the middle of": lambda lines: [
        line for pair in _pairs(lines)[::2] for line in pair if line
    ],
    "after": lambda lines: lines,
}


def _pairs(lines: list[str]) -> list[list[str]]:
    """Return the lines of each item of a bulk."""
    found: list[list[str]] = []
    for line in lines:
        if (
            set(json.loads(line)) & {"create", "index", "update", "delete"}
            and line.find('"_index"') > 0
        ):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def die() -> NoReturn:
    raise Killed


def exit_at_once() -> NoReturn:
    os._exit(KILLED)


def killed_at(
    store: ElasticsearchStore, number: int, mode: Mode, *, end: Callable[[], NoReturn] = die
) -> None:
    """Let the process end at its `number`th write, of which `mode` arrives."""
    send, sent = store._cluster.send, itertools.count()

    def send_or_die(lines: list[str]) -> list[dict[str, Any]]:
        place = next(sent)
        if place < number:
            return send(lines)
        if place == number:
            send(mode(lines))
        return end()

    store._cluster.send = send_or_die  # type: ignore[method-assign]  # where the process dies
