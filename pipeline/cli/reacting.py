"""`truceline reactions`: what was said to whom, what came back, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
from pipeline.cli.screens import act_words, local, short, who
from pipeline.cli.sheets import Column, Sheet
from pipeline.compare.reactions import Reaction, reactions
from pipeline.records import Claim, Query

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.stores import Answers


@click.command("reactions")
@topic_option
@click.option("--party", help="Only what was said to or by this party.")
@click.option("--open", "only_open", is_flag=True, help="Only what nobody has answered yet.")
@since_option
@until_option
@as_of_option
@json_option
@config_option
@store_option
def reactions_command(
    *,
    topic: str | None,
    party: str | None,
    only_open: bool,
    since: datetime | None,
    until: datetime | None,
    as_of: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the reaction clocks: offers and accusations, to whom, and the first answer."""
    with opened(config_dir, store_url) as (config, store):
        answers = then(store, as_of)
        asked = Query(since=since, until=until)
        found = [
            one
            for one in reactions_of(config, answers, asked, topic=topic)
            if (party is None or party.casefold() in _sides(one))
            and not (only_open and one.answer is not None)
        ]
        if as_json:
            for one in found:
                print_json(one)
        elif found:
            print_reactions(found, config.zone)
        if not found:
            say_nothing_found("nothing was said to anybody that asks for an answer")


def reactions_of(
    config: Config, answers: Answers, asked: Query, *, topic: str | None = None
) -> Iterator[Reaction]:
    """Yield the clocks of each topic, or of one."""
    parties = {one.id: one.parties for one in config.topics}
    for name in [topic] if topic else parties:
        query = Query(topic=name, since=asked.since, until=asked.until)
        claims = (found.claim for found in pages(answers, query))
        yield from reactions(claims, name, parties.get(name, ()))


def _sides(one: Reaction) -> set[str]:
    return {side.casefold() for side in (one.asked, *one.asked_by.split("+"))}


def print_reactions(found: Sequence[Reaction], zone: tzinfo | None) -> None:
    """Print the clocks, oldest first."""
    made = Sheet(
        Column("when", lead=True),
        Column("said to", lead=True),
        Column("by", least=20, cut=60),
        Column("act"),
        Column("answered after"),
        Column("answer", least=24, cut=100),
        Column("no comment", least=16, cut=80),
        Column("claim"),
    )
    for one in found:
        made.add(
            local(one.call.said_at, zone),
            one.asked,
            who(one.call),
            act_words(one.call.act),
            _length(one.after),
            _answer(one.answer),
            "; ".join(dict.fromkeys(_declined(claim) for claim in one.non_answers)) or "-",
            short(one.call.id),
        )
    made.show()


def _answer(claim: Claim | None) -> str:
    return "-" if claim is None else f"{who(claim)}: {act_words(claim.act)} [{short(claim.id)}]"


def _declined(claim: Claim) -> str:
    return f"{who(claim)} {claim.cue_text} ({claim.outlet})"


def _length(after: timedelta | None) -> str:
    """Return "3 h 20 min", "2 d 4 h"; "no answer yet" without one."""
    if after is None:
        return "no answer yet"
    minutes = int(after.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
