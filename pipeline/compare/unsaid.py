"""What an edit takes back: the ledger as if it had never been said, but for the mark. Pure.

An article that no longer says something has not said it: its party's stance ends or begins
elsewhere, the stances on both sides of it meet again, a pair that rests on it is closed, and
one that it had closed is open again. Whatever the order in which articles and their edits
arrive, the stances that stand are those of the statements that stand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pipeline.compare.positions import kept, start_of, track_of
from pipeline.compare.tables import acts_of_aspect
from pipeline.compare.turns import kind_between
from pipeline.questions import Question, Side, Track
from pipeline.records import Claim, Contradiction, Ledger, Position, Proposition

R = TypeVar("R", Position, Proposition, Contradiction)
KEPT = 12  # statements of one proposition that are remembered one by one; of more none is the last
ClaimOf = Callable[[str], Claim | None]


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What taking statements back changed in the ledger."""

    positions: tuple[Position, ...] = ()
    propositions: tuple[Proposition, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.positions or self.propositions or self.contradictions)

    def then(self, other: Unsaid) -> Unsaid:
        """Return these changes but for the records that `other` changes again, and then those."""
        return Unsaid(
            over(self.positions, other.positions),
            over(self.propositions, other.propositions),
            over(self.contradictions, other.contradictions),
        )

    def over(self, ledger: Ledger) -> Ledger:
        """Return a ledger with these changes in it, whether or not it asked for them."""
        if not self:
            return ledger
        stances = over((*ledger.positions, *ledger.history), self.positions)
        standing = [position for position in stances if position.stands]
        pairs = over(ledger.contradictions, self.contradictions)
        return Ledger(
            propositions=over(ledger.propositions, self.propositions),
            positions=tuple(p for p in standing if p.until is None),
            contradictions=tuple(pair for pair in pairs if pair.closed is None),
            history=tuple(p for p in standing if p.until is not None),
        )


def over(records: Iterable[R], changed: Iterable[R]) -> tuple[R, ...]:
    """Return records with those of `changed` in place of those of the same id, or after them."""
    by_id = {one.id: one for one in records}
    by_id.update((one.id, one) for one in changed)
    return tuple(by_id.values())


def asked_of_lost(propositions: Iterable[Proposition], lost: Iterable[Claim]) -> Question:
    """Return what has to be known to take back claims that stated these propositions."""
    moments = {claim.said_at for claim in lost}
    tracks = [
        Track(party=p.party, issue=p.issue, acts=acts_of_aspect(p.act), at=moment)
        for p in propositions
        for moment in sorted(moments)
    ]
    sides = [Side(party=p.party, act=p.act, issue=p.issue) for p in propositions]
    return Question(tracks=tuple(dict.fromkeys(tracks)), sides=tuple(dict.fromkeys(sides)))


def unsaid(
    lost: Collection[str],
    ledger: Ledger,
    *,
    at: datetime,
    claim_of: ClaimOf,
    closed: Callable[[], Iterable[Contradiction]] = tuple,
) -> Unsaid:
    """Return what changes when the claims `lost` are taken back at `at`.

    `ledger` is the answer to `asked_of_lost` with the propositions themselves; `claim_of` gives
    a claim that a stance begins with now; `closed` the pairs that have ended, asked for only
    when a stance is taken up again.
    """
    propositions = tuple(
        _without(one, lost, at) for one in ledger.propositions if _rests_on(one.said, lost)
    )
    positions = _stances_without(lost, ledger, at, claim_of)
    known = {one.id: one for one in (*ledger.positions, *ledger.history)}
    ended = [known[one.id] for one in positions if one.until is None and known[one.id].until]
    opened = _opened_again(closed(), ended) if ended else {}
    pairs = _pairs_without((*ledger.contradictions, *opened.values()), lost, propositions, at)
    return Unsaid(positions, propositions, tuple((opened | pairs).values()))


def _rests_on(said: Iterable[tuple[datetime, str]], lost: Collection[str]) -> bool:
    return any(claim in lost for _, claim in said)


def remembered(one: Proposition, claim: Claim) -> Proposition:
    """Return a proposition that a claim has stated, with the claim among those that did."""
    return replace(one, said=kept((*one.said, (claim.said_at, claim.id)), KEPT), withdrawn=None)


# -- statements -----------------------------------------------------------------------------------


def _without(one: Proposition, lost: Collection[str], at: datetime) -> Proposition:
    """Return a proposition without these statements; withdrawn when nobody is left to say it."""
    rest = tuple(moment for moment in one.said if moment[1] not in lost)
    if not rest:
        if one.times > len(one.said):  # others said it, too, that are not remembered
            return replace(one, said=(), times=one.times - 1)
        return replace(one, said=(), times=0, withdrawn=at)
    return replace(
        one,
        said=rest,
        times=max(len(rest), one.times - 1),
        first_stated=rest[0][0],
        first_claim=rest[0][1],
        last_stated=rest[-1][0],
        last_claim=rest[-1][1],
    )


# -- stances --------------------------------------------------------------------------------------


