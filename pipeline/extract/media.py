"""Which phrases name a news agency or an outlet: by the registry, or by their words."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.extract.registry import Actor, Alias, Registry
from pipeline.extract.tokens import Token, tokenize
from pipeline.languages import Language
from pipeline.records import HopKind

KINDS = (HopKind.AGENCY, HopKind.OUTLET)


@dataclass(frozen=True, slots=True)
class Media:
    """Those who carry other people's words."""

    registry: Registry
    language: Language

    def actor(self, words: str) -> Actor | None:
        """Return the first agency or outlet that the words name."""
        tokens = tokenize(words)
        for place in range(len(tokens)):
            for alias in self.registry.at(tokens, place):
                entry = alias.entry
                written = tokens[place : place + len(alias.words)]
                if isinstance(entry, Actor) and entry.kind in KINDS and _capitals(alias, written):
                    return entry
        return None

    def carries(self, words: str) -> bool:
        """Whether a phrase is the media's: "the news agency", "state television", "PTI"."""
        forms = {token.folded for token in tokenize(words)}
        return bool(forms & self.language.listed("carriers")) or self.actor(words) is not None


def _capitals(alias: Alias, tokens: list[Token]) -> bool:
    """Whether the text has a capital wherever the name has one: "the news" is no "The News"."""
    return all(
        token.is_capitalised or not written.is_capitalised
        for token, written in zip(tokens[1:], tokenize(alias.written)[1:], strict=False)
    )
