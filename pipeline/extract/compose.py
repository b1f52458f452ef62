"""Acts composed of an object and the stances around it, where no pattern is made for the words.

    accepted [the offer of [mediation]]     mediation -> MED_OFFER -> MED_ACCEPT
    urged both to [extend [the truce]]      truce -> CF_EXTEND -> CF_EXTEND

The object is the innermost state; every stance outwards from it (a noun beside it, a predicate
behind it, the verbs before it) moves the state on, by the table [compose] of the acts file. A
stance without an entry for the state leaves it; a state that is no act at the end is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.patterns import Grammar

REACH = 12  # words between a stance and what it is about
BEHIND = 7  # words between an object and its predicate
NEAR = 4  # words before a stance that can negate it
NOUN_GAP = 3  # words between a noun and its object: "offer of Omani mediation"
BREAK = re.compile(r"[.;!?]|,(?! *[|])")
COORDINATED = re.compile(r"\b(?:and|or|but|then)\W*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stance:
    """A word that takes a stance, by its class, and where it stands."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class State:
    """What the words from `start` to `end` come to: an object class or an act."""

    name: str
    start: int
    end: int
    spoilt: bool = False  # a refusal or denial that is itself negated says nothing


@dataclass(frozen=True, slots=True)
class Composed:
    """An act, the words it was made of, and the classes it went through."""

    act: str
    start: int
    end: int
    way: tuple[str, ...]


def compose(grammar: Grammar, piece: str, around: str = "") -> Composed | None:
    """Return the act of "cue | sentence", or None: no object, or no stance on it.

    A turn of phrase (an object class that bears an act's name) and what can be about anything
    ([scope] gated) count only where the words, or those `around` them, speak of a conflict.
    """
    objects = grammar.classes_in("object_class", piece)
    gated = {*grammar.negated, *grammar.lists.get("scope", {}).get("gated", ())}
    if any(name in gated for name, _, _ in objects) and not _warlike(grammar, f"{around} {piece}"):
        objects = tuple(found for found in objects if found[0] not in gated)
    if not objects:
        return None
    stances = list(stances_in(grammar, piece))
    order = {name: rank for rank, name in enumerate(grammar.lists["object_class"])}
    for name, start, end in sorted(objects, key=lambda found: order[found[0]]):
        made = fold(grammar, piece, State(name, start, end), stances)
        if made:
            return made
    return None


def _warlike(grammar: Grammar, words: str) -> bool:
    return grammar.lists_re("scope", "warlike").search(words) is not None


def wrapped(grammar: Grammar, piece: str, act: str, start: int, end: int) -> Composed | None:
    """Return what the stances around an act make of it: "welcomed the extension"; else None."""
    made = fold(grammar, piece, State(act, start, end), list(stances_in(grammar, piece)))
    return made if made and len(made.way) > 1 else None


def stances_in(grammar: Grammar, piece: str) -> Iterator[Stance]:
    """Yield the stances in `piece` from left to right."""
    for name, start, end in grammar.classes_in("stance", piece):
        yield Stance(name, start, end)


def fold(grammar: Grammar, piece: str, state: State, stances: list[Stance]) -> Composed | None:
    """Move a state on by all stances around it, from the nearest outwards."""
    way: list[str] = [state.name]
    outside = [s for s in stances if s.end <= state.start or s.start >= state.end]
    for step in (_beside, _behind, _before):
        for moved, names in list(step(grammar, piece, state, outside)):
            state = moved
            way += names[-1:]
    return _finished(grammar, piece, state, tuple(way))


def _finished(grammar: Grammar, piece: str, state: State, way: tuple[str, ...]) -> Composed | None:
    row = grammar.table("compose", state.name)
    act = row.get("alone", state.name)
    if act not in grammar.negated:
        return _denied(grammar, piece, state, way, row.get("denied", ""))
    if len(way) == 1 and act != state.name:
        negated = _negations(grammar, piece, state.start, state.start)
        act = _turned(grammar, act, negated, piece[: state.end])
    if state.spoilt or not act:
        return Composed("", state.start, state.end, way)
    return Composed(act, state.start, state.end, way)


def _denied(
    grammar: Grammar, piece: str, state: State, way: tuple[str, ...], act: str
) -> Composed | None:
    """Return what an object without a stance is that there is not: "no mediator will come"."""
    clause = BREAK.split(piece[state.end :])[0]
    if not act or _negations(grammar, piece, state.start, state.end) % 2 == 0:
        return None
    turned = _turned(grammar, act, 1, f"{piece[: state.end]}{clause}")
    return Composed(turned, state.start, state.end, (*way, "none")) if turned else None


