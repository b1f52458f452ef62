"""One cluster through the official client: requests repeated with back-off, writes with outcomes.

Every write is either a creation (`op_type=create`), a replacement of what was read
(`if_seq_no`, `if_primary_term`), or of a document whose content does not depend on what was
there. So a request may be repeated whenever it is unknown whether it arrived: a repeated one
meets its own result, and whoever reads again sees what it wanted to write.

Reads by id are real-time. Searches see what was written before the last `refresh`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import StoreError
from pipeline.stores.documents import decode, encode
from pipeline.stores.elasticsearch import faults
from pipeline.stores.elasticsearch.address import Address
from pipeline.stores.elasticsearch.connecting import connect
from pipeline.stores.elasticsearch.writes import (
    DEAD,
    Kept,
    Outcome,
    Source,
    Write,
    create,
    create_or_replace,
    delete,
    finite,
    key_of,
    letter,
    lines_of,
    mended,
    outcome_of,
    patch,
    put,
    replace_kept,
)

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

T = TypeVar("T")

PATIENCE_S = 30.0  # how long a request is repeated before it is given up
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 5.0
BULK_ITEMS, BULK_CHARS = 1_000, 4_000_000  # in one request
READ_ITEMS = 1_000
PAGE = 1_000  # hits in one answer


@dataclass(frozen=True, slots=True)
class Search:
    """One search of several that go out together."""

    index: str
    query: Source
    sort: Sequence[Source | str]
    limit: int


class Cluster:
    """The indices of one prefix in one cluster. Safe for the threads of one process.

    `patience_s` is how long a request that may succeed later is repeated; `pause` waits.

    Raises:
        ConfigError: the official client is not installed.
    """

    def __init__(
        self,
        address: Address,
        *,
        patience_s: float = PATIENCE_S,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = address.shown
        self.prefix = address.prefix
        self._patience_s = patience_s
        self._pause = pause
        self._client = connect(address)

    def close(self) -> None:
        """Close the connections. Closing twice is fine."""
        self._client.close()

    def name(self, index: str) -> str:
        """Return the alias under which an index is read and written."""
        return f"{self.prefix}-{index}"

    # -- reading ---------------------------------------------------------------------------

    def get(self, index: str, key: str) -> Kept | None:
        """Return one document as it is now."""
        return self.get_all([(index, key)]).get((index, key))

    def get_all(
        self, wanted: Iterable[tuple[str, str]], *, without: Sequence[str] = ()
    ) -> dict[tuple[str, str], Kept]:
        """Return those of the documents (index, `_id`) that are there, as they are now.

        `without` names fields that need not come along.
        """
        found: dict[tuple[str, str], Kept] = {}
        for part in _parts(dict.fromkeys(wanted), READ_ITEMS):
            docs = [{"_index": self.name(index), "_id": key} for index, key in part]
            answer = self.ask(
                lambda client, docs=docs: client.mget(  # type: ignore[misc]  # bound for this turn
                    docs=docs, source_excludes=list(without) or None
                )
            )
            for pair, doc in zip(part, answer["docs"], strict=True):
                if "error" in doc:
                    raise faults.refused(self.url, 503, faults.reason_of(doc["error"]))
                if doc["found"]:
                    found[pair] = Kept(
                        *pair, doc["_source"], doc["_seq_no"], doc["_primary_term"],
                        place=doc["_index"],
                    )  # fmt: skip
        return found

    def refresh(self, *indices: str) -> None:
        """Let searches see everything written so far."""
        names = ",".join(map(self.name, indices))
        self.ask(lambda client: client.indices.refresh(index=names))

    def hits(
        self,
        index: str,
        query: Source,
        *,
        sort: Sequence[Source | str],
        limit: int | None = None,
        without: Sequence[str] = (),
        page: int = PAGE,
    ) -> Iterator[Kept]:
        """Yield up to `limit` documents in the order of `sort`, whose last field is unique.

        `page` is how many come in one answer.
        """
        after: tuple[Any, ...] | None = None
        left = limit
        while left is None or left > 0:
            size = page if left is None else min(left, page)
            found = self._page(index, query, sort=sort, size=size, after=after, without=without)
            yield from found
            if len(found) < size:
                return
            after = found[-1].sort
            left = None if left is None else left - len(found)

    def _page(
        self,
        index: str,
        query: Source,
        *,
        sort: Sequence[Source | str],
        size: int,
        after: tuple[Any, ...] | None,
        without: Sequence[str],
    ) -> list[Kept]:
        answer = self.ask(
            lambda client: client.search(
                index=self.name(index),
                query=well_formed(query),
                sort=list(sort),
                size=size,
                search_after=list(after) if after else None,
                source_excludes=list(without) or None,
                seq_no_primary_term=True,
                track_total_hits=False,
                allow_partial_search_results=False,
            )
        )
        return [
            Kept(
                index, hit["_id"], hit["_source"], hit["_seq_no"], hit["_primary_term"],
                tuple(hit["sort"]), hit["_index"],
            )
            for hit in answer["hits"]["hits"]
        ]  # fmt: skip

    def figures(self, asked: Sequence[tuple[str, Source, Source]]) -> list[tuple[int, Source]]:
        """Return for each (index, query, aggregations) how many match, and the aggregations."""
        if not asked:
            return []
        searches: list[Source] = []
        for index, query, aggregations in asked:
            searches.append({"index": self.name(index), "allow_partial_search_results": False})
            body: Source = {"query": well_formed(query), "size": 0, "track_total_hits": True}
            searches.append(body | ({"aggs": aggregations} if aggregations else {}))
        return [
            (int(one["hits"]["total"]["value"]), one.get("aggregations", {}))
            for one in self._answers(searches)
        ]

    def search_all(self, searches: Sequence[Search]) -> list[list[Source]]:
        """Return the documents that each search finds, in its order, all in one request."""
        lines: list[Source] = []
        for one in searches:
            lines.append({"index": self.name(one.index), "allow_partial_search_results": False})
            lines.append(
                {
                    "query": well_formed(one.query),
                    "sort": list(one.sort),
                    "size": one.limit,
                    "track_total_hits": False,
                }
            )
        return [[hit["_source"] for hit in one["hits"]["hits"]] for one in self._answers(lines)]

    def _answers(self, lines: list[Source]) -> list[dict[str, Any]]:
        answer = self.ask(lambda client: client.msearch(searches=lines))
        found: list[dict[str, Any]] = answer["responses"]
        for one in found:
            if "error" in one:
                status, reason = int(one.get("status", 503)), faults.reason_of(one["error"])
                raise faults.refused(self.url, status, reason)
        return found

    # -- writing ---------------------------------------------------------------------------

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Make all writes, in no certain order; return how each ended.

        Items that a node had no room for are sent again with back-off. What can never be
        accepted becomes a dead letter.

        Raises:
            StoreError: some may not have been made; the same call again makes them.
        """
        outcomes: list[Outcome] = []
        part: list[tuple[Write, list[str]]] = []
        size = 0
        for one in writes:
            lines = lines_of(one, self.name(one.index))
            size += sum(map(len, lines))
            if part and (len(part) == BULK_ITEMS or size > BULK_CHARS):
                outcomes += self._bulk(part)
                part, size = [], sum(map(len, lines))
            part.append((one, lines))
        if part:
            outcomes += self._bulk(part)
        return outcomes

    def must_write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Make all writes as `write` does, none of which may be rejected."""
        outcomes = self.write(writes)
        for one, outcome in zip(writes, outcomes, strict=True):
            if outcome is Outcome.REJECTED:
                raise StoreError(
                    f"{one.index} {one.id!r} was refused; the reason is in {self.name(DEAD)}",
                    subject=self.url,
                )
        return outcomes

    def _bulk(self, part: list[tuple[Write, list[str]]]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        letters: list[Write] = []
        waiting = list(range(len(part)))
        waits = self._waits()
        while waiting:
            items = self.send([line for place in waiting for line in part[place][1]])
            again, last = [], ""
            for place, item in zip(waiting, items, strict=True):
                (result,) = item.values()
                write, status = part[place][0], result["status"]
                reason = faults.reason_of(result.get("error", ""))
                outcome = outcome_of(write, status, reason)
                if outcome is None and faults.is_blocked(reason) and self._has_moved(write):
                    outcome = Outcome.CONFLICT
                if outcome is None:
                    again.append(place)
                    last = f"{status}: {reason}"
                    continue
                outcomes[place] = outcome
                if outcome is Outcome.REJECTED:
                    letters.append(letter(write, status, reason))
            if again and not next(waits, False):
                raise faults.refused(self.url, int(last.partition(":")[0]), last)
            waiting = again
        if letters:
            self._bury(letters)
        return [outcomes[place] for place in range(len(part))]

    def _has_moved(self, write: Write) -> bool:
        """Tell whether another index has taken the place of the one a document was read from."""
        if write.over is None or not write.over.place:
            return False
        alias = self.name(write.index)
        return write.over.place not in self.ask(lambda client: client.indices.get_alias(name=alias))

    def _bury(self, letters: list[Write]) -> None:
        lines = [line for one in letters for line in lines_of(one, self.name(DEAD))]
        if any("error" in result for item in self.send(lines) for result in item.values()):
            raise StoreError("dead letters were refused too", subject=self.url)

    def send(self, lines: list[str]) -> list[dict[str, Any]]:
        """Send the lines of one bulk; return what it says of each item."""
        answer = self.ask(
            lambda client: client.bulk(
                operations=lines  # type: ignore[arg-type]  # lines of JSON are sent as they are
            )
        )
        items: list[dict[str, Any]] = answer["items"]
        return items

    # -- asking ----------------------------------------------------------------------------

    def ask(self, request: Callable[[Elasticsearch], T]) -> T:
        """Make one request, again with back-off while it may succeed later.

        Raises:
            StoreError: it cannot succeed, or did not for `patience_s`.
        """
        from elasticsearch import ApiError, TransportError

        waits = self._waits()
        while True:
            try:
                return request(self._client)
            except ApiError as error:
                fault = faults.refused(self.url, error.status_code, _said(error))
                if error.status_code not in faults.PASSING or not next(waits, False):
                    raise fault from error
            except TransportError as error:
                faults.stop_at_distrust(self.url, error.message)
                if not next(waits, False):
                    raise faults.unreachable(self.url, error.message) from error

    def _waits(self) -> Iterator[bool]:
        """Yield True after ever longer waits, until patience has run out."""
        began, waited, wait = time.monotonic(), 0.0, FIRST_WAIT_S
        while max(waited, time.monotonic() - began) < self._patience_s:
            self._pause(wait)
            waited += wait
            yield True
            wait = min(wait * 2, LONGEST_WAIT_S)


def well_formed(query: Source) -> Source:
    """Return a query that has a UTF-8 form, whatever people typed."""
    text = encode(query)
    if mended(text) == text:
        return query
    found: Source = decode(mended(text))
    return found


def _said(error: Any) -> str:
    body = error.body
    return faults.reason_of(body.get("error", body) if isinstance(body, Mapping) else body)


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while part := list(islice(left, size)):
        yield part


__all__ = [
    "DEAD",
    "PAGE",
    "Cluster",
    "Kept",
    "Outcome",
    "Search",
    "Source",
    "Write",
    "create",
    "create_or_replace",
    "delete",
    "finite",
    "key_of",
    "mended",
    "patch",
    "put",
    "replace_kept",
]
