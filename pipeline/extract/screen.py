"""Which of many regular expressions can fit a text at all, by the letters each of them needs.

A pattern of the acts file costs some microseconds on every text, fit or not; hundreds of them
cost milliseconds. Most need some word ("mediat", "troops") that the text has not. One pass of
an Aho-Corasick automaton over the text tells which letters it has; only patterns that find all
they need are tried. As RE2's FilteredRE2 does; nothing that fits is ever left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import product
from re import _constants as ops  # type: ignore[attr-defined] # the standard library's own parser
from re import _parser as parser  # type: ignore[attr-defined] # reads patterns as `re` does
from typing import Any

import ahocorasick

MOST = 64  # strings that stand for one part of a pattern; more are not followed
SHORTEST = 2  # letters; fewer stand in every text
# Letters that `re` takes for others when case is ignored, and `str.lower` does not.
ALIKE = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s"})


@dataclass(slots=True)
class Letters:
    """What every text that a part of a pattern fits has in it.

    `exact`: the part fits these strings and no others (None: not known). `needs`: of each set
    one string is in the text.
    """

    exact: frozenset[str] | None = None
    needs: list[frozenset[str]] = field(default_factory=list)

    def best(self) -> frozenset[str] | None:
        """Return the set that the fewest texts have."""
        sets = self.needs if self.exact is None else _worthy(self.exact)
        return max(sets, key=lambda one: (min(map(len, one)), -len(one)), default=None)


NOTHING = frozenset({""})


def lowered(text: str) -> str:
    """Return `text` as the letters of a pattern are compared with it."""
    return (text if text.isascii() else text.translate(ALIKE)).lower()


def letters(pattern: str, flags: int = 0) -> list[frozenset[str]]:
    """Return sets of lower-case strings: any text the pattern fits has one string of each.

    Raises `re.error` when `pattern` is no regular expression.
    """
    found = _sequence(parser.parse(pattern, flags))
    return found.needs if found.exact is None else _worthy(found.exact)


def _worthy(strings: frozenset[str]) -> list[frozenset[str]]:
    return [strings] if strings and min(map(len, strings)) >= SHORTEST else []


def _sequence(nodes: Iterable[tuple[Any, Any]]) -> Letters:
    run, known, needs = NOTHING, True, list[frozenset[str]]()
    for op, value in nodes:
        part = PARTS.get(op, _unknown)(value)
        joined = _joined(run, part.exact)
        if joined is not None:
            run = joined
            continue
        known = False
        needs += [*_worthy(run), *part.needs]
        run = part.exact or NOTHING
    return Letters(run) if known else Letters(None, needs + _worthy(run))


def _joined(run: frozenset[str], more: frozenset[str] | None) -> frozenset[str] | None:
    if more is None or len(run) * len(more) > MOST:
        return None
    return frozenset(a + b for a, b in product(run, more))


def _branch(ways: Sequence[Letters]) -> Letters:
    exact = [way.exact for way in ways if way.exact is not None]
    if len(exact) == len(ways) and sum(map(len, exact)) <= MOST:
        return Letters(frozenset().union(*exact))
    best = [one for way in ways if (one := way.best())]
    return Letters(None, [frozenset().union(*best)] if len(best) == len(ways) else [])


def _one_of(value: Sequence[tuple[Any, Any]]) -> Letters:
    if all(op is ops.LITERAL for op, _ in value):
        return Letters(frozenset(lowered(chr(char)) for _, char in value))
    return Letters()


def _repeated(least: int, most: int, nodes: Any) -> Letters:
    inner = _sequence(nodes)
    if (least, most) == (0, 1) and inner.exact is not None:
        return Letters(inner.exact | NOTHING)
    if least == 0:
        return Letters()
    return Letters(None, inner.needs if inner.exact is None else _worthy(inner.exact))


def _unknown(value: Any) -> Letters:
    return Letters()


def _nothing(value: Any) -> Letters:
    return Letters(NOTHING)


PARTS: Mapping[Any, Callable[[Any], Letters]] = {
    ops.LITERAL: lambda char: Letters(frozenset({lowered(chr(char))})),
    ops.SUBPATTERN: lambda value: _sequence(value[-1]),
    ops.BRANCH: lambda value: _branch([_sequence(nodes) for nodes in value[1]]),
    ops.IN: _one_of,
    ops.MAX_REPEAT: lambda value: _repeated(*value),
    ops.MIN_REPEAT: lambda value: _repeated(*value),
    **dict.fromkeys((ops.AT, ops.ASSERT, ops.ASSERT_NOT), _nothing),  # they look and take nothing
}


class Screen:
    """Tells which of some demands a text can meet.

    A demand is a list of sets as `letters` returns them; all sets must be met.
    """

    def __init__(self, demands: Sequence[Sequence[frozenset[str]]]) -> None:
        self.always = [number for number, demand in enumerate(demands) if not demand]
        self.others: dict[int, list[tuple[int, frozenset[int]]]] = {}  # by what fewest texts have
        places: dict[frozenset[str], int] = {}
        for number, demand in enumerate(demands):
            asked = [places.setdefault(one, len(places)) for one in demand]
            if best := Letters(None, list(demand)).best():
                self.others.setdefault(places[best], []).append((number, frozenset(asked)))
        marks: dict[str, set[int]] = {}
        for strings, place in places.items():
            for string in strings:
                marks.setdefault(string, set()).add(place)
        self.automaton = ahocorasick.Automaton()
        for string, mark in marks.items():
            self.automaton.add_word(string, mark)
        self.automaton.make_automaton()

    def passed(self, text: str) -> list[int]:
        """Return the numbers of the demands that `text` meets, ascending."""
        met: set[int] = set()
        if len(self.automaton):
            for _, mark in self.automaton.iter(lowered(text)):
                met |= mark
        tried = (pair for place in met for pair in self.others.get(place, ()))
        return sorted([*self.always, *(number for number, asked in tried if asked <= met)])


class Finder:
    """Finds what one alternation of many named patterns finds, and tries few of them.

    `named`: (name, pattern) in the order in which they go where two begin at one place. Raises
    `re.error` for a pattern that is none.
    """

    def __init__(self, named: Sequence[tuple[str, str]], flags: int) -> None:
        self.named = tuple(named)
        self.flags = flags
        self.screen = Screen([letters(pattern, flags) for _, pattern in named])

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield (name, start, end) of the matches from left to right; none overlap."""
        ahead = [
            (found.start(), number, found.end())
            for number in self.screen.passed(text)
            if (found := self._pattern(number).search(text))
        ]
        heapify(ahead)
        place = 0
        while ahead:
            start, number, end = heappop(ahead)
            if start >= place:
                yield self.named[number][0], start, end
                place = max(end, start + 1)
            if found := self._pattern(number).search(text, place):
                heappush(ahead, (found.start(), number, found.end()))

    def _pattern(self, number: int) -> re.Pattern[str]:
        return compiled(self.named[number][1], self.flags)


@cache
def compiled(source: str, flags: int) -> re.Pattern[str]:
    """Return a pattern, compiled with its first use: most are screened out of all texts."""
    return re.compile(source, flags)
