"""Read tables.toml once: aspects of positions, slots of acts, what answers what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tables:
    """The knowledge of `compare`."""

    aspect: Mapping[str, str]  # act -> aspect
    slots: Mapping[str, tuple[str, ...]]  # act -> names of its slots
    patterns: Mapping[str, re.Pattern[str]]  # slot -> expression
    answers: Mapping[str, frozenset[str]]  # act -> acts it answers


@cache
def load_tables() -> Tables:
    """Return the tables; read from the package once."""
    raw = tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8"))
    return Tables(
        aspect={act: name for name, acts in raw["aspects"].items() for act in acts},
        slots=_turned(raw["slots"]),
        patterns={
            name: re.compile(pattern, 0 if name == "place" else re.IGNORECASE)
            for name, pattern in raw["patterns"].items()
        },
        answers={act: frozenset(to) for act, to in _turned(raw["responses"]).items()},
    )


def aspect_of(act: str) -> str:
    """Return the aspect of an issue that `act` takes a position on."""
    return load_tables().aspect.get(act, act)


def _turned(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    turned: dict[str, list[str]] = {}
    for name, values in table.items():
        for value in values:
            turned.setdefault(value, []).append(name)
    return {value: tuple(names) for value, names in turned.items()}
