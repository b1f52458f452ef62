"""The searches that Kibana's panels come down to: from a panel's body to Elasticsearch's query DSL.

Lens does the same: KQL and the time range become a filter, what splits a chart becomes nested
aggregations, what is shown becomes metrics in the innermost. Only what our panels use is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Body = dict[str, Any]

_TOKEN = re.compile(r'"[^"]*"|>=|<=|[:()<>]|[^\s:()<>"]+')
_RANGES = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


@dataclass(frozen=True)
class Layer:
    """One data source with what is shown of it."""

    index: str
    time_field: str | None
    kql: str
    buckets: tuple[Body, ...]  # outermost first
    metrics: tuple[Body, ...]

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield every field it names, and what is done with it."""
        for bucket in self.buckets:
            for name in bucket.get("fields", [bucket.get("field")]):
                yield name, bucket["operation"]
        for metric in self.metrics:
            if "field" in metric:
                yield metric["field"], metric["operation"]
        for name in fields_of(self.kql):
            yield name, "filter"
        if self.time_field:
            yield self.time_field, "date_histogram"


def layers(panel: Body) -> list[Layer]:
    """Return the layers of a panel; all kinds but xy have one."""
    config = panel["config"]
    kql = config.get("query", {}).get("expression", "")
    parts = config["layers"] if config["type"] == "xy" else [config]
    return [_layer(part, kql) for part in parts]


def _layer(part: Body, kql: str) -> Layer:
    source = part["data_source"]
    assert source["type"] == "data_view_spec"
    buckets = [*part.get("rows", [])]
    buckets += [part[axis] for axis in ("x", "breakdown_by") if axis in part]
    # Lens splits into series first, then each over time: the biggest series are the same all along.
    buckets.sort(key=lambda bucket: bucket["operation"] == "date_histogram")
    y = part.get("y", [])
    buckets += [y] if isinstance(y, dict) else []
    metrics = [*part.get("metrics", [])] + ([part["metric"]] if "metric" in part else [])
    metrics += y if isinstance(y, list) else []
    return Layer(
        source["index_pattern"], source.get("time_field"), kql, tuple(buckets), tuple(metrics)
    )


def search(layer: Layer, since: str, until: str) -> Body:
    """Return the body of the search for one layer within a time range."""
    filters = [clause(layer.kql)] if layer.kql else []
    if layer.time_field:
        filters.append({"range": {layer.time_field: {"gte": since, "lte": until}}})
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": filters}},
        "aggs": _nested(layer.buckets, layer.metrics),
    }


def _nested(buckets: tuple[Body, ...], metrics: tuple[Body, ...]) -> Body:
    if not buckets:
        return {
            str(n): _metric(one) for n, one in enumerate(metrics) if one["operation"] != "count"
        }
    inner = _nested(buckets[1:], metrics)
    return {"split": _bucket(buckets[0]) | ({"aggs": inner} if inner else {})}


def _bucket(bucket: Body) -> Body:
    if bucket["operation"] == "date_histogram":
        every = {"fixed_interval": bucket["suggested_interval"]}
        return {"date_histogram": {"field": bucket["field"], "min_doc_count": 1, **every}}
    [name] = bucket["fields"]
    ranked = bucket.get("rank_by")
    order = {"order": {"_key": ranked["direction"]}} if ranked else {}
    return {"terms": {"field": name, "size": bucket["limit"], **order}}


def _metric(metric: Body) -> Body:
    field = {"field": metric["field"]}
    match metric["operation"]:
        case "unique_count":
            return {"cardinality": field}
        case "median":
            return {"percentiles": {**field, "percents": [50]}}
        case "percentile":
            return {"percentiles": {**field, "percents": [metric["percentile"]]}}
        case operation:
            return {operation: field}


# -- KQL ----------------------------------------------------------------------------------------


def clause(kql: str) -> Body:
    """Return the query for an expression of `and`, `not`, `field: value`, `field > number`."""
    tokens = _TOKEN.findall(kql)
    made = _and(tokens)
    assert not tokens, f"not understood: {tokens} in {kql!r}"
    return made


def fields_of(kql: str) -> set[str]:
    """Return the fields that an expression names."""
    tokens = _TOKEN.findall(kql)
    marks = (":", *_RANGES)
    return {one for one, after in pairwise(tokens) if after in marks}


def _and(tokens: list[str]) -> Body:
    parts = [_not(tokens)]
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        parts.append(_not(tokens))
    return parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}


def _not(tokens: list[str]) -> Body:
    if tokens[0] == "not":
        tokens.pop(0)
        return {"bool": {"must_not": [_not(tokens)]}}
    name, mark = tokens.pop(0), tokens.pop(0)
    if mark in _RANGES:
        return {"range": {name: {_RANGES[mark]: float(tokens.pop(0))}}}
    assert mark == ":", mark
    return _value(name, tokens)


def _value(name: str, tokens: list[str]) -> Body:
    value = tokens.pop(0)
    if value == "*":
        return {"exists": {"field": name}}
    if value != "(":
        return {"term": {name: value.strip('"')}}
    values = [tokens.pop(0).strip('"')]
    while (mark := tokens.pop(0)) == "or":
        values.append(tokens.pop(0).strip('"'))
    assert mark == ")", mark
    return {"terms": {name: values}}
