"""How much there is."""

from __future__ import annotations

from pipeline.records import Counts, DeliveryState, Stage
from pipeline.stores.elasticsearch.cluster import DEAD, Cluster, Source

ALL: Source = {"match_all": {}}
_ARTICLES: Source = {
    "stages": {"terms": {"field": "stage", "size": len(Stage)}},
    "matched": {"filter": {"term": {"matched": True}}},
    "versions": {"sum": {"field": "version"}},
    "claims": {"sum": {"field": "claim_count"}},
}


def counts(cluster: Cluster) -> Counts:
    """Count what is current: claims not replaced, positions held, contradictions open."""
    cluster.refresh("feeds", "articles", "positions", "contradictions", "alerts", "deliveries")
    feeds, articles, positions, contradictions, alerts, deliveries = cluster.figures(
        [
            ("feeds", ALL, {}),
            ("articles", ALL, _ARTICLES),
            ("positions", _without("until"), {}),
            ("contradictions", _without("closed"), {}),
            ("alerts", ALL, {}),
            ("deliveries", {"term": {"state": DeliveryState.PENDING.value}}, {}),
        ]
    )
    figures = articles[1]
    stages = {one["key"]: one["doc_count"] for one in figures["stages"]["buckets"]}
    names = [stage.value for stage in Stage if stage is not Stage.DONE]
    return Counts(
        feeds=feeds[0],
        articles=articles[0],
        versions=int(figures["versions"]["value"]),
        matched=figures["matched"]["doc_count"],
        claims=int(figures["claims"]["value"]),
        positions=positions[0],
        contradictions=contradictions[0],
        alerts=alerts[0],
        pending={name: stages.get(name, 0) for name in names} | {"deliveries": deliveries[0]},
    )


def _without(field: str) -> Source:
    return {"bool": {"must_not": [{"exists": {"field": field}}]}}


def check(cluster: Cluster) -> list[str]:
    """Return what is wrong with the cluster or its content; an empty list when nothing is."""
    health = cluster.ask(lambda client: client.cluster.health(index=f"{cluster.prefix}-*"))
    found = []
    if health["status"] == "red":
        found.append(f"{health['unassigned_shards']} parts of the indices are on no node")
    cluster.refresh(DEAD)
    ((letters, _),) = cluster.figures([(DEAD, ALL, {})])
    if letters:
        found.append(f"{letters} documents were refused; the reasons are in {cluster.name(DEAD)}")
    return found


__all__ = ["check", "counts"]
