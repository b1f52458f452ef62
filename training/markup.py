"""Reads the sentences of `training/sentences`: one a line, with marks that a person can edit.

    told-agency: {s Sources} {q told} ANI {c that the road was open}.
    nested: {s1 Dawn} {q1 reported} {c1 that {s2 officials} {q2 doubt} {c2 the count}}.

Before the colon: the construction (`none` when nobody says anything). Marks: `s` source, `q` cue,
`c` content, then the numbers of the attributions it belongs to (none: the only one of the line).
A mark may stand twice with one number (content in parts) and inside another. `¶` breaks a line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from training.passages import Attribution, Passage, Range

SPLITS = ("train", "dev", "test")
NO_REPORT = "none"
LINE = re.compile(r"(?P<template>[a-z-]+): (?P<marked>.+)")
TOKEN = re.compile(r"\{(?P<role>[sqc])(?P<numbers>[\d,]*) |(?P<close>\})|[^{}]+|.")
ROLES = {"s": "source", "q": "cue", "c": "content"}


class MarkError(ValueError):
    """A line that cannot be read; the message says where and why."""


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Reader(Protocol[T_co]):
    """Reads one line, and raises `MarkError`."""

    def __call__(self, line: str, *, event: str, name: str) -> T_co:
        """Return what the line says."""


def read_split(folder: Path, split: str) -> list[Passage]:
    """Return the passages of one split, file by file. Raises `MarkError`."""
    return [
        passage for path in sorted((folder / split).glob("*.txt")) for passage in read_file(path)
    ]


def read_file(path: Path) -> Iterator[Passage]:
    """Yield the passages of one file; its name is their event. Raises `MarkError`."""
    return read_lines(path, read_line)


def read_lines(path: Path, read: Reader[T]) -> Iterator[T]:
    """Yield what `read` makes of each line but comments; its errors name file and line."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        try:
            yield read(line, event=path.stem, name=f"{path.stem}-{number}")
        except MarkError as error:
            raise MarkError(f"{path.name}, line {number}: {error}") from error


def read_line(line: str, *, event: str, name: str) -> Passage:
    """Return one marked line as a passage. Raises `MarkError`."""
    match = LINE.fullmatch(line)
    if match is None:
        raise MarkError("no construction before the sentence")
    text, marks = unmark(match["marked"])
    found = attributions(marks)
    if bool(found) == (match["template"] == NO_REPORT):
        raise MarkError(f"{len(found)} attributions in a sentence of kind {match['template']}")
    return Passage(name, text, found, event, match["template"])


Marks = dict[int, dict[str, list[Range]]]


def unmark(marked: str) -> tuple[str, Marks]:
    """Return the bare text and, for each number, the ranges of each role."""
    text = ""
    marks: Marks = defaultdict(lambda: defaultdict(list))
    opened: list[tuple[str, list[int], int]] = []
    for token in TOKEN.finditer(marked):
        if token["role"]:
            numbers = [int(number) for number in token["numbers"].split(",") if number] or [0]
            opened.append((ROLES[token["role"]], numbers, len(text)))
        elif token["close"]:
            if not opened:
                raise MarkError("a mark is closed that was not opened")
            role, numbers, start = opened.pop()
            for number in numbers:
                marks[number][role].append((start, len(text)))
        elif token.group() == "{":
            raise MarkError("a brace without a role")
        else:
            text += token.group().replace(" ¶ ", "\n")
    if opened:
        raise MarkError("a mark is not closed")
    return text, marks


def attributions(marks: Marks) -> tuple[Attribution, ...]:
    """Return the marks as attributions in the order of their numbers, each with its parent."""
    numbers = sorted(marks)
    for number in numbers:
        if not marks[number]["cue"] or not marks[number]["content"]:
            raise MarkError(f"attribution {number} lacks its cue or content")
        if len(marks[number]["cue"]) > 1:
            raise MarkError(f"attribution {number} has two cues")
    return tuple(_attribution(number, numbers, marks) for number in numbers)


def _attribution(number: int, numbers: list[int], marks: Marks) -> Attribution:
    source, cue, content = (tuple(sorted(marks[number][role])) for role in ROLES.values())
    return Attribution(source, cue, content, _parent(number, numbers, marks))


def _parent(number: int, numbers: list[int], marks: Marks) -> int | None:
    """Return the place of the smallest attribution whose content holds this one's cue."""
    [cue] = marks[number]["cue"]
    around = [
        (end - start, place)
        for place, other in enumerate(numbers)
        if other != number
        for start, end in marks[other]["content"]
        if start <= cue[0] and cue[1] <= end
    ]
    return min(around)[1] if around else None
