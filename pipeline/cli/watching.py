"""Commands that collect: init, run, watch."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import screens
from pipeline.cli.options import (
    Time,
    config_option,
    json_option,
    opened,
    print_json,
    store_option,
)
from pipeline.records import PollOutcome

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.flow import Monitor, RunReport
    from pipeline.stores import Store

ANSWERED = (PollOutcome.OK, PollOutcome.SAME, PollOutcome.NOT_MODIFIED, PollOutcome.MOVED)
STEPS = {"collect": "feeds", "scrape": "pages", "extract": "articles read", "compare": "compared"}


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init_command(folder: Path) -> None:
    """Write a commented configuration to FOLDER; files already there stay as they are."""
    from pipeline.config.scaffold import config_files, init_config

    written = init_config(folder)
    for path in written:
        click.echo(f"wrote {path}")
    for path in sorted(set(config_files(folder)) - set(written)):
        click.echo(f"kept  {path}")
    click.echo(f"next: truceline run --config {folder}")


@click.command("run")
@click.option("--feed", "feeds", multiple=True, help="URL of a feed; only these. Repeatable.")
@click.option("--all", "everything", is_flag=True, help="Also feeds that are not due yet.")
@click.option("--alert-backlog", is_flag=True, help="Alert on the first collection of a feed too.")
@click.option("--now", type=Time(), help="Pretend it is this time (replays and tests).")
@json_option
@config_option
@store_option
def run_command(
    feeds: tuple[str, ...],
    everything: bool,
    alert_backlog: bool,
    now: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Collect, read, compare and tell once; print what was found."""
    with opened(config_dir, store_url) as (config, store):
        report, counts = _run_once(
            config,
            store,
            feeds=feeds,
            everything=everything,
            alert_backlog=alert_backlog,
            now=now,
            quiet=as_json,
        )
        if as_json:
            print_json({"report": report, "counts": counts})
        else:
            print_report(report, config, store)
    if report.polls and not any(poll.outcome in ANSWERED for poll in report.polls):
        raise click.exceptions.Exit(1)


@click.command("watch")
@click.option("--every", type=click.IntRange(5), default=60, show_default=True, help="Seconds.")
@config_option
@store_option
def watch_command(every: int, config_dir: Path | None, store_url: str | None) -> None:
    """Run for ever: poll what is due, print alerts as they come. Ctrl-C ends it cleanly."""
    from pipeline.flow import watch

    with opened(config_dir, store_url) as (config, store):
        click.echo(f"watching {len(config.feeds)} feeds; alerts follow, Ctrl-C ends")
        try:
            asyncio.run(watch(config, store, every_s=every, told=_one_line))
        except KeyboardInterrupt:
            click.echo("stopped; the next run goes on from here")


def _run_once(
    config: Config,
    store: Store,
    *,
    feeds: tuple[str, ...] = (),
    everything: bool = False,
    alert_backlog: bool = False,
    now: datetime | None = None,
    quiet: bool = False,
) -> tuple[RunReport, object]:
    from pipeline.flow import Monitor, system_clock
    from pipeline.upkeep import feeds_named

    clock: Callable[[], datetime] = (lambda: now) if now is not None else system_clock
    chosen = feeds_named(config, feeds) if feeds else None

    async def once(shown: Callable[[str, int, int], None] | None) -> RunReport:
        async with Monitor(
            config, store, clock=clock, progress=shown, alert_backlog=alert_backlog
        ) as monitor:
            return await monitor.run(chosen, everything=everything)

    with nullcontext() if quiet else progress() as shown:
        report = asyncio.run(once(shown))
    return report, store.counts()


def print_report(report: RunReport, config: Config, store: Store) -> None:
    """Print what one run found: troubled feeds, the baseline, and which commands come next."""
    zone, counts = config.zone, store.counts()
    troubled = [poll for poll in report.polls if poll.outcome not in ANSWERED]
    outlets = {feed.url: feed.outlet for feed in config.feeds}
    if troubled:
        made = screens.table("feed", "outcome", "what it answered", title="Feeds without news")
        for poll in troubled:
            made.add_row(
                screens.clean(outlets.get(poll.feed_url, poll.feed_url)),
                poll.outcome,
                screens.clean(poll.reason, 100),
            )
        screens.console().print(made)
    new = sum(poll.new for poll in report.polls)
    click.echo(
        f"{len(report.polls)} feeds polled, {len(report.polls) - len(troubled)} answered; "
        f"{new} new articles, {report.scraped} read, {report.claims} claims"
    )
    if report.set_aside:
        click.echo(f"{report.set_aside} articles set aside: their text killed the extractor twice")
    click.echo(
        f"in the store: {counts.articles} articles ({counts.matched} on a topic), "
        f"{counts.claims} claims, {counts.positions} positions, "
        f"{counts.contradictions} contradictions, {counts.alerts} alerts"
    )
    positions = store.positions()
    if positions:
        click.echo("\nPositions")
        screens.print_positions(positions[:15], zone)
    pairs = store.contradictions()
    if pairs:
        click.echo("Contradictions")
        both = [(p, store.claim(p.claim_a), store.claim(p.claim_b)) for p in pairs[:10]]
        screens.print_contradictions(both, zone)
    if report.polls and len(troubled) == len(report.polls):
        click.echo(
            "No feed answered: this machine seems to have no network. "
            "`truceline demo` (or `make demo`) shows everything without one."
        )
    click.echo(f"store: {config.settings.store.url}")
    click.echo("next: truceline search, positions, contradictions, alerts, coverage, watch")


def _one_line(report: RunReport) -> None:
    if report.polls:
        new = sum(poll.new for poll in report.polls)
        stamp = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        click.echo(f"{stamp} {len(report.polls)} feeds, {new} new, {len(report.alerts)} alerts")


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show progress bars on a terminal, one for each step; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    bars = Progress(
        TextColumn("{task.description:14}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    tasks: dict[str, TaskID] = {}

    def show(step: str, done: int, total: int) -> None:
        if step not in tasks:
            tasks[step] = bars.add_task(STEPS.get(step, step), total=total)
        bars.update(tasks[step], completed=done, total=total)

    with bars:
        yield show
