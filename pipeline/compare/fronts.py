"""The state of a ceasefire on each front, as its parties and others tell it. Pure.

    none -> proposed -> announced -> in force -> violated -> in force ... -> ended -> announced ...

A front is two or more parties of a topic. Nobody's word is taken for the fact: every step has
its claimant, and a truce is in force when each side of it has said so, or one says it holds.
The timeline is a fold over the claims in the order in which they were made, so the order in
which articles arrive changes nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.compare.slots import slots_of
from pipeline.compare.voices import NO_PARTY
from pipeline.records import NOT_THE_STATE, Claim, stable_id

Front = tuple[str, ...]  # parties, sorted
FIRM = ("actual", "planned", "past", None)
DATED = ("proposed", "announced", "confirmed", "restored", "extended")
AFTER = {
    "proposed": "proposed",
    "affirmed": "in force",
    "restored": "in force",
    "extended": "in force",
    "violation alleged": "violated",
    "denied": "disputed",
    "ended": "ended",
}
STANDS = ("announced", "in force", "violated", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One step on a front's timeline, with who says so and through whom."""

    kind: str  # proposed, announced, confirmed, affirmed, restored, extended, rejected, denied ...
    at: datetime
    claimant: str  # the party, or the outsider's country or name
    speaker: str
    accused: tuple[str, ...] = ()  # of a violation
    claim_id: str
    via: tuple[str, ...]  # names of the chain
    outlets: tuple[str, ...]  # of all who told it
    times: int = 1
    state: str = ""  # of the truce after it
    effective: str = ""  # day and time it says the truce begins, or ends
    duration: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truce:
    """One ceasefire on one front, from the first word of it to its end."""

    id: str
    topic: str
    front: Front
    number: int  # of the truces on this front, from 1
    state: str = "none"
    declared_by: tuple[str, ...] = ()  # sides that declared or confirmed it of their own
    announced_by: tuple[str, ...] = ()  # outsiders who announced it
    agreed: bool = False  # told as an agreement, not as one side's own step
    mediators: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def type(self) -> str:
        """How many sides it binds: unilateral, bilateral, multilateral; "" if undeclared."""
        sides = len(self.front) if self.agreed else len(self.declared_by)
        return {0: "", 1: "unilateral", 2: "bilateral"}.get(sides, "multilateral")

    def first(self, *kinds: str) -> Event | None:
        """Return the first event of these kinds."""
        return next((event for event in self.events if event.kind in kinds), None)

    def count(self, kind: str) -> int:
        """Return how many events there are of a kind."""
        return sum(event.kind == kind for event in self.events)


@dataclass(frozen=True, slots=True)
class Told:
    """A claim as the timeline reads it."""

    claim: Claim
    does: str
    claimant: str
    sides: tuple[str, ...]  # parties of the topic that it names or that speak
    is_party: bool
    details: Mapping[str, str] = field(default_factory=dict)


def timeline(claims: Iterable[Claim], topic: str, parties: Sequence[str]) -> tuple[Truce, ...]:
    """Return the truces that claims tell of, by front and number.

    `parties` are those of the topic; without any, whoever speaks or is bound is a side.
    Background, hedged and conditional claims tell of no step, nor does who speaks for nobody.
    """
    truces: dict[Front, list[Truce]] = {}
    for claim in sorted({c.id: c for c in claims}.values(), key=lambda c: (c.said_at, c.id)):
        told = read(claim, parties)
        if told is None:
            continue
        front = _front_of(told, parties, truces)
        moved = advanced(truces.get(front, []), told, front, topic) if len(front) > 1 else []
        if moved:
            truces[front] = moved
    return tuple(truce for front in sorted(truces) for truce in truces[front])


def read(claim: Claim, parties: Sequence[str]) -> Told | None:
    """Return a claim as the timeline reads it; None when it tells of no step."""
    does = _table()["does"].get(claim.act or "")
    if does is None or claim.background or claim.hedged or claim.modality not in FIRM:
        return None
    own, known = _own(claim), set(parties)
    if not own or (claim.role_code in NO_PARTY) or (not claim.countries and known.isdisjoint(own)):
        return None
    named = (*own, *claim.targets)
    sides = tuple(sorted({one for one in named if not known or one in known}))
    speaking = [one for one in own if not known or one in known]
    details = dict(slots_of(claim, claim.text))
    return Told(claim, does, "+".join(speaking or own), sides, bool(speaking), details)


def _own(claim: Claim) -> tuple[str, ...]:
    """Return whom the speaker speaks for."""
    if claim.role_code in NOT_THE_STATE or not claim.countries:
        return (claim.speaker,) if claim.speaker else ()
    return tuple(sorted(claim.countries))


def _front_of(told: Told, parties: Sequence[str], truces: Mapping[Front, Sequence[Truce]]) -> Front:
    """Return the front a claim is about.

    What leaves the other side unsaid is about the only front there can be, else about the
    one of its party where something happened last.
    """
    if len(told.sides) > 1:
        return told.sides
    if len(parties) == 2:
        return tuple(sorted(parties))
    open_ = [front for front in truces if set(told.sides) <= set(front)]
    return max(open_, key=lambda front: (_last(truces[front]), front), default=told.sides)


def _last(truces: Sequence[Truce]) -> datetime:
    return truces[-1].events[-1].at


