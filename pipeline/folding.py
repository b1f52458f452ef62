"""Folds text so that one spelling finds all: the form in which terms are looked for.

What is folded away: case, width and accents; harakat, tatweel and the Arabic forms of yeh,
kaf, heh and alef; nukta and chandrabindu; kinds of apostrophe and quotation mark, the
possessive 's; hyphens, underscores and runs of white space (one space); the dots of
initials (a.b.c.); digits of other scripts; soft hyphens, direction marks and joiners.
What stays: the end of a clause. So a phrase is never found across a full stop or comma.

Words are runs of letters, marks and digits. A regex's `\\b` takes the vowel signs of
Devanagari for borders; `is_word` does not.

Two invisible characters are ambiguous: a zero-width space, and in Arabic script a zero-width
non-joiner, stand between two words or inside one. Both readings are offered (`foldings`).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# A zero-width space; a zero-width non-joiner after an Arabic letter.
_AMBIGUOUS = re.compile("\u200b|(?<=[\u0600-\u06ff\u0750-\u077f])\u200c")


class Folded:
    """A folded text that knows where each of its characters came from.

    The offsets are worked out when first asked for: most texts hold no term at all.
    """

    __slots__ = ("_origins", "_source", "text")

    def __init__(self, source: str) -> None:
        self._source = source
        self._origins: _Places | None = None
        self.text = _edited(source.translate(_FOLDS))

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of the source that became `text[start:end]` (not empty)."""
        if self._origins is None:
            self._origins = _places(self._source)
        return self._origins.first[start], self._origins.last[end - 1] + 1


def foldings(text: str) -> Iterator[Folded]:
    """Yield `text` folded; where an invisible character is ambiguous, in both readings.

    Offsets of every reading point into `text`.
    """
    yield Folded(text)
    if not text.isascii() and _AMBIGUOUS.search(text):
        yield Folded(_AMBIGUOUS.sub(_BREAK, text))


def fold(text: str) -> str:
    """Return `text` folded, without outer white space: the key under which a term is found."""
    return Folded(text).text.strip()


@cache
def is_word(char: str) -> bool:
    """Tell whether `char` of a folded text belongs to a word: a letter, mark or digit."""
    return unicodedata.category(char)[0] in "LMN"


def words(folded: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each word of a folded text."""
    return (found.span() for found in _WORD.finditer(folded))


# -- characters -------------------------------------------------------------------------

# A private-use character stands for "certainly a border": it replaces an invisible one
# without moving any offset, and folds to a space.
_BREAK = "\uf8ff"

_LETTERS = str.maketrans(
    {
        "ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی",  # yeh
        "ك": "ک", "ڪ": "ک",  # kaf
        "ه": "ہ", "ھ": "ہ", "ة": "ہ", "ۃ": "ہ", "ە": "ہ",  # heh
        "ٱ": "ا",  # alef wasla
        "ँ": "ं",  # chandrabindu, which hurried keyboards leave out
    }
)  # fmt: skip
_ALONE = dict.fromkeys("'’‘ʼ`´′＇ʹ", "'") | {"&": " and "}
_SPACES = frozenset('"“”„«»‹›″_−' + _BREAK)  # other hyphens than the minus are of category Pd
_DROPPED_RANGES = (
    (0x0300, 0x036F),  # accents
    (0x0610, 0x061A),  # honorific signs
    (0x0640, 0x0640),  # tatweel
    (0x064B, 0x065F),  # harakat
    (0x0670, 0x0670),  # superscript alef
    (0x06D6, 0x06ED),  # Koranic marks
    (0x093C, 0x093C),  # nukta
    (0xFE00, 0xFE0F),  # variation selectors
)


class _Folds(dict[int, str]):
    """The table for `str.translate`, filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


def _fold_char(char: str) -> str:
    category = unicodedata.category(char)
    if char in _SPACES or category == "Pd" or char.isspace():
        return " "
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Cf":
        return ""
    return _ALONE.get(char) or _fold_letters(char)


def _fold_letters(char: str) -> str:
    """Return `char` decomposed, small, without its marks, in the one form of its letter."""
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    kept = "".join(part for part in small if not _dropped(part))
    return kept.translate(_LETTERS)


def _dropped(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in _DROPPED_RANGES)


_FOLDS = _Folds()

# -- what takes more than one character to see --------------------------------------------

# \w lacks the vowel signs of Indic scripts: a word is made of \w and these.
_MARKS = "".join(
    chr(code)
    for code in (*range(0x0300, 0x1AFF), *range(0xA800, 0xAC00))
    if unicodedata.category(chr(code))[0] == "M"
)
_IN_WORD = rf"[\w{_MARKS}]"
_LETTER = r"[^\W\d_]"
_WORD = re.compile(f"{_IN_WORD}+")

# Both patterns begin with a plain character, which is what makes their search quick.
_QUOTES = re.compile(
    rf"'(?:s(?<=[\w{_MARKS}.]'s)(?!{_IN_WORD})|[ ']*)"  # a possessive, or quotation marks
    r"| [ ']+"  # a run of spaces
)
_INITIALS = re.compile(
    rf"\.(?<=(?<![\w{_MARKS}.]){_LETTER}\.)(?:{_LETTER}\.)+(?:{_LETTER}(?!{_IN_WORD}))?"
)


def _space(found: re.Match[str]) -> str:
    return "" if found.group() == "'s" else " "


def _undotted(found: re.Match[str]) -> str:
    return found.group().replace(".", "")


_EDITS = ((_QUOTES, _space), (_INITIALS, _undotted))


def _edited(text: str) -> str:
    for pattern, replacement in _EDITS:
        text = pattern.sub(replacement, text)
    return text


# -- the way back -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Places:
    """For each character of a text the first and the last source character it stands for."""

    first: array[int]
    last: array[int]

    def take(self, other: _Places, start: int, end: int) -> None:
        """Append the places of `other` in this range."""
        self.first.extend(other.first[start:end])
        self.last.extend(other.last[start:end])


def _places(source: str) -> _Places:
    """Return the places of the folded text's characters, by the very steps that folded it."""
    sizes = (len(_FOLDS[ord(char)]) for char in source)
    own = array("L", (place for place, size in enumerate(sizes) for _ in range(size)))
    places = _Places(own, own)
    text = source.translate(_FOLDS)
    for pattern, replacement in _EDITS:
        places = _edited_places(places, text, pattern)
        text = pattern.sub(replacement, text)
    return places


def _edited_places(places: _Places, text: str, pattern: re.Pattern[str]) -> _Places:
    kept = _Places(array("L"), array("L"))
    after = 0
    for found in pattern.finditer(text):
        kept.take(places, after, found.start())
        after = found.end()
        _take_edited(kept, places, found)
    kept.take(places, after, len(text))
    return kept


def _take_edited(kept: _Places, places: _Places, found: re.Match[str]) -> None:
    start, end = found.span()
    if found.group()[0] == ".":
        for at in range(start, end):
            if found.string[at] != ".":
                kept.take(places, at, at + 1)
    elif found.group() != "'s":
        kept.first.append(places.first[start])
        kept.last.append(places.last[end - 1])


__all__ = ["Folded", "fold", "foldings", "is_word", "words"]
