"""Take a folder of real feed files through the whole path, over loopback; print every outcome.

    .venv/bin/python bench/snapshots.py ../shared/feeds/news

Every entry of every file must end in one named outcome. Pages are not fetched: the feeds'
own text is read. Exit 1 when an entry is unaccounted for.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from pipeline.config import Config, load_config
from pipeline.flow import Monitor, RunReport
from pipeline.records import Article, Feed, Stage
from pipeline.stores import Store, open_store

HOST = "127.0.0.1"


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/feeds/news")
    files = sorted(p for p in folder.iterdir() if p.suffix in (".xml", ".atom", ".rdf", ".json"))
    if not files:
        print(f"no feed files in {folder}")
        return 2
    with tempfile.TemporaryDirectory() as home:
        config = configured(Path(home))
        with closing(open_store(config.settings.store.url)) as store:
            report = asyncio.run(taken(files, config, store))
            return told(report, store)


def configured(home: Path) -> Config:
    shipped = load_config(Path("config"))
    settings = replace(
        shipped.settings,
        store=replace(shipped.settings.store, url=f"sqlite:///{home}/snapshots.sqlite"),
        fetch=replace(shipped.settings.fetch, allow_private=True, host_delay_s=0.0, per_host=8),
        work=replace(shipped.settings.work, scrape=False),
        channels={},
    )
    rules = tuple(replace(rule, channels=()) for rule in shipped.rules)
    return replace(shipped, settings=settings, rules=rules)


async def taken(files: list[Path], config: Config, store: Store) -> RunReport:
    """Serve the files and run the monitor on them once."""
    app = web.Application()
    bodies = {path.name: path.read_bytes() for path in files}

    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=bodies[request.match_info["name"]], content_type="text/xml")

    app.router.add_get("/{name}", serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    port = runner.addresses[0][1]
    feeds = tuple(Feed(url=f"http://{HOST}:{port}/{name}", outlet=name) for name in bodies)
    try:
        async with Monitor(replace(config, feeds=feeds), store) as monitor:
            return await monitor.run(everything=True)
    finally:
        await runner.cleanup()


def told(report: RunReport, store: Store) -> int:
    """Print the outcome of every feed and entry; return 1 when they do not add up."""
    articles = store.articles(limit=100_000)
    for poll in report.polls:
        print(f"{poll.outcome:12} {poll.entries:4} entries  {poll.feed_url.rpartition('/')[2]}")
    entries = sum(poll.entries for poll in report.polls)
    outcomes = Counter(map(outcome_of, articles))
    outcomes["another entry is the same article"] = entries - len(articles)
    for name, count in outcomes.most_common():
        print(f"{count:5}  {name}")
    print(f"{entries:5}  entries in all; {report.claims} claims; {report.set_aside} set aside")
    return 0 if sum(outcomes.values()) == entries and not outcomes["waiting"] else 1


def outcome_of(article: Article) -> str:
    """Name how one entry ended."""
    match article.stage:
        case Stage.DONE if article.topics:
            return f"on a topic ({', '.join(article.topics)}), read and compared"
        case Stage.DONE if article.matches:
            return "near miss, kept as seen with the reason"
        case Stage.DONE:
            return "on no topic, kept as seen"
        case Stage.SET_ASIDE:
            return "set aside"
        case _:
            return "waiting"


if __name__ == "__main__":
    sys.exit(main())
