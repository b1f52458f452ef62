"""Live the week: every day one run of the monitor, with the clock set to its evening."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.demo.script import Crisis, Outlet, load_crisis
from pipeline.demo.server import HOST, newsstand

if TYPE_CHECKING:
    from pipeline.flow import RunReport

CONFIG = Path(__file__).with_name("config")
DAY_NOTE = "demo day"
KINDS = {"vna": "agency", "kpb": "agency", "desk": "aggregator"}


def write_config(folder: Path, port: int) -> Path:
    """Write the demo's configuration to `folder`/config and return that."""
    target = folder / "config"
    shutil.copytree(CONFIG, target, dirs_exist_ok=True)
    feeds = "\n".join(_feed_block(o, port) for o in load_crisis().outlets.values())
    (target / "feeds.toml").write_text(f"# The outlets of the demo.\n{feeds}", "utf-8")
    return target


async def live(
    folder: Path,
    *,
    port: int,
    told: Callable[[int, Crisis, RunReport], None],
    until: int | None = None,
) -> None:
    """Run every day that is not in the store yet, up to day `until`; resumes after a kill.

    Raises:
        TrucelineError: the port is taken, or the store cannot be used.
    """
    from pipeline.config import load_config
    from pipeline.flow import Monitor
    from pipeline.stores import open_store

    crisis = load_crisis()
    config = load_config(write_config(folder, port))
    store = open_store(config.settings.store.url)
    try:
        async with newsstand(crisis, port) as stand:
            first = int(store.note(DAY_NOTE) or -1) + 1
            last = crisis.days if until is None else until
            async with Monitor(config, store, clock=lambda: stand.now) as monitor:
                for day in range(first, last + 1):
                    stand.now = crisis.end_of(day)
                    told(day, crisis, await monitor.run(everything=True))
                    store.save_note(DAY_NOTE, str(day))
    finally:
        store.close()


def _feed_block(outlet: Outlet, port: int) -> str:
    kind = KINDS.get(outlet.key, "outlet")
    agency = f'agency = "{outlet.name}"\n' if kind == "agency" else ""
    return (
        f'[[feed]]\nurl = "http://{HOST}:{port}/feeds/{outlet.key}"\noutlet = "{outlet.name}"\n'
        f'country = "{outlet.country}"\nlanguage = "en"\nkind = "{kind}"\n{agency}'
    )
