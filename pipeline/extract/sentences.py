"""Sentences of a `Doc` as spans, from attribution's reading where there is one."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from pipeline.records import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc


def sentence_spans(doc: Doc) -> list[Span]:
    """Return the sentences in order; a headline or a line of its own is one."""
    reading = doc.user_data.get("reading")
    if reading is not None:
        spans: list[Span] = reading.sentences
        return spans
    return [Span(sent.start_char, sent.end_char) for sent in doc.sents]


def sentence_at(sentences: list[Span], place: int) -> Span:
    """Return the sentence that holds character `place`; `sentences` must not be empty."""
    index = bisect_right(sentences, place, key=lambda span: span.start)
    return sentences[max(0, index - 1)]
