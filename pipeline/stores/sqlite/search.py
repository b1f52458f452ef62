""" "Who said what", newest first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from pipeline.records import Claim, Coverage, Decision, Finding, Query
from pipeline.stores.documents import encode, loads
from pipeline.stores.facets import phrases_of
from pipeline.stores.sqlite import index, ledger
from pipeline.stores.sqlite.articles import COLUMNS, bare
from pipeline.stores.sqlite.database import Database
from pipeline.stores.sqlite.times import first_row

NO_ROW = 1 << 63
_MATCHING = """
    SELECT rowid FROM words WHERE words MATCH :match AND rowid >= :low AND rowid < :high
    ORDER BY rowid DESC LIMIT :limit
"""
_ANY = """
    SELECT n FROM claims WHERE current AND n >= :low AND n < :high ORDER BY n DESC LIMIT :limit
"""


def search(database: Database, query: Query) -> list[Finding]:
    """Answer `query` from current claims; `since` <= said < `until`, to the millisecond."""
    if query.text.strip() and not phrases_of(query.text):
        return []
    with database.read():
        return _findings(database, query, _rows(database, query))


def search_claims(database: Database, query: Query) -> list[Claim]:
    """Answer as `search` does, with the claims alone."""
    if query.text.strip() and not phrases_of(query.text):
        return []
    with database.read():
        found = database.run(
            "SELECT c.claim FROM json_each(?) j JOIN claims c ON c.n = j.value ORDER BY j.key",
            (encode(_rows(database, query)),),
        )
        return [loads(Claim, claim) for (claim,) in found]


def _rows(database: Database, query: Query) -> list[int]:
    """Return the row numbers of the newest claims that answer."""
    match = index.match_of(query)
    values = {
        "match": match,
        "low": first_row(query.since) if query.since else -NO_ROW,
        "high": first_row(query.until) if query.until else NO_ROW - 1,
        "limit": query.limit,
    }
    return [row for (row,) in database.run(_MATCHING if match else _ANY, values)]


def _findings(database: Database, query: Query, rows: Sequence[int]) -> list[Finding]:
    found = database.run(
        f"""
        SELECT c.claim, {COLUMNS} FROM json_each(?) j JOIN claims c ON c.n = j.value
        JOIN articles a ON a.n = c.article ORDER BY j.key
        """,  # noqa: S608 - names only
        (encode(list(rows)),),
    )
    claims = [loads(Claim, claim) for claim, *_ in found]
    decided = _decisions(database, query, claims)

    @cache
    def carried(topic: str, key: str) -> Coverage:
        return ledger.coverage(database, topic, key)

    answers = []
    for claim, (_, *columns) in zip(claims, found, strict=True):
        decision = decided.get(claim.id)
        by = carried(decision.topic, decision.key) if decision else Coverage()
        answers.append(
            Finding(
                claim=claim,
                article=bare(*columns),
                decision=decision,
                outlets=len(by.outlets) or 1,
                origins=len(by.origins) or 1,
            )
        )
    return answers


def _decisions(database: Database, query: Query, claims: Sequence[Claim]) -> dict[str, Decision]:
    """Return for each claim the first decision the query asked for."""
    decided: dict[str, Decision] = {}
    for decision in ledger.decisions(database, [claim.id for claim in claims]):
        if query.topic in (None, decision.topic) and query.novelty in (None, decision.novelty):
            decided.setdefault(decision.claim_id, decision)
    return decided


__all__ = ["search", "search_claims"]