# -- the machine -----------------------------------------------------------------------------------


def advanced(truces: Sequence[Truce], told: Told, front: Front, topic: str) -> list[Truce]:
    """Return the truces of a front after one more claim."""
    *earlier, truce = truces or [_opened(topic, front, 1)]
    if truce.state == "ended" and told.does in ("proposed", "announced"):
        earlier, truce = [*earlier, truce], _opened(topic, front, truce.number + 1)
    kind = kind_of(truce, told)
    if kind is None:
        return list(truces)
    return [*earlier, _with(truce, told, kind)]


def _opened(topic: str, front: Front, number: int) -> Truce:
    made = stable_id("truce", topic, *front, str(number))
    return Truce(id=made, topic=topic, front=front, number=number)


def kind_of(truce: Truce, told: Told) -> str | None:
    """Return what a claim does to a truce, by its act and where the truce stands; None: nothing."""
    if told.does == "announced":
        return _announcement(truce, told)
    if told.does == "affirmed" and truce.state == "violated" and _is_again(told):
        return "restored"
    idle = {
        "proposed": truce.state in STANDS,
        "violation alleged": False,
        "ended": truce.state == "ended" or not told.is_party,
    }
    return None if idle.get(told.does, truce.state == "ended") else told.does


def _announcement(truce: Truce, told: Told) -> str:
    if truce.state == "violated" and _is_again(told):
        return "restored"
    confirms = truce.state in STANDS and _is_confirmed_by(truce, told)
    return "confirmed" if confirms else "announced"


def _is_again(told: Told) -> bool:
    return _again().search(told.claim.text) is not None


def _is_confirmed_by(truce: Truce, told: Told) -> bool:
    """Say whether a side speaks of a truce that somebody else announced before."""
    first = truce.first("announced", "violation alleged", "affirmed", "extended", "denied")
    return told.is_party and first is not None and first.claimant != told.claimant


def _with(truce: Truce, told: Told, kind: str) -> Truce:
    """Return the truce after a step; a step told again is counted, and moves nothing."""
    event = _event(told, kind)
    same = next((n for n, one in enumerate(truce.events) if _same(one) == _same(event)), None)
    if same is not None:
        events = list(truce.events)
        events[same] = _told_again(events[same], event)
        return replace(truce, events=tuple(events))
    after = _declared(truce, told, kind)
    after = replace(after, state=_state(after, kind))
    return replace(after, events=(*truce.events, replace(event, state=after.state)))


def _event(told: Told, kind: str) -> Event:
    claim, details = told.claim, told.details if kind in DATED else {}
    when = " ".join(filter(None, (details.get("date"), details.get("time"))))
    return Event(
        kind=kind,
        at=claim.said_at,
        claimant=told.claimant,
        speaker=claim.speaker or claim.source_text,
        accused=tuple(sorted(claim.targets)) if kind == "violation alleged" else (),
        claim_id=claim.id,
        via=tuple(hop.name for hop in claim.chain),
        outlets=(claim.outlet,),
        effective=when,
        duration=details.get("duration", ""),
        words=claim.text,
    )


def _same(event: Event) -> tuple[str, ...]:
    """Return what makes two events one: a violation is of its day, an extension of its length."""
    day = f"{event.at:%Y-%m-%d}" if event.kind.startswith("violation") else ""
    length = event.duration if event.kind == "extended" else ""
    return (event.kind, event.claimant, *event.accused, day, length)


def _told_again(event: Event, again: Event) -> Event:
    return replace(
        event,
        times=event.times + 1,
        outlets=tuple(sorted({*event.outlets, *again.outlets})),
        effective=event.effective or again.effective,
        duration=event.duration or again.duration,
    )


def _declared(truce: Truce, told: Told, kind: str) -> Truce:
    """Return the truce with who stands by it now."""
    if kind not in ("announced", "confirmed", "affirmed", "extended", "restored"):
        return truce
    claim, own = told.claim, told.claimant.split("+")
    sides = own if told.is_party else []
    return replace(
        truce,
        declared_by=_union(truce.declared_by, sides),
        announced_by=_union(truce.announced_by, () if told.is_party else own),
        agreed=truce.agreed or claim.act in ("CF_AGREE", "CF_EXTEND"),
        mediators=_union(truce.mediators, set(claim.third_party) - set(truce.front)),
    )


def _state(truce: Truce, kind: str) -> str:
    """Return the state after a step of this kind."""
    if kind in ("announced", "confirmed"):
        return "in force" if set(truce.front) <= set(truce.declared_by) else _announced(truce)
    if truce.state == "ended" or (kind == "denied" and truce.state == "none"):
        return truce.state
    if kind == "rejected" and truce.state == "proposed":
        return "none"
    return AFTER.get(kind, truce.state)


def _announced(truce: Truce) -> str:
    """Return the state of a truce of which not every side has spoken: no step back by that."""
    return truce.state if truce.state in ("in force", "violated", "disputed") else "announced"


def _union(one: Iterable[str], other: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


# -- knowledge -------------------------------------------------------------------------------------


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


@cache
def _again() -> re.Pattern[str]:
    return re.compile(_table()["patterns"]["again"], re.IGNORECASE)


__all__ = ["Event", "Told", "Truce", "advanced", "kind_of", "read", "timeline"]
