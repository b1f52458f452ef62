"""Is this claim new? One pure decision with its reason and the nearest earlier claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.compare.keys import (
    changed_slots,
    issue_of,
    key_of,
    merged_slots,
    proposition_id,
    slots_of,
    variant,
)
from pipeline.compare.tables import aspect_of, load_tables
from pipeline.records import Claim, Decision, Ledger, Novelty, Position, Proposition
from pipeline.taxonomy import load_acts, opposes, reverses


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim is to the ledger."""

    novelty: Novelty
    reason: str
    refs: tuple[str, ...] = ()
    nearest: str | None = None
    differs: str = ""
    turn: bool = False  # the party changed sides: the same words later are news again


def decide(claim: Claim, topic: str, ledger: Ledger, window: timedelta) -> Decision:
    """Compare one claim with the ledger of its issue; see `Decision`."""
    verdict = judge(claim, ledger, window)
    known = same_proposition(claim, topic, ledger)
    slots = details(claim, known, turn=verdict.turn)
    return Decision(
        claim_id=claim.id,
        topic=topic,
        novelty=verdict.novelty,
        reason=verdict.reason,
        refs=verdict.refs,
        key=variant(key_of(claim), slots),
        differs=verdict.differs,
        nearest=verdict.nearest,
    )


def judge(claim: Claim, ledger: Ledger, window: timedelta) -> Verdict:
    """Try the questions in order of harm; the first that answers decides."""
    on_issue = [p for p in ledger.propositions if p.issue == issue_of(claim)]
    known = next((p for p in on_issue if p.key == key_of(claim)), None)
    if claim.background:
        return _background(claim, known, on_issue)
    reversed_by = _reversed(claim, ledger.positions)
    if reversed_by is not None:
        earlier = reversed_by.claim_id
        return Verdict(
            Novelty.CONTRADICTS,
            "reversal",
            refs=(earlier,) if earlier else (),
            nearest=earlier,
            differs=f"the same party held {reversed_by.act} since {reversed_by.since:%Y-%m-%d}",
            turn=True,
        )
    if known is not None:
        return _again(claim, known, window)
    return _first(claim, on_issue, ledger, window)


def same_proposition(claim: Claim, topic: str, ledger: Ledger) -> Proposition | None:
    """Return the ledger's proposition under the claim's key."""
    wanted = proposition_id(topic, key_of(claim))
    return next((p for p in ledger.propositions if p.id == wanted), None)


def details(
    claim: Claim, known: Proposition | None, *, turn: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the slots the proposition has once this claim is in the ledger."""
    before = known.slots if known is not None else ()
    slots = dict(merged_slots(before, slots_of(claim)))
    if turn and known is not None:
        slots["turn"] = str(int(slots.get("turn", "1")) + 1)
    return tuple(sorted(slots.items()))


def _background(
    claim: Claim, known: Proposition | None, on_issue: Iterable[Proposition]
) -> Verdict:
    named = known or next((p for p in on_issue if p.act == claim.act), None)
    last = named.last_claim if named is not None else None
    return Verdict(Novelty.REPEAT, "background", refs=(last,) if last else (), nearest=last)


def _reversed(claim: Claim, positions: Iterable[Position]) -> Position | None:
    """Return the party's own current position that this claim takes back."""
    for position in positions:
        if (
            position.party == claim.party
            and position.issue == issue_of(claim)
            and claim.said_at >= position.since
            and reverses(claim.act, position.act)
            and not _still_held(claim, position, positions)
        ):
            return position
    return None


def _still_held(claim: Claim, taken_back: Position, positions: Iterable[Position]) -> bool:
    """Say whether the claim's own act is a position that was taken up after `taken_back`."""
    return any(
        p.party == claim.party
        and p.issue == taken_back.issue
        and p.act == claim.act
        and p.since > taken_back.since
        for p in positions
    )


def _again(claim: Claim, known: Proposition, window: timedelta) -> Verdict:
    refs = (known.last_claim,)
    changed = changed_slots(known.slots, slots_of(claim))
    if changed:
        words = "; ".join(
            f"{name} {old} -> {new}" if old else f"{name} {new}"
            for name, (old, new) in changed.items()
        )
        numeric = any(old and name in ("number", "duration") for name, (old, _) in changed.items())
        reason = "numeric" if numeric else "detail"
        return Verdict(Novelty.UPDATE, reason, refs=refs, nearest=refs[0], differs=words)
    old = abs(claim.said_at - known.last_stated) > window
    reason = "restated" if old else "restatement"
    return Verdict(Novelty.REPEAT, reason, refs=refs, nearest=refs[0])


def _first(
    claim: Claim, on_issue: list[Proposition], ledger: Ledger, window: timedelta
) -> Verdict:
    opposed = [p for p in on_issue if p.party != claim.party and opposes(claim.act, p.act)]
    nearest = _nearest(claim, on_issue)
    if opposed:
        return Verdict(
            Novelty.CONTRADICTS,
            "cross_party",
            refs=tuple(p.last_claim for p in opposed),
            nearest=opposed[-1].last_claim,
            differs="; ".join(f"{p.party} says {p.act}" for p in opposed),
        )
    standing = _standing(claim, ledger.positions)
    if standing is None:
        return Verdict(Novelty.NEW, "first", nearest=nearest)
    answered = _answered(claim, on_issue, window)
    differs = f"standing position since {standing.since:%Y-%m-%d} ({standing.reference})"
    if answered is None:
        return Verdict(Novelty.REPEAT, "standing", nearest=nearest, differs=differs)
    return Verdict(
        Novelty.NEW, "response", nearest=answered.last_claim, differs=f"{differs}, now in answer"
    )


def _nearest(claim: Claim, on_issue: Iterable[Proposition]) -> str | None:
    """Return the claim a reader would look at first: the party's last, else the issue's last."""
    own = [p for p in on_issue if p.party == claim.party]
    ranked = sorted(own or on_issue, key=lambda p: p.last_stated)
    return ranked[-1].last_claim if ranked else None


def _standing(claim: Claim, positions: Iterable[Position]) -> Position | None:
    for position in positions:
        if (
            position.claim_id is None
            and position.party == claim.party
            and position.issue == issue_of(claim)
            and _same_stance(claim.act or "", position.act)
        ):
            return position
    return None


def _same_stance(act: str, other: str) -> bool:
    """Say whether two acts are one stance in other words: no mediator, only the two of us."""
    acts = load_acts()
    return act == other or (
        aspect_of(act) == aspect_of(other)
        and acts[act].polarity == acts[other].polarity == "negative"
        and not reverses(act, other)
    )


def _answered(
    claim: Claim, on_issue: Iterable[Proposition], window: timedelta
) -> Proposition | None:
    """Return another party's statement within the window that this claim answers."""
    answers = load_tables().answers.get(claim.act or "", frozenset())
    found = [
        p
        for p in on_issue
        if p.party != claim.party and p.act in answers and _near(p.last_stated, claim.said_at, window)
    ]
    return max(found, key=lambda p: p.last_stated, default=None)


def _near(one: datetime, other: datetime, window: timedelta) -> bool:
    return abs(one - other) <= window
