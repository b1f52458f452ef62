""" "Who said what", newest first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pipeline.records import Claim, Coverage, Decision, Finding, Query
from pipeline.stores.documents import loads
from pipeline.stores.elasticsearch import articles, claims, ledger
from pipeline.stores.elasticsearch.cluster import PAGE, Cluster, Kept, Source
from pipeline.stores.elasticsearch.versions import article_of
from pipeline.stores.facets import choices_asked, pairs_asked, phrases_of

NEWEST_FIRST: list[Source | str] = [{"said_ms": "desc"}, {"place": "desc"}, {"id": "desc"}]
SHOWN_WITHOUT = ("words", "title_words", "text", "title", "facets")


def search(cluster: Cluster, query: Query) -> list[Finding]:
    """Answer `query` from current claims; `since` <= said < `until`, to the millisecond."""
    return _findings(cluster, query, _found(cluster, query))


def search_claims(cluster: Cluster, query: Query) -> list[Claim]:
    """Answer as `search` does, with the claims alone."""
    return [loads(Claim, kept.source["record"]) for kept, _ in _found(cluster, query)]


def _found(cluster: Cluster, query: Query) -> list[tuple[Kept, Source]]:
    if query.text.strip() and not phrases_of(query.text):
        return []
    cluster.refresh(claims.CLAIMS)
    page = max(1, min(PAGE, query.limit))
    hits = cluster.hits(
        claims.CLAIMS, query_of(query), sort=NEWEST_FIRST, without=SHOWN_WITHOUT, page=page
    )
    found: list[tuple[Kept, Source]] = []
    # The article says which claims are current: of others, a process was killed or is at work.
    while len(found) < query.limit and (some := list(islice(hits, page))):
        found += _current(cluster, some)
    return found[: query.limit]


def _current(cluster: Cluster, hits: Sequence[Kept]) -> list[tuple[Kept, Source]]:
    """Return those claims, with their articles, that are current."""
    sources = articles.bare_articles(cluster, (kept.source["article_id"] for kept in hits))
    found = []
    for kept in hits:
        source = sources.get(kept.source["article_id"])
        if source is not None and kept.source["id"] in source["claims"]:
            found.append((kept, source))
    return found


def query_of(query: Query) -> Source:
    """Return the query of a question."""
    asked: list[Source] = [{"term": {"current": True}}]
    asked += [{"term": {"facets": token}} for token in claims.tokens_of(pairs_asked(query))]
    if choices := claims.tokens_of(choices_asked(query)):
        asked.append({"terms": {"facets": choices}})
    asked += map(_phrase, phrases_of(query.text))
    if query.since:
        asked.append({"range": {"said_ms": {"gte": claims.millis(query.since)}}})
    if query.until:
        asked.append({"range": {"said_ms": {"lt": claims.millis(query.until)}}})
    return {"bool": {"filter": asked}}


def _phrase(phrase: str) -> Source:
    words = claims.tokens(phrase)
    either = [{"match_phrase": {field: words}} for field in ("words", "title_words")]
    return {"bool": {"should": either, "minimum_should_match": 1}}


def _findings(
    cluster: Cluster, query: Query, found: Sequence[tuple[Kept, Source]]
) -> list[Finding]:
    decided = [_decision(query, claims.decisions_in(kept.source)) for kept, _ in found]
    carried = ledger.coverages(cluster, ((one.topic, one.key) for one in decided if one))
    answers = []
    for (kept, source), decision in zip(found, decided, strict=True):
        by = carried[decision.topic, decision.key] if decision else Coverage()
        answers.append(
            Finding(
                claim=loads(Claim, kept.source["record"]),
                article=article_of(source),
                decision=decision,
                outlets=len(by.outlets) or 1,
                origins=len(by.origins) or 1,
            )
        )
    return answers


def _decision(query: Query, decisions: Sequence[Decision]) -> Decision | None:
    """Return the first decision the query asked for."""
    for decision in decisions:
        if query.topic in (None, decision.topic) and query.novelty in (None, decision.novelty):
            return decision
    return None


__all__ = ["query_of", "search", "search_claims"]
