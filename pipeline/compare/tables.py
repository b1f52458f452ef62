"""Read tables.toml once: what acts are to each other, slots, matters, words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.taxonomy import load_acts, opposes, reverses

Patterns = Mapping[str, re.Pattern[str]]
Acts = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The knowledge of `compare`."""

    aspect: Mapping[str, str]  # act -> aspect
    slots: Mapping[str, tuple[str, ...]]  # act -> names of its slots
    patterns: Patterns  # name -> expression
    answers: Acts  # act -> acts it answers
    changes: Acts  # act -> acts of its party that it ends
    carries_on: Acts  # act -> acts of its party that it carries further
    denies: Acts  # act -> acts of its party that it denies
    near: Acts  # act -> acts that are one stance with it in other words; symmetric
    neighbours: Acts  # act -> acts that one statement is easily taken for; symmetric
    stances: Mapping[str, int]  # act -> from refusal (-2) to consent (2)
    kinds: Acts  # kind -> acts, or role codes
    matters: Patterns  # main matter -> expression
    side_matters: Patterns  # matter beside the main one -> expression
    side_words: Patterns  # matter beside the main one -> expression of its words alone
    recalls: Patterns  # act -> expression of a mere mention
    not_places: frozenset[str]  # folded words with capitals that name no place
    numbers: Mapping[str, int]  # number in words -> value
    hours: Mapping[str, int]  # unit of time -> hours
    weekdays: tuple[str, ...]  # Monday first
    months: tuple[str, ...]
    relative: Mapping[str, int]  # word -> days from the day it is said
    stop: frozenset[str]  # folded words that carry no content
    subjects: frozenset[str]  # words that show the theme
    same: Mapping[str, str]  # folded word -> word that stands for its group


@cache
def load_tables() -> Tables:
    """Return the tables; read from the package once."""
    raw = tomllib.loads(Path(__file__).with_name("tables.toml").read_text("utf-8"))
    calendar = raw["calendar"]
    patterns = _patterns(raw["patterns"], raw["numbers"], calendar)
    wording = raw["wording"]
    words = {name: wording[name] for name in ("negation", "hedge")}
    lead = raw["side_position"]["words"]
    sides = {name: lead + pattern for name, pattern in raw["side_matters"].items()}
    return Tables(
        aspect={act: name for name, acts in raw["aspects"].items() for act in acts},
        slots=_turned(raw["slots"]),
        patterns={**patterns, **_compiled(words)},
        answers=_sets(_turned(raw["responses"])),
        changes=_sets(raw["changes"]),
        carries_on=_sets(raw["carries_on"]),
        denies=_sets(raw["denies"]),
        near=_symmetric(raw["near"]),
        neighbours=_symmetric(raw["neighbours"]),
        stances=raw["stances"],
        kinds=_sets(raw["kinds"]),
        matters=_compiled(raw["matters"]),
        side_matters=_compiled(sides),
        side_words=_compiled(raw["side_matters"]),
        recalls=_compiled(wording["recalls"]),
        not_places=frozenset(
            (*raw["not_places"]["words"], *calendar["weekday"], *calendar["month"])
        ),
        numbers=_numbers(raw["numbers"]),
        hours=raw["numbers"]["hours"],
        weekdays=tuple(calendar["weekday"]),
        months=tuple(calendar["month"]),
        relative=calendar["relative"],
        stop=frozenset(wording["stop"]),
        subjects=frozenset(wording["subjects"]),
        same={word: group[0] for group in wording["same"] for word in group},
    )


def aspect_of(act: str) -> str:
    """Return the aspect of an issue that `act` takes a position on."""
    return load_tables().aspect.get(act, act)


@cache
def acts_of_aspect(act: str) -> tuple[str, ...]:
    """Return the acts that take a position on the same aspect as `act`, itself included."""
    aspects = load_tables().aspect
    return tuple(other for other in aspects if aspects[other] == aspect_of(act)) or (act,)


@cache
def alike(act: str) -> tuple[str, ...]:
    """Return the acts of the same theme and polarity: what a repeated one may have been read as."""
    acts = load_acts()
    kind = acts[act].theme, acts[act].polarity
    return tuple(other for other in acts if (acts[other].theme, acts[other].polarity) == kind)


@cache
def takes_back(act: str, other: str) -> bool:
    """Say whether a party that said `other` of its own cannot say `act`."""
    denied = other in load_tables().denies.get(act, frozenset())
    return denied or opposes(act, other) or reverses(act, other)


def is_kind(kind: str, code: str | None) -> bool:
    """Say whether an act, or a role code, is of a kind of the tables."""
    return code in load_tables().kinds[kind]


def _patterns(
    raw: Mapping[str, str], numbers: Mapping[str, Any], calendar: Mapping[str, Any]
) -> dict[str, re.Pattern[str]]:
    number = "|".join([r"\d[\d,.]*\d|\d", "an?", *numbers["words"], *numbers["tens"]])
    parts = {
        "{number}": f"(?:{number})",
        "{name}": raw["capital"],
        "{month}": "|".join(calendar["month"]),
        "{weekday}": "|".join(calendar["weekday"]),
    }
    return _compiled({name: _filled(pattern, parts) for name, pattern in raw.items()})


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    for part, words in parts.items():
        pattern = pattern.replace(part, words)
    return pattern


def _compiled(raw: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in raw.items()}


def _numbers(raw: Mapping[str, Any]) -> dict[str, int]:
    counted = {word: value for value, word in enumerate(raw["words"])}
    tens = {word: 30 + 10 * place for place, word in enumerate(raw["tens"])}
    return {"a": 1, "an": 1, **counted, **tens}


def _sets(table: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(values) for name, values in table.items()}


def _symmetric(table: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    pairs = {(one, other) for one, others in table.items() for other in others}
    pairs |= {(other, one) for one, other in pairs}
    return {one: frozenset(b for a, b in pairs if a == one) for one, _ in pairs}


def _turned(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    turned: dict[str, list[str]] = {}
    for name, values in table.items():
        for value in values:
            turned.setdefault(value, []).append(name)
    return {value: tuple(names) for value, names in turned.items()}
