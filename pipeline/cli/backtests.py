"""What back-tests of topics and of rules share: options, and how one is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.backtest import Backtest, latency_words
from pipeline.cli import screens
from pipeline.cli.options import print_json
from pipeline.cli.sheets import line, many

if TYPE_CHECKING:
    from pipeline.backtest import Extract
    from pipeline.config import Config
    from pipeline.records import Alert, Article, Claim

archive_option = click.option(
    "--archive",
    is_flag=True,
    help="Let first collections and imports alert too, each article when it was published.",
)
extract_option = click.option(
    "--extract", is_flag=True, help="Extract articles that a topic wants only now."
)
samples_option = click.option(
    "--samples",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="So many alerts of each list are shown.",
)


def extractor(config: Config) -> Extract:
    """Return what reads an article in this process."""
    from pipeline.opening import extract_one

    def read(article: Article) -> Sequence[Claim]:
        return extract_one(article, config.topics, config.actors_dir, config.settings.work.threads)

    return read


def told(found: Backtest, config: Config, *, samples: int, as_json: bool) -> None:
    """Print a back-test: counts, alerts, delays, and what the rules then and now do not share."""
    if as_json:
        print_json(found)
        return
    click.echo(
        f"{many(found.articles, 'article')}, {found.matched} match a topic "
        f"({found.newly_matched} did not when they came, {found.unread} of these were never "
        f"extracted), {many(found.claims, 'claim')}"
    )
    click.echo(many(len(found.alerts), "alert"))
    _list(found.alerts, config, samples)
    if found.latencies_s:
        click.echo(latency_words(found.latencies_s))
    click.echo(f"missed: {len(found.missed)} of the stories that were alerted then")
    _list(found.missed, config, samples)
    click.echo(f"added: {len(found.added)} stories that nothing alerted then")
    _list(found.added, config, samples)


def _list(alerts: Sequence[Alert], config: Config, samples: int) -> None:
    for alert in alerts[:samples]:
        when = screens.local(alert.created, config.zone)
        click.echo(f"  {when} [{line(alert.rule)}] {line(alert.headline)}")
    if len(alerts) > samples:
        click.echo(f"  and {len(alerts) - samples} more (--samples)")
