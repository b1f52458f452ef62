"""Cue nouns the model misses: "Norway's offer to host talks"."""

from __future__ import annotations

from pipeline.extract.clauses import MAX_OBJECT_WORDS, STRETCH, Clause, rule_draft
from pipeline.extract.draft import Draft
from pipeline.extract.missed_acts import POSSESSIVE
from pipeline.extract.reading import Reading
from pipeline.records import Span


def owned_noun(clause: Clause) -> Draft | None:
    """'X's offer to ...': noun with its owner before and its content behind."""
    reading, words, number = clause.reading, clause.words, clause.number
    if clause.form() not in clause.listed("owned_nouns") or number + 2 >= len(words):
        return None
    if not _announces(clause):
        return None
    owner = _owner(reading, words, number)
    content = _noun_content(reading, words, number + 1)
    if owner is None or content is None:
        return None
    word = clause.word.of(reading.text)
    return rule_draft(owner, clause.word, content, f"cue noun {word!r} with its owner")


def _announces(clause: Clause) -> bool:
    """Whether what was said follows: "offer to ...", "rejection of ..."."""
    if clause.form(1) in clause.listed("noun_followers"):
        return True
    answers = clause.form() in clause.listed("answer_nouns")
    return answers and clause.form(1) in clause.listed("answer_followers")


def _owner(reading: Reading, words: list[Span], number: int) -> Span | None:
    """Return the possessive at most three words before the noun, with its name."""
    for place in range(number - 1, max(-1, number - 4), -1):
        form = reading.lower(words[place])
        if form in reading.language.listed("possessives"):
            return words[place]
        if POSSESSIVE.search(words[place].of(reading.text)) or reading.text[
            words[place].end : words[place].end + 1
        ] in ("'", "’"):
            return Span(_name_start(reading, words, place), words[place].end)
    return None


def _name_start(reading: Reading, words: list[Span], place: int) -> int:
    """Go back over the capitalised words of a name, or to the article of a description."""
    start = words[place].start
    named = words[place].of(reading.text)[0].isupper()
    for word in reversed(words[max(0, place - 4) : place]):
        capital = word.of(reading.text)[0].isupper()
        article = reading.lower(word) in reading.language.listed("articles")
        if reading.text[word.end : start].strip() or (named and not capital):
            break
        if not named and not article:
            start = word.start
            continue
        start = word.start if not article or not named else start
        if article:
            break
    return start


def _noun_content(reading: Reading, words: list[Span], number: int) -> Span | None:
    """Return what the noun announces: "to ..." with its "to", the clause after "that"."""
    first = number if reading.lower(words[number]) == "to" else number + 1
    end = None
    for place in range(first, min(len(words), first + MAX_OBJECT_WORDS)):
        word = words[place]
        if place > first and _ends_noun_content(reading, words, place):
            break
        end = word.end
    if end is None or len(reading.words(words[first].start, end)) < 2:
        return None
    return Span(words[first].start, end)


def _ends_noun_content(reading: Reading, words: list[Span], place: int) -> bool:
    gap = reading.text[words[place - 1].end : words[place].start]
    form = reading.lower(words[place])
    listed = reading.language.listed
    if STRETCH.search(gap) or form in listed("clause_borders") - {"and", "as", "that"}:
        return True
    finite = form in listed("be") | {"has", "had", "have", "will", "would"}
    return finite and reading.lower(words[place - 1]) != "to" and place > 2
