"""One write of a document, as it is asked for and as it ended."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from pipeline.records import stable_id
from pipeline.stores.documents import encode
from pipeline.stores.elasticsearch import faults

Source = dict[str, Any]

DEAD = "dead"
_SURROGATES = re.compile("[\ud800-\udfff]")
_PLAIN_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")


class Outcome(Enum):
    """How one write ended."""

    DONE = "done"
    CONFLICT = "conflict"  # it was there already, or changed since it was read
    REJECTED = "rejected"  # never acceptable; it is among the dead letters, with the reason


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it is stored, with the state that a replacement has to name."""

    index: str
    id: str
    source: Source
    seq_no: int
    term: int
    sort: tuple[Any, ...] = ()
    place: str = ""  # the index itself, behind the alias: after a move its numbers mean nothing


@dataclass(frozen=True, slots=True)
class Write:
    """One write; made by the functions below."""

    action: str  # create, index, update, delete
    index: str
    id: str
    source: Source = field(default_factory=dict)
    over: Kept | None = None


def create(index: str, key: str, source: Source) -> Write:
    """Return a write of a document that must not be there yet."""
    return Write("create", index, key, source)


def put(index: str, key: str, source: Source) -> Write:
    """Return a write of a document whose content does not depend on what was there."""
    return Write("index", index, key, source)


def replace_kept(kept: Kept, source: Source) -> Write:
    """Return a write over a document that must not have changed since it was read."""
    return Write("index", kept.index, kept.id, source, kept)


def create_or_replace(kept: Kept | None, index: str, key: str, source: Source) -> Write:
    """Return a write of a document over what was read, or read to be missing."""
    return create(index, key, source) if kept is None else replace_kept(kept, source)


def patch(kept: Kept, changes: Source) -> Write:
    """Return a change of some fields of a document that must not have changed."""
    return Write("update", kept.index, kept.id, changes, kept)


def delete(kept: Kept) -> Write:
    """Return the deletion of a document that must not have changed since it was read."""
    return Write("delete", kept.index, kept.id, over=kept)


def key_of(*parts: str) -> str:
    """Return the `_id` of a record: its own id where that is short and plain, else a digest."""
    if len(parts) == 1 and _PLAIN_ID.fullmatch(parts[0]):
        return parts[0]
    return stable_id(*map(mended, parts))


def mended(text: str) -> str:
    """Return `text` with half surrogate pairs, which have no UTF-8 form, replaced."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def finite(number: float) -> float | None:
    """Return a number that JSON can hold, or None."""
    return number if math.isfinite(number) else None


# -- as lines of a bulk ----------------------------------------------------------------------------


def lines_of(write: Write, alias: str) -> list[str]:
    """Return the lines of a bulk. What replaces a document names the index it was read from."""
    head: Source = {"_index": alias, "_id": write.id}
    if write.over is None:
        head["require_alias"] = True
    else:
        head["_index"] = write.over.place or alias
        head |= {"if_seq_no": write.over.seq_no, "if_primary_term": write.over.term}
    lines = [encode({write.action: head})]
    if write.action == "update":
        lines.append(mended(encode({"doc": write.source})))
    elif write.action != "delete":
        lines.append(mended(encode(write.source)))
    return lines


def outcome_of(write: Write, status: int, reason: str) -> Outcome | None:
    """Return how an item of a bulk ended; None when it may succeed later."""
    if status in (200, 201):
        return Outcome.DONE
    if status == 404 and write.over is not None:
        # Its index is gone since it was read, or only the document is, which a deletion wants.
        gone = write.action != "delete" or faults.is_no_index(reason)
        return Outcome.CONFLICT if gone else Outcome.DONE
    if status == 409:
        return Outcome.CONFLICT
    if status in faults.PASSING or status == 404 or faults.may_pass(reason):
        return None
    return Outcome.REJECTED


def letter(write: Write, status: int, reason: str) -> Write:
    """Return the dead letter of a write that can never be accepted."""
    body = encode(write.source)
    return put(
        DEAD,
        stable_id(write.index, write.id, mended(body)),
        {
            "index": write.index,
            "document": write.id,
            "status": status,
            "reason": reason,
            "at": datetime.now(UTC).isoformat(),
            "record": body,
        },
    )


__all__ = [
    "DEAD",
    "Kept",
    "Outcome",
    "Source",
    "Write",
    "create",
    "create_or_replace",
    "delete",
    "finite",
    "key_of",
    "letter",
    "lines_of",
    "mended",
    "outcome_of",
    "patch",
    "put",
    "replace_kept",
]
