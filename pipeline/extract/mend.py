"""Rules that set right what the model is known to get wrong, on drafts in place.

Each rule is small and says on the draft (`why`) when it acted. Order matters: sources and
carriers first, then contents, see `mend`.
"""

from __future__ import annotations

import re

from pipeline.extract.cues import Cue, read_cue
from pipeline.extract.draft import Draft
from pipeline.extract.quotes import completed
from pipeline.extract.reading import MAX_SENTENCE, Reading
from pipeline.records import Span

COVERED = 0.5  # of a report's words lie in its inner report: then the outer one is a mere carrier
BORDER = re.compile(r"[,;:\"“”—–\n]|\s-\s")
FAR_BACK = 12  # words an antecedent is looked for in
MAX_SOURCE_WORDS = 8
MAX_LEAD = 6  # words of a medium's name before "citing"

MIN_SAID = 3  # words


def mend(reading: Reading, drafts: list[Draft]) -> list[Draft]:
    """Return the drafts set right, without those that became part of another."""
    gone: set[int] = set()
    for rule in (
        _source_in_dateline,
        _was_quoted,
        _quoted_as_saying,
        _citing,
        _according_to,
        _relative_source,
        _missing_source,
    ):
        for index, draft in enumerate(drafts):
            if index not in gone:
                gone |= rule(reading, drafts, index, draft)
    for index in range(len(drafts)):
        if index not in gone:
            gone |= _carrier_only(reading, drafts, index, gone)
    for index, draft in enumerate(drafts):
        if index not in gone:
            _relative_content(reading, drafts, draft)
            _contents(reading, draft)
            _without_dateline(reading, draft)
            _clean_source(reading, draft)
    return without(drafts, gone)


def without(drafts: list[Draft], gone: set[int]) -> list[Draft]:
    """Return the drafts that stay, with parents renumbered; orphans go to the grandparent."""
    place: dict[int, int] = {}
    for index in range(len(drafts)):
        if index not in gone:
            place[index] = len(place)
    for index in place:
        draft = drafts[index]
        parent = draft.parent
        while parent is not None and parent in gone:
            parent = drafts[parent].parent
        draft.parent = None if parent is None else place[parent]
    kept = [drafts[index] for index in place]
    for draft in kept:
        draft.depth = _depth(kept, draft)
    return kept


def _depth(drafts: list[Draft], draft: Draft) -> int:
    depth, parent = 0, draft.parent
    while parent is not None and depth < len(drafts):
        depth, parent = depth + 1, drafts[parent].parent
    return depth


def cue_of(reading: Reading, draft: Draft) -> Cue:
    """Return what the draft's cue is."""
    if not draft.cue:
        return Cue("", "")
    words = " ".join(span.of(reading.text) for span in draft.cue)
    after = reading.text[draft.cue[-1].end : draft.cue[-1].end + 40]
    return read_cue(words, after, reading.language, possessive=_possessive(reading, draft))


def _possessive(reading: Reading, draft: Draft) -> bool:
    words = reading.lower(draft.source[-1]) if draft.source else ""
    listed = reading.language.listed("possessives")
    return words.endswith(("'s", "’s", "s'", "s’")) or words in listed


# -- who carried the words ------------------------------------------------------------


def _source_in_dateline(
    reading: Reading, drafts: list[Draft], index: int, draft: Draft
) -> set[int]:
    """The place a text opens with speaks for nobody; who does stands behind it."""
    head = reading.language.pattern("dateline").match(reading.text)
    if head is not None and draft.source and draft.source[0].start < head.end():
        draft.source = _cut(draft.source[0], Span(0, head.end()))
    return set()


def _was_quoted(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
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


def _quoted_as_saying(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'A quoted B as saying C': B says C, carried by A."""
    if cue_of(reading, draft).lemma not in ("quote", "cite") or not draft.cue or draft.via:
        return set()
    match = reading.language.pattern("as_saying").match(reading.text, draft.cue[-1].end)
    if not match:
        return set()
    draft.via = [*draft.via, *draft.source[:1]]
    draft.source = [Span(*match.span("source"))]
    named = Span(draft.cue[-1].end, match.end())
    draft.content = [part for span in draft.content for part in _cut(span, named)]
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


def _citing(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
    """'A reported, citing B, that C': B says C, carried by A."""
    if _is_citing(reading, draft):
        return {index} if _report_beside(reading, drafts, index) is not None else set()
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
    pieces = [part for span in draft.content for part in _cut(span, Span(*match.span()))]
    draft.content = [piece for piece in pieces if re.search(r"\w", piece.of(reading.text))]
    draft.why["attribution"] = "citing: the cited one speaks"
    return set() if draft.content else {index}


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _is_citing(reading: Reading, draft: Draft) -> bool:
    match = reading.language.pattern("citing").match
    return any(match(reading.text, span.start) is not None for span in draft.cue)


def _report_beside(reading: Reading, drafts: list[Draft], index: int) -> Draft | None:
    sentence = reading.sentence(drafts[index].cue[0].start)
    for number, other in enumerate(drafts):
        same = other.cue and sentence.start <= other.cue[0].start < sentence.end
        if same and number != index and other.depth == drafts[index].depth:
            return other
    return None


def _cut(span: Span, hole: Span) -> list[Span]:
    """Return what is left of `span` without `hole`."""
    if hole.end <= span.start or hole.start >= span.end:
        return [span]
    parts = [Span(span.start, hole.start), Span(hole.end, span.end)]
    return [part for part in parts if part.start < part.end]


def is_carrier(reading: Reading, source: Span) -> bool:
    """Whether a source is a news agency, an outlet or a report."""
    return reading.media.carries(source.of(reading.text))


def _carrier_only(reading: Reading, drafts: list[Draft], index: int, gone: set[int]) -> set[int]:
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


# -- who speaks -----------------------------------------------------------------------


def _according_to(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
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
        draft.content = [p for s in draft.content for p in _cut(s, draft.source[0])]
    return set() if draft.content else {index}


def _relative_source(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
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


def _missing_source(reading: Reading, drafts: list[Draft], index: int, draft: Draft) -> set[int]:
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


# -- what is said ---------------------------------------------------------------------


def _relative_content(reading: Reading, drafts: list[Draft], draft: Draft) -> None:
    """', which B has rejected' and ', an assertion B denies': the content goes before."""
    if len(draft.content) != 1 or not _is_anaphor(reading, draft.content[0]):
        return
    content = draft.content[0]
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


def _contents(reading: Reading, draft: Draft) -> None:
    """Take whole quotations; leave out "that" and the full stop of an unquoted clause."""
    spans = completed(draft.content, [*draft.cue, *draft.source], reading.quotes)
    spans = _with_cut_quote(reading, draft, spans)
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


def _without_dateline(reading: Reading, draft: Draft) -> None:
    """The place and agency a text opens with are nobody's words."""
    head = reading.language.pattern("dateline").match(reading.text)
    if head is None or not any(span.start < head.end() for span in draft.content):
        return
    pieces = [part for span in draft.content for part in _cut(span, Span(0, head.end()))]
    draft.content = pieces or draft.content


def _clean_source(reading: Reading, draft: Draft) -> None:
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
