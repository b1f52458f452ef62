"""Component `silence`: who was asked and says nothing. Never a denial, and never an act.

    Lund declined to comment.  There was no immediate reaction from Kestria.

It runs after `acts_found` and before `speaker`, so that the silent party is resolved like any
speaker; what other components took for an act in the same words goes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spacy.language import Language as Pipeline

from pipeline.extract.draft import Draft, text_of
from pipeline.extract.sentences import sentence_spans
from pipeline.extract.sift import in_order
from pipeline.records import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

FOUND_BY = "silence rules"
CONFIDENCE = 0.8
SUBJECT = r"(?P<subject>[^\W\d_][^,;:.!?\"“”()\n]{1,90}?)"
ASIDE = r"(?:,[^,;:\n]{2,90},)?"  # "Lund, when asked about the offer, declined"
BEGIN = r"(?:^|[,;:—–]\s+|\b(?:but|and|while|although|though)\s+)"
REST = re.compile(r"[^.!?;\n\"“”]*")


class Silence:
    """Adds a draft for every non-answer."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, doc: Doc) -> Doc:
        """Extend `doc._.drafts`, and take out what was read into the same words."""
        text = text_of(doc)
        found = [
            draft
            for sentence in sentence_spans(doc)
            for draft in non_answers(text, sentence, self.language)
        ]
        if found:
            said = [part for draft in found for part in draft.content]
            kept = [d for d in doc._.drafts if not _is_within(d, said)]
            doc._.drafts = in_order([*_with_parents(doc._.drafts, kept), *found])
        return doc


@Pipeline.factory("silence", default_config={"language": "en"})
def make_silence(nlp: Pipeline, name: str, language: str) -> Silence:
    """Build the component; a language without patterns gets one that finds nothing."""
    return Silence(language)


def is_silence(draft: Draft) -> bool:
    """Say whether a draft is a non-answer."""
    return draft.found_by == FOUND_BY


def non_answers(text: str, sentence: Span, language: str = "en") -> Iterator[Draft]:
    """Yield the non-answers of a sentence: who (source), in which words (cue), and on what."""
    words = sentence.of(text)
    for pattern in _patterns(language):
        for match in pattern.finditer(words):
            subject = match["subject"].strip()
            if subject.casefold() in _nobody(language) or _speech(language).search(subject):
                continue
            yield _draft(text, sentence, match)
            return


def _draft(text: str, sentence: Span, match: re.Match[str]) -> Draft:
    at = sentence.start
    source = Span(at + match.start("subject"), at + match.end("subject"))
    cue = Span(at + match.start("cue"), at + match.end("cue"))
    rest = REST.match(text, max(cue.end, source.end), sentence.end)
    end = rest.end() if rest else cue.end
    words = text[cue.start : end].rstrip(" ,")
    return Draft(
        source=[source],
        cue=[cue],
        content=[Span(cue.start, cue.start + len(words))],
        quote_type=None,
        found_by=FOUND_BY,
        confidence=CONFIDENCE,
    )


def _is_within(draft: Draft, spans: list[Span]) -> bool:
    """Say whether a draft's cue stands in the words of a non-answer."""
    return any(
        span.start <= cue.start and cue.end <= span.end for cue in draft.cue for span in spans
    )


def _with_parents(drafts: list[Draft], kept: list[Draft]) -> list[Draft]:
    """Return the kept drafts with their parents' new places; a lost parent is none."""
    places = {id(draft): place for place, draft in enumerate(kept)}
    for draft in kept:
        parent = None if draft.parent is None else places.get(id(drafts[draft.parent]))
        draft.depth = draft.depth if parent is not None else 0
        draft.parent = parent
    return kept


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


@cache
def _nobody(language: str) -> frozenset[str]:
    return frozenset(_table().get(language, {}).get("nobody", ()))


@cache
def _speech(language: str) -> re.Pattern[str]:
    return re.compile(_table()[language]["speech"], re.IGNORECASE)


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    table = _table().get(language)
    if table is None:
        return ()
    after, before = (
        "|".join(f"(?:{one})" for one in table[name]).replace("{adv}", table["adv"])
        for name in ("after", "before")
    )
    return (
        re.compile(rf"{BEGIN}{SUBJECT}{ASIDE}\s+(?P<cue>{after})\b", re.IGNORECASE),
        re.compile(
            rf"\b(?P<cue>{before})\s+{SUBJECT}(?=[,;:.!?\"“”()\n]|\s(?:on|to|about)\s|$)",
            re.IGNORECASE,
        ),
    )


__all__ = ["FOUND_BY", "is_silence", "non_answers"]
