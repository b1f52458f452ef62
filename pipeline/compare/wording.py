"""Statements in which no act was found, compared by their words.

Words alone never make a repeat of two different acts: this is for statements of which one
has no act. Shared content words show that two statements are about one thing; who speaks,
a negation, a detail and a door left open say what the later one is to the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.compare.names import is_same_name, is_same_person, names_in
from pipeline.compare.slots import CLASHING, Slots, changed_slots, details_in
from pipeline.compare.tables import is_kind, load_tables
from pipeline.compare.voices import is_within
from pipeline.folding import fold, words
from pipeline.records import Novelty

SHARED = 0.5  # of the shorter statement's content words: one subject
FEWEST = 2  # shared words
SHARED_SUBJECT = 0.4  # when a word for mediation, truce or talks is among them
MENTIONED = 0.3  # enough in what an outlet tells of its own
SURE = 0.6  # of one mind, one only weighing it: no contradiction
KEPT = 0.6  # of the earlier words, and ...
ADDED = 4  # ... so many more, and ...
LONGER = 1.4  # ... so many times as many in all: a detail was added
JUST_HEARD = timedelta(days=14)  # the window of a repeat
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
    others: frozenset[str] = frozenset()  # parties it binds, addresses or accuses
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
    ranked = sorted(earlier, key=lambda before: _likeness(now, before), reverse=True)
    for before in ranked:
        if not (before.acts and now.acts) and _is_one_subject(now, before):
            return _read(now, before)
    goes_on = [before for before in earlier if _is_said_on(now, before)]
    if goes_on:
        best = max(goes_on, key=lambda before: (_likeness(now, before), before.said_at))
        return _of_the_same(best, details=bool(_changed(now, best)), firm=_grew_firm(now, best))
    return Reading(Novelty.NEW, "no act found, other words")


def _read(now: Worded, before: Worded) -> Reading:
    turned = _is_turned(now, before)
    details = _changed(now, before)
    if not now.voices and not now.acts:
        return Reading(Novelty.REPEAT, "background", before.id)
    if _is_other_party(now, before):
        return _of_another(before, turned=turned, clash=bool(set(details) & set(CLASHING)))
    firm = _grew_firm(now, before)
    if turned and not (firm and _share(now.text, before.text) >= SURE):
        return Reading(Novelty.CONTRADICTS, "no act found, the opposite words", before.id)
    if details and any(is_kind("incidents", act) for act in now.acts):
        return Reading(Novelty.NEW, "no act found before, another incident")
    return _of_the_same(before, details=bool(details), firm=firm)


def _of_the_same(before: Worded, *, details: bool, firm: bool) -> Reading:
    if details:
        return Reading(Novelty.UPDATE, "no act found, another detail", before.id)
    if firm:
        return Reading(Novelty.UPDATE, "no act found, now for sure", before.id)
    return Reading(Novelty.REPEAT, "no act found, the same words", before.id)


def _of_another(before: Worded, *, turned: bool, clash: bool) -> Reading:
    if turned or clash:
        return Reading(Novelty.CONTRADICTS, "no act found, another side's words", before.id)
    return Reading(Novelty.NEW, "no act found, another side")


def _grew_firm(now: Worded, before: Worded) -> bool:
    """Say whether a door that was left open is open no more; a refusal to come is a refusal."""
    left_open = _says("hedge", before.text) and not _says("negation", before.text)
    return left_open and not _says("hedge", now.text)


def _is_turned(now: Worded, before: Worded) -> bool:
    return _says("negation", now.text) != _says("negation", before.text)


def _is_other_party(now: Worded, before: Worded) -> bool:
    if any(is_same_person(a, b) for a in now.voices for b in before.voices):
        return False
    both = now.parties and before.parties
    return bool(both) and not any(
        is_within(a, b) or is_within(b, a) for a in now.parties for b in before.parties
    )


def _changed(now: Worded, before: Worded) -> list[str]:
    """Return the names of details that are new or differ."""
    changed = changed_slots(_details(before), _details(now)).items()
    return [name for name, (value, _) in changed if name != "condition" or value is None]


def _details(one: Worded) -> Slots:
    return tuple(sorted(details_in(one.text, one.said_at, NAMES).items()))


def _recalled(now: Worded, earlier: Sequence[Worded]) -> Reading | None:
    """Return the repeat that a mere mention of an earlier act is."""
    for act, pattern in load_tables().recalls.items():
        if now.acts or not pattern.search(now.whole or now.text):
            continue
        named = [before for before in earlier if act in before.acts]
        if named and _shared(now.whole or now.text, named[-1].text):
            return Reading(Novelty.REPEAT, "background", named[-1].id)
    return None


def adds_words(now: str, before: Iterable[str]) -> bool:
    """Say whether a text holds most of the content words of earlier ones, and a good deal more."""
    new, old = content_words(now), frozenset(before)
    added, kept = len(new - old), len(new & old)
    return added >= ADDED and kept >= KEPT * len(old) and len(new) >= LONGER * len(old)


# -- words --------------------------------------------------------------------------------------


def _is_one_subject(now: Worded, before: Worded) -> bool:
    """Say whether two statements are on one thing: by theme and a word, or by many words."""
    if _is_of_another(now, before):
        return False
    if _answers(now, before):
        return bool(_shared(now.text, before.text))
    theme, other = now.themes - {NO_THEME}, before.themes - {NO_THEME}
    if theme & other:
        return bool(_shared(now.text, before.text))
    if now.themes and before.themes and bool(theme) != bool(other):
        return _shares_subject(now, before) and _likeness(now, before) >= SHARED_SUBJECT
    return _likeness(now, before) >= (SHARED if now.voices else MENTIONED)


def _likeness(now: Worded, before: Worded) -> float:
    """Return the share of words of the shorter one, in what is said or in the whole statements."""
    pairs = ((now.text, before.text), (now.whole, before.whole))
    return max(_share(a, b) if len(_shared(a, b)) >= FEWEST else 0.0 for a, b in pairs)


def _shares_subject(now: Worded, before: Worded) -> bool:
    """Say whether the statements around what is said share a theme's word, or a detail."""
    subjects = {_family(word) for word in load_tables().subjects}
    details = set(_details(now)) & set(_details(before))
    return bool(details or subjects & _shared(now.whole, before.whole))


