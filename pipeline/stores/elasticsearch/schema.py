"""The indices: templates with strict mappings (indices/*.json), each index behind an alias.

PREFIX-articles is the alias, PREFIX-articles-v1 the index it stands for. A new field is added to
the index that is there. Any other change of a mapping is a new `version` in the file's `_meta`,
and `migration` moves the documents; until then this program works with the index as it is, down
to the version `oldest`.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.errors import StoreError
from pipeline.stores.documents import decode
from pipeline.stores.elasticsearch.cluster import Cluster, Source

INDICES = (
    "articles", "versions", "claims", "propositions", "positions", "contradictions", "alerts",
    "deliveries", "changes", "feeds", "polls", "sketches", "state", "dead",
)  # fmt: skip
OURS = "truceline_"  # begins the names of our analyzers


@dataclass(frozen=True, slots=True)
class Index:
    """An index behind its alias, as it is in the cluster."""

    name: str
    version: int
    mappings: Source

    @property
    def knows_languages(self) -> bool:
        """Whether its words are kept in the analysis of languages too."""
        return any(map(_is_of_languages, self.mappings.get("properties", {}).values()))


@cache
def _file(name: str) -> Source:
    file = files(__package__) / "indices" / f"{name}.json"
    found: Source = decode(file.read_text("utf-8"))
    return found


def template(index: str, *, languages: bool = True) -> dict[str, Any]:
    """Return the settings and mappings of an index; without `languages` for a bare cluster."""
    made = deepcopy(_file(index))
    fields = made["mappings"]["properties"]
    if not any(map(_is_of_languages, fields.values())):
        return made
    if languages:
        made["settings"]["analysis"] = _file("analysis")
    else:
        made["mappings"]["properties"] = _plain(fields)
    return made


def _is_of_languages(field: Source) -> bool:
    return any(one.get("analyzer", "").startswith(OURS) for one in field.get("fields", {}).values())


def _plain(fields: Source) -> Source:
    """Return fields without what needs the analysis of languages."""
    return {
        name: {key: value for key, value in field.items() if key != "fields"}
        if _is_of_languages(field)
        else field
        for name, field in fields.items()
    }


def version_of(index: str) -> int:
    """Return the newest version of an index."""
    return int(_file(index)["mappings"]["_meta"].get("version", 1))


def oldest_of(index: str) -> int:
    """Return the oldest version of an index that this program can work with."""
    return int(_file(index)["mappings"]["_meta"].get("oldest", 1))


def has_languages(cluster: Cluster) -> bool:
    """Tell whether the cluster has every part our analyzers are made of; a bare node has not."""
    analysis = _file("analysis")
    try:
        for made in analysis["analyzer"].values():
            parts = {
                "char_filter": [analysis["char_filter"][one] for one in made["char_filter"]],
                "filter": [analysis["filter"].get(one, one) for one in made["filter"]],
            }
            cluster.ask(
                lambda client, parts=parts: client.indices.analyze(  # type: ignore[misc]  # bound for this turn
                    tokenizer="standard", text="a", **parts
                )
            )
    except StoreError as error:
        if error.retryable:
            raise
        return False
    return True


# -- making them ---------------------------------------------------------------------------------


def prepare(cluster: Cluster, *, behind: bool = False) -> None:
    """Make the templates, indices, aliases and fields that are missing.

    `behind`: also indices are fine that this program cannot work with before they are migrated.

    Raises:
        StoreError: the indices are of a newer program, or must be migrated first.
    """
    there = indices(cluster)
    for index, found in there.items():
        if found.version > version_of(index):
            raise StoreError(
                f"newer than this program ({found.name}, this program knows v{version_of(index)}): "
                "install the newer program, or choose another prefix",
                subject=cluster.url,
            )
        if found.version < oldest_of(index) and not behind:
            raise StoreError(
                f"{found.name} is of an older program: run `truceline store migrate`, which "
                "needs no pause of a watch that runs",
                subject=cluster.url,
            )
        _add_fields(cluster, index, found)
    missing = [index for index in INDICES if index not in there]
    put_templates(cluster, missing)
    for index in missing:
        create(cluster, index, aliased=True)


def indices(cluster: Cluster) -> dict[str, Index]:
    """Return what stands behind each of our aliases."""
    answer = cluster.ask(
        lambda client: client.indices.get(
            index=f"{cluster.prefix}-*-v*", allow_no_indices=True, features="aliases,mappings"
        )
    )
    found: dict[str, Index] = {}
    for name, about in answer.body.items():
        for alias in about["aliases"]:
            index = alias.removeprefix(f"{cluster.prefix}-")
            if index in INDICES:
                found[index] = Index(name, number_of(name), about["mappings"])
    return found


def number_of(name: str) -> int:
    """Return the version in the name of an index; 0 when it has none."""
    number = name.rpartition("-v")[2]
    return int(number) if number.isdecimal() else 0


def name_of(cluster: Cluster, index: str) -> str:
    """Return the name of the newest version of an index."""
    return f"{cluster.name(index)}-v{version_of(index)}"


def _add_fields(cluster: Cluster, index: str, found: Index) -> None:
    """Add new fields to an index that is there: strict, it would refuse documents with them."""
    made = template(index, languages=found.knows_languages)["mappings"]["properties"]
    known = found.mappings.get("properties", {})
    fresh = {name: field for name, field in made.items() if name not in known}
    if not fresh:
        return
    if not found.knows_languages:
        fresh = _plain(fresh)
    try:
        cluster.ask(lambda client: client.indices.put_mapping(index=found.name, properties=fresh))
    except StoreError as error:
        if error.retryable:
            raise
        raise StoreError(
            f"{found.name} lacks the fields {', '.join(fresh)} and they cannot be added "
            f"({error.message}): run `truceline store init` as a user who may",
            subject=cluster.url,
        ) from error


def put_templates(cluster: Cluster, wanted: Iterable[str] = INDICES) -> None:
    """Make or renew templates: what an index will be that is created from now on."""
    wanted = list(wanted)
    languages = has_languages(cluster) if wanted else False
    for index in wanted:
        alias, made = cluster.name(index), template(index, languages=languages)
        cluster.ask(
            lambda client, index=index, alias=alias, made=made: (  # type: ignore[misc]  # bound for this turn
                client.indices.put_index_template(
                    name=alias,
                    index_patterns=[f"{alias}-v*"],
                    template=made,
                    version=version_of(index),
                    # A late write to an index that was removed must not bring it back.
                    allow_auto_create=False,
                )
            )
        )


def create(cluster: Cluster, index: str, *, aliased: bool) -> None:
    """Make the newest version of an index by its template, unless it is there."""
    alias = cluster.name(index)
    try:
        cluster.ask(
            lambda client: client.indices.create(
                index=name_of(cluster, index),
                aliases={alias: {"is_write_index": True}} if aliased else {},
            )
        )
    except StoreError as error:
        # Another process was faster: the index and its alias appear together.
        if "resource_already_exists" not in error.message:
            raise


__all__ = [
    "INDICES",
    "Index",
    "create",
    "has_languages",
    "indices",
    "name_of",
    "number_of",
    "oldest_of",
    "prepare",
    "put_templates",
    "template",
    "version_of",
]
