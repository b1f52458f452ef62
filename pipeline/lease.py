"""Leases: which process may do what only one may do at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.errors import LeaseHeld

if TYPE_CHECKING:
    from pipeline.stores import Store

LEASE_S = 120.0


@contextmanager
def held(store: Store, name: str) -> Iterator[Callable[[], None]]:
    """Hold a lease of this process; yields a call that renews it.

    It runs on real time, whatever the watch's clock says: a lease is between processes.

    Raises:
        LeaseHeld: another living process holds it.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"

    def renew() -> None:
        if _take(store, name, holder):
            return
        other = store.lease_holder(name)
        if other is not None and is_dead(other):
            store.release_lease(name, other)  # it was killed: nobody else will
        if not _take(store, name, holder):
            raise LeaseHeld(
                f"another process holds {name!r}; it ends or expires within {LEASE_S:.0f} s",
                subject=store.url,
            )

    renew()
    try:
        yield renew
    finally:
        store.release_lease(name, holder)


def _take(store: Store, name: str, holder: str) -> bool:
    return store.take_lease(name, holder, datetime.now(UTC), LEASE_S)


def is_dead(holder: str) -> bool:
    """Say whether a lease's holder ("host:pid") was a process of this machine and is no more."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, and is somebody else's
    return False
