"""Claims: replaced as a whole with every extraction, never deleted.

The article's document names its current claims, and is written last: until then they wait.
What compare decided about a claim is part of the claim's document.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from pipeline.folding import fold
from pipeline.records import Article, Claim, Decision
from pipeline.stores.appearance import in_order
from pipeline.stores.documents import dumps, loads
from pipeline.stores.elasticsearch import articles, versions
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Kept,
    Outcome,
    Source,
    Write,
    create_or_replace,
    finite,
    key_of,
    patch,
)
from pipeline.stores.elasticsearch.versions import Held
from pipeline.stores.facets import Pair, agencies_of, decided_pairs, pairs_of, searchable
from pipeline.stores.times import micros

CLAIMS = "claims"
IN_A_WORD = ("L", "N", "Mn", "Mc", "Co")  # categories; the rest stands between words


def save_claims(
    cluster: Cluster,
    article: Article,
    claims: Sequence[Claim],
    *,
    now: Callable[[], datetime],
) -> None:
    """Make `claims` the current claims of the article, then keep the article with them."""
    fresh = {claim.id: claim for claim in claims}
    for _ in range(articles.TURNS):
        current = _current(cluster, article.id)
        # A slow process may bring the claims of an older version: kept, but not as current.
        late = bool(current) and articles.is_past(cluster, article)
        if late:  # what was carried into the newer version stays as it is
            fresh = {one: claim for one, claim in fresh.items() if key_of(one) not in current}
        refused = _write_claims(cluster, article, fresh, current, late=late)
        if refused is None:
            continue
        kept_ids = tuple(one for one in fresh if one not in refused)

        def also(held: Held, ids: tuple[str, ...] = kept_ids, late: bool = late) -> Held:
            if late:
                ids = tuple(one for one in held.claims if one not in ids)
            return replace(held, claims=ids)

        articles.keep(cluster, article, now=now, is_late=versions.is_older, also=also)
        return
    raise articles.contended(cluster, article.id)


def _current(cluster: Cluster, article_id: str) -> dict[str, Kept]:
    """Return the documents of the current claims: those the article names, and left-over ones.

    A process killed before it wrote the article leaves claims that only a search finds.
    """
    held = articles.held(cluster, article_id)
    if held is None:
        return {}
    query = {
        "bool": {"filter": [{"term": {"article_id": article_id}}, {"term": {"current": True}}]}
    }
    strays = [kept.id for kept in cluster.hits(CLAIMS, query, sort=["id"])]
    keys = dict.fromkeys([*(key_of(one) for one in held.claims), *strays])
    found = cluster.get_all((CLAIMS, key) for key in keys)
    return {kept.id: kept for kept in found.values() if kept.source["current"]}


def _write_claims(
    cluster: Cluster,
    article: Article,
    fresh: dict[str, Claim],
    current: dict[str, Kept],
    *,
    late: bool,
) -> set[str] | None:
    """Write the claims; return the ids of refused ones, or None when somebody was faster."""
    keys = {key_of(one): one for one in fresh}
    there = cluster.get_all((CLAIMS, key) for key in keys)
    writes: list[Write] = []
    for place, (key, claim_id) in enumerate(keys.items()):
        kept = there.get((CLAIMS, key))
        decisions = decisions_in(kept.source) if kept else []
        source = source_of(fresh[claim_id], article, decisions, place=place, current=not late)
        if kept is None or kept.source != source:
            writes.append(create_or_replace(kept, CLAIMS, key, source))
    if not late:
        gone = (kept for key, kept in current.items() if key not in keys)
        writes += [patch(kept, {"current": False}) for kept in gone]
    outcomes = cluster.write(writes)
    if Outcome.CONFLICT in outcomes:
        return None
    ended = zip(writes, outcomes, strict=True)
    return {keys[one.id] for one, outcome in ended if outcome is Outcome.REJECTED}


def claims(cluster: Cluster, article_id: str) -> list[Claim]:
    """Return the current claims of an article in order of appearance."""
    held = articles.held(cluster, article_id)
    if held is None:
        return []
    keys = [(CLAIMS, key_of(one)) for one in held.claims]
    there = cluster.get_all(keys)
    return in_order(loads(Claim, there[key].source["record"]) for key in keys if key in there)


def claim(cluster: Cluster, claim_id: str) -> Claim | None:
    """Return one claim, current or replaced; the start of an id does if it is the only one."""
    if not claim_id:
        return None
    kept = cluster.get(CLAIMS, key_of(claim_id))
    if kept is None:
        cluster.refresh(CLAIMS)
        starting = {"prefix": {"id": {"value": claim_id}}}
        found = list(cluster.hits(CLAIMS, starting, sort=["id"], limit=2))
        kept = found[0] if len(found) == 1 else None
    return loads(Claim, kept.source["record"]) if kept else None


def decisions(cluster: Cluster, claim_id: str) -> list[Decision]:
    """Return all decisions about a claim, by topic."""
    kept = cluster.get(CLAIMS, key_of(claim_id))
    return decisions_in(kept.source) if kept else []


# -- documents -----------------------------------------------------------------------------------


def source_of(
    claim: Claim, article: Article, decisions: Sequence[Decision], *, place: int, current: bool
) -> Source:
    """Return the document of a claim."""
    source: Source = {
        "id": claim.id,
        "article_id": article.id,
        "version": claim.version,
        "place": place,
        "current": current,
        "said_at": claim.said_at.isoformat(),
        "said_ms": millis(claim.said_at),
        "outlet": claim.outlet,
        "agencies": list(dict.fromkeys(agencies_of(claim, article))),
        "speaker": claim.speaker,
        "speaker_kind": claim.speaker_kind.value,
        "party": claim.party,
        "countries": list(claim.countries),
        "role": claim.role,
        "role_code": claim.role_code,
        "anonymous": claim.anonymous,
        "act": claim.act,
        "theme": claim.theme,
        "modality": claim.modality,
        "polarity": claim.polarity,
        "hedged": claim.hedged,
        "object": claim.object,
        "targets": list(claim.targets),
        "third_party": list(claim.third_party),
        "background": claim.background,
        "alert_worthy": claim.alert_worthy,
        "confidence": finite(claim.confidence),
        "depth": claim.depth,
        "hops": [hop.name for hop in claim.chain],
        "hop_kinds": [hop.kind.value for hop in claim.chain],
        "hop_count": len(claim.chain),
        "quote_type": claim.quote_type,
        "found_by": claim.found_by,
        "extractor": claim.extractor,
        "topics": list(claim.topics),
        "words": tokens(searchable(claim.text)),
        "title_words": tokens(searchable(article.title)),
        "text": claim.text,
        "title": article.title,
        "facets": tokens_of(pairs_of(claim, article)),
        "record": dumps(claim),
    }
    return with_decisions(source, decisions)


def with_decisions(source: Source, decisions: Iterable[Decision]) -> Source:
    """Return the document with these decisions added; of one topic the first stays."""
    known = decisions_in(source)
    for decision in decisions:
        if all(decision.topic != other.topic for other in known):
            known.append(decision)
    known.sort(key=lambda decision: decision.topic)
    facets = [*source["facets"], *tokens_of(pair for one in known for pair in decided_pairs(one))]
    return {
        **source,
        "decisions": [dumps(decision) for decision in known],
        "novelty": list(dict.fromkeys(decision.novelty.value for decision in known)),
        "reasons": list(dict.fromkeys(decision.reason for decision in known)),
        "keys": [coverage_key(one.topic, one.key) for one in known if one.key],
        "facets": list(dict.fromkeys(facets)),
    }


def decisions_in(source: Source) -> list[Decision]:
    """Return the decisions in a claim's document, by topic."""
    return [loads(Decision, decision) for decision in source.get("decisions", ())]


