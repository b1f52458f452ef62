"""Commands that keep a watch in order: import, reprocess, replay, export, retention, doctor."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from pipeline.cli.options import (
    Time,
    config_option,
    configured,
    json_option,
    opened,
    plain,
    print_json,
    records_in,
    store_option,
)
from pipeline.errors import TrucelineError
from pipeline.records import Finding, Query

COLUMNS = (
    "claim", "said_at", "outlet", "chain", "speaker", "countries", "role", "anonymous", "act",
    "theme", "issue", "modality", "polarity", "novelty", "reason", "words", "cue", "title", "url",
)  # fmt: skip


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

    records: list[dict[str, object]]
    if archive.suffix in (".json", ".jsonl"):
        records = records_in(archive)
    else:
        lines = archive.read_text("utf-8").splitlines()
        records = [{"url": line.strip()} for line in lines if line.strip()[:1] not in ("", "#")]
    with opened(config_dir, store_url) as (config, store):
        report = asyncio.run(import_archive(config, store, records, subject=str(archive)))
        click.echo(f"{report.taken} articles taken, {report.known} already there")
        for line in report.refused:
            click.echo(f"refused {line}", err=True)
        click.echo(f"{report.claims} claims now in the ledger as a baseline; no alert was sent")
    if report.refused:
        raise click.exceptions.Exit(1)


@click.command("reprocess")
@click.option("--topic", help="Only articles of this topic.")
@click.option("--since", type=Time(), help="Only articles published since then.")
@config_option
@store_option
def reprocess_command(
    topic: str | None, since: datetime | None, config_dir: Path | None, store_url: str | None
) -> None:
    """Match, extract and compare stored articles again, with the topics as they are now."""
    from pipeline.upkeep import reprocess

    with opened(config_dir, store_url) as (config, store):
        report = asyncio.run(reprocess(config, store, topic=topic, since=since))
        click.echo(f"{report.extracted} articles read again, {report.claims} claims; no alerts")


@click.command("replay")
@click.option("--channel", help="Only this channel.")
@click.option("--alert", "alert_id", help="Only this alert.")
@config_option
@store_option
def replay_command(
    channel: str | None, alert_id: str | None, config_dir: Path | None, store_url: str | None
) -> None:
    """Put deliveries a channel gave up on back into the outbox and send them."""
    from pipeline.upkeep import replay

    with opened(config_dir, store_url) as (config, store):
        count = asyncio.run(replay(config, store, channel=channel, alert_id=alert_id))
        click.echo(f"{count} deliveries put back and tried")


@click.command("export")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), help="Else by file name.")
@click.option("--topic")
@click.option("--since", type=Time())
@config_option
@store_option
def export_command(
    target: Path,
    kind: str | None,
    topic: str | None,
    since: datetime | None,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Write the claims of the store to TARGET ("-" for standard output)."""
    with opened(config_dir, store_url) as (_, store):
        findings = store.search(Query(topic=topic, since=since, limit=10_000_000))
    as_csv = (kind or target.suffix.lstrip(".")) == "csv"
    out = sys.stdout if str(target) == "-" else target.open("w", encoding="utf-8", newline="")
    try:
        if as_csv:
            _write_csv(csv.writer(out), findings)
        else:
            for found in findings:
                out.write(_json_line(found))
    finally:
        if out is not sys.stdout:
            out.close()
    if out is not sys.stdout:
        click.echo(f"wrote {len(findings)} claims to {target}")


@click.command("retention")
@click.option("--days", type=click.IntRange(1), help="Else `keep_text_days` of settings.toml.")
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
        click.echo(f"deleted the text of {count} articles older than {keep} days")


@click.command("doctor")
@json_option
@config_option
@store_option
def doctor_command(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Check configuration, store, model and channels; say what to do about each fault."""
    from pipeline.upkeep import diagnose

    try:
        config = configured(config_dir, store_url)
    except TrucelineError as error:
        click.echo(f"FAIL configuration: {error}")
        raise click.exceptions.Exit(2) from error
    checks = diagnose(config)
    for check in checks:
        if as_json:
            print_json(check)
        else:
            click.echo(f"{'ok  ' if check.fine else 'FAIL'} {check.what}: {check.says}")
    if not all(check.fine for check in checks):
        raise click.exceptions.Exit(1)


def _json_line(found: Finding) -> str:
    import json

    return json.dumps(plain(found), ensure_ascii=False) + "\n"


def _write_csv(writer: object, findings: Iterable[Finding]) -> None:
    write = writer.writerow  # type: ignore[attr-defined] # csv.writer has no public type
    write(COLUMNS)
    for found in findings:
        claim, decision = found.claim, found.decision
        row = (
            claim.id, claim.said_at.isoformat(), claim.outlet,
            " <- ".join(hop.name for hop in claim.chain), claim.speaker or "",
            "+".join(claim.countries), claim.role or "", claim.anonymous, claim.act or "",
            claim.theme or "", claim.object or "", claim.modality or "", claim.polarity or "",
            decision.novelty if decision else "", decision.reason if decision else "",
            claim.text, claim.cue_text, found.article.title, found.article.url or "",
        )  # fmt: skip
        write([_harmless(value) for value in row])


def _harmless(value: object) -> str:
    """Return a cell no spreadsheet takes for a formula (OWASP, CSV injection)."""
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text
