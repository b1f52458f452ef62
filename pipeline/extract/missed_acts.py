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
    split = _split_object(clause)
    content = split or object_of(clause, clause.number + 1 + has_particle(clause))
    if subject is None or content is None:
        return None
    word = clause.word.of(clause.reading.text)
    draft = rule_draft(subject, clause.word, content, f"act verb {word!r} with its subject")
    if split is not None:
        draft.cue.append(_word_behind(clause, split.end))
    return draft


def _word_behind(clause: Clause, place: int) -> Span:
    return next(word for word in clause.words if word.start >= place)


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
    """'The plan was rejected by B': B rejected the plan; 'was urged by B to go': B urged to go."""
    language = clause.reading.language
    step = 1 + has_particle(clause)
    known = language.lemma(clause.form()) in clause.listed("sought_acts", "sought_passives")
    if not known or clause.form(step) not in clause.listed("agents"):
        return None
    if not any(clause.form(-back) in clause.listed("be") for back in (1, 2)):
        return None
    patient = _subject_words(clause)
    agent, complement = _agent(clause, clause.number + step + 1)
    source = speaker_phrase(clause, agent)
    if not patient or source is None:
        return None
    content = complement or Span(patient[0].start, patient[-1].end)
    return rule_draft(source, clause.word, content, "passive with its agent")


def came_from(clause: Clause) -> Draft | None:
    """'An appeal for calm came from B', 'A plea to stop was made by B': B's appeal and plea."""
    pair = f"{clause.form()} {clause.form(1)}"
    if pair not in clause.listed("origins"):
        return None
    words = _subject_words(clause)
    heads = (n for n, word in enumerate(words[:4]) if _is_cue_noun(clause, word))
    head = next(heads, None)
    agent, _ = _agent(clause, clause.number + 2)
    source = speaker_phrase(clause, agent)
    if head is None or source is None or head + 2 >= len(words):
        return None
    content = Span(words[head + 1].start, words[-1].end)
    return rule_draft(source, words[head], content, f"cue noun, which {pair} them")


def _is_cue_noun(clause: Clause, word: Span) -> bool:
    return clause.reading.lower(word) in clause.reading.language.nouns


def _subject_words(clause: Clause) -> list[Span]:
    """Return the words before the verb in its clause, without auxiliaries."""
    words = clause_words(clause)
    while words and clause.reading.lower(words[-1]) in clause.listed("auxiliaries"):
        words.pop()
    return words


def _agent(clause: Clause, number: int) -> tuple[list[Span], Span | None]:
    """Return the words of an agent, and what it says to do: "by B" and "to go"."""
    reading = clause.reading
    whole = object_of(clause, number)
    if whole is None:
        return [], None
    words = reading.words(whole.start, whole.end)
    for place, word in enumerate(words[1:], start=1):
        if reading.lower(word) in clause.listed("complements"):
            return words[:place], Span(word.start, whole.end)
        if reading.lower(word) in clause.listed("agent_ends"):
            return words[:place], None
    return words, None
