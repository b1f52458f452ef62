"""Reports the model misses, found by words: acts, owned nouns, quotations that go on.

Norway offered to host talks.            an act verb with a subject and an object
Norway's offer to host talks             a cue noun with its owner
"..." said Berg.  <new line>  "..."      the next paragraph is his too
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.continued import continued_quotations
from pipeline.extract.draft import Draft
from pipeline.extract.mend import cue_of, is_carrier, phrase_before, share
from pipeline.extract.reading import Reading
from pipeline.languages import KINDS
from pipeline.records import Span

CONFIDENCE = 0.5  # of a claim by words alone; the model is right more often
MAX_SUBJECT_WORDS = 9
MAX_OBJECT_WORDS = 40
MAX_INSERTED = 12  # words between two commas behind a subject
CARRIED = 0.8  # of the words an agency passes on are one report
QUOTING = ("quote", "cite")
MAX_SPLIT = 7  # words from a verb to its particle
ENDS = (".", "\n", "")
STRETCH = re.compile(r"[,;:\"“”—–\n]|\s-\s")
POSSESSIVE = re.compile(r"(?:['’]s|s['’])$")


def missed_reports(reading: Reading, drafts: list[Draft]) -> list[Draft]:
    """Return what the rules find beside `drafts`; parents are numbers in that list."""
    found: list[Draft] = []
    taken = _taken(reading, drafts)
    for sentence in reading.sentences:
        words = reading.words(sentence.start, sentence.end)
        for number, word in enumerate(words):
            if not taken[word.start] and reading.quotes.at(word.start) is None:
                clause = Clause(reading, sentence, words, number, drafts)
                draft = next((hit for rule in RULES if (hit := rule(clause))), None)
                if draft is not None:
                    found.append(_placed(reading, drafts, draft))
    _carried(reading, drafts, found)
    for number, draft in enumerate(found, start=len(drafts)):
        if draft.cue[0].start > draft.content[0].start:
            _take_in(drafts, draft, number)
    return [*found, *continued_quotations(reading, drafts)]


def _carried(reading: Reading, drafts: list[Draft], found: list[Draft]) -> None:
    """'B called it false, the agency said.': the agency carries B's words."""
    for outer in [d for d in found if d.cue[0].start > d.content[0].start]:
        for inner in (*drafts, *found):
            near = inner is not outer and inner.source and inner.content
            if near and is_carrier(reading, outer.source[0]) and not inner.depth:
                parts = [*inner.source, *inner.cue, *inner.content]
                if share(reading, parts, outer.content) >= CARRIED:
                    inner.via = [*outer.source, *inner.via]
                    found.remove(outer)
                    break


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


def _taken(reading: Reading, drafts: list[Draft]) -> bytearray:
    """Return for each character whether a draft has it in its cue or source."""
    taken = bytearray(len(reading.text))
    for draft in drafts:
        for span in (*draft.cue, *draft.source):
            taken[span.start : span.end] = b"\x01" * (span.end - span.start)
    return taken


def _placed(reading: Reading, drafts: list[Draft], draft: Draft) -> Draft:
    """Put the draft inside the deepest report that holds it.

    "B rejected A's offer": the offer is what B's act is about, not what B reports.
    """
    cue = draft.cue[0]
    nominal = reading.lower(cue) in reading.language.nouns
    around = [
        number
        for number, other in enumerate(drafts)
        if any(span.start <= cue.start and cue.end <= span.end for span in other.content)
        and not (nominal and cue_of(reading, other).kind in ("act", "deal"))
    ]
    if around:
        draft.parent = max(around, key=lambda number: drafts[number].depth)
        draft.depth = drafts[draft.parent].depth + 1
    return draft


def _take_in(drafts: list[Draft], outer: Draft, number: int) -> None:
    """Put the reports that a new one behind them holds inside it."""
    for inner in drafts:
        inside = inner.parent is None and inner.cue and outer.content[0].start <= inner.cue[0].start
        if inside and inner.cue[0].end <= outer.content[0].end and inner.cue_kind == "speech":
            inner.parent, inner.depth = number, 1


