"""A passage of text with its attributions: what every corpus reader returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Range = tuple[int, int]
"""Characters from (included) to (excluded) of the passage's text."""

ROLES = ("source", "cue", "content")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who says what: ranges of characters; source may be empty, content may come in parts."""

    source: tuple[Range, ...]
    cue: tuple[Range, ...]
    content: tuple[Range, ...]
    parent: int | None = None  # number of the attribution whose content holds this one

    def moved(self, by: int) -> Attribution:
        """Return the same for a text that starts `by` characters earlier, without parent."""
        source, cue, content = (
            tuple((start + by, end + by) for start, end in self.ranges(role)) for role in ROLES
        )
        return Attribution(source, cue, content)

    def ranges(self, role: str) -> tuple[Range, ...]:
        """Return the ranges of one of `ROLES`."""
        ranges: tuple[Range, ...] = getattr(self, role)
        return ranges


@dataclass(frozen=True, slots=True)
class Passage:
    """Text with all that is attributed in it."""

    id: str
    text: str
    attributions: tuple[Attribution, ...]
    event: str = ""
    template: str = ""

    def levels(self) -> Iterator[Passage]:
        """Yield the passage with its outer reports only, then each content as a text of its own.

        This is how the extractor reads: once over the text, then again over each content. A
        content without a report inside is yielded too: that there is none must be learnt.
        """
        tops = [one for one in self.attributions if one.parent is None]
        yield Passage(self.id, self.text, tuple(tops), self.event, self.template)
        for number, outer in enumerate(self.attributions):
            inner = [one for one in self.attributions if one.parent == number]
            for start, end in outer.content:
                yield self._part(start, end, inner, f"{self.id}.{number}")

    def _part(self, start: int, end: int, inner: list[Attribution], name: str) -> Passage:
        held = tuple(one.moved(-start) for one in inner if _within(one, start, end))
        return Passage(name, self.text[start:end], held, self.event, self.template)


def _within(one: Attribution, start: int, end: int) -> bool:
    return all(start <= a and b <= end for role in ROLES for a, b in one.ranges(role))
