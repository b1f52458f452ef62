"""Which earlier statements a claim cannot hold together with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pipeline.compare.keys import Said
from pipeline.compare.slots import clashing_slots
from pipeline.compare.tables import is_kind
from pipeline.compare.voices import is_within
from pipeline.records import Proposition
from pipeline.taxonomy import opposes, reverses

PASSING = timedelta(days=7)


def opposed_to(said: Said, propositions: Iterable[Proposition]) -> list[Proposition]:
    """Return the statements of others that `said` contradicts, oldest first.

    Of others: another party's own, or what another voice has reported of this party.
    """
    found = [p for p in propositions if _opposes(said, p) and said.is_about_opposed(p)]
    return sorted(found, key=lambda p: (p.first_stated, p.id))


def clashing(said: Said, propositions: Iterable[Proposition]) -> list[Proposition]:
    """Return other parties' accounts of the same fact with another number, day or place."""
    return [
        p
        for p in propositions
        if p.party != said.party
        and _are_one_fact(said.act, p.act)
        and said.is_about_opposed(p)
        and clashing_slots(p.slots, said.slots)
    ]


def _are_one_fact(act: str, other: str) -> bool:
    """Say whether two acts can tell of one agreement: only one of them may be a lone act."""
    acts = {act, other}
    if act == other:
        return is_kind("shared", act)
    return any(is_kind("shared", a) for a in acts) and all(is_kind("truces", a) for a in acts)


def _opposes(said: Said, other: Proposition) -> bool:
    if said.voice.level == "reported" and said.voice.reporter == other.party:
        return False
    if other.party == said.party:
        hearsay = other.voice == "reported" and said.voice.level != "reported"
        return hearsay and takes_back(said.act, other.act)
    told_of_us = any(is_within(said.party, party) for party in other.others)
    if told_of_us and is_kind("announced", other.act):
        return takes_back(said.act, other.act)
    return opposes(said.act, other.act) and _still_holds(said, other)


def takes_back(act: str, other: str) -> bool:
    """Say whether a party that said `other` of its own cannot say `act`."""
    return opposes(act, other) or reverses(act, other)


def _still_holds(said: Said, other: Proposition) -> bool:
    """Say whether an account of the day is young enough to be held against another one."""
    if not is_kind("passing", said.act):
        return True
    return abs(said.claim.said_at - other.last_stated) <= PASSING
