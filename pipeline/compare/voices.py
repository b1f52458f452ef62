"""Whose statement a claim is, and how high the voice: what texts leave to the reader.

A spokesman without a country speaks for the side his sentence tells of; a short name is the
person the ledger knows; what one side says of another is hearsay until that side says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pipeline.compare.names import first_name, in_brackets, is_same_name, is_same_person, names_in
from pipeline.compare.tables import is_kind, load_tables
from pipeline.folding import fold
from pipeline.records import NOT_THE_STATE, Claim, HopKind, Proposition

LEVELS = ("bystander", "reported", "unnamed", "named", "head", "state")  # lowest first
NOT_ITSELF = ("bystander", "reported")  # no word of the party about its own position
# Whose words are no party's position: media, experts, civilians.
NO_PARTY = frozenset({"MED", "EXP", "CVL"})
IGO = ("IGO",)
LATELY = timedelta(days=60)  # a short name is whoever of that name spoke last


@dataclass(frozen=True, slots=True)
class Voice:
    """The party a claim binds, and who says so: the party itself, or another side of it."""

    party: str
    level: str  # one of LEVELS
    names: tuple[str, ...] = ()
    reporter: str | None = None  # the party that says it of this one


def voice_of(
    claim: Claim, article: Sequence[Claim], known: Iterable[Proposition] = ()
) -> Voice | None:
    """Return the voice of a claim among those of its article; None: nobody it could bind."""
    known = tuple(known)
    party = party_of(claim, known)
    if party is None:
        return None
    teller = _teller(claim, article)
    if teller is None:
        return Voice(party, _level(claim), _names(claim))
    told_by = party_of(teller, known)
    if teller.countries and not is_within(told_by or "", party):
        return Voice(party, "reported", _names(teller), reporter=told_by)
    return Voice(party, _level(teller), _names(claim, teller))


def party_of(claim: Claim, known: Iterable[Proposition] = ()) -> str | None:
    """Return whose position a claim is: countries joined by "+", a group, or a name."""
    known = sorted(known, key=lambda p: (p.last_stated, p.id), reverse=True)
    if _is_short(claim) and (heard := _speaker_known(claim, known)):
        return heard
    if claim.role_code in NOT_THE_STATE:
        return claim.speaker
    if claim.countries and claim.countries != IGO:
        return _group_spoken_for(claim, known) or claim.party
    if heard := _principal_known(claim, known):
        return heard
    name = _state_named(claim) or _subject(claim) or claim.party
    if claim.countries == IGO:
        name = _organisation(claim)
        unnamed = next((p.party for p in known if in_brackets(p.party) in IGO), None)
        return unnamed or _as_known(name, known)
    return _as_known(name, known)


def tellers(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims that have an act, and those within which such a claim is told."""
    claims = tuple(claims)
    parents = {claim.parent for claim in claims if claim.act is not None}
    return tuple(claim for claim in claims if claim.act is not None or claim.id in parents)


def names_to_look_up(claim: Claim) -> tuple[str, tuple[str, ...]]:
    """Return by which last name, and which names of parties, `party_of` looks among the known.

    "" and nothing where the claim itself tells all.
    """
    last = claim.source_text.split()[-1] if _is_short(claim) else _principal(claim)
    if claim.role_code in NOT_THE_STATE:
        return last, ()
    if claim.countries == IGO:
        found = [_organisation(claim)]
    elif claim.countries:
        found = [_group_named(claim)]
    else:
        found = [_state_named(claim) or _subject(claim) or claim.party]
    return last, tuple(name for name in found if name)


def is_within(party: str, other: str) -> bool:
    """Say whether `party` is `other` or one of the sides joined in it."""
    return set(party.split("+")) <= set(other.split("+")) or is_same_name(party, other)


def _names(*claims: Claim) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c.speaker for c in claims if c.speaker))


def _teller(claim: Claim, article: Sequence[Claim]) -> Claim | None:
    """Return the claim within which this one is told, unless an outlet tells it."""
    found = next((c for c in article if c.id == claim.parent), None)
    return None if found is None or found.role_code == "MED" else found


