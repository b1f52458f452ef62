"""Commands over files: parse, extract, compare. No store, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pipeline.cli.inputs import Check, Record, date_fault, records_in
from pipeline.cli.options import (
    config_option,
    configured,
    json_option,
    print_json,
    say_nothing_found,
)
from pipeline.cli.sheets import line, many
from pipeline.config import Config
from pipeline.errors import ConfigError
from pipeline.records import Topic

FILES = click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
ANY = "any"

WHY_WIDTH = 300  # characters of one reason


@click.command("parse")
@json_option
@FILES
def parse_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Read feed files: outcome, format, encoding and entries of each."""
    from pipeline.parse import parse_file

    for path in files:
        found: dict[str, Any] = parse_file(path)
        if as_json:
            print_json(found)
        else:
            _print_feed(path, found)


def _print_feed(path: Path, found: Mapping[str, Any]) -> None:
    entries = many(len(found["entries"]), "entry", "entries")
    facts = [found["outcome"], entries, found["format"]]
    facts += [found["encoding"], found["reason"]]
    click.echo(f"{path}: {', '.join(line(fact) for fact in facts if fact)}")
    for entry in found["entries"]:
        click.echo(f"  {(entry['published'] or 'no date')[:16]:16}  {line(entry['title'])}")


@click.command("extract")
@json_option
@config_option
@click.option("--sentences", is_flag=True, help="Each record is a passage, not an article.")
@click.option("--explain", is_flag=True, help="Say for each claim what decided it.")
@click.option("--topic", help="Id of one topic, or 'any' conflict (so for --sentences).")
@FILES
def extract_command(
    files: tuple[Path, ...],
    as_json: bool,
    config_dir: Path | None,
    sentences: bool,
    explain: bool,
    topic: str | None,
) -> None:
    """Extract the claims of JSON files: {"id", "outlet", "title", "published", "text"} each.

    A file holds one such object, a list of them, or one on each line.
    """
    from pipeline.streams import extract_records

    config = configured(config_dir)
    topics = _topics(config, topic or (ANY if sentences else None))
    for found in extract_records(
        _all_records(files, _article_fault), config, topics, sentences=sentences, explain=explain
    ):
        if as_json:
            print_json(found)
        else:
            _print_claims(found)


def _topics(config: Config, wanted: str | None) -> tuple[Topic, ...] | None:
    """Return the topics asked for; None for any conflict."""
    if wanted == ANY:
        return None
    topics = tuple(topic for topic in config.topics if wanted in (None, topic.id))
    if not topics and wanted is not None:
        known = ", ".join(topic.id for topic in config.topics)
        raise ConfigError(f"no such topic; there are: {known}, any", subject=wanted)
    return topics


@click.command("compare")
@json_option
@config_option
@FILES
def compare_command(files: tuple[Path, ...], as_json: bool, config_dir: Path | None) -> None:
    """Decide what is new in streams: {"id", "statements": [{"sid", "date", "outlet", "text"}]}."""
    from pipeline.streams import compare_streams

    config = configured(config_dir)
    for decided in compare_streams(_all_records(files, _stream_fault), config):
        if as_json:
            print_json(decided)
            continue
        click.echo(line(decided["id"]))
        for row in decided["decisions"]:
            refs = f" of {', '.join(row['ref'])}" if row["ref"] else ""
            click.echo(f"  {line(row['sid'])}  {row['novelty']}{refs} ({row['reason']})")


def _all_records(files: tuple[Path, ...], check: Check) -> Iterator[Record]:
    for path in files:
        empty = True
        for record in records_in(path, check):
            empty = False
            yield record
        if empty:
            say_nothing_found(f"{path}: holds no record")


def _article_fault(record: Mapping[str, Any]) -> str:
    missing = [key for key in ("id", "text") if key not in record]
    if missing:
        return f"has no {' and no '.join(missing)}"
    if not isinstance(record["text"], str):
        return "its text is no string"
    return date_fault(record.get("published") or record.get("date"))


def _stream_fault(record: Mapping[str, Any]) -> str:
    statements = record.get("statements")
    if "id" not in record or not isinstance(statements, list):
        return "has no id, or no list of statements"
    for number, statement in enumerate(statements, 1):
        if not isinstance(statement, dict) or not {"sid", "date", "text"} <= statement.keys():
            return f"statement {number} needs sid, date and text"
        if fault := date_fault(statement["date"]):
            return f"statement {number}: {fault}"
    return ""


def _print_claims(found: Mapping[str, Any]) -> None:
    click.echo(f"{line(found['id'])}: {many(len(found['claims']), 'claim')} (* would alert)")
    for claim in found["claims"]:
        mark = "*" if claim["alert_worthy"] else " "
        chain = " <- ".join(map(line, claim["chain"]))
        click.echo(f"{mark} {claim['act'] or '-':18} {chain}: {line(claim['text'], 160)}")
        for part, why in claim.get("why", {}).items():
            click.echo(f"    {part:11} {line(why, WHY_WIDTH)}")
