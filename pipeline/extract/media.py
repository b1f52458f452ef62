"""Which phrases name a news agency or an outlet: by the registry, or by their words."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.extract.registry import Actor, Alias, Registry
from pipeline.extract.tokens import Token, tokenize
from pipeline.languages import Language
from pipeline.records import HopKind, Span

LONGER = 40  # characters a name can go on behind what a pattern took for it
KINDS = (HopKind.AGENCY, HopKind.OUTLET)


@dataclass(frozen=True, slots=True)
class Media:
    """Those who carry other people's words."""

    registry: Registry
    language: Language

    def actor(self, words: str) -> Actor | None:
        """Return the first agency or outlet that the words name."""
        return self._first(tokenize(words), len(words))

    def actor_at(self, text: str, span: Span) -> Actor | None:
        """Return the actor a name in `span` begins: "Associated Press" may go on "of ..."."""
        return self._first(tokenize(text[span.start : span.end + LONGER]), span.end - span.start)

    def _first(self, tokens: list[Token], end: int) -> Actor | None:
        for place, token in enumerate(tokens):
            if token.start >= end:
                break
            for alias in self.registry.at(tokens, place):
                entry = alias.entry
                written = tokens[place : place + len(alias.words)]
                if not isinstance(entry, Actor) or entry.kind not in KINDS:
                    continue
                person = entry.given_name and _is_person(tokens, place, len(alias.words))
                if _capitals(alias, written) and not person:
                    return entry
        return None

    def carries(self, words: str) -> bool:
        """Whether a phrase is the media's: "the news agency", "state television", "PTI"."""
        forms = {token.folded for token in tokenize(words)}
        return bool(forms & self.language.listed("carriers")) or self.actor(words) is not None


def _is_person(tokens: list[Token], place: int, width: int) -> bool:
    """Whether one more capital behind the name makes it a first name."""
    following = tokens[place + width : place + width + 1]
    return width == 1 and bool(following) and following[0].is_capitalised


def _capitals(alias: Alias, tokens: list[Token]) -> bool:
    """Whether the text has a capital wherever the name has one: "the news" is no "The News"."""
    return all(
        token.is_capitalised or not written.is_capitalised
        for token, written in zip(tokens[1:], tokenize(alias.written)[1:], strict=False)
    )
