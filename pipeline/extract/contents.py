"""Rules on what is said, and on the borders of content, source and cue."""

from __future__ import annotations

import re

from pipeline.extract.carriers import is_carrier
from pipeline.extract.draft import Draft
from pipeline.extract.quotes import completed
from pipeline.extract.reading import Reading, cut
from pipeline.extract.sources import BORDER
from pipeline.records import Span


def relative_content(reading: Reading, drafts: list[Draft], draft: Draft) -> None:
    """', which B has rejected' and ', an assertion B denies': the content goes before."""
    if not draft.content or not _is_anaphor(reading, draft.content[-1]):
        return
    content = draft.content[-1]
    sentence = reading.sentence(content.start)
    for other in drafts:
        if other is not draft and other.content and other.cue:
            ends = max(span.end for span in (*other.content, *other.cue, *other.source))
            same = sentence.start <= other.content[0].start < content.start
            if same and ends <= content.start and reading.text[content.start - 2] == ",":
                draft.content = list(other.content)
                draft.why["attribution"] = "content is what the report before says"
                return
    before = _clause_before(reading, content.start)
    if before is not None:
        draft.content = [before]
        draft.why["attribution"] = "content is the antecedent of the relative"


def _is_anaphor(reading: Reading, span: Span) -> bool:
    forms = [reading.lower(word) for word in reading.words(span.start, span.end)]
    if forms and forms[0] in reading.language.listed("articles") and len(forms) == 2:
        return forms[1] in reading.language.nouns and reading.text[span.start - 2] == ","
    return reading.language.pattern("relative_content").match(" ".join(forms)) is not None


def _clause_before(reading: Reading, place: int) -> Span | None:
    """Return the words between the last border of the sentence and `place`."""
    sentence = reading.sentence(place)
    end = place
    while end > sentence.start and reading.text[end - 1] in " ,\n\xa0":
        end -= 1
    start = sentence.start
    words = reading.language.pattern("border_words")
    for border in (BORDER, words):
        ends = [match.end() for match in border.finditer(reading.text, start, end)]
        start = max([start, *ends])
    return reading.trimmed(start, end)


def contents(reading: Reading, draft: Draft) -> None:
    """Take whole quotations; leave out "that" and the full stop of an unquoted clause."""
    spans = completed(draft.content, [*draft.cue, *draft.source], reading.quotes)
    spans = _with_cut_quote(reading, draft, spans)
    spans = _unbroken(reading, draft, spans)
    cleaned = [_clean(reading, span) for span in spans]
    draft.content = [span for span in cleaned if span is not None]


def _with_cut_quote(reading: Reading, draft: Draft, spans: list[Span]) -> list[Span]:
    """'"A," he said. "B."': B belongs to the same utterance."""
    if not spans or not draft.cue or reading.quotes.at(spans[-1].start) is None:
        return spans
    tail = max(spans[-1].end, draft.cue[-1].end, *(span.end for span in draft.source), 0)
    follow = re.match(r"[^\n\"“”.]{0,60}[.,]\s*(?=[\"“])", reading.text[tail : tail + 80])
    if tail == spans[-1].end or not follow:
        return spans
    quote = reading.quotes.at(tail + follow.end())
    return [*spans, quote] if quote is not None and quote not in spans else spans


def _unbroken(reading: Reading, draft: Draft, spans: list[Span]) -> list[Span]:
    """Join parts of one sentence that neither cue nor source divides: all of it is said."""
    joined = spans[:1]
    for span in spans[1:]:
        gap = Span(joined[-1].end, span.start)
        named = any(gap.start <= one.start < gap.end for one in (*draft.cue, *draft.source))
        same = reading.sentence(gap.start).end > gap.end
        if named or not same or gap.end <= gap.start or '"' in gap.of(reading.text):
            joined.append(span)
        else:
            joined[-1] = Span(joined[-1].start, span.end)
    return joined


def _clean(reading: Reading, span: Span) -> Span | None:
    text = reading.text
    trimmed = reading.trimmed(span.start, span.end)
    if trimmed is None:
        return None
    start = trimmed.start
    border = text.find("\n", start, trimmed.end)  # a report ends with its paragraph
    end = trimmed.end if border < 0 else border
    for name in ("relative_lead", "leading_that"):
        lead = reading.language.pattern(name).match(text, start, end)
        if lead:
            start = lead.end()
    if (
        text[end - 1] == "."
        and reading.quotes.at(end - 1) is None
        and text[end - 2 : end - 1] != "."
    ):
        end -= 1
    return reading.trimmed(start, end)


def without_dateline(reading: Reading, draft: Draft) -> None:
    """The place and agency a text opens with are nobody's words."""
    head = reading.language.pattern("dateline").match(reading.text)
    if head is None or not any(span.start < head.end() for span in draft.content):
        return
    pieces = [part for span in draft.content for part in cut(span, Span(0, head.end()))]
    draft.content = pieces or draft.content


def clean_source(reading: Reading, draft: Draft) -> None:
    """End the source before a relative clause; source and cue without marks at their borders."""
    cues = [reading.trimmed(span.start, span.end) for span in draft.cue]
    draft.cue = [span for span in cues if span is not None]
    cleaned = []
    for found in draft.source[:1]:
        span = _one_line(reading, found, draft)
        words = span.of(reading.text)
        tail = reading.language.pattern("relative_tail").search(words)
        end = span.start + tail.start() if tail and tail.start() else span.end
        carrier = reading.language.pattern("quoted_by").search(words)
        if carrier and carrier.start("carrier") > end - span.start:
            via = Span(*(span.start + place for place in carrier.span("carrier")))
            draft.via = [*draft.via, via] if is_carrier(reading, via) else draft.via
        trimmed = reading.trimmed(span.start, end)
        if trimmed is not None:
            cleaned.append(trimmed)
    draft.source = cleaned


def _one_line(reading: Reading, span: Span, draft: Draft) -> Span:
    """Return the part of a source in the paragraph of its cue."""
    border = reading.text.find("\n", span.start, span.end)
    if border < 0 or not draft.cue:
        return span
    if draft.cue[0].start >= span.end:
        return Span(reading.text.rindex("\n", span.start, span.end) + 1, span.end)
    return Span(span.start, border)
