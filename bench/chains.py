"""How to keep the hops of a chain: plain keywords, nested documents, or one flattened field.

    python -m bench.chains http://127.0.0.1:9200 --claims 50000

The same made-up chains (three hops) in an index of each kind, merged to one segment. Asked for:
a name anywhere in the chain; a name as a hop of a certain kind, which plain keywords answer from a
token that joins both; the most frequent names. Milliseconds as the node tells them (`took`).
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch

KINDS = ("outlet", "agency", "person", "government", "anonymous")
KEYWORD = {"type": "keyword"}
HOP = {"name": KEYWORD, "kind": KEYWORD, "joint": KEYWORD}
MAPPINGS: dict[str, Any] = {
    "plain": {"hops": KEYWORD, "hop_kinds": KEYWORD, "joint": KEYWORD},
    "nested": {"chain": {"type": "nested", "properties": HOP}},
    "flattened": {"chain": {"type": "flattened"}},
}
ASKED = 200


def chain(chance: random.Random) -> list[tuple[str, str]]:
    """Return the (name, kind) of each hop, the frequent ones first."""
    speaker = f"Speaker {min(int(chance.expovariate(0.02)), 999)}"
    return [
        (f"Outlet {chance.randrange(160)}", "outlet"),
        (f"Wire {min(int(chance.expovariate(0.4)), 19)}", "agency"),
        (speaker, chance.choice(KINDS[2:])),
    ]


def document(kind: str, hops: list[tuple[str, str]]) -> dict[str, Any]:
    if kind == "plain":
        joint = [f"{what}={name}" for name, what in hops]
        return {"hops": [n for n, _ in hops], "hop_kinds": [k for _, k in hops], "joint": joint}
    objects = [{"name": name, "kind": what, "joint": f"{what}={name}"} for name, what in hops]
    return {"chain": objects}


def questions(kind: str, name: str, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    joint = f"{what}={name}"
    if kind == "plain":
        yield "name", {"query": {"term": {"hops": name}}}
        yield "name of a kind", {"query": {"term": {"joint": joint}}}
        yield "top names", {"aggs": {"top": {"terms": {"field": "hops", "size": 20}}}}
    elif kind == "flattened":
        yield "name", {"query": {"term": {"chain.name": name}}}
        yield "name of a kind", {"query": {"term": {"chain.joint": joint}}}
        yield "top names", {"aggs": {"top": {"terms": {"field": "chain.name", "size": 20}}}}
    else:
        both = [{"term": {"chain.name": name}}, {"term": {"chain.kind": what}}]
        yield "name", {"query": {"nested": {"path": "chain", "query": both[0]}}}
        within = {"path": "chain", "query": {"bool": {"filter": both}}}
        yield "name of a kind", {"query": {"nested": within}}
        top = {"terms": {"field": "chain.name", "size": 20}}
        yield "top names", {"aggs": {"in": {"nested": {"path": "chain"}, "aggs": {"top": top}}}}


def load(client: Elasticsearch, kind: str, claims: int) -> None:
    index, chance, spent = f"chains-{kind}", random.Random(1), 0.0
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    mappings = {"dynamic": "strict", "properties": MAPPINGS[kind]}
    client.options(ignore_status=404).indices.delete(index=index)
    client.indices.create(index=index, mappings=mappings, settings=settings)
    for first in range(0, claims, 2_000):
        lines: list[dict[str, Any]] = []
        for number in range(first, min(first + 2_000, claims)):
            lines += [{"index": {"_id": str(number)}}, document(kind, chain(chance))]
        began = time.perf_counter()
        client.bulk(index=index, operations=lines)
        spent += time.perf_counter() - began
    client.options(request_timeout=300).indices.forcemerge(index=index, max_num_segments=1)
    client.indices.refresh(index=index)
    told = client.indices.stats(index=index, metric="store,docs")["indices"][index]["primaries"]
    size, rows = told["store"]["size_in_bytes"], told["docs"]["count"]
    speed, each = claims / spent, size / claims
    print(f"{kind:10} {speed:8,.0f} claims/s  {each:6.0f} bytes a claim, {rows} rows")


def ask(client: Elasticsearch, kind: str) -> None:
    chance, took = random.Random(2), dict[str, list[int]]()
    for _ in range(ASKED):
        name, what = chance.choice(chain(chance))
        for label, body in questions(kind, name, what):
            answer = client.search(
                index=f"chains-{kind}", size=20, request_cache=False, track_total_hits=True, **body
            )
            took.setdefault(label, []).append(answer["took"])
    for label, times in took.items():
        cuts = statistics.quantiles(times, n=20)
        print(f"{kind:10} {label:15} p50 {cuts[9]:5.1f} ms  p95 {cuts[18]:5.1f} ms")


def main() -> None:
    """Load, measure and ask each kind, then remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--claims", type=int, default=50_000)
    options = parser.parse_args()
    with Elasticsearch(options.url, request_timeout=60) as client:
        for kind in MAPPINGS:
            load(client, kind, options.claims)
        for kind in MAPPINGS:
            ask(client, kind)
            client.indices.delete(index=f"chains-{kind}")


if __name__ == "__main__":
    main()
