"""The ledger: for each party, issue and aspect the current stance, and what it replaced.

A stance lasts as long as the party says the same. Whatever the order in which articles
arrive, the stances are those of the statements in the order in which they were made: what
reaches us late goes to its place in the history, and splits a stance that it interrupts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pipeline.compare.keys import Said
from pipeline.compare.slots import is_same_detail
from pipeline.compare.tables import aspect_of
from pipeline.compare.turns import CONDITION, MEDIATOR, kind_between
from pipeline.compare.voices import NOT_ITSELF
from pipeline.records import Ledger, Position, stable_id

KEPT = 50  # statements of one stance that are remembered one by one

Moment = tuple[datetime, str]  # when, and the claim: the order of statements
Note = tuple[datetime, str, str, str]  # a moment, what was named and its value


def changed_positions(
    said: Said, ledger: Ledger, *, counted: frozenset[str] = frozenset()
) -> tuple[Position, ...]:
    """Return the positions this claim opens, restates, splits or closes.

    Only what a known party says itself, now and for sure, is a position: background, hedged,
    conditional and reported claims leave the ledger alone. `counted` are ids of positions
    this article has stated already: an article counts once.
    """
    if not takes_a_stand(said):
        return ()
    stances = (*ledger.history, *ledger.positions)
    track = track_of(stances, said.party, said.about.issue, said.act)
    return _with_notes(said, track, _changed(said, track, counted))


def _changed(said: Said, track: list[Position], counted: frozenset[str]) -> tuple[Position, ...]:
    moment = (said.claim.said_at, said.claim.id)
    before = [p for p in track if start_of(p) <= moment]
    after = [p for p in track if start_of(p) > moment]
    if before and before[-1].act == said.act:
        return (_restated(before[-1], moment, counted),)
    rest = _after(before[-1], moment) if before else ()
    if before and rest:
        return _split(said, before[-1], rest, after)
    return _between(said, before, after, counted)


def takes_a_stand(said: Said) -> bool:
    """Say whether a claim is its party's own word, said now and for sure."""
    claim = said.claim
    return (
        said.voice.level not in NOT_ITSELF
        and not claim.background
        and not claim.hedged
        and claim.modality != "conditional"
    )


def track_of(stances: Iterable[Position], party: str, issue: str, act: str) -> list[Position]:
    """Return the stances of a party on the aspect of an issue that `act` is on, oldest first."""
    wanted = (party, issue, aspect_of(act))
    found = {p.id: p for p in stances if p.stands}.values()
    same = (p for p in found if (p.party, p.issue, aspect_of(p.act)) == wanted)
    return sorted(same, key=start_of)


def start_of(position: Position) -> Moment:
    """Return when a stance began, and with which claim."""
    return position.since, position.claim_id or ""


def _after(position: Position, moment: Moment) -> tuple[Moment, ...]:
    return tuple(other for other in position.said if other > moment)


def _restated(position: Position, moment: Moment, counted: frozenset[str]) -> Position:
    if position.id in counted:
        return position
    return replace(
        position,
        last_stated=max(position.last_stated, moment[0]),
        times=position.times + 1,
        said=kept((*position.said, moment)),
    )


def _split(
    said: Said, position: Position, rest: tuple[Moment, ...], after: list[Position]
) -> tuple[Position, ...]:
    """The party said something else in between: its stance ended and was taken up again."""
    left = replace(
        position,
        until=said.claim.said_at,
        last_stated=max((m[0] for m in position.said if m not in rest), default=position.since),
        times=max(1, position.times - len(rest)),
        said=tuple(m for m in position.said if m not in rest),
    )
    middle = _opened(said, until=rest[0][0], previous=left)
    again = replace(
        position,
        id=stable_id(position.id, *rest[0][1:]),
        since=rest[0][0],
        claim_id=rest[0][1],
        times=len(rest),
        previous=middle.id,
        change=kind_between(middle.act, position.act),
        said=rest,
    )
    return (left, middle, again, *_linked(after, again))


