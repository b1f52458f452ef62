"""Sketches of texts, and who shares a band with one."""

from __future__ import annotations

from pipeline.records import Article, Sketch
from pipeline.stores.documents import dumps, loads
from pipeline.stores.elasticsearch.articles import bare_articles
from pipeline.stores.elasticsearch.cluster import Cluster, Source, Write, key_of, put
from pipeline.stores.elasticsearch.versions import article_of
from pipeline.stores.times import micros

SKETCHES = "sketches"


def sketch_write(article: Article, sketch: Sketch) -> Write:
    """Return the write of an article's sketch, in place of an earlier one."""
    source = {
        "article_id": article.id,
        "at": micros(article.when),
        "bands": list(sketch.bands),
        "record": dumps(sketch),
    }
    return put(SKETCHES, key_of(article.id), source)


def lookalikes(cluster: Cluster, sketch: Sketch, limit: int) -> list[tuple[Article, Sketch]]:
    """Return the `limit` oldest other articles that share a band with `sketch`."""
    if not sketch.bands:
        return []
    query: Source = {
        "bool": {
            "filter": [{"terms": {"bands": list(sketch.bands)}}],
            "must_not": [{"term": {"article_id": sketch.article_id}}],
        }
    }
    cluster.refresh(SKETCHES)
    found = list(cluster.hits(SKETCHES, query, sort=["at", "article_id"], limit=limit))
    sources = bare_articles(cluster, (kept.source["article_id"] for kept in found))
    return [
        (article_of(sources[kept.source["article_id"]]), loads(Sketch, kept.source["record"]))
        for kept in found
        if kept.source["article_id"] in sources
    ]


__all__ = ["lookalikes", "sketch_write"]
