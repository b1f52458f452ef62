"""Commands that collect: init, run, watch."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import screens
from pipeline.cli.health import ANSWERED
from pipeline.cli.ledger import whole_ledger
from pipeline.cli.options import (
    Time,
    config_option,
    json_option,
    opened,
    print_json,
    store_option,
)
from pipeline.cli.progress import Show, progress
from pipeline.cli.sheets import Column, Sheet, line, many
from pipeline.errors import TrucelineError
from pipeline.records import Poll
from pipeline.stores import shown_url

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.flow import RunReport
    from pipeline.stores import Store

SHOWN = 15  # positions and contradictions at the end of a run


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
    with opened(config_dir, store_url, create=True) as (config, store):
        # With --json standard output holds nothing but the answer; alerts go to stderr.
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            report = _run_once(
                config,
                store,
                feeds=feeds,
                everything=everything or bool(feeds),
                alert_backlog=alert_backlog,
                now=now,
            )
        if as_json:
            print_json({"report": report, "counts": store.counts()})
        else:
            print_report(report, config, store)
    if report.polls and not any(poll.outcome in ANSWERED for poll in report.polls):
        raise click.exceptions.Exit(1)


@click.command("watch")
@click.option(
    "--every",
    type=click.IntRange(5),
    default=60,
    show_default=True,
    help="Seconds between two looks at which feeds are due.",
)
@config_option
@store_option
def watch_command(every: int, config_dir: Path | None, store_url: str | None) -> None:
    """Run for ever: poll what is due, print alerts as they come.

    A round that fails is told and tried again. Ctrl-C or SIGTERM ends it cleanly.
    """
    from pipeline.flow import watch

    with opened(config_dir, store_url, create=True) as (config, store):
        enabled = sum(feed.enabled for feed in config.feeds)
        click.echo(f"watching {many(enabled, 'feed')}; alerts follow, Ctrl-C ends")
        try:
            asyncio.run(watch(config, store, every_s=every, told=Told(config)))
        except KeyboardInterrupt:
            click.echo("stopped; the next run goes on from here")


class Told:
    """Prints a line for each round of a watch, and alerts that no terminal channel shows."""

    def __init__(self, config: Config) -> None:
        terminals = {
            name
            for name, channel in config.settings.channels.items()
            if channel.kind == "terminal" and channel.enabled
        }
        # Alerts without a rule (summaries, warnings) go to every channel.
        self._hidden = {rule.name for rule in config.rules if not terminals & set(rule.channels)}
        self._none = not terminals

    def __call__(self, told: RunReport | TrucelineError) -> None:
        """Print what one round did, or why it failed."""
        stamp = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
        if isinstance(told, TrucelineError):
            click.echo(f"{stamp} this round failed, the next one tries again: {told}", err=True)
            return
        for alert in told.alerts:
            if self._none or alert.rule in self._hidden:
                click.echo(f"{stamp} alert: {line(alert.headline)}")
        if told.polls:
            new = sum(poll.new for poll in told.polls)
            click.echo(
                f"{stamp} {many(len(told.polls), 'feed')}, {new} new, "
                f"{many(len(told.alerts), 'alert')}{_silent(told.polls)}"
            )
        for problem in delivery_problems(told):
            click.echo(f"{stamp} {problem}", err=True)


def _silent(polls: Sequence[Poll]) -> str:
    failed = sum(poll.outcome not in ANSWERED for poll in polls)
    return f", {failed} without an answer (truceline coverage)" if failed else ""


def delivery_problems(report: RunReport) -> list[str]:
    """Return a line for each channel that did not take its alerts."""
    errors = report.delivered.errors if report.delivered is not None else {}
    return [f"channel {name}: {line(error)}" for name, error in errors.items()]


def _run_once(
    config: Config,
    store: Store,
    *,
    feeds: tuple[str, ...],
    everything: bool,
    alert_backlog: bool,
    now: datetime | None,
) -> RunReport:
    from pipeline.flow import Monitor, system_clock
    from pipeline.upkeep import feeds_named

    clock: Callable[[], datetime] = (lambda: now) if now is not None else system_clock
    chosen = feeds_named(config, feeds) if feeds else None

    async def once(show: Show) -> RunReport:
        async with Monitor(
            config, store, clock=clock, progress=show, alert_backlog=alert_backlog
        ) as monitor:
            return await monitor.run(chosen, everything=everything)

    with progress(store) as show:
        return asyncio.run(once(show))


def print_report(report: RunReport, config: Config, store: Store) -> None:
    """Print what one run found: troubled feeds, the baseline, and which commands come next."""
    _print_troubled(report, config)
    _print_numbers(report, store)
    print_board(config, store)
    for problem in delivery_problems(report):
        click.echo(problem, err=True)
    if report.polls and not any(poll.outcome in ANSWERED for poll in report.polls):
        click.echo(
            "No feed answered: this machine seems to have no network. "
            "`truceline demo` (or `make demo`) shows everything without one."
        )
    click.echo(f"store: {shown_url(config.settings.store.url)}")
    click.echo("next: truceline search, positions, contradictions, alerts, coverage, watch")


def _print_troubled(report: RunReport, config: Config) -> None:
    feeds = {feed.url: feed for feed in config.feeds}
    troubled = [poll for poll in report.polls if poll.outcome not in ANSWERED]
    if not troubled:
        return
    made = Sheet(
        Column("feed", lead=True),
        Column("outcome", lead=True),
        Column("what it answered", least=24, cut=120),
        title="Feeds that brought nothing",
    )
    for poll in sorted(troubled, key=lambda poll: poll.outcome):
        feed: Any = feeds.get(poll.feed_url)
        made.add(feed.outlet if feed else poll.feed_url, poll.outcome, poll.reason or "-")
    made.show()


def _print_numbers(report: RunReport, store: Store) -> None:
    answered = sum(poll.outcome in ANSWERED for poll in report.polls)
    new = sum(poll.new for poll in report.polls)
    if report.polls:
        click.echo(
            f"{many(len(report.polls), 'feed')} polled, {answered} answered; "
            f"{many(new, 'new article')}, {many(report.extracted, 'article')} read for claims, "
            f"{many(report.claims, 'claim')}, {many(len(report.alerts), 'alert')}"
        )
    else:
        click.echo("no feed is due yet; --all asks all of them now")
    if report.set_aside:
        click.echo(f"{report.set_aside} articles set aside: their text killed the extractor twice")
    counts = store.counts()
    click.echo(
        f"in the store: {counts.articles} articles ({counts.matched} on a topic), "
        f"{counts.claims} claims, {counts.positions} positions, "
        f"{counts.contradictions} contradictions, {counts.alerts} alerts"
    )


def print_board(config: Config, store: Store, *, shown: int = SHOWN) -> None:
    """Print the ledger and the contradictions, as far as there are any."""
    positions = whole_ledger(config, store)
    if positions:
        screens.print_positions(positions[:shown], config.zone)
        _print_more(len(positions) - shown, "positions")
    pairs = store.contradictions()
    if pairs:
        both = [(p, store.claim(p.claim_a), store.claim(p.claim_b)) for p in pairs[:shown]]
        screens.print_contradictions(both, config.zone)
        _print_more(len(pairs) - shown, "contradictions")


def _print_more(count: int, command: str) -> None:
    if count > 0:
        click.echo(f"  and {count} more: truceline {command}\n")