def coverage_key(topic: str, key: str) -> str:
    """Return under what the carriers of a proposition are found."""
    return f"{len(topic)}:{topic}{key}"


def tokens_of(pairs: Iterable[Pair]) -> list[str]:
    """Return the terms of filters' values; case, accents and the like do not count."""
    return list(dict.fromkeys(_token(kind, str(value)) for kind, value in pairs))


@lru_cache(maxsize=16_384)
def _token(kind: str, value: str) -> str:
    """Return the term of one value; the same few thousand come with nearly every claim."""
    return f"{kind}={fold(value)}"


def tokens(folded: str) -> str:
    """Return the words of a folded text with one space between them: what is indexed."""
    return " ".join(folded.translate(_BORDERS).split())


class _Borders(dict[int, str]):
    """What each character stands for: itself in a word, else a border. Filled as they come."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        inside = category[0] in IN_A_WORD or category in IN_A_WORD
        self[code] = chr(code) if inside else "\n"
        return self[code]


_BORDERS = _Borders()


def millis(moment: datetime) -> int:
    """Return a moment in whole milliseconds since 1970."""
    return micros(moment) // 1000


__all__ = [
    "claim",
    "claims",
    "coverage_key",
    "decisions",
    "decisions_in",
    "millis",
    "save_claims",
    "source_of",
    "tokens",
    "tokens_of",
    "with_decisions",
]
