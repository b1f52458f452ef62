"""One evening of the demo's week in a process of its own, which may end at a certain write.

python -m tests.dying_watch FOLDER STORE_URL PORT DAY [WRITE MODE]
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pipeline.stores.elasticsearch import ElasticsearchStore
from pipeline.stores.elasticsearch.cluster import delete
from pipeline.stores.elasticsearch.state import STATE
from tests.killing import MODES, exit_at_once, killed_at
from tests.week import configured, live


def main(folder: str, url: str, port: str, day: str, write: str = "", mode: str = "") -> None:
    config = configured(Path(folder), int(port))
    where = replace(config.settings.store, url=url)
    config = replace(config, settings=replace(config.settings, store=where))
    with closing(ElasticsearchStore(url)) as store:
        _forget_the_dead(store)
        if write:
            killed_at(store, int(write), MODES[mode], end=exit_at_once)
        live(config, store, int(port), range(int(day), int(day) + 1))


def _forget_the_dead(store: ElasticsearchStore) -> None:
    """Let the leases of the process before run out: it has ended, and nobody has two minutes."""
    store._cluster.refresh(STATE)
    leases = store._cluster.hits(STATE, {"term": {"kind": "lease"}}, sort=["name"])
    store._cluster.write([delete(kept) for kept in leases])


if __name__ == "__main__":
    main(*sys.argv[1:])
