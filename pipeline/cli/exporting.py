"""`truceline export`: the claims of the store as JSONL or CSV, in pages, oldest page last."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from pipeline.cli.cells import harmless
from pipeline.cli.events import coded, write_events
from pipeline.cli.options import (
    config_option,
    json_line,
    opened,
    since_option,
    store_option,
    topic_option,
    until_option,
)
from pipeline.cli.progress import progress
from pipeline.cli.sheets import many
from pipeline.codings import CODINGS
from pipeline.errors import ConfigError
from pipeline.records import Finding, Query
from pipeline.taxonomy import export_codes

if TYPE_CHECKING:
    from pipeline.stores import Answers

PAGE = 1_000
TICK = timedelta(milliseconds=1)  # as exact as a store's `until` is
FORMATS = ("jsonl", "csv")

COLUMNS = (
    "claim", "said_at", "outlet", "chain", "speaker", "countries", "role", "anonymous", "act",
    "cameo", "plover", "theme", "issue", "modality", "polarity", "hedged", "background",
    "novelty", "reason", "outlets", "origins", "words", "cue", "title", "url",
)  # fmt: skip


@click.command("export")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Without it, by file name.")
@click.option(
    "--coding",
    type=click.Choice(CODINGS),
    help="As events of a public codebook: only claims with a code, only new ones.",
)
@click.option("--repeats", is_flag=True, help="With --coding: what was said before, too.")
@topic_option
@since_option
@until_option
@config_option
@store_option
def export_command(
    target: Path,
    *,
    kind: str | None,
    coding: str | None,
    repeats: bool,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Write the claims of the store to TARGET ("-" for standard output), newest first."""
    to_file = str(target) != "-"
    kind = kind or _kind_of(target)
    query = Query(topic=topic, since=since, until=until)
    with opened(config_dir, store_url) as (config, store), _output(target, to_file) as out:
        findings = _counted(pages(store, query))
        if coding:
            events = coded(findings, coding, config.topics, repeats=repeats)
            count = write_events(out, events, kind)
        else:
            count = WRITERS[kind](out, findings)
    if to_file:
        click.echo(f"wrote {many(count, 'claim')} to {target}")


def _kind_of(target: Path) -> str:
    if str(target) == "-":
        return "jsonl"
    kind = target.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise ConfigError("name it .jsonl or .csv, or say --format", subject=str(target))
    return kind


@contextmanager
def _output(target: Path, to_file: bool) -> Iterator[TextIO]:
    """Yield where to write; a file appears under its name when it is complete."""
    if not to_file:
        yield sys.stdout
        return
    half = target.with_name(f"{target.name}.half")
    try:
        with half.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
        half.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        half.unlink(missing_ok=True)


def pages(store: Answers, query: Query, *, size: int = PAGE) -> Iterator[Finding]:
    """Yield every finding of a query, newest first, holding one page at a time.

    Claims said in one millisecond stay together: a page that holds no other is asked again,
    larger.
    """
    seen: set[str] = set()
    while True:
        page = store.search(replace(query, limit=size))
        yield from (found for found in page if found.claim.id not in seen)
        if len(page) < size:
            return
        seen = {found.claim.id for found in page}
        oldest = page[-1].claim.said_at
        until = oldest.replace(microsecond=oldest.microsecond // 1000 * 1000) + TICK
        if query.until is not None and until >= query.until:
            size *= 2
        query = replace(query, until=until)


def _counted(findings: Iterator[Finding]) -> Iterator[Finding]:
    with progress() as show:
        for count, found in enumerate(findings, 1):
            yield found
            if count % PAGE == 0:
                show("export", count, count)


def _write_jsonl(out: TextIO, findings: Iterator[Finding]) -> int:
    count = 0
    for found in findings:
        out.write(json_line(found))
        count += 1
    return count


def _write_csv(out: TextIO, findings: Iterator[Finding]) -> int:
    count, write = 0, csv.writer(out).writerow
    write(COLUMNS)
    for found in findings:
        write([harmless(value) for value in _row(found)])
        count += 1
    return count


def _row(found: Finding) -> tuple[object, ...]:
    claim, decision = found.claim, found.decision
    cameo, plover = export_codes(claim.act) if claim.act else (None, None)
    return (
        claim.id, claim.said_at.isoformat(), claim.outlet,
        " <- ".join(hop.name for hop in claim.chain), claim.speaker,
        "+".join(claim.countries), claim.role, claim.anonymous, claim.act,
        cameo, plover, claim.theme, claim.object, claim.modality, claim.polarity,
        claim.hedged, claim.background,
        decision.novelty if decision else None, decision.reason if decision else None,
        found.outlets, found.origins,
        claim.text, claim.cue_text, found.article.title, found.article.url,
    )  # fmt: skip


Write = Callable[[TextIO, Iterator[Finding]], int]
WRITERS: dict[str, Write] = {"jsonl": _write_jsonl, "csv": _write_csv}