def _between(
    said: Said, before: list[Position], after: list[Position], counted: frozenset[str]
) -> tuple[Position, ...]:
    """Open a stance after the one before, or begin the one that follows earlier than known."""
    ended = tuple(replace(p, until=said.claim.said_at) for p in before[-1:])
    previous = ended[0] if ended else None
    if after and after[0].act == said.act and after[0].claim_id is not None:
        return (*ended, _earlier(said, after[0], counted))
    until = after[0].since if after else None
    opened = _opened(said, until=until, previous=previous)
    return (*ended, opened, *_linked(after, opened))


def _earlier(said: Said, position: Position, counted: frozenset[str]) -> Position:
    claim = said.claim
    return replace(
        position,
        since=claim.said_at,
        claim_id=claim.id,
        speaker=claim.speaker,
        via=tuple(hop.name for hop in claim.chain),
        text=claim.text,
        times=position.times + (position.id not in counted),
        said=kept(((claim.said_at, claim.id), *position.said)),
    )


def _linked(after: list[Position], previous: Position) -> tuple[Position, ...]:
    return tuple(
        replace(p, previous=previous.id, change=kind_between(previous.act, p.act))
        for p in after[:1]
    )


def _with_notes(
    said: Said, track: Iterable[Position], changed: tuple[Position, ...]
) -> tuple[Position, ...]:
    """Put each mediator and condition named so far on the stance that was held then."""
    places = {p.id: p for p in (*track, *changed)}
    notes = sorted({*_notes(said), *(note for p in places.values() for note in p.noted)})
    stances = sorted(places.values(), key=start_of)
    held: dict[str, list[Note]] = {p.id: [] for p in stances}
    for note in notes:
        at = [p for p in stances if start_of(p) <= note[:2]] or stances
        held[at[-1].id].append(note)
    noted = {key: tuple(found[:1] + found[1:][-(KEPT - 1) :]) for key, found in held.items()}
    mine = {p.id for p in changed}
    return tuple(
        replace(p, noted=noted[p.id])
        for p in places.values()
        if p.id in mine or p.noted != noted[p.id]
    )


def _notes(said: Said) -> tuple[Note, ...]:
    claim, condition = said.claim, dict(said.slots).get("condition")
    found = [("mediator", name) for name in said.about.third]
    found += [("condition", condition)] if condition else []
    return tuple((claim.said_at, claim.id, kind, value) for kind, value in found)


def changes_of(position: Position) -> tuple[tuple[datetime, str], ...]:
    """Return when and how a stance changed: how it began, and what was named only later."""
    found = [(position.since, position.change)] if position.change else []
    known: dict[str, list[str]] = {"mediator": [], "condition": []}
    words = {"mediator": MEDIATOR, "condition": CONDITION}
    for when, _, kind, value in position.noted:
        new = not any(is_same_detail(kind, one, value) for one in known[kind])
        if new and when > position.since:
            found.append((when, f"{words[kind]}: {value}"))
        known[kind].append(value)
    return tuple(found)


def kept(moments: Iterable[Moment], most: int = KEPT) -> tuple[Moment, ...]:
    """Return the moments in order; of more than `most` the first and the newest ones."""
    first, *others = sorted(set(moments))
    return (first, *others[-(most - 1) :])


def _opened(said: Said, *, until: datetime | None, previous: Position | None) -> Position:
    claim = said.claim
    return Position(
        id=stable_id(
            "position",
            said.topic,
            said.party,
            said.about.issue,
            said.act,
            claim.said_at.isoformat(),
        ),
        topic=said.topic,
        party=said.party,
        issue=said.about.issue,
        act=said.act,
        modality=claim.modality,
        since=claim.said_at,
        claim_id=claim.id,
        speaker=claim.speaker or next(iter(said.voice.names), None),
        via=tuple(hop.name for hop in claim.chain),
        text=claim.text,
        last_stated=claim.said_at,
        previous=previous.id if previous else None,
        change=kind_between(previous.act if previous else None, said.act),
        until=until,
        said=((claim.said_at, claim.id),),
    )
