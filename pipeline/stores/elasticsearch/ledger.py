"""What compare reads and writes: the ledger, comparisons, coverage.

A comparison changes several documents, and a process may be killed between any two of them.
What is left half-written would make the next run take an article's own statements for repeats.
So the whole comparison is written down first, as one document (the intent), then carried out,
then the article's stage, and last the intent is deleted. Whoever compares next finishes what
is written down before reading anything: `finish`. Carrying out twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from pipeline.questions import tags_of
from pipeline.records import (
    Comparison,
    Contradiction,
    Coverage,
    Decision,
    Position,
    Proposition,
    stable_id,
)
from pipeline.stores.carriers import coverage_of
from pipeline.stores.documents import dumps, loads
from pipeline.stores.elasticsearch import alerts, articles, claims, diary, lookalikes, versions
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Kept,
    Outcome,
    Source,
    create,
    create_or_replace,
    delete,
    key_of,
    mended,
    replace_kept,
)
from pipeline.stores.elasticsearch.state import STATE
from pipeline.stores.elasticsearch.versions import Held
from pipeline.stores.times import micros

PROPOSITIONS, POSITIONS, CONTRADICTIONS = "propositions", "positions", "contradictions"
INTENT = "comparison"  # `_id` of the one comparison that is being written
MOST_CARRIERS = 60_000  # articles counted for one proposition
LONG = ("record", "claims", "title", "url", "compared", "fingerprint")  # counting needs none of it

Now = Callable[[], datetime]


# -- reading ---------------------------------------------------------------------------------


def _without(field: str, conditions: list[Source]) -> Source:
    return {"bool": {"filter": conditions, "must_not": [{"exists": {"field": field}}]}}


def positions(
    cluster: Cluster,
    *,
    topic: str | None,
    party: str | None,
    issue: str | None,
    history: bool,
) -> list[Position]:
    """Return positions by topic, issue and party, each party's oldest first."""
    wanted = {"topic": topic, "party": party, "issue": issue}
    asked: list[Source] = [{"term": {k: v}} for k, v in wanted.items() if v is not None]
    query = {"bool": {"filter": asked}} if history else _without("until", asked)
    cluster.refresh(POSITIONS)
    found = cluster.hits(POSITIONS, query, sort=["topic", "issue", "party", "since_us", "id"])
    return [loads(Position, kept.source["record"]) for kept in found]


def contradictions(cluster: Cluster, *, topic: str | None, closed: bool) -> list[Contradiction]:
    """Return contradictions, newest first."""
    asked: list[Source] = [{"term": {"topic": topic}}] if topic is not None else []
    query = {"bool": {"filter": asked}} if closed else _without("closed", asked)
    cluster.refresh(CONTRADICTIONS)
    found = cluster.hits(CONTRADICTIONS, query, sort=[{"opened_us": "desc"}, "id"])
    return [loads(Contradiction, kept.source["record"]) for kept in found]


def coverage(cluster: Cluster, topic: str, key: str) -> Coverage:
    """Return who carried a proposition: outlets by name, origins by number of articles."""
    cluster.refresh(claims.CLAIMS)
    return coverages(cluster, [(topic, key)])[topic, key]


def coverages(
    cluster: Cluster, asked: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Coverage]:
    """Return who carried each of these propositions (topic, key), in few requests.

    A copy counts for the agency it credits; without one, for what its first article was:
    that one's agency, or its outlet's own reporting.
    """
    pairs = list(dict.fromkeys(asked))
    counted = {"articles": {"terms": {"field": "article_id", "size": MOST_CARRIERS}}}
    searches = [
        (claims.CLAIMS, {"term": {"keys": claims.coverage_key(*pair)}}, counted)
        for pair in pairs
        if pair[1]
    ]
    found = iter(cluster.figures(searches))
    carriers = {
        pair: [one["key"] for one in next(found)[1]["articles"]["buckets"]] if pair[1] else []
        for pair in pairs
    }
    sources = articles.bare_articles(
        cluster, {one: None for ids in carriers.values() for one in ids}, without=LONG
    )
    firsts = (source["origin"] for source in list(sources.values()) if source["origin"])
    others = (one for one in firsts if one not in sources)
    sources |= articles.bare_articles(cluster, others, without=LONG)
    return {pair: _coverage(ids, sources) for pair, ids in carriers.items()}


