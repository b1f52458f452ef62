"""`truceline topics`: check the topic files, back-test topics and rules on stored articles."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli import screens
from pipeline.cli.options import (
    Time,
    config_option,
    configured,
    json_option,
    opened,
    print_json,
    store_option,
)
from pipeline.records import Alert


@click.group("topics")
def topics_command() -> None:
    """Check topics; back-test a topic or rule on stored articles."""


@topics_command.command("check")
@click.argument("headlines", nargs=-1)
@json_option
@config_option
def check_topics(headlines: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Check the topic files; with HEADLINES say which terms match each of them, and why not."""
    from pipeline.filter import TopicFilter, topics_of

    config = configured(config_dir)
    if not headlines:
        for topic in config.topics:
            if as_json:
                print_json(topic)
            else:
                click.echo(f"{topic.id}: {topic.name}; parties {', '.join(topic.parties)}")
        return
    matcher = TopicFilter(config.topics)
    for headline in headlines:
        matches = matcher.match_article(headline)
        if as_json:
            print_json({"headline": headline, "topics": topics_of(matches), "matches": matches})
            continue
        click.echo(f"{', '.join(topics_of(matches)) or 'no topic':30} {headline}")
        for match in matches:
            mark = "+" if match.kept else "-"
            click.echo(f"  {mark} {match.topic}: {match.term} ({match.reason or match.field})")


@topics_command.command("backtest")
@click.option("--topic", help="Only this topic.")
@click.option("--rule", help="Only this rule.")
@click.option("--since", type=Time())
@click.option("--until", type=Time())
@click.option("--samples", type=click.IntRange(0), default=10, show_default=True)
@json_option
@config_option
@store_option
def backtest_topics(
    topic: str | None,
    rule: str | None,
    since: datetime | None,
    until: datetime | None,
    samples: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Say what the topics and rules as they stand now would have matched and alerted.

    Reads stored articles and changes nothing; articles no topic matched when they came are
    matched by their feed text and not extracted.
    """
    from pipeline.backtest import backtest

    with opened(config_dir, store_url) as (config, store):
        found = backtest(config, store, topic=topic, rule=rule, since=since, until=until)
        if as_json:
            print_json(found)
            return
        click.echo(f"{found.articles} articles, {found.matched} matched, {found.claims} claims")
        click.echo(f"{found.newly_matched} match now that did not when they came")
        click.echo(f"{len(found.alerts)} alerts")
        for alert in found.alerts[:samples]:
            _sample(alert)


def _sample(alert: Alert) -> None:
    click.echo(f"  {alert.created:%Y-%m-%d %H:%M} [{alert.rule}] {screens.clean(alert.headline)}")