def _level(claim: Claim) -> str:
    if claim.role_code in NO_PARTY:
        return "bystander"
    if claim.anonymous:
        return "unnamed"
    if is_kind("heads", claim.role_code) or _is_called_head(claim):
        return "head"
    state = claim.speaker_kind is HopKind.GOVERNMENT and claim.role_code in (None, "GOV")
    return "state" if state else "named"


def _is_called_head(claim: Claim) -> bool:
    person = claim.speaker_kind is HopKind.PERSON
    return person and load_tables().patterns["head"].search(claim.source_text) is not None


def _state_named(claim: Claim) -> str | None:
    """Return the state an office belongs to by its words, when the registry knows it not."""
    return (
        in_brackets(claim.speaker or "")
        or first_name("possessor", claim.source_text)
        or first_name("demonym", claim.source_text)
    )


def _subject(claim: Claim) -> str | None:
    """Return the side that the words of an official without a country begin with."""
    if not _speaks_for_a_state(claim) or is_kind("incidents", claim.act):
        return None
    subject = first_name("subject", claim.text)
    if subject is None:
        return None
    codes = claim.third_party if is_kind("brokers", claim.act) else claim.targets
    return next(iter(codes), subject)


def _group_spoken_for(claim: Claim, known: Iterable[Proposition]) -> str | None:
    return _as_known(_group_named(claim), known)


def _group_named(claim: Claim) -> str | None:
    """Return the group of "its spokesman", whom a text gives no office: the words' subject."""
    its = load_tables().patterns["its"].search(claim.source_text)
    return None if its is None or claim.role_code is not None else first_name("subject", claim.text)


def _speaks_for_a_state(claim: Claim) -> bool:
    person = claim.speaker is None or claim.speaker_kind in (HopKind.PERSON, HopKind.UNRESOLVED)
    return person and (claim.role_code is None or is_kind("officials", claim.role_code))


def _organisation(claim: Claim) -> str | None:
    """Return which organisation of states somebody speaks for, by the words for him."""
    own = set(fold(claim.speaker or "").split())
    if claim.speaker_kind is HopKind.ORGANISATION:
        return claim.speaker or claim.party
    names = names_in("capital", claim.source_text)
    return next((n for n in names if not own & set(fold(n).split())), claim.speaker or claim.party)


def _is_short(claim: Claim) -> bool:
    """Say whether the text names a person by the last name only, with or without a title."""
    if claim.speaker is None or claim.speaker_kind not in (HopKind.PERSON, HopKind.UNRESOLVED):
        return False
    *first, last = fold(claim.speaker).split() or [""]
    written = fold(claim.source_text).split()
    return written[-1:] == [last] and not set(first) & set(written)


def _principal(claim: Claim) -> str:
    """Return the last name of whom an office or a spokesman without a country speaks for: "the
    office of Rele", "Rele's aide"; "" for anybody else.
    """
    if claim.countries or claim.role_code in NO_PARTY:
        return ""
    name = in_brackets(claim.speaker or "") or first_name("principal", claim.source_text)
    return name.split()[-1] if name else ""


def _principal_known(claim: Claim, known: Iterable[Proposition]) -> str | None:
    """Return the party of whom somebody speaks for, when that person was heard lately."""
    last = _principal(claim)
    return _heard(last, claim, known) if last else None


def _speaker_known(claim: Claim, known: Iterable[Proposition]) -> str | None:
    """Return the party for which somebody of this last name has spoken lately."""
    return _heard(claim.source_text.split()[-1], claim, known)


def _heard(last: str, claim: Claim, known: Iterable[Proposition]) -> str | None:
    for p in known:
        lately = abs(claim.said_at - p.last_stated) <= LATELY
        if lately and any(is_same_person(last, voice) for voice in p.voices):
            return p.party
    return None


def _as_known(name: str | None, known: Iterable[Proposition]) -> str | None:
    """Return a name as the ledger writes it: "Freedonian" is "Freedonia"."""
    if name is None:
        return None
    return next((p.party for p in known if is_same_name(name, p.party)), name)