def _coverage(article_ids: Iterable[str], sources: Mapping[str, Source]) -> Coverage:
    found = [sources[one] for one in article_ids if one in sources]
    return coverage_of((s["outlet"], _origin(s, sources.get(s["origin"]))) for s in found)


def _origin(source: Source, first: Source | None) -> str:
    agency = source["agency"]
    if agency is None and first is not None:
        agency = first["agency"]
    own = first if first is not None else source
    return str(agency) if agency is not None else f"own reporting: {own['outlet']}"


# -- writing -----------------------------------------------------------------------------------


def save_comparison(cluster: Cluster, comparison: Comparison, *, now: Now) -> None:
    """Keep all of a comparison, or what `finish` completes; repeated it changes nothing.

    Alerts, outbox rows and decisions already there stay as they are; propositions, positions
    and contradictions become what the comparison says.
    """
    if comparison.at is None:  # whoever finishes it writes the same line into the diary
        comparison = replace(comparison, at=now())
    # Everything that can be wrong with it is found before the first write.
    record, digest = dumps(comparison), _digest(comparison)
    alerts.creations(cluster, comparison.alerts, comparison.deliveries)
    alerts.check_repeated(cluster, comparison)
    if _is_compared(articles.held(cluster, comparison.article.id), digest):
        _keep_article(cluster, comparison, digest, now)
        return
    source = {"kind": "intent", "name": digest, "record": record}
    while cluster.must_write([create(STATE, INTENT, source)]) == [Outcome.CONFLICT]:
        kept = cluster.get(STATE, INTENT)
        if kept is not None and kept.source["name"] == digest:
            break  # ours, from an attempt whose answer was lost
        finish(cluster, now=now)
    finish(cluster, now=now)


def finish(cluster: Cluster, *, now: Now) -> None:
    """Carry out the comparison that is written down, if there is one."""
    kept = cluster.get(STATE, INTENT)
    if kept is None:
        return
    comparison = loads(Comparison, kept.source["record"])
    digest = kept.source["name"]
    if not _is_compared(articles.held(cluster, comparison.article.id), digest):
        while not _carry_out(cluster, comparison):
            if not _is_still(cluster, kept):
                return  # another process has finished it
    if _is_still(cluster, kept):
        _keep_article(cluster, comparison, digest, now)
        cluster.write([delete(kept)])


def _is_still(cluster: Cluster, intent: Kept) -> bool:
    now = cluster.get(STATE, INTENT)
    return now is not None and now.seq_no == intent.seq_no


def _is_compared(held: Held | None, digest: str) -> bool:
    return held is not None and held.compared == digest


def _digest(comparison: Comparison) -> str:
    """Return the id of what compare found (not of the article, which is kept every time)."""
    found = (
        *((comparison.sketch,) if comparison.sketch else ()),
        *comparison.decisions,
        *comparison.propositions,
        *comparison.positions,
        *comparison.contradictions,
        *comparison.alerts,
        *comparison.deliveries,
        *comparison.claims,
    )
    records = (mended(dumps(one)) for one in found)
    return stable_id(str(comparison.article.version), *records, *comparison.repeated)


def _keep_article(cluster: Cluster, comparison: Comparison, digest: str, now: Now) -> None:
    articles.keep(
        cluster,
        comparison.article,
        now=now,
        is_late=versions.is_older,
        also=lambda held: replace(held, compared=digest),
    )


