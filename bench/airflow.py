"""What Airflow adds: how long the DAGs take for many feeds, and how much memory it all uses.

    python bench/airflow.py [--feeds 100] [--hosts 20] [--entries 20] [--json]

A real `airflow standalone` (LocalExecutor, four tasks at once, SQLite) polls feeds on loopback.
After the first collection come rounds with one new article on a topic in each feed. The same
rounds by `Monitor.run` in one process are the peer. Seconds of wall time: run it on a quiet
machine. Memory is the sum of PSS over Airflow's processes, sampled every second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.config import load_config
from pipeline.demo.replay import write_config
from pipeline.flow import Monitor
from pipeline.stores import open_store
from tests.ports import free_port
from tests.standalone import Api, members, settings, standalone, wait_for
from tests.webserver import WebServer, running

TOLD = "Ostmark offers to mediate between Varonia and Kestria in the Harun Valley, day {}."
NOISE = "The wool market of town {} opened with {} stalls."
ROUNDS = 3
DAGS = ("news_ingest", "news_extract", "news_alert")


def feed(web: WebServer, number: int, entries: int, day: int) -> bytes:
    rows = []
    for entry in range(-day, entries):
        title = TOLD.format(-entry) if entry < 0 else NOISE.format(number, entry)
        at = format_datetime(datetime.now(UTC) - timedelta(minutes=entry + 5))
        link = web.url(f"/{number}/{entry}")
        rows.append(
            f"<item><title>{title}</title><link>{link}</link><pubDate>{at}</pubDate></item>"
        )
    return f'<rss version="2.0"><channel><title>T</title>{"".join(rows)}</channel></rss>'.encode()


def publish(webs: list[WebServer], options: argparse.Namespace, day: int) -> None:
    for number in range(options.feeds):
        web = webs[number % len(webs)]
        web.route(f"/feed/{number}", body=feed(web, number, options.entries, day))


def write_feeds(config: Path, webs: list[WebServer], feeds: int) -> None:
    urls = [webs[n % len(webs)].url(f"/feed/{n}") for n in range(feeds)]
    blocks = (f'[[feed]]\nurl = "{url}"\noutlet = "Outlet {n}"\n' for n, url in enumerate(urls))
    (config / "feeds.toml").write_text("\n".join(blocks), "utf-8")


def seconds(api: Api, name: str) -> list[float]:
    """Return how long each successful run of a DAG took, oldest first."""
    runs = api.call("GET", f"/api/v2/dags/{name}/dagRuns?limit=100&order_by=start_date")
    return [
        round((_time(run["end_date"]) - _time(run["start_date"])).total_seconds(), 1)
        for run in runs["dag_runs"]
        if run["state"] == "success"
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def through_airflow(
    folder: Path, config: Path, webs: list[WebServer], options: argparse.Namespace
) -> dict[str, Any]:
    port = free_port()
    found: dict[str, Any] = {}
    with (
        standalone(folder, settings(folder, config, port), port) as api,
        memory(api.session) as peak,
    ):
        for day in range(ROUNDS + 1):
            publish(webs, options, day)
            started, told = time.monotonic(), len(seconds(api, "news_alert"))
            run = api.trigger("news_ingest", everything=True)
            wait_for(partial(is_done, api, run), "news_ingest", 300)
            collected = time.monotonic()
            wait_for(partial(has_told, api, told), "news_alert", 300)
            found[f"round {day}: collected, told after, s"] = [
                round(moment - started, 1) for moment in (collected, time.monotonic())
            ]
            wait_for(partial(is_idle, api), "the end of all runs", 300)
        found |= {f"{name}, s": seconds(api, name) for name in DAGS}
        found["fetch tasks, s"] = [round(one["duration"], 1) for one in tasks(api, run, "fetch")]
    return {**found, "peak memory, MB": max(peak), "idle memory, MB": peak[0]}


def is_done(api: Api, run: str) -> bool:
    return api.runs("news_ingest")[run] == "success"


def has_told(api: Api, before: int) -> bool:
    return len(seconds(api, "news_alert")) > before


def is_idle(api: Api) -> bool:
    return not {"running", "queued"} & {s for name in DAGS for s in api.runs(name).values()}


def tasks(api: Api, run: str, task: str) -> list[dict[str, Any]]:
    path = f"/api/v2/dags/news_ingest/dagRuns/{run}/taskInstances?limit=100"
    found: list[dict[str, Any]] = api.call("GET", path)["task_instances"]
    return [one for one in found if one["task_id"] == task]


@contextmanager
def memory(session: int) -> Iterator[list[int]]:
    """Sample the memory of Airflow's processes, MB; the first number is that at the start."""
    sizes, over = [0], threading.Event()

    def sample() -> None:
        while not over.wait(1):
            sizes.append(sum(map(_pss, members(session))))
            sizes[0] = sizes[0] or sizes[-1]

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    [line] = [line for line in text.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) // 1024


async def at_once(
    folder: Path, config: Path, webs: list[WebServer], options: argparse.Namespace
) -> list[float]:
    loaded, took = load_config(config), []
    with closing(open_store(f"sqlite:///{folder}/at_once.sqlite")) as store:
        for day in range(ROUNDS + 1):
            publish(webs, options, day)
            started = time.monotonic()
            async with Monitor(loaded, store) as monitor:
                await monitor.run(everything=True)
            took.append(round(time.monotonic() - started, 1))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        webs = [stack.enter_context(running()) for _ in range(options.hosts)]
        config = write_config(folder, 1)
        write_feeds(config, webs, options.feeds)
        found = {"feeds": options.feeds, "hosts": options.hosts}
        found["one process, s"] = asyncio.run(at_once(folder, config, webs, options))
        found |= through_airflow(folder, config, webs, options)
    if options.json:
        print(json.dumps(found))
    else:
        for label, value in found.items():
            print(f"{label:38} {value}")


if __name__ == "__main__":
    main()
