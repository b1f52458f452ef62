"""One word of a sentence that may be a cue, with subject and object: for the rules by words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading
from pipeline.extract.sources import phrase_before
from pipeline.languages import KINDS
from pipeline.records import Span

CONFIDENCE = 0.5  # of a claim by words alone; the model is right more often
MAX_SUBJECT_WORDS = 9
MAX_OBJECT_WORDS = 40
MAX_INSERTED = 12  # words between two commas behind a subject
STRETCH = re.compile(r"[,;:\"“”—–\n]|\s-\s")


@dataclass(frozen=True, slots=True)
class Clause:
    """A word of a sentence that may be a cue, and what stands around it."""

    reading: Reading
    sentence: Span
    words: list[Span]
    number: int
    drafts: list[Draft]

    @property
    def word(self) -> Span:
        """The word in question."""
        return self.words[self.number]

    def form(self, step: int = 0) -> str:
        """Return the word `step` places further, in lower case; "" outside the sentence."""
        place = self.number + step
        inside = 0 <= place < len(self.words)
        return self.reading.lower(self.words[place]) if inside else ""

    def listed(self, *names: str) -> frozenset[str]:
        """Return the words of these lists of the language."""
        if len(names) == 1:
            return self.reading.language.listed(names[0])
        return frozenset().union(*(self.reading.language.listed(name) for name in names))


def rule_draft(source: Span, cue: Span, content: Span, why: str) -> Draft:
    """Return a draft that words alone show, with the reason."""
    return Draft(
        source=[source],
        cue=[cue],
        content=[content],
        found_by="rules",
        confidence=CONFIDENCE,
        why={"attribution": why},
    )


def subject_of(clause: Clause) -> Span | None:
    """Return the noun phrase that ends before the verb and fills its clause.

    After "and" it is the subject of the cue before, after "who" what stands before that.
    """
    reading = clause.reading
    before = clause_words(clause)
    if not before:
        return _interrupted_subject(clause)
    while before and reading.lower(before[-1]) in clause.listed("auxiliaries"):
        if reading.lower(before[-1]) in clause.listed("be"):
            return None  # passive: whoever stands there did not speak
        before.pop()
    listed = clause.listed("clause_borders")
    borders = [number for number, word in enumerate(before) if reading.lower(word) in listed]
    if not borders:
        return speaker_phrase(clause, before)
    border, own = before[borders[-1]], before[borders[-1] + 1 :]
    if own:
        return speaker_phrase(clause, own)
    if reading.lower(border) in clause.listed("relatives"):
        return phrase_before(reading, border.start)
    return _subject_of_neighbour(clause) if reading.lower(border) in ("and", "but") else None


def _interrupted_subject(clause: Clause) -> Span | None:
    """Return the subject of "X's envoy, NAME, called ..." and of "X, who came late, called ..."."""
    reading, start = clause.reading, clause.sentence.start
    marks = list(STRETCH.finditer(reading.text, start, clause.word.start))
    if len(marks) < 2 or [mark.group() for mark in marks[-2:]] != [",", ","]:
        return None
    begin = marks[-3].end() if len(marks) > 2 else start
    head = reading.words(begin, marks[-2].start())
    inner = reading.words(marks[-2].end(), marks[-1].start())
    subject = speaker_phrase(clause, head)
    if subject is None or not inner or len(inner) > MAX_INSERTED:
        return None
    first = reading.lower(inner[0])
    if first in clause.listed("relatives"):
        return subject
    plain = first not in clause.listed("prepositions", "clause_borders")
    verbs = any(reading.language.kind(reading.lower(word)) in KINDS for word in inner)
    return Span(subject.start, inner[-1].end) if plain and not verbs else None


def clause_words(clause: Clause) -> list[Span]:
    """Return the words from the last mark of the sentence to the verb."""
    start = clause.sentence.start
    for match in STRETCH.finditer(clause.reading.text, start, clause.word.start):
        start = match.end()
    return [word for word in clause.words[: clause.number] if word.start >= start]


def _subject_of_neighbour(clause: Clause) -> Span | None:
    earlier = [
        draft
        for draft in clause.drafts
        if draft.cue
        and draft.source
        and clause.sentence.start <= draft.cue[0].start
        and draft.cue[0].start < clause.word.start
    ]
    return max(earlier, key=lambda draft: draft.cue[0].start).source[0] if earlier else None


def has_particle(clause: Clause) -> bool:
    """Whether the particle of the verb stands right behind it: "turned down"."""
    lemma = clause.reading.language.lemma(clause.form())
    return f"{lemma} {clause.form(1)}" in clause.listed("particles")


def speaker_phrase(clause: Clause, words: list[Span], *, unnamed: bool = False) -> Span | None:
    """Return the words as one span when they can name who speaks; `unnamed`: or mean people."""
    if not words or len(words) > MAX_SUBJECT_WORDS:
        return None
    forms = [clause.reading.lower(word) for word in words]
    nobody = clause.listed("prepositions", "relatives", "negations", "first_person")
    if forms[0] in nobody or forms[-1] in clause.listed("articles", "function"):
        return None
    if any(clause.reading.language.kind(form) in KINDS for form in forms):
        return None
    named = any(word.of(clause.reading.text)[0].isupper() for word in words)
    pronoun = len(forms) == 1 and forms[0] in clause.listed("pronouns")
    titled = forms[0] in clause.listed("articles")
    people = unnamed and any(form in clause.listed("anonymous") for form in forms)
    return Span(words[0].start, words[-1].end) if named or pronoun or titled or people else None


def object_of(clause: Clause, number: int) -> Span | None:
    """Return what follows the verb as far as its clause goes."""
    reading, words = clause.reading, clause.words
    if number >= len(words):
        return None
    start = words[number].start
    stop = STRETCH.search(reading.text, start, clause.sentence.end)
    end = stop.start() if stop else clause.sentence.end
    listed = clause.listed("clause_borders") - {"and", "that", "as", "than"}
    inside = [word for word in words[number:] if word.end <= end][:MAX_OBJECT_WORDS]
    for place, word in enumerate(inside):
        if place and reading.lower(word) in listed:
            inside = inside[:place]
            break
    return Span(start, inside[-1].end) if inside else None
