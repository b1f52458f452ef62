"""What current claims are found by: pairs of a kind and a value, and the words people type.

The same for every store, so that each answers a question alike. Values are compared folded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.folding import fold, foldings, is_word
from pipeline.records import Article, Claim, Decision, HopKind, Novelty, Query

Pair = tuple[str, object]  # ("act", "deny"): a claim has it, or a question asks for it

_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


def pairs_of(claim: Claim, article: Article, decisions: Iterable[Decision] = ()) -> Iterator[Pair]:
    """Yield everything a claim is found by, except its words."""
    for kind, value in (*_speech(claim), *_sources(claim, article)):
        if value is not None:
            yield kind, value
    for decision in decisions:
        yield from decided_pairs(decision)


def _speech(claim: Claim) -> Iterator[Pair]:
    yield "act", claim.act
    yield "theme", claim.theme
    yield "anonymous", claim.anonymous
    yield "alert worthy", claim.alert_worthy
    for party in (claim.party, *claim.countries):
        yield "party", party
    if claim.speaker is not None:
        # By the whole name, or by one of its words: people are looked for by surname.
        for name in (claim.speaker, *claim.speaker.split()):
            yield "speaker", name
    for topic in claim.topics:
        yield "topic", topic


def _sources(claim: Claim, article: Article) -> Iterator[Pair]:
    yield "outlet", claim.outlet
    for agency in agencies_of(claim, article):
        yield "agency", agency


def agencies_of(claim: Claim, article: Article) -> Iterator[str]:
    """Yield the agencies that the article credits or the claim's chain passes through."""
    yield from article.credit.agencies
    if article.credit.origin is not None:
        yield article.credit.origin
    yield from (hop.name for hop in claim.chain if hop.kind is HopKind.AGENCY)


def decided_pairs(decision: Decision) -> Iterator[Pair]:
    """Yield what a claim is found by once compare has decided on it."""
    for topic in (None, decision.topic):
        yield _novelty(decision.novelty, topic)


def _novelty(novelty: Novelty, topic: str | None) -> Pair:
    """Return the pair for a decision, in one topic or in any."""
    return ("novelty" if topic is None else f"novelty in {topic}"), novelty.value


def pairs_asked(query: Query) -> list[Pair]:
    """Return the pairs that a claim must have to answer; the words are not among them."""
    asked: list[Pair] = [
        ("speaker", query.speaker),
        ("party", query.party),
        ("act", query.act),
        ("theme", query.theme),
        ("anonymous", query.anonymous),
        ("agency", query.agency),
        ("outlet", query.outlet),
        ("topic", query.topic),
        ("alert worthy", query.alert_worthy),
    ]
    if query.novelty is not None:
        asked.append(_novelty(query.novelty, query.topic))
    return [(kind, value) for kind, value in asked if value is not None]


def choices_asked(query: Query) -> list[Pair]:
    """Return the pairs of which a claim must have one to answer; none: that is not asked."""
    return [("act", act) for act in query.acts]


def phrases_of(text: str) -> list[str]:
    """Return what a user typed, folded: each word, and words in quotation marks together.

    Pieces without a letter, mark or digit are left out.
    """
    pieces = (quoted or word for quoted, word in _PIECE.findall(text.translate(_QUOTES)))
    phrases = (fold(piece).replace('"', " ").replace("\0", " ") for piece in pieces)
    return [phrase for phrase in phrases if any(map(is_word, phrase))]


def searchable(text: str) -> str:
    """Return `text` folded; where an invisible character is ambiguous, in both readings."""
    return "\n".join(dict.fromkeys(reading.text for reading in foldings(text)))


__all__ = [
    "Pair",
    "agencies_of",
    "choices_asked",
    "decided_pairs",
    "pairs_asked",
    "pairs_of",
    "phrases_of",
    "searchable",
]
