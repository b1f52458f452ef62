"""`truceline ceasefire`: the timeline of every front, on a screen or as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.cells import harmless
from pipeline.cli.exporting import pages
from pipeline.cli.options import (
    as_of_option,
    config_option,
    json_option,
    opened,
    print_json,
    say_nothing_found,
    since_option,
    store_option,
    then,
    topic_option,
    until_option,
)
from pipeline.cli.screens import local, short
from pipeline.cli.sheets import Column, Sheet, many
from pipeline.compare.fronts import Event, Truce, timeline
from pipeline.records import Query

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Answers

TRUCE_COLUMNS = (
    "cf_id", "topic", "side_a", "side_b", "number", "type", "declared_date", "declared_by",
    "announced_by", "mediators", "effective_date", "duration", "end_date", "end_by", "status",
    "violations_alleged", "violations_denied", "extensions", "first_claim", "last_claim",
)  # fmt: skip
EVENT_COLUMNS = (
    "cf_id", "topic", "front", "event", "date", "kind", "claimant", "speaker", "accused", "state",
    "effective", "duration", "times", "outlets", "chain", "claim", "words",
)  # fmt: skip
DECLARED = ("announced", "confirmed", "restored")


@click.command("ceasefire")
@topic_option
@click.option("--front", help="Only the front of these parties, such as IN+PK; one does.")
@click.option(
    "--csv",
    "table",
    type=click.Choice(["ceasefires", "events"]),
    help="As CSV: one row for each ceasefire, or for each event.",
)
@since_option
@until_option
@as_of_option
@json_option
@config_option
@store_option
def ceasefire_command(
    *,
    topic: str | None,
    front: str | None,
    table: str | None,
    since: datetime | None,
    until: datetime | None,
    as_of: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the state of the ceasefire on each front, step by step, and on whose word."""
    with opened(config_dir, store_url) as (config, store):
        answers = then(store, as_of)
        truces = [
            truce
            for truce in truces_of(config, answers, topic=topic, since=since, until=until)
            if front is None or set(front.upper().split("+")) <= {p.upper() for p in truce.front}
        ]
        if table:
            write_csv(truces, table)
        elif as_json:
            for truce in truces:
                print_json(truce)
        else:
            for truce in truces:
                print_truce(truce, config.zone)
        if not truces:
            say_nothing_found("nothing is known of a ceasefire")


def truces_of(
    config: Config,
    answers: Answers,
    *,
    topic: str | None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Truce]:
    """Yield the truces of each topic (or one), by front; a topic without a file has no parties."""
    parties = {one.id: one.parties for one in config.topics}
    for name in [topic] if topic else parties:
        query = Query(topic=name, theme="ceasefire", since=since, until=until)
        claims = (found.claim for found in pages(answers, query))
        yield from timeline(claims, name, parties.get(name, ()))


def print_truce(truce: Truce, zone: tzinfo | None) -> None:
    """Print one truce as a table of its steps."""
    kind = f", {truce.type}" if truce.type else ""
    number = f" ({truce.number})" if truce.number > 1 else ""
    made = Sheet(
        Column("when", lead=True),
        Column("step", lead=True),
        Column("on whose word", least=20, cut=80),
        Column("then"),
        Column("words", least=30, cut=140),
        Column("told by"),
        Column("claim"),
        title=f"{'+'.join(truce.front)}{number}: {truce.state}{kind} [{truce.topic}]",
    )
    for event in truce.events:
        made.add(
            local(event.at, zone),
            event.kind + (f" of {', '.join(event.accused)}" if event.accused else ""),
            f"{event.claimant}: " + " <- ".join(event.via or (event.speaker,)),
            event.state,
            "; ".join(filter(None, (event.effective, event.duration, event.words))),
            many(len(event.outlets), "outlet"),
            short(event.claim_id),
        )
    made.show()


def write_csv(truces: Iterable[Truce], table: str) -> None:
    """Write truces to standard output, a row for each "ceasefires" or "events"."""
    write = csv.writer(sys.stdout).writerow
    write(TRUCE_COLUMNS if table == "ceasefires" else EVENT_COLUMNS)
    for truce in truces:
        if table == "ceasefires":
            write([harmless(value) for value in truce_row(truce)])
        else:
            for number, event in enumerate(truce.events, 1):
                write([harmless(value) for value in event_row(truce, number, event)])


def truce_row(truce: Truce) -> tuple[object, ...]:
    """Return the row of one ceasefire, for `TRUCE_COLUMNS`."""
    declared, ended = truce.first(*DECLARED), truce.first("ended")
    first, *others = truce.front
    told = [event for event in truce.events if event.kind in (*DECLARED, "extended")]
    return (
        truce.id, truce.topic, first, "+".join(others), truce.number, truce.type,
        _day(declared), "+".join(truce.declared_by), "+".join(truce.announced_by),
        "+".join(truce.mediators), next((e.effective for e in told if e.effective), ""),
        next((e.duration for e in reversed(told) if e.duration), ""), _day(ended),
        ended.claimant if ended else "", truce.state, truce.count("violation alleged"),
        truce.count("violation denied"), truce.count("extended"),
        truce.events[0].claim_id, truce.events[-1].claim_id,
    )  # fmt: skip


def event_row(truce: Truce, number: int, event: Event) -> tuple[object, ...]:
    """Return the row of one event, for `EVENT_COLUMNS`."""
    return (
        truce.id, truce.topic, "+".join(truce.front), number, event.at.isoformat(), event.kind,
        event.claimant, event.speaker, "+".join(event.accused), event.state, event.effective,
        event.duration, event.times, len(event.outlets), " <- ".join(event.via), event.claim_id,
        event.words,
    )  # fmt: skip


def _day(event: Event | None) -> str:
    return f"{event.at:%Y-%m-%d}" if event else ""