def _stances_without(
    lost: Collection[str], ledger: Ledger, at: datetime, claim_of: ClaimOf
) -> tuple[Position, ...]:
    found = {p.id: p for p in (*ledger.history, *ledger.positions) if p.stands}
    touched = [p.id for p in found.values() if _rests_on(p.said, lost)]
    changed: dict[str, Position] = {}
    for one in touched:
        track = track_of(found.values(), found[one].party, found[one].issue, found[one].act)
        for position in _taken_back(found[one], track, lost, at, claim_of):
            noted = tuple(note for note in position.noted if note[1] not in lost)
            found[position.id] = changed[position.id] = replace(position, noted=noted)
    return tuple(changed.values())


def _taken_back(
    one: Position,
    track: Sequence[Position],
    lost: Collection[str],
    at: datetime,
    claim_of: ClaimOf,
) -> tuple[Position, ...]:
    if not one.stands:
        return ()
    place = next(n for n, other in enumerate(track) if other.id == one.id)
    before = track[place - 1] if place else None
    rest = tuple(moment for moment in one.said if moment[1] not in lost)
    if one.claim_id is None:
        return (_standing_without(one, rest, at),)
    if not rest and one.times <= len(one.said):
        gone = replace(one, withdrawn=at, until=one.until or at)
        return (gone, *_met(before, track[place + 1 :], at))
    left = _begun_with(one, rest or one.said[:1], claim_of)
    if before is not None and left.since != one.since:
        return (left, replace(before, until=left.since))
    return (left,)


def _begun_with(
    one: Position, rest: tuple[tuple[datetime, str], ...], claim_of: ClaimOf
) -> Position:
    """Return a stance with the statements that are left, as the first of them began it."""
    left = replace(one, said=rest, times=max(len(rest), one.times - 1), last_stated=rest[-1][0])
    claim = claim_of(rest[0][1]) if rest[0] != start_of(one) else None
    if claim is None:
        return left
    return replace(
        left,
        since=rest[0][0],
        claim_id=claim.id,
        speaker=claim.speaker or one.speaker,
        via=tuple(hop.name for hop in claim.chain),
        text=claim.text,
        modality=claim.modality,
    )


def _met(before: Position | None, after: Sequence[Position], at: datetime) -> tuple[Position, ...]:
    """Return the stances on both sides of one that is gone: joined when they are the same."""
    following = after[0] if after else None
    if before is None:
        return (_after(following, None),) if following is not None else ()
    if following is None:
        return (_resumed(before, at),)
    if before.act != following.act:
        return (
            replace(before, until=following.since),
            _after(following, before),
        )
    one = replace(
        before,
        said=(*before.said, *following.said),
        times=before.times + following.times,
        last_stated=max(before.last_stated, following.last_stated),
        until=following.until,
    )
    joined = replace(following, joined=one.id, until=following.until or at)
    return (one, joined, *(replace(p, previous=one.id) for p in after[1:2]))


def _after(one: Position, before: Position | None) -> Position:
    """Return a stance as that which follows another one, or is the first."""
    change = kind_between(before.act if before else None, one.act)
    return replace(one, previous=before.id if before else None, change=change)


def _standing_without(
    one: Position, rest: tuple[tuple[datetime, str], ...], at: datetime
) -> Position:
    """Return a standing position that was voiced as it is with fewer, or no, statements of it."""
    last = rest[-1][0] if rest else one.since
    left = replace(one, said=rest, times=max(1, one.times - 1), last_stated=last)
    return left if left.until is not None else _resumed(left, at)


def _resumed(one: Position, at: datetime) -> Position:
    """Return a stance as the current one; of a standing position the configuration tells that."""
    if one.claim_id is None and not one.said:
        return replace(one, joined=one.id, until=at)
    return replace(one, until=None)


# -- pairs ----------------------------------------------------------------------------------------


def _pairs_without(
    pairs: Iterable[Contradiction],
    lost: Collection[str],
    propositions: Sequence[Proposition],
    at: datetime,
) -> dict[str, Contradiction]:
    """Return the open pairs that rested on these claims: closed, or resting on another claim."""
    changed = {}
    for pair in pairs:
        left = pair
        for side in ("a", "b"):
            if getattr(left, f"claim_{side}") in lost and left.closed is None:
                left = _side_without(left, side, propositions, at)
        if left != pair:
            changed[pair.id] = left
    return changed


def _side_without(
    pair: Contradiction, side: str, propositions: Sequence[Proposition], at: datetime
) -> Contradiction:
    whose = (getattr(pair, f"party_{side}"), getattr(pair, f"act_{side}"), pair.issue)
    still = [
        p
        for p in propositions
        if (p.party, p.act, p.issue) == whose and p.withdrawn is None and p.said
    ]
    if not still:
        return replace(pair, closed=at, withdrawn=True)
    first = min(still, key=lambda p: (p.first_stated, p.id)).first_claim
    return replace(pair, claim_a=first) if side == "a" else replace(pair, claim_b=first)


def _opened_again(
    closed: Iterable[Contradiction], resumed: Sequence[Position]
) -> dict[str, Contradiction]:
    """Return the pairs that ended with a stance which has not ended, as it turns out."""
    return {
        pair.id: replace(pair, closed=None)
        for pair in closed
        for position in resumed
        if pair.closed == position.until
        and not pair.withdrawn
        and pair.issue == position.issue
        and (position.party, position.act)
        in ((pair.party_a, pair.act_a), (pair.party_b, pair.act_b))
    }


__all__ = ["Unsaid", "asked_of_lost", "remembered", "unsaid"]
