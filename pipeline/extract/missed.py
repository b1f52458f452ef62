"""Reports the model misses, found by words: acts, owned nouns, quotations that go on.

Norway offered to host talks.            an act verb with a subject and an object
Norway's offer to host talks             a cue noun with its owner
"..." said Berg.  <new line>  "..."      the next paragraph is his too
"""

from __future__ import annotations

from pipeline.extract.carriers import is_carrier, share
from pipeline.extract.clauses import Clause
from pipeline.extract.continued import continued_quotations
from pipeline.extract.cues import cue_of
from pipeline.extract.draft import Draft
from pipeline.extract.missed_acts import act_verb, came_from, passive_act
from pipeline.extract.missed_nouns import owned_noun
from pipeline.extract.missed_speech import quoted_last, said_first, said_last, told_somebody
from pipeline.extract.reading import Reading

CARRIED = 0.8  # of the words an agency passes on are one report
RULES = (
    act_verb,
    passive_act,
    came_from,
    owned_noun,
    said_last,
    said_first,
    quoted_last,
    told_somebody,
)


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
