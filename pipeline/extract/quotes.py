"""Quotations: where they are, what they make of a content, and whose they are without a model.

The rules of `quoted_speech` need only the language's marks and cue words; they are the
fallback for languages without weights and find nothing but words in quotation marks.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.extract.draft import Draft
from pipeline.languages import Language
from pipeline.records import Span

PARAGRAPH = re.compile(r"[^\n]+")
MIN_SPEECH_WORDS = 3  # shorter quotations without a verb are names, titles, scare quotes
SINGLE_MARKS = frozenset("'‘’")
OPENING_PAIR = re.compile(r"(?:(?<=\s)|(?<=^)|(?<=[(\[]))(?:''|``|‘‘|’’)(?=\S)", re.MULTILINE)
CLOSING_PAIR = re.compile(r"(?<=\S)(?:''|’’|‘‘)(?!\w)")
DAMAGED = ("?", "\ufffd")
MIN_DAMAGED = 2  # one alone can be a slip of the keyboard
TRIMMED = " \t\n\xa0,;:-–—"


@dataclass(frozen=True, slots=True)
class Quotes:
    """The quotations of a text in order, marks included; none overlap."""

    spans: tuple[Span, ...]

    def at(self, place: int) -> Span | None:
        """Return the quotation that covers `place`."""
        index = bisect_right(self.spans, place, key=lambda span: span.start) - 1
        span = self.spans[index] if index >= 0 else None
        return span if span and span.start <= place < span.end else None

    def inside(self, span: Span) -> list[Span]:
        """Return the quotations that share a character with `span`."""
        last = bisect_left(self.spans, span.end, key=lambda quote: quote.start)
        first = last
        while first and self.spans[first - 1].end > span.start:
            first -= 1
        return list(self.spans[first:last])


def repaired(text: str) -> str:
    """Return the text, as long as before, with damaged quotation marks made good.

    Two single marks ('' or ``) become one double mark and a space. A lost character set
    leaves "?" or U+FFFD where marks stood: they are known by their place, glued to the start
    of a word, which no question mark ever is.
    """
    text = OPENING_PAIR.sub(" “", CLOSING_PAIR.sub("” ", text))
    for damaged in DAMAGED:
        if len(re.findall(rf"(?:^|[\s(]){re.escape(damaged)}(?=\w)", text)) >= MIN_DAMAGED:
            text = "\n".join(_repaired_line(line, damaged) for line in text.split("\n"))
    return text


def _repaired_line(line: str, damaged: str) -> str:
    """Replace `damaged` by the mark its neighbours ask for; real question marks stay."""
    chars = list(line)
    places = [place for place, char in enumerate(chars) if char == damaged]
    opening = {p for p in places if _opens(line, p) and line[p + 1 : p + 2].isalnum()}
    is_open = False
    for number, place in enumerate(places):
        before, after = line[place - 1 : place] or " ", line[place + 1 : place + 2] or " "
        if place in opening:
            chars[place], is_open = "“", True
        elif before.isalnum() and after.isalnum():
            chars[place] = "’"
        elif is_open and (before in ".,!?…" or _is_last(places, opening, number)):
            chars[place], is_open = "”", False
    return "".join(chars)


def _is_last(places: list[int], opening: set[int], number: int) -> bool:
    """Whether no other mark follows before the next quotation opens."""
    return number + 1 == len(places) or places[number + 1] in opening


def find_quotes(text: str, marks: Sequence[tuple[str, str]]) -> Quotes:
    """Find the quotations of each paragraph; one without an end ends with its paragraph.

    A run of paragraphs that each open a quotation and of which only the last closes one is
    how newspapers quote at length. Apostrophes open nothing.
    """
    spans = [
        span
        for paragraph in PARAGRAPH.finditer(text)
        for span in _paragraph_quotes(text, Span(*paragraph.span()), marks)
    ]
    return Quotes(tuple(spans))


def _paragraph_quotes(
    text: str, paragraph: Span, marks: Sequence[tuple[str, str]]
) -> Iterator[Span]:
    place = paragraph.start
    openings = "|".join(sorted({re.escape(opening) for opening, _ in marks})) or "(?!)"
    while match := re.compile(openings).search(text, place, paragraph.end):
        start = match.start()
        closing = [close for opening, close in marks if opening == match.group()]
        end = _closing(text, start, paragraph.end, closing) if _opens(text, start) else None
        if end is None:
            place = start + 1
            continue
        yield Span(start, end)
        place = end


def _opens(text: str, place: int) -> bool:
    """Whether the mark can open: not within or right after a word."""
    before = text[place - 1] if place else " "
    after = text[place + 1 : place + 2]
    return not before.isalnum() and bool(after) and not after.isspace()


def _closing(text: str, start: int, limit: int, closing: Sequence[str]) -> int | None:
    """Return where the quotation opened at `start` ends, its mark included."""
    single = text[start] in SINGLE_MARKS
    place = start + 1
    while place < limit:
        if text[place] in closing and not (single and text[place + 1 : place + 2].isalnum()):
            return place + 1
        place += 1
    # A single mark without its partner was an apostrophe; a double one lost its end.
    return None if single else limit


def quote_type(text: str, content: Sequence[Span], quotes: Quotes) -> str:
    """Return "direct" (all in quotation marks), "mixed" (some of it) or "indirect"."""
    quoted = whole = 0
    for span in content:
        for place in range(span.start, span.end):
            if text[place].isalnum():
                whole += 1
                quoted += quotes.at(place) is not None
    if not quoted:
        return "indirect"
    return "direct" if quoted >= 0.95 * whole else "mixed"


def completed(content: Sequence[Span], outside: Iterable[Span], quotes: Quotes) -> list[Span]:
    """Extend each piece to the borders of the quotations it cuts, and join what then meets.

    A quotation that holds one of the spans `outside` (the cue, the source) stays cut: there
    the report is inside somebody else's quotation.
    """
    barriers = list(outside)
    pieces: list[Span] = []
    for span in sorted(content):
        start, end = span.start, span.end
        for quote in quotes.inside(span):
            if not any(quote.start <= other.start < quote.end for other in barriers):
                start, end = min(start, quote.start), max(end, quote.end)
        if pieces and start <= pieces[-1].end:
            pieces[-1] = Span(pieces[-1].start, max(end, pieces[-1].end))
        else:
            pieces.append(Span(start, end))
    return pieces


def quoted_speech(text: str, language: Language, quotes: Quotes) -> list[Draft]:
    """Return one draft for each quotation that a cue word stands next to.

    Source is the words between the sentence's start (or the quotation) and the cue. Promises
    precision only: a quotation without a cue beside it is left out.
    """
    drafts: list[Draft] = []
    for quote in quotes.spans:
        if len(quote.of(text).split()) >= MIN_SPEECH_WORDS:
            draft = _beside(text, quote, language, quotes)
            if draft is not None:
                drafts.append(draft)
    return drafts


def _beside(text: str, quote: Span, language: Language, quotes: Quotes) -> Draft | None:
    before, after = _clause_before(text, quote, quotes), _clause_after(text, quote, quotes)
    for clause in (before, after):
        cue = _cue_in(text, clause, language)
        source = _source_in(text, clause, cue, language) if cue else None
        if cue and source:
            return Draft(
                source=[source],
                cue=[cue],
                content=[quote],
                quote_type="direct",
                found_by="quote rules",
                confidence=0.6,
                why={"attribution": f"quotation beside the cue {cue.of(text)!r}"},
            )
    return None


AFTER_CUE = ",،:;।۔.\"“”‘’'-–—"
SENTENCE_END = re.compile(r"[.!?।۔\n]")


def _clause_before(text: str, quote: Span, quotes: Quotes) -> Span:
    """Return what stands between the sentence's start and the quotation."""
    start = 0
    for match in SENTENCE_END.finditer(text, max(0, quote.start - 300), quote.start):
        start = match.end()
    earlier = [other.end for other in quotes.spans if start < other.end <= quote.start]
    return Span(max([start, *earlier]), quote.start)