def _draft(source: Span, cue: Span, content: Span, why: str) -> Draft:
    return Draft(
        source=[source],
        cue=[cue],
        content=[content],
        found_by="rules",
        confidence=CONFIDENCE,
        why={"attribution": why},
    )


# -- act verbs ------------------------------------------------------------------------


def _act(clause: Clause) -> Draft | None:
    if not _is_act(clause):
        return None
    subject = _subject(clause)
    content = _split_object(clause) or _object(clause, clause.number + 1 + _has_particle(clause))
    if subject is None or content is None:
        return None
    word = clause.word.of(clause.reading.text)
    return _draft(subject, clause.word, content, f"act verb {word!r} with its subject")


def _is_act(clause: Clause) -> bool:
    form, language = clause.form(), clause.reading.language
    if form in clause.listed("light_verbs"):
        return any(clause.form(step) in clause.listed("owned_nouns") for step in (1, 2, 3))
    lemma = language.lemma(form)
    if lemma not in clause.listed("sought_acts") or form == lemma or form.endswith("ing"):
        return False  # the bare form: "to offer", "will offer", or the noun
    if any(pair.split()[0] == lemma for pair in clause.listed("particles")):
        named = lemma in clause.listed("naming") and _names(clause)
        return _has_particle(clause) or named or _split_object(clause) is not None
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


def _has_particle(clause: Clause) -> bool:
    lemma = clause.reading.language.lemma(clause.form())
    return f"{lemma} {clause.form(1)}" in clause.listed("particles")


def _subject(clause: Clause) -> Span | None:
    """Return the noun phrase that ends before the verb and fills its clause.

    After "and" it is the subject of the cue before, after "who" what stands before that.
    """
    reading = clause.reading
    before = _clause_words(clause)
    if not before:
        return _interrupted_subject(clause)
    while before and reading.lower(before[-1]) in clause.listed("auxiliaries"):
        if reading.lower(before[-1]) in clause.listed("be"):
            return None  # passive: whoever stands there did not speak
        before.pop()
    listed = clause.listed("clause_borders")
    borders = [number for number, word in enumerate(before) if reading.lower(word) in listed]
    if not borders:
        return _speaker_phrase(clause, before)
    border, own = before[borders[-1]], before[borders[-1] + 1 :]
    if own:
        return _speaker_phrase(clause, own)
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
    subject = _speaker_phrase(clause, head)
    if subject is None or not inner or len(inner) > MAX_INSERTED:
        return None
    first = reading.lower(inner[0])
    if first in clause.listed("relatives"):
        return subject
    plain = first not in clause.listed("prepositions", "clause_borders")
    verbs = any(reading.language.kind(reading.lower(word)) in KINDS for word in inner)
    return Span(subject.start, inner[-1].end) if plain and not verbs else None


def _clause_words(clause: Clause) -> list[Span]:
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


def _passive(clause: Clause) -> Draft | None:
    """'The plan was rejected by B': B rejected the plan."""
    reading, language = clause.reading, clause.reading.language
    step = 1 + _has_particle(clause)
    known = language.lemma(clause.form()) in clause.listed("sought_acts")
    if not known or clause.form(step) not in clause.listed("agents"):
        return None
    if not any(clause.form(-back) in clause.listed("be") for back in (1, 2)):
        return None
    patient = _clause_words(clause)
    while patient and reading.lower(patient[-1]) in clause.listed("auxiliaries"):
        patient.pop()
    agent = _object(clause, clause.number + step + 1)
    if not patient or agent is None:
        return None
    source = _speaker_phrase(clause, reading.words(agent.start, agent.end))
    content = Span(patient[0].start, patient[-1].end)
    return _draft(source, clause.word, content, "passive with its agent") if source else None


