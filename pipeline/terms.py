"""Finds many terms in a text at once: the matcher under topics, issues and keyword rules.

A term is a word or phrase; it is found in every spelling that `folding` makes equal, as whole
words. Two signs change that:

    "=Us"      only with exactly these capitals
    "mediat*"  any ending: mediates, mediation ...; the hit reaches to the end of the word

One Aho-Corasick automaton (pyahocorasick) holds all terms, so the cost of a text does not grow
with their number; borders are checked here, on the categories of the characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.folding import Folded, fold, foldings, is_word, words


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found in a text. Offsets are code points of the text as it was given."""

    term: str  # as it was given to the matcher
    start: int
    end: int


class TermMatcher:
    """Finds terms; built once, used for any number of texts, by any number of threads."""

    def __init__(self, terms: Iterable[str]) -> None:
        """Build the automaton.

        Raises:
            ValueError: a term has no letter or digit.
        """
        patterns: dict[str, list[_Pattern]] = {}
        for term in dict.fromkeys(terms):
            pattern = _read(term)
            patterns.setdefault(pattern.key, []).append(pattern)
        self._automaton = _automaton(patterns)

    def find(self, text: str) -> tuple[Hit, ...]:
        """Return every hit, overlapping ones too, in order of start, then of length."""
        if self._automaton is None or not text:
            return ()
        hits = {hit for folded in foldings(text) for hit in self._hits(folded, text)}
        return tuple(sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.term)))

    def _hits(self, folded: Folded, text: str) -> Iterator[Hit]:
        assert self._automaton is not None
        for last, patterns in self._automaton.iter(folded.text):
            for pattern in patterns:
                found = pattern.place(folded.text, last + 1)
                if found is not None:
                    start, end = folded.original(*found)
                    if pattern.allows(text[start:end]):
                        yield Hit(pattern.term, start, end)


def term_key(term: str) -> str:
    """Return what makes two terms one: their folded letters, and what their signs ask for.

    Raises:
        ValueError: the term has no letter or digit.
    """
    pattern = _read(term)
    asked = f"={pattern.capitals} " if pattern.capitals else ""
    return f"{asked}{pattern.key}{'*' * pattern.open_end}"


def closest(text: str, groups: Sequence[Sequence[Hit]], within: int) -> tuple[Hit, ...] | None:
    """Return one hit of each group, the nearest together, in the order of `groups`.

    None when they do not lie within `within` words: the first word of the last hit at most so
    many words after the first word of the first one (neighbouring words: 1).
    """
    hits = ((which, hit) for which, group in enumerate(groups) for hit in group)
    order = sorted(hits, key=lambda pair: (pair[1].start, pair[0]))
    places = _word_places(text, [hit.start for _, hit in order])
    latest: dict[int, tuple[int, Hit]] = {}
    best: tuple[int, tuple[Hit, ...]] | None = None
    for place, (which, hit) in zip(places, order, strict=True):
        latest[which] = (place, hit)
        if len(latest) == len(groups):
            width = place - min(at for at, _ in latest.values())
            if width <= within and (best is None or width < best[0]):
                best = width, tuple(latest[group][1] for group in range(len(groups)))
    return best[1] if best else None


def _word_places(text: str, starts: Sequence[int]) -> list[int]:
    """Return how many words of `text` begin before each of the ascending `starts`."""
    places: list[int] = []
    count = after = 0
    for start in starts:
        count += sum(1 for _ in words(fold(text[after:start])))
        places.append(count)
        after = start
    return places


# -- patterns ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pattern:
    """How one term is looked for."""

    term: str
    key: str  # folded
    capitals: str = ""  # the letters as they must be written; "": in any way
    open_end: bool = False

    def place(self, folded: str, end: int) -> tuple[int, int] | None:
        """Return the range of the hit whose key ends at `end`; None: not whole words."""
        start = end - len(self.key)
        if start and is_word(folded[start - 1]) and is_word(folded[start]):
            return None
        if end < len(folded) and is_word(folded[end]) and is_word(folded[end - 1]):
            return (start, _word_end(folded, end)) if self.open_end else None
        return start, end

    def allows(self, written: str) -> bool:
        """Tell whether the text's capitals are those the term asks for."""
        return not self.capitals or _letters(written) == self.capitals


def _read(term: str) -> _Pattern:
    body = term.strip()
    exact = body.startswith("=")
    open_end = body.endswith("*")
    body = body.removeprefix("=").removesuffix("*").strip()
    key = fold(body)
    if not any(is_word(char) for char in key):
        raise ValueError(f"the term {term!r} has no letter or digit")
    return _Pattern(term, key, _letters(body) if exact else "", open_end)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _word_end(folded: str, at: int) -> int:
    while at < len(folded) and is_word(folded[at]):
        at += 1
    return at


def _automaton(patterns: dict[str, list[_Pattern]]) -> Any:
    import ahocorasick

    if not patterns:
        return None
    automaton = ahocorasick.Automaton()
    for key, same in patterns.items():
        automaton.add_word(key, tuple(same))
    automaton.make_automaton()
    return automaton


__all__ = ["Hit", "TermMatcher", "closest", "term_key"]
