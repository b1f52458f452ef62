"""Passages -> what the network learns from: chunks of wordpieces with BIO tags per word.

Words, wordpieces and chunk borders come from the product's own `Wordpieces`, so the weights
see in training what they will see in use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.extract.decode import CUE_TAGS, TAGS, Floats
from pipeline.extract.wordpiece import Chunk, Wordpieces
from training.passages import ROLES, Attribution, Passage, Range


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue of a chunk: its words (half-open) and, for every word, the tag it asks for."""

    start: int
    end: int
    tags: tuple[int, ...]  # numbers into CUE_TAGS


@dataclass(frozen=True, slots=True)
class Example:
    """One chunk with the tag of every word (numbers into TAGS) and its cues."""

    chunk: Chunk
    tags: tuple[int, ...]
    cues: tuple[Cue, ...]


def examples(passages: Iterable[Passage], wordpieces: Wordpieces) -> Iterator[Example]:
    """Yield the examples of every passage in order."""
    for passage in passages:
        for chunk in wordpieces.chunks(passage.text):
            yield example(chunk, passage.attributions)


def example(chunk: Chunk, attributions: Iterable[Attribution]) -> Example:
    """Tag the words of one chunk; what lies outside it is left out.

    Where attributions overlap the later one wins, as the tag of a word can only be one.
    """
    tags = [0] * len(chunk.words)
    cues: list[Cue] = []
    for one in attributions:
        for role in ROLES:
            for words in _words_of(chunk, one.ranges(role)):
                _mark(tags, words, role, TAGS)
        cues.extend(_cue(chunk, one))
    return Example(chunk, tuple(tags), tuple(cues))


def _cue(chunk: Chunk, one: Attribution) -> Iterator[Cue]:
    """Yield the cue if it lies in the chunk; of a cue in parts, the last part counts."""
    places = list(_words_of(chunk, one.cue))
    if not places:
        return
    wanted = [0] * len(chunk.words)
    for role in ("source", "content"):
        for words in _words_of(chunk, one.ranges(role)):
            _mark(wanted, words, role, CUE_TAGS)
    yield Cue(places[-1].start, places[-1].stop, tuple(wanted))


def _words_of(chunk: Chunk, ranges: Iterable[Range]) -> Iterator[range]:
    """Yield the numbers of the words that each range touches."""
    for start, end in ranges:
        touched = [n for n, (a, b) in enumerate(chunk.words) if a < end and b > start]
        if touched:
            yield range(touched[0], touched[-1] + 1)


def _mark(tags: list[int], words: range, role: str, names: Sequence[str]) -> None:
    for word in words:
        tags[word] = names.index(("B-" if word == words.start else "I-") + role)


def tag_pairs(many: Iterable[Example]) -> dict[str, Floats]:
    """Count which tag follows which, for the decoder: `tags` (7 x 7) and `cond` (5 x 5)."""
    counts = {"tags": np.full((7, 7), 0.01), "cond": np.full((5, 5), 0.01)}
    for one in many:
        np.add.at(counts["tags"], (one.tags[:-1], one.tags[1:]), 1)
        for cue in one.cues:
            np.add.at(counts["cond"], (cue.tags[:-1], cue.tags[1:]), 1)
    return counts