def _said_last(clause: Clause) -> Draft | None:
    """'C, people aware of the matter said.': the sentence before the comma is theirs."""
    reading = clause.reading
    if clause.form() not in clause.listed("sought_speech"):
        return None
    subject = _speaker_phrase(clause, _clause_words(clause), unnamed=True)
    pronouns = clause.listed("pronouns")  # the model does not miss "he said"
    if subject is None or reading.lower(subject) in pronouns:
        return None
    if reading.text[clause.word.end : clause.word.end + 1] not in ENDS:
        return None
    content = reading.trimmed(clause.sentence.start, subject.start)
    if content is None or len(reading.words(content.start, content.end)) < 3:
        return None
    for draft in clause.drafts:
        draft.content = [_before(span, content.end) for span in draft.content]
    return _draft(subject, clause.word, content, "who said it stands last")


def _quoted_last(clause: Clause) -> Draft | None:
    """'C, A quoted B as saying.': the sentence before the comma is B's, carried by A."""
    reading, form = clause.reading, clause.form()
    if not any(verbs.get(form) in QUOTING for verbs in reading.language.verbs.values()):
        return None
    match = reading.language.pattern("as_saying").match(reading.text, clause.word.end)
    carrier = _speaker_phrase(clause, _clause_words(clause)) if match else None
    if match is None or carrier is None or match.end() > clause.sentence.end:
        return None
    content = reading.trimmed(clause.sentence.start, carrier.start)
    if content is None or len(reading.words(content.start, content.end)) < 3:
        return None
    if reading.quotes.at(content.start) is not None:
        return None  # the model does not miss a quotation
    for draft in clause.drafts:
        draft.content = [_before(span, content.end) for span in draft.content]
    source = Span(*match.span("source"))
    found = _draft(source, clause.word, content, "the agency that quotes them stands last")
    found.via = [carrier]
    return found


def _before(span: Span, place: int) -> Span:
    """Return the span without what lies behind `place`, when it reaches over it."""
    return Span(span.start, place) if span.start < place < span.end else span


def _speaker_phrase(clause: Clause, words: list[Span], *, unnamed: bool = False) -> Span | None:
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


def _object(clause: Clause, number: int) -> Span | None:
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


def _told(clause: Clause) -> Draft | None:
    """'B told X the road was open': what stands behind the addressee."""
    reading = clause.reading
    if reading.language.lemma(clause.form()) not in clause.listed("sought_tell"):
        return None
    match = reading.language.pattern("addressee").match(reading.text, clause.word.end)
    subject = _subject(clause)
    if match is None or subject is None:
        return None
    content = reading.trimmed(match.end("carrier"), clause.sentence.end)
    if content is None or reading.text[match.end("carrier")] in ",.;:":
        return None
    words = reading.words(content.start, content.end)
    if words and reading.lower(words[0]) == "that":
        words = words[1:]
    if len(words) < 3 or _held(clause, Span(words[0].start, content.end)):
        return None
    end = content.end - (reading.text[content.end - 1] == ".")
    return _draft(subject, clause.word, Span(words[0].start, end), "told somebody, then a clause")


def _held(clause: Clause, content: Span) -> bool:
    """Whether a draft has begun its own content in there."""
    spans = [span for draft in clause.drafts for span in draft.content]
    return any(span.start < content.end and content.start < span.end for span in spans)


# -- cue nouns ------------------------------------------------------------------------


def _owned(clause: Clause) -> Draft | None:
    """'X's offer to ...': noun with its owner before and its content behind."""
    reading, words, number = clause.reading, clause.words, clause.number
    if clause.form() not in clause.listed("owned_nouns") or number + 2 >= len(words):
        return None
    if clause.form(1) not in clause.listed("noun_followers"):
        return None
    owner = _owner(reading, words, number)
    content = _noun_content(reading, words, number + 1)
    if owner is None or content is None:
        return None
    word = clause.word.of(reading.text)
    return _draft(owner, clause.word, content, f"cue noun {word!r} with its owner")


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


RULES = (_act, _passive, _owned, _said_last, _quoted_last, _told)
