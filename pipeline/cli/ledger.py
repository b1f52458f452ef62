"""The whole ledger: what parties said, and where they stood before anybody heard them say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.compare import aspect_of
from pipeline.records import Position

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Answers

Matter = tuple[str, str, str, str]  # topic, party, issue, aspect of it


def whole_ledger(
    config: Config,
    store: Answers,
    *,
    topic: str | None = None,
    party: str | None = None,
    issue: str | None = None,
    history: bool = False,
) -> list[Position]:
    """Return stored and standing positions by topic, issue, party and time.

    A standing position holds until its party first said something on the same aspect of the
    issue; with `history` it is then shown with that end. What edits took out is only history,
    with the time of the edit as `withdrawn`.
    """
    party = party.upper() if party and len(party) == 2 else party
    known = store.positions(topic=topic, party=party, issue=issue, history=True)
    said = [position for position in known if position.joined is None]
    standing = [
        _ended(position, said)
        for position in config.positions
        if topic in (None, position.topic)
        and party in (None, position.party)
        and issue in (None, position.issue)
    ]
    found = [p for p in (*said, *standing) if history or p.until is None]
    return sorted(found, key=lambda p: (p.topic, p.issue, p.party, p.since, p.id))


def _ended(standing: Position, said: Sequence[Position]) -> Position:
    after = [p.since for p in said if p.stands and _matter(p) == _matter(standing)]
    if standing.until is not None or not after:
        return standing
    return replace(standing, until=min(after))


def _matter(position: Position) -> Matter:
    return position.topic, position.party, position.issue, aspect_of(position.act)
