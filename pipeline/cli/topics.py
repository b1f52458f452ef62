"""`truceline topics`: check the topic files, back-test topics and rules on stored articles."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.backtest import backtest
from pipeline.cli.backtests import archive_option, extract_option, extractor, samples_option, told
from pipeline.cli.options import (
    config_option,
    configured,
    json_option,
    opened,
    print_json,
    say_nothing_found,
    since_option,
    store_option,
    topic_option,
    until_option,
)
from pipeline.cli.sheets import Column, Sheet, line
from pipeline.records import Topic


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
        _list_topics(config.topics, as_json)
        return
    matcher = TopicFilter(config.topics)
    for headline in headlines:
        matches = matcher.match_article(headline)
        if as_json:
            print_json({"headline": headline, "topics": topics_of(matches), "matches": matches})
            continue
        click.echo(f"{', '.join(topics_of(matches)) or 'no topic'}: {line(headline)}")
        for match in matches:
            mark = "+" if match.kept else "-"
            click.echo(f"  {mark} {match.topic}: {match.term} ({match.reason or match.field})")


def _list_topics(topics: tuple[Topic, ...], as_json: bool) -> None:
    if as_json:
        for topic in topics:
            print_json(topic)
        return
    if not topics:
        say_nothing_found("no topics are watched; docs/topics.md says how to write one")
        return
    made = Sheet(
        Column("topic", lead=True),
        Column("name", least=16),
        Column("parties", least=16),
        Column("languages"),
        Column("terms"),
        Column("issues", least=16),
    )
    for topic in topics:
        made.add(
            topic.id,
            topic.name,
            ", ".join(topic.parties) or "-",
            ", ".join(topic.languages) or "any",
            len(topic.terms),
            ", ".join(issue.id for issue in topic.issues) or "-",
        )
    made.show()


@topics_command.command("backtest")
@topic_option
@click.option("--rule", help="Only this rule.")
@since_option
@until_option
@archive_option
@extract_option
@samples_option
@json_option
@config_option
@store_option
def backtest_topics(
    topic: str | None,
    rule: str | None,
    *,
    since: datetime | None,
    until: datetime | None,
    archive: bool,
    extract: bool,
    samples: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Say what the topics and rules as they stand now would have matched and alerted.

    Lives the stored past again and changes nothing. Articles no topic matched when they came
    are matched by what their feed showed.
    """
    with opened(config_dir, store_url) as (config, store):
        found = backtest(
            config,
            store,
            topic=topic,
            rule=rule,
            since=since,
            until=until,
            archive=archive,
            extract=extractor(config) if extract else None,
        )
        told(found, config, samples=samples, as_json=as_json)
