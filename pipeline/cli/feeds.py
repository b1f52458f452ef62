"""`truceline feeds`: list, check, add, import, export."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from pipeline.cli.health import ANSWERED
from pipeline.cli.options import (
    config_option,
    configured,
    json_option,
    print_json,
    say_nothing_found,
)
from pipeline.cli.sheets import Column, Sheet, line
from pipeline.errors import ConfigError
from pipeline.records import Feed, FeedKind


@click.group("feeds")
def feeds_command() -> None:
    """List, check, add, import and export feeds."""


@feeds_command.command("list")
@json_option
@config_option
def list_feeds(as_json: bool, config_dir: Path | None) -> None:
    """List the feeds of the configuration."""
    feeds = configured(config_dir).feeds
    if as_json:
        for feed in feeds:
            print_json(feed)
    elif feeds:
        _print_feeds(feeds)
    if not feeds:
        say_nothing_found("no feeds are configured; `truceline feeds add` adds one")


def _print_feeds(feeds: tuple[Feed, ...]) -> None:
    made = Sheet(
        Column("outlet", lead=True),
        Column("section"),
        Column("country"),
        Column("lang"),
        Column("kind"),
        Column("party"),
        Column("ownership", least=14, cut=40),
        Column("verified"),
        Column("on"),
        Column("url", least=40),
    )
    for feed in feeds:
        made.add(
            feed.outlet,
            feed.section or "-",
            feed.country or "-",
            feed.language or "-",
            feed.kind,
            feed.party or "-",
            feed.ownership or "-",
            feed.verified,
            "yes" if feed.enabled else "no",
            feed.url,
        )
    made.show()


@feeds_command.command("check")
@click.argument("urls", nargs=-1)
@json_option
@config_option
def check_feeds(urls: tuple[str, ...], as_json: bool, config_dir: Path | None) -> None:
    """Ask feeds now (all, or the URLS given) and say what each answered; stores nothing."""
    from pipeline.upkeep import check_feeds as check

    config = configured(config_dir)
    known = {feed.url: feed for feed in config.feeds}
    wanted = [known.get(url, Feed(url=url, outlet=url)) for url in urls] or list(config.feeds)
    if not wanted:
        say_nothing_found("no feeds are configured; `truceline feeds add` adds one")
        return
    if not as_json:
        click.echo(f"asking {len(wanted)} feeds ...", err=True)
    polls = asyncio.run(check(config, wanted))
    if as_json:
        for poll in polls:
            print_json(poll)
    else:
        made = Sheet(
            Column("outlet", lead=True),
            Column("outcome", lead=True),
            Column("entries"),
            Column("what it answered", least=24, cut=120),
        )
        for feed, poll in zip(wanted, polls, strict=True):
            made.add(feed.outlet, poll.outcome, poll.entries, poll.reason or "-")
        made.show()
    if not any(poll.outcome in ANSWERED for poll in polls):
        raise click.exceptions.Exit(1)


@feeds_command.command("add")
@click.argument("url")
@click.option("--outlet", required=True, help="Name of the publisher.")
@click.option("--country", help="ISO 3166-1 alpha-2, such as IN.")
@click.option("--language", help="ISO 639-1, such as ur.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in FeedKind]),
    default="outlet",
    show_default=True,
    help="Who speaks through it.",
)
@config_option
def add_feed(
    url: str,
    outlet: str,
    country: str | None,
    language: str | None,
    kind: str,
    config_dir: Path | None,
) -> None:
    """Add a feed to feeds.toml; comments there stay as they are."""
    from pipeline.config.feeds import add_feed as add

    path = _feeds_file(config_dir)
    add(
        path,
        Feed(url=url, outlet=outlet, country=country, language=language, kind=FeedKind(kind)),
    )
    click.echo(f"added to {path}; its first collection is a baseline and alerts nobody")


@feeds_command.command("import")
@click.argument("opml", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@config_option
def import_feeds(opml: Path, config_dir: Path | None) -> None:
    """Add the feeds of an OPML file; those already there stay."""
    from pipeline.config.feeds import import_feeds as add_all
    from pipeline.config.opml import read_opml

    path = _feeds_file(config_dir)
    try:
        feeds = read_opml(opml.read_bytes())
    except ConfigError as error:
        raise ConfigError(error.message, subject=str(opml)) from error
    outcome = add_all(path, feeds)
    click.echo(f"added {len(outcome.added)} feeds to {path}; {len(outcome.known)} were there")
    for feed, why in outcome.refused:
        click.echo(f"refused {line(feed.url)}: {line(why)}", err=True)
    if outcome.refused:
        raise click.exceptions.Exit(1)


@feeds_command.command("export")
@click.argument("opml", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@config_option
def export_feeds(opml: Path, config_dir: Path | None) -> None:
    """Write the feeds as OPML to a file ("-" for standard output)."""
    from pipeline.config.opml import write_opml

    feeds = configured(config_dir).feeds
    document = write_opml(feeds)
    if str(opml) == "-":
        sys.stdout.write(document.decode("ascii"))
        return
    opml.write_bytes(document)
    click.echo(f"wrote {len(feeds)} feeds to {opml}")


def _feeds_file(config_dir: Path | None) -> Path:
    folder = configured(config_dir).folder
    if folder is None:
        raise ConfigError(
            "the shipped configuration is read-only; `truceline init DIR` writes a copy to edit",
            subject="feeds.toml",
        )
    return folder / "feeds.toml"
