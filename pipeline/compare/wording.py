"""Statements in which no act was found, compared by their words.

Words alone never make a repeat of two different acts: this is for statements of which one
has no act. Shared content words show that two statements are about one thing; who speaks,
a negation, a detail and a door left open say what the later one is to the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.compare.names import is_same_person
from pipeline.compare.slots import CLASHING, READERS, changed_slots, details_in
from pipeline.compare.tables import is_kind, load_tables
from pipeline.compare.voices import is_within
from pipeline.folding import fold, words
from pipeline.records import Novelty

SHARED = 0.5  # of the shorter statement's content words: one subject
SHARED_THEME = 0.3  # enough when both are of one theme of the taxonomy, truce or mediation
FEWEST = 2  # shared words
KEPT = 0.6  # of the earlier words, and ...
ADDED = 4  # ... so many more, and ...
LONGER = 1.4  # ... so many times as many in all: a detail was added
STEM = 6  # letters that tell a word's family
NO_THEME = "other"
NAMES = ("date", "duration", "place", "condition", "time", "monitors")


@dataclass(frozen=True, slots=True)
class Worded:
    """A statement as words: what is said, by which parties, and which acts were found."""

    id: str
    text: str  # what is said; the whole statement when nobody was found to say it
    said_at: datetime
    parties: frozenset[str] = frozenset()
    acts: frozenset[str] = frozenset()
    voices: frozenset[str] = frozenset()  # names of those who say it
    themes: frozenset[str] = frozenset()  # of the claims, also of those without an act
    whole: str = ""  # the statement with all around it


@dataclass(frozen=True, slots=True)
class Reading:
    """What a statement is to the earlier ones, by words."""

    novelty: Novelty
    reason: str
    ref: str | None = None


def compare_words(now: Worded, earlier: Sequence[Worded]) -> Reading:
    """Return what `now` is to the earlier statements of which it or they have no act."""
    recalled = _recalled(now, earlier)
    if recalled is not None:
        return recalled
    ranked = sorted(earlier, key=lambda before: _share(now.text, before.text), reverse=True)
    for before in ranked:
        if not (before.acts and now.acts) and _is_one_subject(now, before):
            return _read(now, before)
    return Reading(Novelty.NEW, "no act found, other words")


def _read(now: Worded, before: Worded) -> Reading:
    turned = _says("negation", now.text) != _says("negation", before.text)
    details = _changed(now, before)
    if _is_other_party(now, before):
        return _of_another(before, turned=turned, clash=bool(set(details) & set(CLASHING)))
    if turned:
        return Reading(Novelty.CONTRADICTS, "no act found, the opposite words", before.id)
    if details and any(is_kind("incidents", act) for act in now.acts):
        return Reading(Novelty.NEW, "no act found before, another incident")
    if details:
        return Reading(Novelty.UPDATE, "no act found, another detail", before.id)
    if _says("hedge", before.text) and not _says("hedge", now.text):
        return Reading(Novelty.UPDATE, "no act found, now for sure", before.id)
    return Reading(Novelty.REPEAT, "no act found, the same words", before.id)


def _of_another(before: Worded, *, turned: bool, clash: bool) -> Reading:
    if turned or clash:
        return Reading(Novelty.CONTRADICTS, "no act found, another side's words", before.id)
    return Reading(Novelty.NEW, "no act found, another side")


def _is_other_party(now: Worded, before: Worded) -> bool:
    if any(is_same_person(a, b) for a in now.voices for b in before.voices):
        return False
    both = now.parties and before.parties
    return bool(both) and not any(
        is_within(a, b) or is_within(b, a) for a in now.parties for b in before.parties
    )


def _changed(now: Worded, before: Worded) -> Iterable[str]:
    """Return the names of details that are new or differ."""
    names = [name for name in NAMES if name in READERS]
    old, new = (
        tuple(sorted(details_in(one.text, one.said_at, names).items())) for one in (before, now)
    )
    return changed_slots(old, new)


def _recalled(now: Worded, earlier: Sequence[Worded]) -> Reading | None:
    """Return the repeat that a mere mention of an earlier act is."""
    for act, pattern in load_tables().recalls.items():
        if now.acts or not pattern.search(now.whole or now.text):
            continue
        named = [before for before in earlier if act in before.acts]
        if named and _shared(now.whole or now.text, named[-1].text):
            return Reading(Novelty.REPEAT, "background", named[-1].id)
    return None


def adds_words(now: str, before: str) -> bool:
    """Say whether a text holds all that another one says, and a good deal more."""
    new, old = _content(now), _content(before)
    added, kept = len(new - old), len(new & old)
    return added >= ADDED and kept >= KEPT * len(old) and len(new) >= LONGER * len(old)


# -- words --------------------------------------------------------------------------------------


def _is_one_subject(now: Worded, before: Worded) -> bool:
    theme = (now.themes & before.themes) - {NO_THEME}
    enough = SHARED_THEME if theme else SHARED
    shared = _shared(now.text, before.text)
    return len(shared) >= FEWEST and _share(now.text, before.text) >= enough


def _share(one: str, other: str) -> float:
    fewest = min(len(_content(one)), len(_content(other)))
    return len(_shared(one, other)) / max(1, fewest)


def _shared(one: str, other: str) -> frozenset[str]:
    return _content(one) & _content(other)


def _content(text: str) -> frozenset[str]:
    """Return the families of the words that carry content."""
    tables, folded = load_tables(), fold(text)
    found = (folded[start:end] for start, end in words(folded))
    return frozenset(
        tables.same.get(word, word)[:STEM] for word in found if word not in tables.stop
    )


def _says(pattern: str, text: str) -> bool:
    return load_tables().patterns[pattern].search(text) is not None


__all__ = ["Reading", "Worded", "adds_words", "compare_words"]