def _is_said_on(now: Worded, before: Worded) -> bool:
    """Say whether a side that has just been heard on a thing says something without an act that
    turns nothing: of the same theme, or with a word of then, on no other matter or mediator.
    """
    same = now.voices and _is_heard_again(now, before)
    if now.acts or not same or abs(now.said_at - before.said_at) > JUST_HEARD:
        return False
    if _is_turned(now, before) or _is_of_another(now, before):
        return False
    themes = now.themes & before.themes - {NO_THEME}
    return bool(themes or _shared(now.text, before.text) or _names_shared(now, before))


def _names_shared(now: Worded, before: Worded) -> bool:
    """Say whether the statements around what is said share a name besides the speaker's."""
    speakers = {word for voice in (*now.voices, *before.voices) for word in fold(voice).split()}
    names = [
        {word for name in names_in("capital", one.whole) for word in fold(name).split()}
        for one in (now, before)
    ]
    return bool(names[0] & names[1] - speakers)


def _is_heard_again(now: Worded, before: Worded) -> bool:
    persons = any(is_same_person(a, b) for a in now.voices for b in before.voices)
    return persons or any(is_within(a, b) for a in now.parties for b in before.parties)


def _is_of_another(now: Worded, before: Worded) -> bool:
    """Say whether the later words bring in a matter, or a mediator, that the earlier do not."""
    sides = load_tables().side_words.values()
    if any(side.search(now.whole) and not side.search(before.whole) for side in sides):
        return True
    names, known = (names_in("whose_effort", one.whole) for one in (now, before))
    return bool(names and known) and not any(is_same_name(a, b) for a in names for b in known)


def _answers(now: Worded, before: Worded) -> bool:
    """Say whether a side that a statement concerns denies it or gives another detail."""
    concerned = any(is_within(a, b) for a in now.parties for b in before.others)
    clash = set(_changed(now, before)) & set(CLASHING)
    return concerned and (_is_turned(now, before) or bool(clash))


def _share(one: str, other: str) -> float:
    fewest = min(len(content_words(one)), len(content_words(other)))
    return len(_shared(one, other)) / max(1, fewest)


def _shared(one: str, other: str) -> frozenset[str]:
    return content_words(one) & content_words(other)


def content_words(text: str) -> frozenset[str]:
    """Return the families of the words that carry content."""
    tables, folded = load_tables(), fold(text)
    found = (folded[start:end] for start, end in words(folded))
    kept = (tables.same.get(word, word) for word in found if word not in tables.stop)
    return frozenset(map(_family, kept))


def _family(word: str) -> str:
    return word[:STEM].removesuffix("s")


def _says(pattern: str, text: str) -> bool:
    return load_tables().patterns[pattern].search(text) is not None


__all__ = ["Reading", "Worded", "adds_words", "compare_words", "content_words"]
