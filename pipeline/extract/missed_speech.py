"""Speech the model misses: the speaker at the sentence's end, a clause behind an addressee."""

from __future__ import annotations

from pipeline.extract.clauses import (
    STRETCH,
    Clause,
    clause_words,
    rule_draft,
    speaker_phrase,
    subject_of,
)
from pipeline.extract.draft import Draft
from pipeline.records import Span

MAX_SETTING = 6  # words behind a last verb: "announced together at the border"
QUOTING = ("quote", "cite")
ENDS = (".", "\n", "")


def said_last(clause: Clause) -> Draft | None:
    """'C, people aware of the matter said.': the sentence before the comma is theirs."""
    reading = clause.reading
    if clause.form() not in clause.listed("sought_speech"):
        return None
    subject = speaker_phrase(clause, clause_words(clause), unnamed=True)
    pronouns = clause.listed("pronouns")  # the model does not miss "he said"
    if subject is None or reading.lower(subject) in pronouns:
        return None
    if not _ends_sentence(clause):
        return None
    content = reading.trimmed(clause.sentence.start, subject.start)
    if content is None or len(reading.words(content.start, content.end)) < 3:
        return None
    for draft in clause.drafts:
        draft.content = [_before(span, content.end) for span in draft.content]
    return rule_draft(subject, clause.word, content, "who said it stands last")


def _ends_sentence(clause: Clause) -> bool:
    """Whether the sentence ends with the verb, or with where and when it was said."""
    text, end = clause.reading.text, clause.word.end
    if text[end : end + 1] in ENDS:
        return True
    words = clause.words[clause.number + 1 :]
    plain = STRETCH.search(text, end, clause.sentence.end) is None
    return plain and 0 < len(words) <= MAX_SETTING and clause.form(1) in clause.listed("settings")


def said_first(clause: Clause) -> Draft | None:
    """'No talks with rebels, says B': a line without a verb is no clause the model knows."""
    reading = clause.reading
    if clause.form() not in clause.listed("sought_speech") or clause.number < 2:
        return None
    before = clause.words[clause.number - 1]
    if "," not in reading.text[before.end : clause.word.start]:
        return None
    source = speaker_phrase(clause, clause.words[clause.number + 1 :])
    content = reading.trimmed(clause.sentence.start, before.end)
    if source is None or content is None or reading.quotes.at(content.start) is not None:
        return None
    return rule_draft(source, clause.word, content, "verb and speaker behind the comma")


def quoted_last(clause: Clause) -> Draft | None:
    """'C, A quoted B as saying.': the sentence before the comma is B's, carried by A."""
    reading, form = clause.reading, clause.form()
    if not any(verbs.get(form) in QUOTING for verbs in reading.language.verbs.values()):
        return None
    match = reading.language.pattern("as_saying").match(reading.text, clause.word.end)
    carrier = speaker_phrase(clause, clause_words(clause)) if match else None
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
    found = rule_draft(source, clause.word, content, "the agency that quotes them stands last")
    found.via = [carrier]
    return found


def _before(span: Span, place: int) -> Span:
    """Return the span without what lies behind `place`, when it reaches over it."""
    return Span(span.start, place) if span.start < place < span.end else span


def told_somebody(clause: Clause) -> Draft | None:
    """'B told X the road was open': what stands behind the addressee."""
    reading = clause.reading
    if reading.language.lemma(clause.form()) not in clause.listed("sought_tell"):
        return None
    match = reading.language.pattern("addressee").match(reading.text, clause.word.end)
    subject = subject_of(clause)
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
    return rule_draft(
        subject, clause.word, Span(words[0].start, end), "told somebody, then a clause"
    )


def _held(clause: Clause, content: Span) -> bool:
    """Whether a draft has begun its own content in there."""
    spans = [span for draft in clause.drafts for span in draft.content]
    return any(span.start < content.end and content.start < span.end for span in spans)