def _beside(
    grammar: Grammar, piece: str, state: State, stances: list[Stance]
) -> Iterator[tuple[State, tuple[str, ...]]]:
    """A noun right before the object: "the emir's offer of mediation"."""
    for stance in reversed(stances):
        gap = piece[stance.end : state.start]
        if stance.end > state.start or BREAK.search(gap) or "|" in gap:
            continue
        lead = piece[: stance.start].rstrip()
        if len(gap.split()) > NOUN_GAP or not grammar.ending_re("scope", "nominal").search(lead):
            return
        target = _step(grammar, state.name, stance.name)
        if target:
            yield State(target, stance.start, state.end), (stance.name,)
        return


def _behind(
    grammar: Grammar, piece: str, state: State, stances: list[Stance]
) -> Iterator[tuple[State, tuple[str, ...]]]:
    """A predicate behind the object: "mediation cannot be accepted", "the truce is dead"."""
    for found, start, end in grammar.classes_in("predicate", piece[state.end :]):
        gap = piece[state.end : state.end + start]
        if BREAK.search(gap) or "|" in gap or len(gap.split()) > BEHIND:
            return
        if grammar.lists_re("scope", "clause").search(gap):
            return
        target = _step(grammar, state.name, found)
        if target:
            count = _count(grammar, gap) + _negations(grammar, piece, state.start, state.start)
            act = _turned(grammar, target, count, piece[state.start : state.end + end])
            yield State(act, state.start, state.end + end, not act), (found,)
            return


def _before(
    grammar: Grammar, piece: str, state: State, stances: list[Stance]
) -> Iterator[tuple[State, tuple[str, ...]]]:
    """The verbs before the object, each about what the one behind it came to."""
    way: tuple[str, ...] = ()
    for stance in reversed(stances):
        if stance.end > state.start:
            continue
        gap = piece[stance.end : state.start]
        if not _governs(grammar, gap):
            return
        count = _negations(grammar, piece, stance.start, stance.start) + _no(grammar, gap)
        flipped = grammar.tables["flips"].get(stance.name) if count % 2 else None
        target = _step(grammar, state.name, flipped or stance.name)
        if target is None:
            continue
        count = 0 if flipped else count
        scope = f"{_lead(grammar, piece, stance.start)} {piece[stance.start : state.start]}"
        act = _turned(grammar, target, count, scope)
        way = (*way, stance.name)
        state = State(act or target, stance.start, state.end, not act)
        yield state, way


def _governs(grammar: Grammar, gap: str) -> bool:
    """Whether words between a verb and what follows let the one be about the other."""
    if BREAK.search(gap) or COORDINATED.search(gap) or len(gap.split()) > REACH:
        return False
    return grammar.lists_re("scope", "clause").search(gap) is None


def _step(grammar: Grammar, state: str, stance: str) -> str | None:
    return grammar.table("compose", state).get(stance)


def _turned(grammar: Grammar, act: str, count: int, words: str) -> str:
    """Return the act as negated `count` times; "" when nothing is left of it."""
    if act not in grammar.negated or count % 2 == 0:
        return act if count < 2 else ""
    return turned(grammar, act, words)


def turned(grammar: Grammar, act: str, words: str) -> str:
    """Return what a negated act is when the words are about the past, the future or an end."""
    row = grammar.negated.get(act, {})
    if "ceased" in row and grammar.lists_re("scope", "ceased").search(words):
        return row["ceased"]
    future = grammar.lists_re("scope", "future").search(words) is not None
    return row.get("future" if future else "past", "")


def _negations(grammar: Grammar, piece: str, start: int, end: int) -> int:
    """Count what negates the words from `start` to `end`, in them or right before."""
    return _count(grammar, f"{_lead(grammar, piece, start)} {piece[start:end]}")


def _lead(grammar: Grammar, piece: str, start: int) -> str:
    before = re.split(r"[.;:!?,]", piece[:start])[-1]
    before = grammar.lists_re("scope", "clause").split(before)[-1] or ""
    return " ".join(before.replace("|", " ").split()[-NEAR:])


def _count(grammar: Grammar, words: str) -> int:
    words = grammar.lists_re("scope", "no_negator").sub(" ", words)
    return len(grammar.lists_re("scope", "plain_negator").findall(words))


def _no(grammar: Grammar, gap: str) -> int:
    """Whether the object of a verb is none: "accepts no mediator"."""
    return int(grammar.lists_re("scope", "no_object").search(gap) is not None)
