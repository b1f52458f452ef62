"""Leases and small named values."""

from __future__ import annotations

from datetime import datetime

from pipeline.stores.elasticsearch.articles import TURNS, contended
from pipeline.stores.elasticsearch.cluster import (
    Cluster,
    Outcome,
    Write,
    create_or_replace,
    delete,
    key_of,
    put,
)
from pipeline.stores.times import micros, moment

STATE = "state"


def take_lease(cluster: Cluster, name: str, holder: str, now: datetime, ttl_s: float) -> bool:
    """Take or renew a lease; False when another holder's is still valid."""
    key = key_of("lease", name)
    until = micros(now) + round(ttl_s * 1e6)
    source = {
        "kind": "lease", "name": name, "holder": holder, "until_us": until,
        "until": moment(until).isoformat(),
    }  # fmt: skip
    for _ in range(TURNS):
        kept = cluster.get(STATE, key)
        if kept and kept.source["holder"] != holder and kept.source["until_us"] > micros(now):
            return False
        if kept and kept.source == source:
            return True  # an answer was lost
        if cluster.must_write([create_or_replace(kept, STATE, key, source)]) == [Outcome.DONE]:
            return True
    raise contended(cluster, name)


def release_lease(cluster: Cluster, name: str, holder: str) -> None:
    """Give a lease back; nothing happens if it is not ours."""
    kept = cluster.get(STATE, key_of("lease", name))
    if kept is not None and kept.source["holder"] == holder:
        cluster.write([delete(kept)])


def lease_holder(cluster: Cluster, name: str) -> str | None:
    """Return who holds a lease, valid or not; None when nobody does."""
    kept = cluster.get(STATE, key_of("lease", name))
    return str(kept.source["holder"]) if kept else None


def note(cluster: Cluster, name: str) -> str | None:
    """Return a small named value, or None."""
    kept = cluster.get(STATE, key_of("note", name))
    return str(kept.source["value"]) if kept else None


def save_note(cluster: Cluster, name: str, value: str) -> None:
    """Keep a small named value."""
    cluster.must_write([note_write(name, value)])


def note_write(name: str, value: str) -> Write:
    """Return the write of a small named value."""
    return put(STATE, key_of("note", name), {"kind": "note", "name": name, "value": value})


__all__ = ["note", "note_write", "release_lease", "save_note", "take_lease"]