def _carry_out(cluster: Cluster, comparison: Comparison) -> bool:
    """Write everything but the article; False when a document was changed by somebody else."""
    wanted = _ledger_sources(comparison)
    decided = _by_claim(comparison.decisions)
    there = cluster.get_all([*wanted, *decided])
    writes = [
        create_or_replace(there.get(key), *key, source)
        for key, source in wanted.items()
        if key not in there or there[key].source != source
    ]
    for key, decisions in decided.items():
        kept = there.get(key)
        if kept is not None and kept.source["article_id"] == comparison.article.id:
            source = claims.with_decisions(kept.source, decisions)
            writes += [replace_kept(kept, source)] if source != kept.source else []
    told, rows = alerts.creations(cluster, comparison.alerts, comparison.deliveries)
    if comparison.sketch is not None:
        writes.append(lookalikes.sketch_write(comparison.article, comparison.sketch))
    # What the cluster refuses for good is a dead letter: it must not stop all later comparisons.
    outcomes = cluster.write([*writes, *told, *rows, *diary.comparison_writes(cluster, comparison)])
    for alert_id in comparison.repeated:
        alerts.fold(cluster, alert_id, comparison.article.id)
    return Outcome.CONFLICT not in outcomes[: len(writes)]


def _by_claim(decisions: Iterable[Decision]) -> dict[tuple[str, str], list[Decision]]:
    found: dict[tuple[str, str], list[Decision]] = {}
    for decision in decisions:
        found.setdefault((claims.CLAIMS, key_of(decision.claim_id)), []).append(decision)
    return found


def _ledger_sources(comparison: Comparison) -> dict[tuple[str, str], Source]:
    sources: dict[tuple[str, str], Source] = {}
    found: list[Proposition | Position | Contradiction] = [
        *comparison.propositions,
        *comparison.positions,
        *comparison.contradictions,
    ]
    for one in found:
        index, key, source = document_of(one)
        sources[index, key] = source
    return sources


def document_of(one: Proposition | Position | Contradiction) -> tuple[str, str, Source]:
    """Return index, `_id` and document of a part of the ledger."""
    if isinstance(one, Proposition):
        return PROPOSITIONS, key_of(one.id), _proposition_source(one)
    if isinstance(one, Position):
        return POSITIONS, key_of(one.id), _position_source(one)
    return CONTRADICTIONS, key_of(one.id), _contradiction_source(one)


def _proposition_source(proposition: Proposition) -> Source:
    return {
        "id": proposition.id,
        "topic": proposition.topic,
        "issue": proposition.issue,
        "key": proposition.key,
        "party": proposition.party,
        "act": proposition.act,
        "day": proposition.day or None,
        "tags": list(tags_of(proposition.party, proposition.voices)),
        "first_us": micros(proposition.first_stated),
        "last_us": micros(proposition.last_stated),
        "times": proposition.times,
        "first": proposition.first_stated.isoformat(),
        "last": proposition.last_stated.isoformat(),
        "text": proposition.text,
        "record": dumps(proposition),
    }


def _position_source(position: Position) -> Source:
    return {
        "id": position.id,
        "topic": position.topic,
        "issue": position.issue,
        "party": position.party,
        "act": position.act,
        "modality": position.modality,
        "speaker": position.speaker,
        "claim_id": position.claim_id,
        "times": position.times,
        "since": position.since.isoformat(),
        "since_us": micros(position.since),
        "until": position.until and position.until.isoformat(),
        "text": position.text,
        "record": dumps(position),
    }


def _contradiction_source(contradiction: Contradiction) -> Source:
    return {
        "id": contradiction.id,
        "topic": contradiction.topic,
        "issue": contradiction.issue,
        "party_a": contradiction.party_a,
        "party_b": contradiction.party_b,
        "act_a": contradiction.act_a,
        "act_b": contradiction.act_b,
        "claim_a": contradiction.claim_a,
        "claim_b": contradiction.claim_b,
        "opened": contradiction.opened.isoformat(),
        "opened_us": micros(contradiction.opened),
        "closed": contradiction.closed and contradiction.closed.isoformat(),
        "reason": contradiction.reason,
        "record": dumps(contradiction),
    }


__all__ = [
    "contradictions",
    "coverage",
    "coverages",
    "document_of",
    "finish",
    "positions",
    "save_comparison",
]
