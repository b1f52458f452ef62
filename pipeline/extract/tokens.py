"""Words of a phrase as names are compared: case and accents folded, possessives apart.

spaCy's tokens are not used here, because they differ by language and by pipeline, and a name
of the registry must be cut exactly as the text is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    (?:[^\W\d_]\.){2,}            # U.S. A.K.
  | [^\W\d_]\.(?=\s+\w)           # an initial: S. before a name
  | \w+(?:[-'’./&(]\w+)*\)?       # words with inner hyphens, apostrophes: al-Thani, A&B
  | --+                         # a typed dash
  | [^\w\s]
    """,
    re.VERBOSE,
)
_POSSESSIVE = re.compile(r"(?<=\w)['’]s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as written, folded for comparison, with its code points in the text."""

    text: str
    folded: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Say whether the token is no punctuation mark."""
        return self.text[0].isalnum()

    @property
    def is_capitalised(self) -> bool:
        """Say whether the token could be part of a name."""
        return self.text[0].isupper()


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return `text` without case, accents, dots and typographic quotes."""
    if text.isascii():  # most words: nothing to decompose
        return text.replace(".", "").casefold() or text
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return kept.replace(".", "").casefold() or kept


def tokenize(text: str, offset: int = 0) -> list[Token]:
    """Return the tokens of `text`; `offset` is where the text begins in its document."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        tokens.extend(_pieces(match.group(), match.start() + offset))
    return tokens


def _pieces(word: str, start: int) -> list[Token]:
    if not word.endswith(")") or "(" in word:
        word_end = word
    else:  # a bracket closed after a plain word is punctuation
        return [*_pieces(word[:-1], start), _token(")", start + len(word) - 1)]
    cut = _POSSESSIVE.search(word_end) if word_end.endswith(("s", "S")) else None
    if cut is None or not cut.start():
        return [_token(word, start)]
    return [_token(word[: cut.start()], start), _token("'s", start + cut.start(), cut.end())]


def _token(text: str, start: int, width: int | None = None) -> Token:
    length = len(text) if width is None else 2
    return Token(text, fold(text), start, start + length)
