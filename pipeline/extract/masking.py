"""A statement as the act branch sees it: its wordpieces, with every name made neutral.

    Velmark said neither Osk nor Brel would ...  ->  alpha said neither beta nor beta would ...

Names become one of two words, whatever they name: the speaker's own side, and everybody else.
So the branch cannot learn what this or that country usually says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.extract.phrases import Item, item_countries, parse_items
from pipeline.extract.wordpiece import CLS, OUTSIDE_TYPE, SEP, Word, Wordpieces
from pipeline.records import Span

if TYPE_CHECKING:
    from pipeline.extract.registry import Registry

OWN, OTHER = "alpha", "beta"
PLACES = frozenset({"country", "capital", "region", "town", "demonym"})
NAMED = PLACES | {"person", "short", "name", "actor"}
STEM = 4  # letters that a country and its adjective share
MAX_PIECES = 160  # of a statement that are read
TITLED = 0.6  # share of capitals among long words from which they tell nothing: a headline
LONG = 4  # letters
TITLE_TYPE = 2  # token type of a word with a capital, outside of a quotation
PARTS = ("", "source", "cue", "content")


@dataclass(frozen=True, slots=True)
class Masked:
    """Wordpieces, their token types, and for each the number of its part in `PARTS`."""

    pieces: tuple[int, ...]
    types: tuple[int, ...]
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a statement stands in a text; `around` are its sentences."""

    around: Span
    source: Sequence[Span]
    cue: Sequence[Span]
    content: Sequence[Span]

    def part(self, word: Word) -> int:
        """Return the number of the part that a word belongs to, the innermost."""
        for number, spans in ((2, self.cue), (1, self.source), (3, self.content)):
            if any(span.start <= word.start < span.end for span in spans):
                return number
        return 0


def masked(wordpieces: Wordpieces, registry: Registry, text: str, said: Statement) -> Masked:
    """Return a statement without its names; of a long one the beginning of its parts."""
    start, end = said.around.start, said.around.end
    words = list(wordpieces.words(text, start, end))
    names = list(names_in(wordpieces, registry, text, said))
    neutral = {name: wordpieces.pieces(name) for name in (OWN, OTHER)}
    own = keys_of(names, said.source)
    pieces, types, parts = [CLS], [OUTSIDE_TYPE], [0]
    before: Item | None = None
    for word in _near(words, said):
        name = _name_at(names, word)
        if name is None:
            new, kind = word.pieces, word.kind
        elif name is before:
            continue
        else:
            new = neutral[OWN if keys(name) & own else OTHER]
            kind = TITLE_TYPE + word.kind % 2
        before = name
        pieces += new
        types += [kind] * len(new)
        parts += [said.part(word)] * len(new)
    return Masked((*pieces, SEP), (*types, OUTSIDE_TYPE), (*parts, 0))


def _near(words: Sequence[Word], said: Statement) -> Iterator[Word]:
    """Yield the words that fit: those of the parts first, then what stands around them."""
    room = MAX_PIECES
    chosen: set[int] = set()
    for wanted in (True, False):
        for number, word in enumerate(words):
            if (said.part(word) > 0) is wanted and room >= len(word.pieces):
                chosen.add(number)
                room -= len(word.pieces)
    yield from (words[number] for number in sorted(chosen))


def names_in(
    wordpieces: Wordpieces, registry: Registry, text: str, said: Statement
) -> Iterator[Item]:
    """Yield the names of countries, people, places and bodies in the sentences of a statement.

    A common word that begins a sentence is none; in a headline only what the registry knows is.
    """
    words = said.around.of(text)
    items = parse_items(words, registry, offset=said.around.start)
    titled = is_titled(words)
    for number, item in enumerate(items):
        named = item.label in NAMED or item.label.startswith("own ")
        if not named or (titled and not item.aliases):
            continue
        common = _is_common(wordpieces, item, words) and not _ends(said.source, items, number)
        if not (common and _opens(items, number)):
            yield item


def is_titled(text: str) -> bool:
    """Whether most long words have a capital, as in a headline."""
    words = [word for word in text.split() if len(word) >= LONG and word[0].isalpha()]
    return len(words) > 2 and sum(word[0].isupper() for word in words) / len(words) > TITLED


def _opens(items: Sequence[Item], number: int) -> bool:
    before = items[number - 1].label if number else "."
    return not before[0].isalnum() and before != "'s"


def _ends(source: Sequence[Span], items: Sequence[Item], number: int) -> bool:
    """Whether a source ends with an item, or an owner: the subject of "Harth says", no "Taxi"."""
    if not inside(source, items[number]):
        return False
    following = items[number + 1] if number + 1 < len(items) else None
    return following is None or following.label == "'s" or not inside(source, following)


def _is_common(wordpieces: Wordpieces, item: Item, text: str) -> bool:
    """Whether a first word is an ordinary one, as "Stop": a name is known, odd or comes back."""
    if len(item.tokens) > 1 or item.text.isupper() or item.label in (*PLACES, "person"):
        return False
    whole = len(wordpieces.pieces(item.text)) == 1
    return whole and text.count(item.text) == 1


def inside(spans: Sequence[Span], item: Item) -> bool:
    """Whether an item begins in one of `spans`."""
    return any(span.start <= item.start < span.end for span in spans)


def keys_of(names: Iterable[Item], spans: Sequence[Span]) -> set[str]:
    """Return what the names inside `spans` are told by."""
    return {key for name in names if inside(spans, name) for key in keys(name)}


def keys(name: Item) -> set[str]:
    """Return what a name is told by: its country, and how its words begin."""
    stems = {token.folded[:STEM] for token in name.tokens if token.is_capitalised}
    return stems | set(item_countries(name))


def _name_at(names: Sequence[Item], word: Word) -> Item | None:
    return next((name for name in names if name.start <= word.start < name.end), None)
