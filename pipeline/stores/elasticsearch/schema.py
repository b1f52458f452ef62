"""The indices: templates with strict mappings (indices/*.json), each index behind an alias.

PREFIX-articles is the alias, PREFIX-articles-v1 the index it stands for. A change of a mapping
is a new number in `VERSION`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.errors import StoreError
from pipeline.stores.documents import decode
from pipeline.stores.elasticsearch.cluster import Cluster

VERSION = 1
INDICES = (
    "articles", "versions", "claims", "propositions", "positions", "contradictions", "alerts",
    "deliveries", "feeds", "polls", "sketches", "state", "dead",
)  # fmt: skip


@cache
def template(index: str) -> dict[str, Any]:
    """Return the settings and mappings of an index, as its file has them."""
    file = files(__package__) / "indices" / f"{index}.json"
    found: dict[str, Any] = decode(file.read_text("utf-8"))
    return found


def prepare(cluster: Cluster) -> None:
    """Make the templates, indices and aliases that are missing.

    Raises:
        StoreError: the indices are of a newer program.
    """
    there = _aliased(cluster)
    newest = max((number for number in there.values()), default=0)
    if newest > VERSION:
        raise StoreError(
            f"newer than this program (indices v{newest}, this program knows v{VERSION}): "
            "install the newer program, or choose another prefix",
            subject=cluster.url,
        )
    for index in INDICES:
        if index not in there:
            _create(cluster, index)


def _aliased(cluster: Cluster) -> dict[str, int]:
    """Return the version of each of our indices that has its alias."""
    answer = cluster.ask(
        lambda client: client.indices.get_alias(
            index=f"{cluster.prefix}-*-v*", allow_no_indices=True
        )
    )
    found: dict[str, int] = {}
    for name, about in answer.body.items():
        for alias in about["aliases"]:
            index = alias.removeprefix(f"{cluster.prefix}-")
            if index in INDICES:
                number = name.removeprefix(f"{alias}-v")
                found[index] = int(number) if number.isdecimal() else 0
    return found


def _create(cluster: Cluster, index: str) -> None:
    alias, made = cluster.name(index), template(index)
    cluster.ask(
        lambda client: client.indices.put_index_template(
            name=alias, index_patterns=[f"{alias}-v*"], template=made, version=VERSION
        )
    )
    try:
        cluster.ask(
            lambda client: client.indices.create(
                index=f"{alias}-v{VERSION}", aliases={alias: {"is_write_index": True}}
            )
        )
    except StoreError as error:
        # Another process was faster: the index and its alias appear together.
        if "resource_already_exists" not in error.message:
            raise


__all__ = ["INDICES", "VERSION", "prepare", "template"]
