"""Speech the model misses: the speaker at the sentence's end, a clause behind an addressee."""

from __future__ import annotations

from pipeline.extract.clauses import Clause, clause_words, rule_draft, speaker_phrase, subject_of
from pipeline.extract.draft import Draft
from pipeline.records import Span

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
    if reading.text[clause.word.end : clause.word.end + 1] not in ENDS:
        return None
    content = reading.trimmed(clause.sentence.start, subject.start)
    if content is None or len(reading.words(content.start, content.end)) < 3:
        return None
    for draft in clause.drafts:
        draft.content = [_before(span, content.end) for span in draft.content]
    return rule_draft(subject, clause.word, content, "who said it stands last")


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
