"""Rules on who speaks: the source behind "according to", before "who", or left out.

Each rule sets a draft right in place and returns the numbers of the drafts that are gone.
"""

from __future__ import annotations

import re

from pipeline.extract.cues import cue_of, possessive
from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading, cut
from pipeline.records import Span

BORDER = re.compile(r"[,;:\"“”—–\n]|\s-\s")
FAR_BACK = 12  # words an antecedent is looked for in
MAX_SOURCE_WORDS = 8


def noun_alone(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'X's offer', 'an assertion': the rules on cue nouns read them more surely than the model."""
    words = reading.lower(draft.cue[0]) if draft.cue else ""
    language = reading.language
    verb = any(words in forms for forms in language.verbs.values())
    owned = possessive(reading, draft)
    article = bool(draft.source) and reading.lower(draft.source[0]) in language.listed("articles")
    noun = words in language.nouns and (not verb or owned or article)
    if noun and draft.source:
        for other in drafts:  # 'X's claim that ... was rejected': with the noun and its owner
            if other is not draft and other.content == draft.content:
                other.content = [Span(draft.source[0].start, draft.content[-1].end)]
    return {index} if noun else set()


def according_to(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """The source of "according to" stands right behind it."""
    if not draft.cue or not reading.lower(draft.cue[-1]).endswith(" to"):
        return set()
    if cue_of(reading, draft).lemma not in reading.language.listed("phrases"):
        return set()
    place = draft.cue[-1].end
    if draft.source and 0 <= draft.source[0].start - place <= 2:
        return set()
    match = reading.language.pattern("phrase").match(reading.text, place)
    if match:
        draft.source = [Span(*match.span("source"))]
        draft.content = [p for s in draft.content for p in cut(s, draft.source[0])]
    return set() if draft.content else {index}


def relative_source(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'an official, who said ...': the official is the source."""
    relative = reading.language.pattern("relative_source")
    if not draft.source or not relative.match(reading.lower(draft.source[0])):
        return set()
    before = phrase_before(reading, draft.source[0].start)
    if before is not None:
        draft.source = [before]
        draft.why["attribution"] = "the relative pronoun's antecedent is the source"
    return set()


def phrase_before(reading: Reading, place: int) -> Span | None:
    """Return the noun phrase that ends before `place` (and a comma)."""
    sentence = reading.sentence(place)
    end = place
    while end > sentence.start and reading.text[end - 1] in " ,\n\xa0":
        end -= 1
    start = end
    for word in reversed(reading.words(sentence.start, end)[-FAR_BACK:]):
        gap = reading.text[word.end : start]
        if BORDER.search(gap) or _ends_phrase(reading, word, first=start == end):
            break
        start = word.start
    words = reading.words(start, end)
    if reading.language.pattern("relative_content").match(reading.text[place : place + 5].strip()):
        linked = [reading.lower(word) in reading.language.listed("linking") for word in words]
        words = words[max((n for n, link in enumerate(linked, 1) if link), default=0) :]
    while words and reading.lower(words[0]) in reading.language.listed("prepositions"):
        words = words[1:]  # "According to the ministry, which said": the ministry
    return reading.trimmed(words[0].start, end) if words else None


def _ends_phrase(reading: Reading, word: Span, *, first: bool) -> bool:
    """Whether a noun phrase, read backwards, stops before this word."""
    form = reading.lower(word)
    listed = reading.language.listed
    if form in listed("clause_borders") | listed("be") | listed("auxiliaries"):
        return True
    verb = reading.language.kind(form) is not None and form not in reading.language.nouns
    return verb and not first and not word.of(reading.text)[0].isupper()


def missing_source(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """A cue without source: the words before it in its clause, else the subject it shares."""
    articles = reading.language.listed("articles")
    if not draft.cue or (draft.source and reading.lower(draft.source[0]) not in articles):
        return set()
    draft.source = []
    cue = cue_of(reading, draft)
    if cue.passive or cue.kind in ("", "nominal") or cue.lemma == "accord":
        return set()
    subject = _subject_before(reading, draft)
    if subject is not None:
        draft.source = [subject]
        draft.why["attribution"] = "the words before the cue are the source"
        return set()
    shared = _shared_subject(reading, drafts, index)
    if shared is not None:
        draft.source = [shared]
        draft.why["attribution"] = "shares its subject with the cue before"
    return set()


def _subject_before(reading: Reading, draft: Draft) -> Span | None:
    """Return what stands between the clause's start and the cue, if it can be a source."""
    cue = draft.cue[0]
    start = reading.sentence(cue.start).start
    borders = [span.end for span in draft.content if start < span.end <= cue.start]
    borders += [start + m.end() for m in BORDER.finditer(reading.text[start : cue.start])]
    words = reading.words(max([start, *borders]), cue.start)
    listed = reading.language.listed("clause_borders")
    cuts = [number for number, word in enumerate(words) if reading.lower(word) in listed]
    return _as_source(reading, words[cuts[-1] + 1 :] if cuts else words)


def _as_source(reading: Reading, words: list[Span]) -> Span | None:
    language = reading.language
    while words and reading.lower(words[-1]) in language.listed("auxiliaries"):
        words = words[:-1]
    if not words or len(words) > MAX_SOURCE_WORDS:
        return None
    forms = [reading.lower(word) for word in words]
    if forms[-1] in language.listed("possessives"):  # "contrary to his claim"
        return words[-1]
    empty = language.listed("prepositions") | language.listed("function") | {"it", "there"}
    if forms[0] in empty - {"the", "a"} or any(
        language.kind(form) in ("speech", "act") for form in forms
    ):
        return None
    return Span(words[0].start, words[-1].end)


def _shared_subject(reading: Reading, drafts: list[Draft], index: int) -> Span | None:
    """Return the source of the nearest earlier cue of the sentence at the same depth."""
    draft = drafts[index]
    sentence = reading.sentence(draft.cue[0].start)
    earlier = [
        other
        for other in drafts
        if other.cue
        and other.source
        and other.depth == draft.depth
        and sentence.start <= other.cue[0].start < draft.cue[0].start
    ]
    if not earlier:
        return None
    nearest = max(earlier, key=lambda other: other.cue[0].start)
    return nearest.source[0]
