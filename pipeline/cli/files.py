"""Commands over files: parse, extract, compare. No store, no network."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.options import config_option, configured, json_option, print_json, records_in
from pipeline.errors import ConfigError

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)


@click.command("parse")
@json_option
@FILES
def parse_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Read feed files: outcome, format, encoding and entries of each."""
    from pipeline.parse import parse_file

    for path in files:
        found = parse_file(path)
        if as_json:
            print_json(found)
            continue
        click.echo(f"{path}: {found['outcome']}, {len(found['entries'])} entries")
        for entry in found["entries"]:
            click.echo(f"  {entry['date'] or 'no date':25} {entry['title']}")


@click.command("extract")
@json_option
@config_option
@click.option("--sentences", is_flag=True, help="Each record is a passage, not an article.")
@click.option("--topic", default=None, help="ID of one topic, or 'any' conflict (for --sentences).")
@FILES
def extract_command(
    files: tuple[Path, ...],
    as_json: bool,
    config_dir: Path | None,
    sentences: bool,
    topic: str | None,
) -> None:
    """Extract the claims of JSON files: {"id", "outlet", "title", "published", "text"} each."""
    from pipeline.streams import extract_records

    config = configured(config_dir)
    wanted = topic or ("any" if sentences else None)
    topics = None if wanted == "any" else config.topics
    if wanted not in (None, "any"):
        topics = tuple(t for t in config.topics if t.id == wanted)
        if not topics:
            known = ", ".join(t.id for t in config.topics)
            raise ConfigError(f"no such topic; there are: {known}, any", subject=str(wanted))
    records = (record for path in files for record in records_in(path))
    for found in extract_records(records, config, topics, sentences=sentences):
        if as_json:
            print_json(found)
        else:
            _print_claims(found)


@click.command("compare")
@json_option
@config_option
@FILES
def compare_command(files: tuple[Path, ...], as_json: bool, config_dir: Path | None) -> None:
    """Decide what is new in streams: {"id", "statements": [{"sid", "date", "outlet", "text"}]}."""
    from pipeline.streams import compare_streams

    config = configured(config_dir)
    streams = (record for path in files for record in records_in(path))
    for decided in compare_streams(streams, config):
        if as_json:
            print_json(decided)
            continue
        click.echo(decided["id"])
        for row in decided["decisions"]:
            refs = f" of {', '.join(row['ref'])}" if row["ref"] else ""
            click.echo(f"  {row['sid']}  {row['novelty']}{refs} ({row['reason']})")


def _print_claims(found: dict[str, object]) -> None:
    claims = found["claims"]
    assert isinstance(claims, list)
    click.echo(f"{found['id']}: {len(claims)} claims")
    for claim in claims:
        mark = "*" if claim["alert_worthy"] else " "
        chain = " <- ".join(claim["chain"])
        click.echo(f"{mark} {claim['act'] or '-':16} {chain}: {claim['words'][:100]}")
