"""What compare has to know of the past before it decides about a claim, as bounded questions.

Every test of novelty, opposition, positions and contradictions reads only what is asked here.
The limits are wide for one conflict: a party that has said an act of very many objects is heard
on those it spoke of last, and on an older one when the key is the very same; of others the
newest accounts by each opposed act are held against a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache

from pipeline.compare.about import INCIDENT
from pipeline.compare.keys import Said, proposition_id
from pipeline.compare.opposition import is_turn, opponents
from pipeline.compare.tables import acts_of_aspect, alike, is_kind, load_tables, takes_back
from pipeline.compare.voices import IGO, LATELY, names_to_look_up, tellers
from pipeline.questions import Asked, Question, Side, Track, bracket_tag, party_tags, voice_tag
from pipeline.records import Claim, Position, Proposition
from pipeline.taxonomy import load_acts, opposes

OWN = 12  # statements of one party by one act
OTHERS = 8  # statements of anybody by one act
OF_A_DAY = 12  # incidents of one day
OF_A_PERSON = 12  # statements of a person of one last name
NAMESAKES = 12  # parties whose names begin alike
RETOLD = timedelta(days=60)  # so long an incident is told again without naming its day


def names_asked(claims: Iterable[Claim]) -> Question:
    """Return what tells whose statements the claims of an article are."""
    lines = (line for claim in tellers(claims) for line in _names(claim))
    return Question(said=tuple(dict.fromkeys(lines)))


def _names(claim: Claim) -> Iterator[Asked]:
    last, names = names_to_look_up(claim)
    if last:
        yield replace(_lately_by(last, claim), limit=1)
    for name in names:
        for tag in party_tags(name):
            yield Asked(name=tag, limit=NAMESAKES)
    if claim.countries == IGO:
        yield Asked(name=bracket_tag(*IGO))


def _lately_by(name: str, claim: Claim) -> Asked:
    since, until = claim.said_at - LATELY, claim.said_at + LATELY
    return Asked(name=voice_tag(name), since=since, until=until, limit=OF_A_PERSON)


def asked_of(said: Said, window: timedelta) -> Question:
    """Return what bears on one claim; `window` is how far back an answer reaches."""
    own = {
        *acts_of_aspect(said.act),
        *_own_acts(said.act),
        *(alike(said.act) if said.again else ()),
    }
    lines = [line for act in own for line in _statements(said, act, said.party, OWN)]
    lines += [line for act in _others_acts(said) for line in _statements(said, act, None, OTHERS)]
    lines += [_answerable(said, act, window) for act in _answered(said.act)]
    if said.voice.reporter is not None:
        lines += _statements(said, said.act, said.voice.reporter, OWN)
    if said.claim.speaker and load_tables().neighbours.get(said.act):
        lines.append(_lately_by(said.claim.speaker, said.claim))
    lines.append(Asked(id=proposition_id(said.topic, said.key)))
    lines.append(Asked(issue=said.about.issue, party=said.party))
    lines.append(Asked(issue=said.about.issue))
    return Question(said=tuple(dict.fromkeys(lines)), tracks=(track_of(said),))


def track_of(said: Said) -> Track:
    """Return the stances among which a claim finds its place."""
    return Track(
        party=said.party,
        issue=said.about.issue,
        acts=acts_of_aspect(said.act),
        at=said.claim.said_at,
    )


def asked_then(said: Said, known: Iterable[Proposition]) -> Question:
    """Return what tells whether those who said the opposite have given it up since."""
    lines = [
        Asked(act=act, party=other.party, since=other.last_stated, limit=OWN)
        for other in opponents(said, known)
        for act in _turns(other.act)
    ]
    return Question(said=tuple(dict.fromkeys(lines)))


def asked_of_ended(positions: Iterable[Position]) -> Question:
    """Return the open contradictions that rest on stances that have ended."""
    return Question(
        sides=tuple(
            Side(party=position.party, act=position.act, issue=position.issue)
            for position in positions
            if position.until is not None
        )
    )


def _statements(said: Said, act: str, party: str | None, limit: int) -> list[Asked]:
    """Return the lines for statements by an act: for incidents those of the time or the day."""
    if not is_kind("incidents", act):
        return [Asked(act=act, party=party, limit=limit)]
    at, day = said.claim.said_at, said.about.day
    near = Asked(
        act=act,
        party=party,
        since=at - INCIDENT,
        until=at + RETOLD,
        begun=at + INCIDENT,
        limit=limit,
    )
    return [near, Asked(act=act, day=day, limit=OF_A_DAY)] if day else [near]


def _answerable(said: Said, act: str, window: timedelta) -> Asked:
    at = said.claim.said_at
    return Asked(act=act, since=at - window, until=at + window, limit=OTHERS)


@cache
def _own_acts(act: str) -> tuple[str, ...]:
    """Return the acts of the party itself to which its `act` can be something."""
    tables = load_tables()
    related = {*tables.near.get(act, ()), *tables.carries_on.get(act, ())}
    related |= tables.neighbours.get(act, frozenset())
    truces = tables.kinds["truces"] if is_kind("truces", act) else ()
    return tuple(sorted({*related, *truces, *(a for a in load_acts() if is_turn(act, a))}))


def _others_acts(said: Said) -> set[str]:
    acts = set(_opposed_acts(said.act))
    if said.claim.background:
        acts.add(said.act)
    if said.denied or (said.slots and is_kind("shared", said.act)):
        acts.add(said.act)
    if said.slots or said.denied:
        acts |= load_tables().kinds["truces"] if is_kind("truces", said.act) else set()
    return acts


@cache
def _opposed_acts(act: str) -> tuple[str, ...]:
    """Return the acts by which others say what cannot hold together with `act`."""
    return tuple(
        other
        for other in load_acts()
        if opposes(act, other) or (is_kind("announced", other) and takes_back(act, other))
    )


def _answered(act: str) -> frozenset[str]:
    return load_tables().answers.get(act, frozenset())


@cache
def _turns(act: str) -> tuple[str, ...]:
    """Return the acts by which a party gives up what it said by `act`."""
    return tuple(other for other in load_acts() if is_turn(other, act))


__all__ = ["asked_of", "asked_of_ended", "asked_then", "names_asked", "track_of"]
