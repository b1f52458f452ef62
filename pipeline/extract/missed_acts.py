"""Act verbs the model misses: "Norway offered to host talks", "The plan was rejected by B"."""

from __future__ import annotations

import re

from pipeline.extract.clauses import (
    STRETCH,
    Clause,
    clause_words,
    has_particle,
    object_of,
    rule_draft,
    speaker_phrase,
    subject_of,
)
from pipeline.extract.draft import Draft
from pipeline.records import Span

MAX_SPLIT = 7  # words from a verb to its particle
POSSESSIVE = re.compile(r"(?:['’]s|s['’])$")


def act_verb(clause: Clause) -> Draft | None:
    """'Norway offered to host talks': a verb of acting by words with its subject and object."""
    if not _is_act(clause):
        return None
    subject = subject_of(clause)
    content = _split_object(clause) or object_of(clause, clause.number + 1 + has_particle(clause))
    if subject is None or content is None:
        return None
    word = clause.word.of(clause.reading.text)
    return rule_draft(subject, clause.word, content, f"act verb {word!r} with its subject")


def _is_act(clause: Clause) -> bool:
    form, language = clause.form(), clause.reading.language
    if form in clause.listed("light_verbs"):
        return any(clause.form(step) in clause.listed("owned_nouns") for step in (1, 2, 3))
    lemma = language.lemma(form)
    if lemma not in clause.listed("sought_acts") or form == lemma or form.endswith("ing"):
        return False  # the bare form: "to offer", "will offer", or the noun
    if any(pair.split()[0] == lemma for pair in clause.listed("particles")):
        named = lemma in clause.listed("naming") and _names(clause)
        return has_particle(clause) or named or _split_object(clause) is not None
    if form in language.nouns:  # "offers", "demands": a verb only before its object
        return clause.form(1) in clause.listed("articles", "noun_followers", "prepositions")
    return True


def _names(clause: Clause) -> bool:
    """'called the charge absurd': somebody else's words get a name, with a word behind them."""
    if clause.form(1) in clause.listed("named_alone"):
        return clause.form(2) not in clause.listed("function") | {""}
    thing = next((n for n in (2, 3, 4) if clause.form(n) in clause.listed("named_things")), 0)
    owned = POSSESSIVE.search(clause.form(1)) is not None
    determined = owned or clause.form(1) in clause.listed("articles", "possessives")
    behind = clause.form(thing + 1)
    return bool(thing) and determined and behind not in clause.listed("function") | {""}


def _split_object(clause: Clause) -> Span | None:
    """Return the object of 'turned the text down': what stands before the particle."""
    lemma = clause.reading.language.lemma(clause.form())
    ends = {pair.split()[1] for pair in clause.listed("particles") if pair.split()[0] == lemma}
    ends &= clause.listed("split_particles")
    if not ends or clause.form(1) not in clause.listed("articles", "possessives", "named_alone"):
        return None
    for step in range(2, MAX_SPLIT):
        if clause.form(step) in ends:
            first, last = clause.words[clause.number + 1], clause.words[clause.number + step - 1]
            joined = STRETCH.search(clause.reading.text, first.start, last.end) is None
            return Span(first.start, last.end) if joined else None
    return None


def passive_act(clause: Clause) -> Draft | None:
    """'The plan was rejected by B': B rejected the plan."""
    reading, language = clause.reading, clause.reading.language
    step = 1 + has_particle(clause)
    known = language.lemma(clause.form()) in clause.listed("sought_acts")
    if not known or clause.form(step) not in clause.listed("agents"):
        return None
    if not any(clause.form(-back) in clause.listed("be") for back in (1, 2)):
        return None
    patient = clause_words(clause)
    while patient and reading.lower(patient[-1]) in clause.listed("auxiliaries"):
        patient.pop()
    agent = object_of(clause, clause.number + step + 1)
    if not patient or agent is None:
        return None
    source = speaker_phrase(clause, reading.words(agent.start, agent.end))
    content = Span(patient[0].start, patient[-1].end)
    return rule_draft(source, clause.word, content, "passive with its agent") if source else None