def _clause_after(text: str, quote: Span, quotes: Quotes) -> Span:
    """Return what follows the quotation in its sentence."""
    match = SENTENCE_END.search(text, quote.end, quote.end + 300)
    end = match.start() if match else min(len(text), quote.end + 300)
    later = [other.start for other in quotes.spans if quote.end <= other.start < end]
    return Span(quote.end, min([end, *later]))


def _cue_in(text: str, clause: Span, language: Language) -> Span | None:
    """Return the last cue of the clause; of cues at one place the longest ("ने कहा")."""
    cues = sorted(language.listed("cues"), key=len, reverse=True)
    listed = "|".join(map(re.escape, cues)) or "(?!)"
    found = list(
        re.finditer(rf"(?<!\S)(?:{listed})(?![^\s{re.escape(AFTER_CUE)}])", clause.of(text))
    )
    if not found:
        return None
    return Span(clause.start + found[-1].start(), clause.start + found[-1].end())


def _source_in(text: str, clause: Span, cue: Span, language: Language) -> Span | None:
    """Return the words before the cue without the particle that marks who speaks."""
    words = text[clause.start : cue.start].strip(TRIMMED)
    marks = language.speaker_marks
    bare = cue.of(text) in language.listed("bare_cues")
    if not bare and not cue.of(text).startswith(tuple(f"{mark} " for mark in marks)):
        words = _before_mark(words, marks)
    words = _after_mark(_last_phrase(words.strip(TRIMMED)), language.listed("adverbial_marks"))
    start = text.find(words, clause.start) if words else -1
    return Span(start, start + len(words)) if start >= 0 else None


def _before_mark(words: str, marks: Sequence[str]) -> str:
    """Return what goes before the particle that marks who speaks, the surest one; "" without."""
    listed = words.split(" ")
    for mark in marks:
        places = [place for place, word in enumerate(listed) if place and word == mark]
        if places:
            return " ".join(listed[: places[-1]])
    return ""


def _after_mark(words: str, marks: frozenset[str]) -> str:
    """Return what follows the last particle of a place or time."""
    listed = words.split(" ")
    places = [place for place, word in enumerate(listed[:-1]) if word in marks]
    return " ".join(listed[places[-1] + 1 :]) if places else words


def _last_phrase(words: str) -> str:
    """Return what follows the last comma: the rest of the sentence came before it."""
    return re.split(r"[,،;]\s*", words)[-1]
