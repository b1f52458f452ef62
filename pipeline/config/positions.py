"""Standing positions: what a party was known to hold before the store heard it say so.

Files of `positions/`, each a list of `[[position]]` tables. Every one gives the date and the
public reference it rests on; the first claim that says something else replaces it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from operator import attrgetter
from pathlib import Path
from typing import ClassVar, Literal

from pipeline.config.document import Problem, read_document, unknown, validate_list, wrong
from pipeline.config.settings import STRICT
from pipeline.records import Position, stable_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPosition:
    """One `[[position]]`: from `since` on, `party` stood on `issue` as `act` and `text` say."""

    topic: str
    party: str
    issue: str
    act: str
    since: date
    text: str
    reference: str
    modality: Literal["actual", "conditional", "planned", "past"] = "actual"
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PositionFile:
    position: tuple[StandingPosition, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


def load_positions(
    directory: Path, *, acts: Collection[str], issues: Mapping[str, Collection[str]]
) -> tuple[Position, ...]:
    """Return the standing positions of all files in `directory`, oldest first.

    `issues` gives the ids of the issues of each topic. Where a party has several positions
    on one issue, each but the last ends when the next begins.

    Raises:
        ConfigError: a file is wrong, or names an unknown act, topic or issue.
    """
    standing: list[StandingPosition] = []
    for path in sorted(directory.glob("*.toml")):
        standing += _read_positions(path, acts, issues)
    return _chained([_position(one) for one in standing])


def _read_positions(
    path: Path, acts: Collection[str], issues: Mapping[str, Collection[str]]
) -> tuple[StandingPosition, ...]:
    document = read_document(path)
    file, places, problems = validate_list(document, "position", _PositionFile)
    for place, one in zip(places, file.position, strict=True):
        faults = _faults(one, acts, issues)
        problems += [Problem(("position", place, key), why) for key, why in faults]
    if problems:
        raise wrong(document, problems)
    return file.position


def _faults(
    one: StandingPosition, acts: Collection[str], issues: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    if one.act not in acts:
        yield "act", unknown("act", one.act, acts)
    if one.topic not in issues:
        yield "topic", unknown("topic", one.topic, issues)
    elif one.issue not in issues[one.topic]:
        yield "issue", unknown(f"issue of {one.topic}", one.issue, issues[one.topic])
    for key in ("party", "text", "reference"):
        if not getattr(one, key).strip():
            yield key, "must not be empty"


def _position(one: StandingPosition) -> Position:
    since = datetime.combine(one.since, time(), UTC)
    slot = (one.topic, one.party, one.issue, one.act, one.modality, one.since.isoformat())
    return Position(
        id=stable_id("standing position", *slot),
        topic=one.topic,
        party=one.party,
        issue=one.issue,
        act=one.act,
        modality=one.modality,
        since=since,
        claim_id=None,
        speaker=one.speaker,
        via=(),
        text=one.text,
        last_stated=since,
        reference=one.reference,
    )


def _chained(positions: list[Position]) -> tuple[Position, ...]:
    """Let each position of a party on an issue end where its next one begins."""
    latest: dict[tuple[str, str, str], Position] = {}
    chained: dict[str, Position] = {}
    for position in sorted(positions, key=attrgetter("since", "id")):
        holder = (position.topic, position.party, position.issue)
        before = latest.get(holder)
        if before is not None:
            chained[before.id] = replace(before, until=position.since)
        current = replace(position, previous=before.id if before else None)
        latest[holder] = chained[current.id] = current
    return tuple(chained.values())
