"""Which drafts are no claims, and why: every refusal has a reason in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

from pipeline.extract.cues import Cue, cue_of
from pipeline.extract.draft import Draft
from pipeline.extract.mend import without
from pipeline.extract.quotes import quote_type
from pipeline.extract.reading import Reading
from pipeline.records import Span

MIN_QUOTED_WORDS = 3  # a shorter quotation in a report of no words is a name or a scare quote
SAME = 0.8  # share of common words from which two contents are one


def sift(reading: Reading, drafts: list[Draft]) -> list[Draft]:
    """Return the drafts that are claims, each with its quote type and kind of cue."""
    gone: set[int] = set()
    for index, draft in enumerate(drafts):
        cue = _naming(reading, draft, cue_of(reading, draft))
        draft.quote_type = quote_type(reading.text, draft.content, reading.quotes)
        draft.cue_kind = _kind(cue, draft)
        if objection(reading, draft, cue):
            gone.add(index)
    gone |= _doubles(reading, drafts, gone)
    return in_order(without(drafts, gone))


def _naming(reading: Reading, draft: Draft, cue: Cue) -> Cue:
    """'called the plan "a trap"': a quoted name makes an act of a verb without its particle."""
    named = any(reading.quotes.inside(span) for span in draft.content)
    if cue.lemma in reading.language.listed("naming") and not cue.kind and named:
        return replace(cue, kind="act")
    return cue


def in_order(drafts: list[Draft]) -> list[Draft]:
    """Return the drafts by place in the text, each report before those inside it."""

    def place(index: int) -> tuple[tuple[int, int], ...]:
        draft = drafts[index]
        spans = [*draft.source, *draft.cue, *draft.content]
        above = () if draft.parent is None else place(draft.parent)
        return (*above, (min(span.start for span in spans), index))

    order = sorted(range(len(drafts)), key=place)
    number = {index: rank for rank, index in enumerate(order)}
    for draft in drafts:
        draft.parent = None if draft.parent is None else number[draft.parent]
    return [drafts[index] for index in order]


def _kind(cue: Cue, draft: Draft) -> str:
    if draft.cue_kind in ("headline", "document"):
        return draft.cue_kind
    return {"deal": "act", "": "speech"}.get(cue.kind, cue.kind)


def objection(reading: Reading, draft: Draft, cue: Cue) -> str | None:
    """Return why a draft is no claim, or None. The first reason that holds is given."""
    quoted = _quoted(reading, draft)
    reasons: dict[str, Callable[[], bool]] = {
        "no content": lambda: not draft.content,
        "the cue reports that nothing was said": lambda: _denies_speech(reading, cue),
        "nobody said it": lambda: _nobody(reading, draft, cue),
        "the source is the cue once more": lambda: _echo(reading, draft),
        "no source": lambda: not draft.source and not _impersonal(cue, quoted),
        "the cue reports no words": lambda: _no_words(draft, cue, quoted),
        "a source asks not to be named": lambda: _asks_for_silence(reading, draft),
        "somebody refused to say": lambda: _refused(reading, draft, cue),
        "what somebody was asked": lambda: cue.lemma == "ask" and _opens_sentence(reading, draft),
        "a fragment": lambda: _fragment(reading, draft) and cue.kind not in ("act", "deal"),
        "a relative pronoun without antecedent": lambda: _fits_all(reading, draft, "relatives"),
        "inside a report, and no speech of its own": lambda: (
            bool(draft.depth) and _no_inner_report(reading, draft, cue)
        ),
    }
    return next((reason for reason, holds in reasons.items() if holds()), None)


def _denies_speech(reading: Reading, cue: Cue) -> bool:
    return cue.negated and cue.lemma not in reading.language.listed("negated_ok")


def _no_words(draft: Draft, cue: Cue, quoted: bool) -> bool:
    """An attitude or no cue at all, and no words of theirs either."""
    return draft.found_by == "model" and cue.kind in ("", "attitude") and not quoted


def _opens_sentence(reading: Reading, draft: Draft) -> bool:
    """'Asked whether ..., he said': a capital shows a participle without a subject before it."""
    words = draft.cue[0].of(reading.text).split()
    return words[0].istitle()


def _nobody(reading: Reading, draft: Draft, cue: Cue) -> bool:
    """'Neither side commented', 'declined to comment'."""
    source = [reading.lower(w) for s in draft.source for w in reading.words(s.start, s.end)]
    if source and source[0] in reading.language.listed("negations"):
        return True
    words = [reading.lower(w) for w in reading.words(*_ends(draft))][:2]
    mute = cue.lemma in reading.language.listed("mute") and words[:1] == ["to"]
    return mute and reading.language.kind(words[-1]) == "speech"


def _echo(reading: Reading, draft: Draft) -> bool:
    """'said said said': no text, whatever the model makes of it."""
    words = [{reading.lower(span) for span in spans} for spans in (draft.source, draft.cue)]
    return bool(words[0]) and words[0] == words[1]


def _asks_for_silence(reading: Reading, draft: Draft) -> bool:
    words = draft.content[0].of(reading.text)
    return reading.language.pattern("anonymity").search(words) is not None


def _refused(reading: Reading, draft: Draft, cue: Cue) -> bool:
    """'he refused to say what': the refusal is the verb before the cue, or ends the source."""
    if cue.kind != "speech" or not draft.cue:
        return False
    start = draft.cue[0].start
    before = reading.words(max(0, start - 24), draft.cue[-1].end)
    forms = [reading.lower(word) for word in before]
    language = reading.language
    return any(
        language.lemma(one) in language.listed("mute") and two == "to" and language.kind(three)
        for one, two, three in zip(forms, forms[1:], forms[2:], strict=False)
        if three == forms[-1]
    )


def _ends(draft: Draft) -> tuple[int, int]:
    return draft.content[0].start, draft.content[0].end


def _impersonal(cue: Cue, quoted: bool) -> bool:
    """'It was reported that': words without anybody; but not 'asked about'."""
    return cue.kind == "speech" and cue.lemma != "ask" and (cue.passive or quoted)


def _no_inner_report(reading: Reading, draft: Draft, cue: Cue) -> bool:
    """Inside a report only a named speech of somebody else counts."""
    if not draft.source or cue.kind in ("deal", "attitude", ""):
        return True
    return _fits_all(reading, draft, "first_person")


def _fits_all(reading: Reading, draft: Draft, listed: str) -> bool:
    listed_words = reading.language.listed(listed)
    return bool(draft.source) and reading.lower(draft.source[0]) in listed_words


def _quoted(reading: Reading, draft: Draft) -> bool:
    """Whether the content holds a quotation long enough to be somebody's words."""
    for span in draft.content:
        for quote in reading.quotes.inside(span):
            inside = quote.start >= span.start and quote.end <= span.end
            if inside and len(reading.words(quote.start, quote.end)) >= MIN_QUOTED_WORDS:
                return True
    return False


