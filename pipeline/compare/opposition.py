"""Which earlier statements a claim cannot hold together with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import cache

from pipeline.compare.keys import Said
from pipeline.compare.slots import clashing_slots
from pipeline.compare.tables import is_kind, load_tables, takes_back
from pipeline.compare.voices import is_within
from pipeline.records import Proposition
from pipeline.taxonomy import load_acts, opposes

DENIAL = "MED_DENY"
PASSING = timedelta(days=7)
# Two accounts of one agreement are told within weeks; later ones, or ones that name days further
# apart, tell of the next agreement between the same parties. `watch.clash_days` sets it.
CLASH = timedelta(days=30)


def opposed_to(said: Said, propositions: Iterable[Proposition]) -> list[Proposition]:
    """Return the statements of others that `said` contradicts, oldest first.

    Of others: another party's own, or what another voice has reported of this party.
    """
    known = [p for p in propositions if p.voice != "bystander" and p.withdrawn is None]
    found = opponents(said, known)
    held = [p for p in found if not _is_given_up(p, known)]
    return sorted(held, key=lambda p: (p.first_stated, p.id))


def opponents(said: Said, propositions: Iterable[Proposition]) -> list[Proposition]:
    """Return the statements that `said` cannot hold together with, given up since or not."""
    acts = opposed_acts(said.act)  # few, and told fast
    return [p for p in propositions if p.act in acts and is_opposed(said, p)]


def is_opposed(said: Said, other: Proposition) -> bool:
    """Say whether two statements cannot both hold, whether or not one has been given up since."""
    bystander = "bystander" in (said.voice.level, other.voice)
    if bystander or denies_another(said, other):
        return False
    return _opposes(said, other) and said.is_about_opposed(other)


def denies_another(said: Said, other: Proposition) -> bool:
    """Say whether one of two statements denies a mediation of the past and the other is a later
    step towards another one: "there was none in May" leaves June open.
    """
    deny, step = said.act == DENIAL, other.act == DENIAL
    if deny == step:
        return False
    if deny:
        return is_kind("steps_to_mediation", other.act) and _is_of_the_past(
            said.claim.text, said.claim.said_at, other.first_stated, said.about.matters
        )
    return is_kind("steps_to_mediation", said.act) and _is_of_the_past(
        other.text, other.first_stated, said.claim.said_at, other.matters
    )


def _is_of_the_past(
    words: str, denied: datetime, taken: datetime, matters: Collection[str]
) -> bool:
    """Say whether a denial is not of a step taken at a time: the step came later, or the denial
    is of what brought a truce; unless its words deny just such a step ("never asked").
    """
    if load_tables().patterns["denied_step"].search(words):
        return False
    return denied < taken or "truce" in matters


def clashing(
    said: Said, propositions: Iterable[Proposition], *, within: timedelta = CLASH
) -> list[Proposition]:
    """Return other parties' accounts of the same fact with another number, day or place.

    Only accounts given `within` that time of each other can be of the same fact.
    """
    if not (said.slots or said.denied):
        return []
    near = (p for p in propositions if p.party != said.party and _is_near(said, p, within))
    others = [p for p in near if p.withdrawn is None and _clashes(said, p)]
    found = [p for p in others if said.is_about_opposed(p)]
    return sorted(found, key=lambda p: (p.first_stated, p.id))


def _is_near(said: Said, other: Proposition, within: timedelta) -> bool:
    """Say whether two accounts, and the days they name, are close enough to be of one event."""
    at = said.claim.said_at
    if not other.first_stated - within <= at <= other.last_stated + within:
        return False
    one, two = (_day(dict(slots).get("date", "")) for slots in (said.slots, other.slots))
    return one is None or two is None or abs(one - two) <= within


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:  # none, or "next month"
        return None


def _clashes(said: Said, other: Proposition) -> bool:
    """Say whether a detail differs of what is one fact, or is denied in so many words."""
    if not other.slots or not (said.act == other.act or _are_truces(said.act, other.act)):
        return False
    if set(said.denied) & set(other.slots):
        return True
    return _are_one_fact(said, other) and bool(clashing_slots(other.slots, said.slots))


@cache
def opposed_acts(act: str) -> frozenset[str]:
    """Return the acts that `act` can be opposed to: itself, when each says it of the other."""
    return frozenset({act, *(other for other in load_acts() if takes_back(act, other))})


def _are_one_fact(said: Said, other: Proposition) -> bool:
    """Say whether two acts tell of one agreement: one of them must be of two sides by its act,
    or by its words ("the truce").
    """
    if said.act == other.act and is_kind("shared", said.act):
        return True
    shared = load_tables().patterns["shared_truce"]
    told = any(is_kind("shared", act) for act in (said.act, other.act))
    told = told or any(shared.search(text) for text in (said.claim.text, other.text))
    return told and _are_truces(said.act, other.act)


def _are_truces(*acts: str) -> bool:
    return all(is_kind("truces", act) for act in acts)


def _opposes(said: Said, other: Proposition) -> bool:
    if other.act not in opposed_acts(said.act):
        return False
    if said.voice.reporter is not None and said.voice.reporter == other.party:
        return other.reporter == said.party and said.act == other.act  # each says it of the other
    if other.party == said.party:
        hearsay = other.voice == "reported" and said.voice.level != "reported"
        return hearsay and takes_back(said.act, other.act)
    told_of_us = any(is_within(said.party, party) for party in other.others)
    if told_of_us and is_kind("announced", other.act):
        return takes_back(said.act, other.act)
    return opposes(said.act, other.act) and _still_holds(said, other)


@cache
def is_turn(act: str, other: str) -> bool:
    """Say whether a party that goes from `other` to `act` has changed sides, or the state."""
    return takes_back(act, other) or ends(act, other) or ends(other, act)


def ends(act: str, other: str) -> bool:
    """Say whether `act` ends what the same party began by `other`."""
    return other in load_tables().changes.get(act, frozenset())


def _is_given_up(account: Proposition, known: Iterable[Proposition]) -> bool:
    """Say whether the party of an account has since said otherwise of its own."""
    return any(
        p.party == account.party
        and p.last_stated > account.last_stated
        and p.issue == account.issue
        and p.firm
        and is_turn(p.act, account.act)
        for p in known
    )


def _still_holds(said: Said, other: Proposition) -> bool:
    """Say whether an account of the day is young enough to be held against another one."""
    if not is_kind("passing", said.act):
        return True
    return abs(said.claim.said_at - other.last_stated) <= PASSING
