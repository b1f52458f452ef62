"""Text -> words -> wordpieces -> chunks of the encoder's input size, with their offsets.

The encoder is uncased; what case and quotation marks say reaches it as the token type:
2 * shape of the word + inside a quotation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

WORD = re.compile(r"\w+|[^\w\s]")
PARAGRAPH = re.compile(r"[^\n]+")
CHUNK_PIECES = 240  # the length the weights were trained with
WORD_PIECES = 8  # a longer word is cut: what follows tells the encoder nothing
MIN_SPLIT_WORDS = 20  # a chunk cut earlier than this gives the encoder too little to go by
UNKNOWN, CLS, SEP = 100, 101, 102
OUTSIDE_TYPE = 10  # token type of a separator: punctuation outside quotations
SENTENCE_ENDS = frozenset(".!?")
TYPOGRAPHIC = str.maketrans("«»„‟", "“”““")  # quotation marks the weights never saw


@dataclass(frozen=True, slots=True)
class Word:
    """One word or mark: offsets into the text, its wordpieces and token type."""

    start: int
    end: int
    pieces: tuple[int, ...]
    kind: int
    ends_sentence: bool


@dataclass(slots=True)
class Chunk:
    """One encoder input: pieces with types, and for each word the place of its first piece."""

    pieces: list[int] = field(default_factory=lambda: [CLS])
    types: list[int] = field(default_factory=lambda: [OUTSIDE_TYPE])
    first: list[int] = field(default_factory=list)
    words: list[tuple[int, int]] = field(default_factory=list)

    def fits(self, words: list[Word]) -> bool:
        """Whether `words` and their separator still have room."""
        return len(self.pieces) + sum(len(word.pieces) for word in words) < CHUNK_PIECES

    def add(self, words: list[Word]) -> None:
        """Append one paragraph (or the part of one that fits) and a separator."""
        for word in words:
            self.first.append(len(self.pieces))
            self.words.append((word.start, word.end))
            self.pieces.extend(word.pieces)
            self.types.extend([word.kind] * len(word.pieces))
        self.pieces.append(SEP)
        self.types.append(OUTSIDE_TYPE)


class Wordpieces:
    """Splits text the way the encoder was trained: BERT's uncased WordPiece in plain Python."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary
        self.known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> Wordpieces:
        """Read a vocabulary file: one wordpiece a line, its id is the line number from 0."""
        lines = path.read_text("utf-8").split("\n")
        return cls({piece: number for number, piece in enumerate(lines) if piece})

    def chunks(self, text: str) -> Iterator[Chunk]:
        """Yield the chunks of `text` in order; borders are paragraph or sentence ends."""
        chunk = Chunk()
        for words in self._portions(text):
            if chunk.words and not chunk.fits(words):
                yield chunk
                chunk = Chunk()
            chunk.add(words)
        if chunk.words:
            yield chunk

    def _portions(self, text: str) -> Iterator[list[Word]]:
        for paragraph in PARAGRAPH.finditer(text):
            words = list(self.words(text, paragraph.start(), paragraph.end()))
            if words:
                yield from split_words(words, CHUNK_PIECES - 2)

    def words(self, text: str, start: int, end: int) -> Iterator[Word]:
        """Yield the words and marks of `text` from `start` to `end`."""
        quoted = False
        for match in WORD.finditer(text, start, end):
            word = match.group().translate(TYPOGRAPHIC)
            if word in '“"':
                quoted = word == "“" or not quoted
            kind = 2 * shape(word) + quoted
            yield Word(match.start(), match.end(), self.pieces(word), kind, word in SENTENCE_ENDS)
            if word == "”":
                quoted = False

    def pieces(self, word: str) -> tuple[int, ...]:
        """Return the numbers of a word's wordpieces, at least one."""
        pieces = self.known.get(word)
        if pieces is None:
            pieces = tuple(self._split(plain(word)))[:WORD_PIECES] or (UNKNOWN,)
            if len(self.known) < 100_000:  # hostile text must not fill the memory
                self.known[word] = pieces
        return pieces

    def _split(self, word: str) -> Iterable[int]:
        """Greedy longest match; a word with an unknown part is unknown as a whole."""
        if len(word) > 100:  # as in BERT: no word, and quadratic to try
            return [UNKNOWN]
        pieces: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self.vocabulary.get(prefix + word[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return [UNKNOWN]
        return pieces


def split_words(words: list[Word], room: int) -> Iterator[list[Word]]:
    """Yield portions of at most `room` pieces, cut after a sentence where one ends in time."""
    start = size = 0
    cut = None
    for index, word in enumerate(words):
        if size + len(word.pieces) > room:
            end = cut or index
            yield words[start:end]
            size = sum(len(kept.pieces) for kept in words[end:index])
            start, cut = end, None
        size += len(word.pieces)
        if word.ends_sentence and index + 1 - start > MIN_SPLIT_WORDS:
            cut = index + 1
    yield words[start:]


def plain(word: str) -> str:
    """Return the word in lower case without combining marks."""
    folded = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in folded if unicodedata.category(char) != "Mn")


def shape(word: str) -> int:
    """Return 0 lower, 1 Title, 2 UPPER, 3 miXed, 4 digits, 5 punctuation."""
    if not word[0].isalnum():
        return 5
    if word.isdigit():
        return 4
    if word.islower():
        return 0
    if word.isupper() and len(word) > 1:
        return 2
    return 1 if word[0].isupper() else 3