def _fragment(reading: Reading, draft: Draft) -> bool:
    """Whether the content has fewer than two words, and is no quotation."""
    if draft.quote_type == "direct":
        return False
    words = [word for span in draft.content for word in reading.words(span.start, span.end)]
    listed = reading.language.listed
    empty = listed("anaphors") | listed("articles") | listed("first_person") | listed("pronouns")
    return len(words) < 2 or all(reading.lower(word) in empty for word in words)


def _doubles(reading: Reading, drafts: Sequence[Draft], gone: set[int]) -> set[int]:
    """Return the less certain ones of drafts with the same content and the same source."""
    doubles: set[int] = set()
    groups: dict[tuple[int, tuple[Span, ...]], list[int]] = {}
    for index, draft in enumerate(drafts):
        if index not in gone:
            groups.setdefault((draft.depth, tuple(draft.source[:1])), []).append(index)
    for group in groups.values():
        words = {index: _content_words(reading, drafts[index]) for index in group}
        for one, other in combinations(sorted(group, key=lambda i: drafts[i].content[0]), 2):
            if not {one, other} & doubles and _alike(words[one], words[other]):
                doubles.add(min((one, other), key=lambda index: drafts[index].confidence))
    return doubles


def _content_words(reading: Reading, draft: Draft) -> set[int]:
    return {w.start for s in draft.content for w in reading.words(s.start, s.end)}


def _alike(one: set[int], other: set[int]) -> bool:
    return 2 * len(one & other) >= SAME * (len(one) + len(other)) > 0
