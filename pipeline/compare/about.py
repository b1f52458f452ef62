"""What a claim is about: object equality, the guard of every comparison.

Mediating in a truce is not mediating in the dispute behind it, nor in trade; a breach at
another place or on another day is another breach; what is left unsaid fits everything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.compare.days import day_in
from pipeline.compare.names import is_same_name, names_in
from pipeline.compare.tables import is_kind, load_tables
from pipeline.folding import fold
from pipeline.records import Claim, Proposition
from pipeline.taxonomy import load_acts

IGO = "IGO"
INCIDENT = timedelta(days=3)  # words about a breach without a day or place may mean the same
MAIN = ("truce", "dispute")


@dataclass(frozen=True, slots=True)
class About:
    """The object of an act, as far as its words tell."""

    issue: str
    others: tuple[str, ...] = ()  # countries or names bound, addressed, accused
    third: tuple[str, ...] = ()  # the mediator, when that is not the party itself
    matters: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # of an incident
    day: str = ""  # of an incident, ISO


def issue_of(claim: Claim) -> str:
    """Return the issue under which the ledger keeps a claim."""
    return claim.object or claim.theme or "other"


def about(claim: Claim, party: str, words: str, *, offered: Collection[str] = ()) -> About:
    """Return what `claim` of `party` is about; `words` are its own or those around them.

    `offered` are those whose offer it answers: the mediator when its own words name none.
    """
    incident = is_kind("incidents", claim.act)
    plain = load_tables().patterns["condition"].sub(" ", words)
    third = _third(claim, party, words) or tuple(sorted({*offered} - {*party.split("+")}))
    return About(
        issue=issue_of(claim),
        others=_others(claim, party, words, third),
        third=third,
        matters=_matters(claim.act or "", plain),
        places=_places(words, party) if incident else (),
        day=day_in(words, claim.said_at, past=True) if incident else "",
    )


def is_same_object(one: About, act: str, other: Proposition, said_at: datetime) -> bool:
    """Say whether an act is about what a proposition is about, unsaid things apart."""
    return (
        _fits_issue(one.issue, act, other)
        and _fits(one.others, other.others)
        and _fits(one.third, other.third)
        and (not act.startswith("MED_") or _fits_matters(one.matters, other.matters))
        and _same_sides(one.matters, other.matters)
        and (not is_kind("incidents", act) or _same_incident(one, other, said_at))
    )


def is_common_object(
    one: About, party: str, act: str, other: Proposition, said_at: datetime
) -> bool:
    """Say whether acts of two parties are about one thing: the same conflict and mediator."""
    return (
        _fits_issue(one.issue, act, other)
        and _is_one_conflict(
            _Side(party, act, one.others), _Side(other.party, other.act, other.others)
        )
        and _fits(_brokers(party, act, one.third), _brokers(other.party, other.act, other.third))
        and (not act.startswith("MED_") or _fits_matters(one.matters, other.matters))
        and _same_sides(one.matters, other.matters)
        and (not is_kind("incidents", act) or _same_incident(one, other, said_at))
    )


class _Side(NamedTuple):
    party: str
    act: str
    others: Collection[str]

    @property
    def sides(self) -> Collection[str]:
        """The sides of the conflict: a broker is none of them."""
        broker = is_kind("brokers", self.act)
        return self.others if broker else (*self.others, *self.party.split("+"))


def _is_one_conflict(one: _Side, other: _Side) -> bool:
    return not (one.others or other.others) or _fits(one.sides, other.sides)


def _brokers(party: str, act: str, third: Collection[str]) -> Collection[str]:
    return party.split("+") if not third and is_kind("brokers", act) else third


def closeness(one: About, other: Proposition) -> int:
    """Return how many things that both name are shared: the best match has most."""
    pairs = (
        (one.others, other.others),
        (one.third, other.third),
        (one.matters, other.matters),
        (one.places, other.places),
        ((one.day,) if one.day else (), (other.day,)),
    )
    return sum(bool(set(a) & set(b)) for a, b in pairs)


# -- reading --------------------------------------------------------------------------------


def _others(claim: Claim, party: str, words: str, third: Iterable[str]) -> tuple[str, ...]:
    own = {party, *party.split("+"), *third, *claim.third_party}
    codes = [code for code in claim.targets if code not in own]
    if codes:
        return tuple(sorted(set(codes)))
    names = names_in("counterpart", words)
    return tuple(sorted({fold(n) for n in names if not any(is_same_name(n, o) for o in own)}))


def _third(claim: Claim, party: str, words: str) -> tuple[str, ...]:
    """Return the mediators; organisations of states by their names in the text."""
    if is_kind("mediators", claim.act):
        return ()
    codes = {code for code in claim.third_party if code not in party.split("+")}
    if IGO in codes:
        names = {fold(name) for name in names_in("capital", words) if _is_organisation(name)}
        codes = (codes - {IGO}) | names or codes
    return tuple(sorted(codes))


def _is_organisation(name: str) -> bool:
    return " " in name or (name.isupper() and len(name) > 1)


def _matters(act: str, words: str) -> tuple[str, ...]:
    tables = load_tables()
    side = [name for name, pattern in tables.side_matters.items() if pattern.search(words)]
    mediates = _theme(act) == "mediation"
    main = [name for name, p in tables.matters.items() if mediates and p.search(words)]
    return tuple(sorted((*main, *side)))


def _places(words: str, party: str) -> tuple[str, ...]:
    names = (fold(name) for name in names_in("place", words))
    return tuple(sorted({name for name in names if not is_same_name(name, party)}))


# -- comparing ------------------------------------------------------------------------------


def _fits(one: Collection[str], other: Collection[str]) -> bool:
    """Say whether two sets share something, or one says nothing. Codes are not names."""
    if not one or not other or set(one) & set(other):
        return True
    if any(_is_code(a) != _is_code(b) for a in one for b in other):
        return True
    return any(is_same_name(a, b) for a in one for b in other if not _is_code(a))


def _is_code(name: str) -> bool:
    return len(name) <= 3 and name.isupper()


def _fits_issue(issue: str, act: str, other: Proposition) -> bool:
    """Say whether the issues are one, or one of them is only the theme of its act."""
    return issue == other.issue or issue == _theme(act) or other.issue == _theme(other.act)


def _theme(act: str) -> str:
    return load_acts()[act].theme if act in load_acts() else ""


def _fits_matters(one: Collection[str], other: Collection[str]) -> bool:
    main = [set(matters) & set(MAIN) for matters in (one, other)]
    return not all(main) or bool(main[0] & main[1])


def _same_sides(one: Collection[str], other: Collection[str]) -> bool:
    sides = [set(matters) - set(MAIN) for matters in (one, other)]
    return bool(sides[0] & sides[1]) or not any(sides)


def _same_incident(one: About, other: Proposition, said_at: datetime) -> bool:
    if one.day and other.day:
        return one.day == other.day and _fits_places(one.places, other.places)
    near = other.first_stated - INCIDENT <= said_at <= other.last_stated + INCIDENT
    return near and _fits_places(one.places, other.places)


def _fits_places(one: Collection[str], other: Collection[str]) -> bool:
    if not one or not other:
        return True
    return any(a in b or b in a for a in one for b in other)
