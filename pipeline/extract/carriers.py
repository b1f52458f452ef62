"""Rules on who carried the words: agencies, outlets and reports between a speaker and the text.

Each rule sets a draft right in place and returns the numbers of the drafts that are gone.
"""

from __future__ import annotations

import re

from pipeline.extract.cues import cue_of
from pipeline.extract.draft import Draft
from pipeline.extract.reading import MAX_SENTENCE, Reading, cut
from pipeline.extract.sources import phrase_before
from pipeline.records import Span

COVERED = 0.5  # of a report's words lie in its inner report: then the outer one is a mere carrier
MAX_LEAD = 6  # words of a medium's name before "citing"
MIN_SAID = 3  # words


def source_in_dateline(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """The place a text opens with speaks for nobody; who does stands behind it."""
    head = reading.language.pattern("dateline").match(reading.text)
    if head is not None and draft.source and draft.source[0].start < head.end():
        draft.source = cut(draft.source[0], Span(0, head.end()))
    return set()


def was_quoted(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'B was quoted by A as saying C': B says C, carried by A."""
    if not draft.cue:
        return set()
    sentence = reading.sentence(draft.cue[0].start)
    match = reading.language.pattern("was_quoted").search(
        reading.text, sentence.start, sentence.end
    )
    inside = match and any(match.start() <= span.start < match.end() for span in draft.cue)
    source = phrase_before(reading, match.start()) if match and inside else None
    if match is None or source is None:
        return set()
    draft.source, draft.via = [source], [Span(*match.span("carrier"))]
    draft.cue = [Span(match.start("cue"), match.end("cue"))]
    told = [Span(max(span.start, match.end()), span.end) for span in draft.content]
    draft.content = [span for span in told if span.start < span.end]
    return set() if draft.content else {index}


def quoted_as_saying(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'A quoted B as saying C': B says C, carried by A."""
    _cut_to_quoted(reading, draft)
    if cue_of(reading, draft).lemma not in ("quote", "cite") or not draft.cue or draft.via:
        return set()
    match = reading.language.pattern("as_saying").match(reading.text, draft.cue[-1].end)
    if not match:
        return set()
    draft.via = [*draft.via, *draft.source[:1]]
    draft.source = [Span(*match.span("source"))]
    named = Span(draft.cue[-1].end, match.end())
    draft.content = [part for span in draft.content for part in cut(span, named)]
    draft.content = [part for part in draft.content if re.search(r"\w", part.of(reading.text))]
    if not draft.content:
        draft.content = _quotation_of(reading, draft.cue[0])
    if _few_words(reading, draft.content):
        draft.content = _said_before(reading, draft.via[-1]) or draft.content
    draft.why["attribution"] = "quoted as saying: the quoted one speaks"
    inner = {
        number
        for number, other in enumerate(drafts)
        if other.parent == index and other.cue and other.cue[0].start < match.end()
    }
    return inner if draft.content else inner | {index}


def _cut_to_quoted(reading: Reading, draft: Draft) -> None:
    """Of a cue "quoted him as saying" the first word is the cue."""
    words = [word for span in draft.cue for word in reading.words(span.start, span.end)]
    if len(words) > 2 and reading.language.lemma(reading.lower(words[0])) in ("quote", "cite"):
        draft.cue = [words[0]]


def _few_words(reading: Reading, spans: list[Span]) -> bool:
    """Whether this is a day or a place rather than what somebody said."""
    return sum(len(reading.words(span.start, span.end)) for span in spans) < MIN_SAID


def _said_before(reading: Reading, carrier: Span) -> list[Span]:
    """Return the sentence before the carrier's comma: "C, A quoted B as saying on Monday"."""
    start = reading.sentence(carrier.start).start
    content = reading.trimmed(start, carrier.start)
    if content is None or _few_words(reading, [content]):
        return []
    behind = reading.text[content.end : carrier.start]
    return [content] if "," in behind and reading.quotes.at(content.start) is None else []


def _quotation_of(reading: Reading, place: Span) -> list[Span]:
    """Return the quotation of this sentence nearest to `place`, before it if there is one."""
    sentence = reading.sentence(place.start)
    quotes = [q for q in reading.quotes.inside(sentence) if not (q.start <= place.start < q.end)]
    before = [q for q in quotes if q.end <= place.start]
    if before:
        return [before[-1]]
    return quotes[:1]


def citing(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'A reported, citing B, that C': B says C, carried by A."""
    if _is_citing(reading, draft):
        beside = _report_beside(reading, drafts, index)
        if beside is None:
            return set()
        for other in drafts:  # what is said inside is inside the report beside as well
            other.parent = beside if other.parent == index else other.parent
        return {index}
    if draft.depth or not draft.source or not draft.cue:
        return set()
    sentence = reading.sentence(draft.cue[0].start)
    match = reading.language.pattern("citing").search(reading.text, sentence.start, sentence.end)
    if not match or draft.via or draft.cue[0].start == match.start():
        return set()
    lead = reading.trimmed(sentence.start, match.start())
    leads = lead is not None and len(reading.words(*_place(lead))) <= MAX_LEAD
    if (
        lead is not None
        and leads
        and draft.cue[0].start > match.end()
        and is_carrier(reading, lead)
    ):
        draft.source = [lead]  # "A, citing B, reported": whatever the model took for the source
    if not is_carrier(reading, draft.source[0]):
        return set()
    draft.via = draft.source[:1]
    draft.source = [Span(*match.span("source"))]
    pieces = [part for span in draft.content for part in cut(span, Span(*match.span()))]
    draft.content = [piece for piece in pieces if re.search(r"\w", piece.of(reading.text))]
    draft.why["attribution"] = "citing: the cited one speaks"
    return set() if draft.content else {index}


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _is_citing(reading: Reading, draft: Draft) -> bool:
    match = reading.language.pattern("citing").match
    return any(match(reading.text, span.start) is not None for span in draft.cue)


def _report_beside(reading: Reading, drafts: list[Draft], index: int) -> int | None:
    sentence = reading.sentence(drafts[index].cue[0].start)
    for number, other in enumerate(drafts):
        same = other.cue and sentence.start <= other.cue[0].start < sentence.end
        if same and number != index and other.depth == drafts[index].depth:
            return number
    return None


def is_carrier(reading: Reading, source: Span) -> bool:
    """Whether a source is a news agency, an outlet or a report."""
    return reading.media.carries(source.of(reading.text))


def carrier_only(reading: Reading, drafts: list[Draft], index: int, gone: set[int]) -> set[int]:
    """'B said C, A reported' and 'A quoted B, who said C': A only carries it, and is no claim.

    A report in front ("A reported that B said C") is a claim of A's, and B's is inside it.
    """
    outer = drafts[index]
    if not outer.source or not outer.cue or not is_carrier(reading, outer.source[0]):
        return set()
    quoting = cue_of(reading, outer).lemma in ("quote", "cite")
    behind = outer.cue[0].start >= outer.content[0].end
    for number, inner in enumerate(drafts):
        near = inner.parent in (index, outer.parent) and _near(inner, outer)
        if not near or number == index or number in gone or not (quoting or behind):
            continue
        if _passes_on(reading, outer, inner, index, quoting=quoting):
            inner.via = [*outer.via, *outer.source[:1], *inner.via]
            inner.why["attribution"] = "carried by an agency or outlet"
            return {index}
    return set()


def _near(one: Draft, other: Draft) -> bool:
    """Whether two reports can share a sentence; the first must have cue and source."""
    if not one.source or not one.cue:
        return False
    return abs(one.cue[0].start - other.cue[0].start) < MAX_SENTENCE


def _passes_on(reading: Reading, outer: Draft, inner: Draft, index: int, *, quoting: bool) -> bool:
    """Whether the outer report is hardly more than the inner one, of the same sentence."""
    if inner.parent == index:
        named = reading.media.actor(outer.source[0].of(reading.text)) is not None
        told = named or cue_of(reading, inner).kind == "speech"
        parts = [*inner.source, *inner.cue, *inner.content]
        return told and (quoting or share(reading, parts, outer.content) >= COVERED)
    same = inner.parent == outer.parent and not is_carrier(reading, inner.source[0])
    return same and share(reading, inner.content, outer.content) >= COVERED


def share(reading: Reading, parts: list[Span], whole: list[Span]) -> float:
    """Return the share of the words of `whole` that lie in `parts`."""
    words = [word for span in whole for word in reading.words(span.start, span.end)]
    inside = [w for w in words if any(p.start <= w.start < p.end for p in parts)]
    return len(inside) / len(words) if words else 0.0
