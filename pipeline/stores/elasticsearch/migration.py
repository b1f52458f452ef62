"""Moves the documents of an index to the newest version of its mapping, while work goes on.

All in the client, as a bare node has no re-index: read from a point in time, written in bulks.

1. Copy, in the order of sequence numbers, and again what was written meanwhile, until little is.
   How far it is sure to have come is noted after every page, so a killed migration goes on.
2. Compare every document with its copy.
3. Stop writing to the old index (writers wait, readers do not notice), copy the rest and compare
   that too, and both sides' counts; then the alias changes sides in one step.

A write over a document names the index the document was read from. So one that was decided before
the alias changed sides is decided again, and never meets an equal number in the new index.
The old index stays, closed to writing, until `drop_replaced` or the cluster's own policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from pipeline.errors import StoreError
from pipeline.records import Proposition, stable_id
from pipeline.stores.documents import decode, encode, loads
from pipeline.stores.elasticsearch import ledger, lifecycle, schema, state
from pipeline.stores.elasticsearch.cluster import Cluster, Source
from pipeline.stores.elasticsearch.writes import Kept, mended
from pipeline.stores.layout import Moved, Show
from pipeline.stores.parts import Sum

PAGE = 1_000
FEW = 500  # documents; so many are copied in a moment, while writers wait
MOST_ROUNDS = 20  # of copying what was written meanwhile; then writers have to wait longer
KEEP_ALIVE = "5m"
NOTE = "migration of "


def _same(source: Source) -> Source:
    return source


def _proposition(source: Source) -> Source:
    return ledger.document_of(loads(Proposition, source["record"]))[2]


# What a document becomes, where fields beside the record are new or made in another way.
MADE: dict[str, Callable[[Source], Source]] = {ledger.PROPOSITIONS: _proposition}


@dataclass
class Move:
    """One index on its way. `sure` is up to which number of each shard everything is copied."""

    cluster: Cluster
    index: str
    old: str
    new: str
    show: Show
    shards: int = 1
    total: int = 0
    done: int = 0
    ids: tuple[str, str] = ("", "")  # of both indices: a note about others is worth nothing
    sure: dict[int, int] = field(default_factory=dict)

    def ask(self, request: Any) -> Any:
        """Make one request; see `Cluster.ask`."""
        return self.cluster.ask(request)


def migrate(cluster: Cluster, *, show: Show) -> list[Moved]:
    """Bring every index to its newest version; return what was moved.

    Raises:
        StoreError: the cluster failed, or both sides differ; the same call again goes on.
    """
    schema.put_templates(cluster)
    moved = []
    for index, found in schema.indices(cluster).items():
        if found.version < schema.version_of(index):
            moved.append(_move(cluster, index, found, show))
    return moved


def _move(cluster: Cluster, index: str, found: schema.Index, show: Show) -> Moved:
    schema.create(cluster, index, aliased=False)
    move = Move(cluster, index, found.name, schema.name_of(cluster, index), show)
    _recall(move)
    _catch_up(move)
    found_there = _compared(move)
    try:
        _close(cluster, move.old, close=True)
        both = _finish(move, found_there)
        _switch(move)
    except BaseException:
        if move.old in cluster.ask(lambda c: c.indices.get_alias(name=cluster.name(index))):
            _close(cluster, move.old, close=False)
        raise
    state.save_note(cluster, NOTE + index, "")
    return Moved(index, found.version, schema.version_of(index), both.count, both.digest)


# -- how far it is ------------------------------------------------------------------------------


def _recall(move: Move) -> None:
    """Take up what a killed migration noted, if it was about these two indices."""
    told = move.ask(lambda client: client.indices.get_settings(index=[move.old, move.new]))
    settings = {name: told[name]["settings"]["index"] for name in (move.old, move.new)}
    move.ids = (settings[move.old]["uuid"], settings[move.new]["uuid"])
    move.shards = int(settings[move.old]["number_of_shards"])
    noted: Source = decode(state.note(move.cluster, NOTE + move.index) or "{}")
    known = noted.get("sure", {}) if noted.get("ids") == list(move.ids) else {}
    move.sure = {shard: int(known.get(str(shard), -1)) for shard in range(move.shards)}


def _remember(move: Move) -> None:
    if move.index != state.STATE:  # a note in what is being moved would never come to an end
        noted = encode({"ids": move.ids, "sure": move.sure})
        state.save_note(move.cluster, NOTE + move.index, noted)


def _settled(move: Move) -> dict[int, int]:
    """Return up to which number each shard has everything, on every copy: what cannot go back."""
    told = move.ask(
        lambda client: client.indices.stats(
            index=move.old, level="shards", filter_path="indices.*.shards.*.seq_no,"
            "indices.*.shards.*.routing.primary",
        )
    )  # fmt: skip
    found = {}
    for shard, copies in told["indices"][move.old]["shards"].items():
        (primary,) = (one for one in copies if one["routing"]["primary"])
        found[int(shard)] = int(primary["seq_no"]["global_checkpoint"])
    return found


# -- copying ------------------------------------------------------------------------------------


def _catch_up(move: Move) -> None:
    """Copy, and again what was written meanwhile, until that is little."""
    for turn in count():
        if _copy(move) <= FEW or turn == MOST_ROUNDS:
            return


def _copy(move: Move) -> int:
    """Copy what was written since the last time; return how many documents that were."""
    settled, copied = _settled(move), 0
    move.ask(lambda client: client.indices.refresh(index=move.old))
    move.total = _count(move, move.old)
    for shard in range(move.shards):
        for page in _written_since(move, shard):
            _put(move, page)
            copied += len(page)
            move.done += len(page)
            move.show(move.index, move.done, max(move.total, move.done))
            move.sure[shard] = max(move.sure[shard], min(page[-1].seq_no, settled[shard]))
            _remember(move)
        move.sure[shard] = max(move.sure[shard], settled[shard])
    _remember(move)
    return copied


def _written_since(move: Move, shard: int) -> Iterator[list[Kept]]:
    later = {"range": {"_seq_no": {"gt": move.sure[shard]}}}
    made = MADE.get(move.index, _same)
    for page in _pages(move, move.old, later, sort="_seq_no", preference=f"_shards:{shard}"):
        yield [replace(kept, source=made(kept.source)) for kept in page]


def _pages(
    move: Move, index: str, query: Source, *, sort: str, preference: str | None = None
) -> Iterator[list[Kept]]:
    """Yield documents as they were when the call was made."""
    opened = move.ask(
        lambda client: client.open_point_in_time(
            index=index, keep_alive=KEEP_ALIVE, preference=preference
        )
    )["id"]
    after: list[Any] | None = None
    while page := _page(move, opened, query, sort, after):
        after = list(page[-1].sort)
        yield page
    # Left open by who is interrupted: it expires.
    move.ask(lambda client: client.close_point_in_time(id=opened))


def _page(move: Move, opened: str, query: Source, sort: str, after: list[Any] | None) -> list[Kept]:
    answer = move.ask(
        lambda client: client.search(
            pit={"id": opened, "keep_alive": KEEP_ALIVE},
            query=query,
            sort=[sort],
            size=PAGE,
            search_after=after,
            seq_no_primary_term=True,
            track_total_hits=False,
            allow_partial_search_results=False,
        )
    )
    return [
        Kept(
            move.index, hit["_id"], hit["_source"], hit["_seq_no"], hit["_primary_term"],
            tuple(hit["sort"]),
        )
        for hit in answer["hits"]["hits"]
    ]  # fmt: skip


def _put(move: Move, page: list[Kept]) -> None:
    lines = []
    for kept in page:
        lines += [encode({"index": {"_index": move.new, "_id": kept.id}})]
        lines += [mended(encode(kept.source))]
    for result in move.cluster.send(lines):
        if "error" in result["index"]:
            raise StoreError(
                f"{move.new} refuses {result['index']['_id']!r} ({result['index']['error']}); "
                "nothing is lost, and the old index is in use",
                subject=move.cluster.url,
            )


# -- comparing ------------------------------------------------------------------------------------


def _compared(move: Move) -> Sum:
    """Compare every copy with its document; return count and sum of the copies.

    One whose document was written or deleted since is put right at the end.
    """
    move.ask(lambda client: client.indices.refresh(index=move.new))
    found, name, sure = Sum(), f"{move.index} compared", min(move.sure.values())
    for page in _pages(move, move.new, {"match_all": {}}, sort="_shard_doc"):
        now = _now(move, move.old, page)
        for copy in page:
            kept = now.get(copy.id)
            if kept is not None and kept.source != copy.source and kept.seq_no <= sure:
                raise _differs(move, copy.id)
            found = found.with_number(_number(copy))
        move.show(name, found.count, move.total)
    return found


def _now(move: Move, index: str, page: list[Kept]) -> dict[str, Kept]:
    """Return documents of these ids as they are now, or are to become, in an index, by id."""
    if not page:
        return {}
    ids = [one.id for one in page]
    made = MADE.get(move.index, _same) if index == move.old else _same
    answer = move.ask(lambda client: client.mget(index=index, ids=ids))
    return {
        one["_id"]: Kept(
            move.index, one["_id"], made(one["_source"]), one["_seq_no"], one["_primary_term"]
        )
        for one in answer["docs"]
        if one.get("found")
    }


def _number(kept: Kept) -> int:
    return int(stable_id(kept.id, mended(encode(kept.source))), 16)


def _differs(move: Move, key: str) -> StoreError:
    return StoreError(
        f"{move.new} differs from {move.old} in {key!r}: delete {move.new} and start again; "
        f"{move.old} is in use, nothing is lost",
        subject=move.cluster.url,
    )


# -- changing sides -------------------------------------------------------------------------------


def _finish(move: Move, found: Sum) -> Sum:
    """Copy and compare the rest, while nobody writes; return count and sum of both sides."""
    move.ask(lambda client: client.indices.refresh(index=move.old))
    for shard in range(move.shards):
        for page in _written_since(move, shard):
            for copy in _now(move, move.new, page).values():
                found = found.without_number(_number(copy))
            _put(move, page)
            copies = _now(move, move.new, page)
            for kept in page:
                if kept.id not in copies or copies[kept.id].source != kept.source:
                    raise _differs(move, kept.id)
                found = found.with_number(_number(kept))
    move.ask(lambda client: client.indices.refresh(index=move.new))
    if found.count != _count(move, move.old):
        found = _without_strays(move, found)
    for name in (move.old, move.new):
        if found.count != (there := _count(move, name)):
            raise StoreError(
                f"{name} holds {there} documents, not {found.count}: delete {move.new} and start "
                f"again; {move.old} is in use, nothing is lost",
                subject=move.cluster.url,
            )
    return found


def _without_strays(move: Move, found: Sum) -> Sum:
    """Delete copies of what was deleted meanwhile."""
    for page in _pages(move, move.new, {"match_all": {}}, sort="_shard_doc"):
        there = _now(move, move.old, page)
        strays = [copy for copy in page if copy.id not in there]
        lines = [encode({"delete": {"_index": move.new, "_id": copy.id}}) for copy in strays]
        if lines:
            move.cluster.send(lines)
        for copy in strays:
            found = found.without_number(_number(copy))
    move.ask(lambda client: client.indices.refresh(index=move.new))
    return found


def _switch(move: Move) -> None:
    alias = move.cluster.name(move.index)
    actions = [
        {"remove": {"index": move.old, "alias": alias}},
        {"add": {"index": move.new, "alias": alias, "is_write_index": True}},
    ]
    move.ask(lambda client: client.indices.update_aliases(actions=actions))
    lifecycle.retire(move.cluster, move.old)


def _count(move: Move, name: str) -> int:
    return int(move.ask(lambda client: client.count(index=name))["count"])


def _close(cluster: Cluster, name: str, *, close: bool) -> None:
    """Close an index to writing, or open it again."""
    if close:
        cluster.ask(lambda client: client.indices.add_block(index=name, block="write"))
    else:
        settings = {"index.blocks.write": None}
        cluster.ask(lambda client: client.indices.put_settings(index=name, settings=settings))


def interrupted(cluster: Cluster) -> list[str]:
    """Return in words which indices a killed migration left closed to writing."""
    told = cluster.ask(
        lambda client: client.indices.get_settings(index=f"{cluster.prefix}-*-v*")
    ).body
    return [
        f"{found.name} is closed to writing: `truceline store migrate` goes on where it ended"
        for found in schema.indices(cluster).values()
        if _is_closed(told[found.name])
    ]


def _is_closed(about: Source) -> bool:
    return bool(about["settings"]["index"].get("blocks", {}).get("write") == "true")


# -- what was replaced -----------------------------------------------------------------------------


def replaced(cluster: Cluster) -> list[str]:
    """Return the indices that newer ones took the place of: closed, and behind no alias."""
    told = cluster.ask(
        lambda client: client.indices.get(
            index=f"{cluster.prefix}-*-v*", allow_no_indices=True, features="aliases,settings"
        )
    )
    return [
        name
        for name, about in told.body.items()
        if not about["aliases"]
        and _is_closed(about)
        and name.rpartition("-v")[0].removeprefix(f"{cluster.prefix}-") in schema.INDICES
    ]


def drop_replaced(cluster: Cluster) -> list[str]:
    """Delete the indices that newer ones took the place of; return their names."""
    gone = replaced(cluster)
    for name in gone:
        cluster.ask(lambda client, name=name: client.indices.delete(index=name))  # type: ignore[misc]  # bound for this turn
    return gone


__all__ = ["drop_replaced", "interrupted", "migrate", "replaced"]
