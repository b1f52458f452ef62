"""What current claims are found by: their words and their facets (equal values).

Both are in one inverted index (FTS5). A facet is one string, "act=deny", and its token the hash
of that: a question is one expression of words and tokens, and what answers comes newest first.
Text is folded before it is indexed and queries alike (see pipeline/folding.py); what a user
types is never FTS syntax.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.errors import StoreError
from pipeline.folding import fold
from pipeline.records import Article, Claim, Decision, Novelty, Query, stable_id
from pipeline.stores.facets import (
    Pair,
    choices_asked,
    decided_pairs,
    pairs_asked,
    pairs_of,
    phrases_of,
    searchable,
)
from pipeline.stores.sqlite.database import Database


def _tokens(pairs: Iterable[Pair]) -> list[str]:
    """Return the tokens of filters' values; case, accents and the like do not count."""
    found = (f"f{stable_id(kind, fold(str(value)))}" for kind, value in pairs)
    return list(dict.fromkeys(found))


def match_of(query: Query) -> str:
    """Return the FTS5 expression of a question; "" when it asks for neither words nor values."""
    words = [f'"{phrase}"' for phrase in phrases_of(query.text)]
    asked = [f"{{text title}} : ({' AND '.join(words)})"] if words else []
    asked += [f"facets : {token}" for token in _tokens(pairs_asked(query))]
    choices = _tokens(choices_asked(query))
    asked += [f"facets : ({' OR '.join(choices)})"] if choices else []
    return " AND ".join(asked)


# -- rows --------------------------------------------------------------------------------------


def add(database: Database, n: int, claim: Claim, article: Article) -> None:
    """Let the claim of row `n` be found."""
    facets = _tokens(pairs_of(claim, article, _decisions(database, claim.id)))
    database.run(
        "INSERT INTO words (rowid, text, title, facets) VALUES (?, ?, ?, ?)",
        (n, searchable(claim.text), searchable(article.title), " ".join(facets)),
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
        (" ".join(_tokens(decided_pairs(decision))), decision.claim_id),
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


__all__ = ["add", "add_decision", "check", "match_of", "remove"]
