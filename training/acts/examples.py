"""Reads the act examples: one a line, with marks that a person can edit.

    p MED_REJECT 4: {s Delhi} {q said} {c there is no role for a third party}.
    t none: {s The bank} {q offered} {c technical help with silt}.

Before the colon: who speaks (`p` a party to the conflict, `t` a third party, `o` somebody else),
the act or `none`, a comma and another that is right as well, and the number of its group: lines
that differ in little, such as a minimal pair. Marks as in `training.markup`, one report a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.taxonomy import load_acts
from training.markup import SPLITS, MarkError, attributions, read_lines, unmark
from training.passages import Attribution

FOLDER = Path(__file__).parent
NONE = "none"
ROLES = {"p": "party", "t": "third", "o": "other"}
LINE = re.compile(r"(?P<role>[pto]) (?P<acts>[A-Za-z_,]+)(?: (?P<group>\d+))?: (?P<marked>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActExample:
    """A sentence with one report in it, and the acts that are right for it (`none`: no act)."""

    id: str
    text: str
    report: Attribution
    acts: tuple[str, ...]
    role: str  # party, third, other
    event: str
    group: str  # lines of one group are in one event, and so in one split

    @property
    def act(self) -> str:
        """Return the act to learn."""
        return self.acts[0]


def read_split(split: str, folder: Path = FOLDER) -> list[ActExample]:
    """Return the examples of one of `SPLITS`, file by file. Raises `MarkError`."""
    return [one for path in sorted((folder / split).glob("*.txt")) for one in read_file(path)]


def read_all(folder: Path = FOLDER) -> dict[str, list[ActExample]]:
    """Return the examples by split. Raises `MarkError`."""
    return {split: read_split(split, folder) for split in SPLITS}


def read_file(path: Path) -> Iterator[ActExample]:
    """Yield the examples of one file; its name is their event. Raises `MarkError`."""
    return read_lines(path, read_line)


def read_line(line: str, *, event: str, name: str) -> ActExample:
    """Return one marked line. Raises `MarkError`."""
    match = LINE.fullmatch(line)
    if match is None:
        raise MarkError("no role and act before the sentence")
    acts = tuple(match["acts"].split(","))
    unknown = set(acts) - {NONE, *load_acts()}
    if unknown:
        raise MarkError(f"no such act: {', '.join(sorted(unknown))}")
    text, marks = unmark(match["marked"])
    found = attributions(marks)
    if len(found) != 1:
        raise MarkError(f"{len(found)} reports in a line of one")
    group = f"{event}-group-{match['group']}" if match["group"] else name
    return ActExample(
        id=name,
        text=text,
        report=found[0],
        acts=acts,
        role=ROLES[match["role"]],
        event=event,
        group=group,
    )
