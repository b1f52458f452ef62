"""Commands that keep a watch in order: import, reprocess, replay, retention, doctor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pipeline.cli.asking import find_alert
from pipeline.cli.inputs import Record, date_fault, records_in
from pipeline.cli.options import (
    config_option,
    configured,
    json_option,
    opened,
    print_json,
    since_option,
    store_option,
    topic_option,
)
from pipeline.cli.progress import progress
from pipeline.cli.sheets import line, many
from pipeline.errors import ConfigError


@click.command("import")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@config_option
@store_option
def import_command(archive: Path, config_dir: Path | None, store_url: str | None) -> None:
    """Seed the ledger from ARCHIVE; nothing in it alerts.

    A .jsonl or .json file holds articles: {"outlet", "title", "text", "published", "url"}.
    Any other file is a list of URLs, one a line, whose pages are fetched.
    """
    from pipeline.upkeep import import_archive

    lines = archive.suffix in (".json", ".jsonl")
    broken: list[ConfigError] = []
    records = records_in(archive, _fault, broken.append) if lines else _addresses(archive)
    with opened(config_dir, store_url, create=True) as (config, store):
        with progress(store) as show:
            report = asyncio.run(
                import_archive(config, store, records, subject=str(archive), progress=show)
            )
        click.echo(f"{many(report.taken, 'article')} taken, {report.known} already there")
        refused = [*map(str, broken), *(f"{archive}: {why}" for why in report.refused)]
        for why in refused:
            click.echo(f"refused {line(why)}", err=True)
        click.echo(
            f"{many(report.claims, 'claim')} now in the ledger as a baseline; no alert was sent"
        )
    if refused:
        raise click.exceptions.Exit(1)


def _fault(record: Mapping[str, Any]) -> str:
    if not record.get("text") and not record.get("url"):
        return "has neither text nor url"
    return date_fault(record.get("published"))


def _addresses(archive: Path) -> Iterator[Record]:
    try:
        for one in archive.read_text("utf-8-sig").splitlines():
            if one.strip()[:1] not in ("", "#"):
                yield {"url": one.strip()}
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error.reason}", subject=str(archive)) from error


@click.command("reprocess")
@topic_option
@since_option
@config_option
@store_option
def reprocess_command(
    topic: str | None, since: datetime | None, config_dir: Path | None, store_url: str | None
) -> None:
    """Match, extract and compare stored articles again, with the topics as they are now."""
    from pipeline.upkeep import reprocess

    with opened(config_dir, store_url) as (config, store):
        with progress(store) as show:
            report = asyncio.run(reprocess(config, store, topic=topic, since=since, progress=show))
        click.echo(
            f"{many(report.matched, 'article')} newly on a topic; "
            f"{many(report.extracted, 'article')} read again, "
            f"{many(report.claims, 'claim')}; no alerts"
        )


@click.command("replay")
@click.option("--channel", help="Only this channel.")
@click.option("--alert", "alert_id", help="Only this alert; the first digits of its id do.")
@config_option
@store_option
def replay_command(
    channel: str | None, alert_id: str | None, config_dir: Path | None, store_url: str | None
) -> None:
    """Put deliveries a channel gave up on back into the outbox and send them."""
    from pipeline.upkeep import replay

    with opened(config_dir, store_url) as (config, store):
        if channel is not None and channel not in config.settings.channels:
            known = ", ".join(config.settings.channels)
            raise ConfigError(f"no such channel; there are: {known}", subject=channel)
        alert_id = find_alert(store, alert_id).id if alert_id else None
        count = asyncio.run(replay(config, store, channel=channel, alert_id=alert_id))
        click.echo(f"{many(count, 'delivery', 'deliveries')} put back and tried")


@click.command("retention")
@click.option("--days", type=click.IntRange(1, 36_500), help="Without it, as in settings.toml.")
@config_option
@store_option
def retention_command(days: int | None, config_dir: Path | None, store_url: str | None) -> None:
    """Delete stored article text older than the settings allow; claims and alerts stay."""
    with opened(config_dir, store_url) as (config, store):
        settings = config.settings.store
        keep = days or settings.keep_text_days
        if not keep:
            click.echo("keep_text_days is 0: texts are kept for ever; nothing deleted")
            return
        words = settings.excerpt_words if settings.excerpts_only else 0
        count = store.forget_texts(datetime.now(UTC) - timedelta(days=keep), excerpt_words=words)
        rest = f"; {words} words around each claim stay" if words else ""
        click.echo(
            f"deleted the text of {many(count, 'article')} older than {many(keep, 'day')}{rest}"
        )


@click.command("doctor")
@json_option
@config_option
@store_option
def doctor_command(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Check configuration, store, model and channels; say what to do about each fault."""
    from pipeline.upkeep import Check, diagnose

    try:
        checks = diagnose(configured(config_dir, store_url))
    except ConfigError as error:
        checks = [Check("configuration", fine=False, says=str(error))]
    for check in checks:
        if as_json:
            print_json(check)
        else:
            click.echo(f"{'ok  ' if check.fine else 'FAIL'} {check.what}: {check.says}")
    if not checks[0].fine:
        raise click.exceptions.Exit(2)
    if not all(check.fine for check in checks):
        raise click.exceptions.Exit(1)
