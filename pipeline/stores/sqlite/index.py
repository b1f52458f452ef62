"""What current claims are found by: their words and their facets (equal values).

Both are in one inverted index (FTS5). A facet is one string, "act=deny", and its token the hash
of that: a question is one expression of words and tokens, and what answers comes newest first.
Text is folded before it is indexed and queries alike (see pipeline/folding.py); what a user
types is never FTS syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.errors import StoreError
from pipeline.folding import fold, foldings, is_word
from pipeline.records import Article, Claim, Decision, HopKind, Novelty, Query, stable_id
from pipeline.stores.sqlite.database import Database

_PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


def facet(kind: str, value: object) -> str:
    """Return the token of a filter's value; case, accents and the like do not count."""
    return f"f{stable_id(kind, fold(str(value)))}"


def novelty_facet(novelty: Novelty, topic: str | None) -> str:
    """Return the token for a decision, in one topic or in any."""
    return facet("novelty" if topic is None else f"novelty in {topic}", novelty.value)


def facets_of(claim: Claim, article: Article, decisions: Iterable[Decision]) -> list[str]:
    """Return everything a claim is found by, except its words."""
    pairs = [*_speech_facets(claim), *_source_facets(claim, article)]
    found = [facet(kind, value) for kind, value in pairs if value is not None]
    for decision in decisions:
        found += decision_facets(decision)
    return list(dict.fromkeys(found))


def _speech_facets(claim: Claim) -> Iterator[tuple[str, object]]:
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


def _source_facets(claim: Claim, article: Article) -> Iterator[tuple[str, object]]:
    yield "outlet", claim.outlet
    credited = (*article.credit.agencies, article.credit.origin)
    quoted = (hop.name for hop in claim.chain if hop.kind is HopKind.AGENCY)
    for agency in (*credited, *quoted):
        yield "agency", agency


def decision_facets(decision: Decision) -> list[str]:
    """Return what a claim is found by once compare has decided on it."""
    return [novelty_facet(decision.novelty, topic) for topic in (None, decision.topic)]


def match_of(query: Query) -> str:
    """Return the FTS5 expression of a question; "" when it asks for neither words nor values."""
    words = phrases_of(query.text)
    asked = [f"{{text title}} : ({' AND '.join(words)})"] if words else []
    asked += [f"facets : {found}" for found in _facets_asked(query)]
    return " AND ".join(asked)


def _facets_asked(query: Query) -> list[str]:
    asked: list[tuple[str, object]] = [
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
    found = [facet(kind, value) for kind, value in asked if value is not None]
    if query.novelty is not None:
        found.append(novelty_facet(query.novelty, query.topic))
    return found


def phrases_of(text: str) -> list[str]:
    """Return what a user typed as FTS5 strings: each word, and words in quotation marks together.

    Pieces without a letter, mark or digit are left out.
    """
    pieces = (quoted or word for quoted, word in _PIECE.findall(text.translate(_QUOTES)))
    phrases = (fold(piece).replace('"', " ").replace("\0", " ") for piece in pieces)
    return [f'"{phrase}"' for phrase in phrases if any(map(is_word, phrase))]


# -- rows --------------------------------------------------------------------------------------


def add(database: Database, n: int, claim: Claim, article: Article) -> None:
    """Let the claim of row `n` be found."""
    facets = facets_of(claim, article, _decisions(database, claim.id))
    database.run(
        "INSERT INTO words (rowid, text, title, facets) VALUES (?, ?, ?, ?)",
        (n, _searchable(claim.text), _searchable(article.title), " ".join(facets)),
    )


def remove(database: Database, n: int) -> None:
    """Let the claim of row `n` no longer be found."""
    database.run("DELETE FROM words WHERE rowid = ?", (n,))


def add_decision(database: Database, decision: Decision) -> None:
    """Let the claim, if it is current, be found by what compare decided."""
    database.run(
        """
        UPDATE words SET facets = facets || ' ' || ?
        WHERE rowid = (SELECT n FROM claims WHERE id = ? AND current)
        """,
        (" ".join(decision_facets(decision)), decision.claim_id),
    )


def check(database: Database) -> list[str]:
    """Return where the index does not say what the claims say."""
    found = []
    with database.write():
        try:
            database.run("INSERT INTO words (words) VALUES ('integrity-check')")
        except StoreError as error:
            found.append(f"word index: {error.message}")
    ((lost,),) = database.run(
        """
        SELECT count(*) FROM (
            SELECT n FROM claims WHERE current EXCEPT SELECT rowid FROM words
        )
        """
    )
    return [*found, *([f"{lost} claims cannot be searched"] if lost else [])]


def _decisions(database: Database, claim_id: str) -> list[Decision]:
    rows = database.run(
        """
        SELECT d.topic, d.novelty FROM claims c
        JOIN decisions d ON d.article = c.article AND d.claim_id = c.id WHERE c.id = ?
        """,
        (claim_id,),
    )
    return [
        Decision(claim_id=claim_id, topic=topic, novelty=Novelty(novelty), reason="")
        for topic, novelty in rows
    ]


def _searchable(text: str) -> str:
    # Where an invisible character is ambiguous, both readings can be found.
    return "\n".join(dict.fromkeys(reading.text for reading in foldings(text)))


__all__ = ["add", "add_decision", "check", "match_of", "phrases_of", "remove"]
