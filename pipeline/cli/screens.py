"""How records look on a terminal. Times are in the reader's zone, the outlet's beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

import click

from pipeline.cli.health import FeedHealth, Heard
from pipeline.cli.sheets import Column, Sheet, emit, line
from pipeline.records import (
    Alert,
    Claim,
    Contradiction,
    Delivery,
    Finding,
    Hop,
    Position,
)

SHORT = 10  # digits of an id on a screen; every command takes the start of an id

Pair = tuple[Contradiction, Claim | None, Claim | None]


def local(when: datetime | None, zone: tzinfo | None) -> str:
    """Return a time in the reader's zone, "-" for none."""
    return when.astimezone(zone).strftime("%Y-%m-%d %H:%M") if when is not None else "-"


def short(record_id: str) -> str:
    """Return the start of an id, long enough for every command to find the record by."""
    return record_id[:SHORT]


def chain_of(hops: Sequence[Hop]) -> str:
    """Return the chain as it is read: outlet <- agency <- speaker."""
    return " <- ".join(f"{hop.name} (anonymous)" if hop.anonymous else hop.name for hop in hops)


def act_words(act: str | None) -> str:
    """Return an act in lower-case words: "MED_OFFER" is "med offer"."""
    return act.replace("_", " ").lower() if act else "-"


def who(claim: Claim) -> str:
    """Return the speaker with the countries spoken for: "Ada Minister (AA)"."""
    name = claim.speaker or claim.source_text or "unresolved"
    return f"{name} ({'+'.join(claim.countries)})" if claim.countries else name


def print_findings(findings: Iterable[Finding], zone: tzinfo | None) -> None:
    """Print answers to "who said what"."""
    made = Sheet(
        Column("claim", lead=True),
        Column("when", lead=True),
        Column("act", lead=True),
        Column("chain", least=26, cut=120),
        Column("words", least=30, cut=160),
        Column("new?", least=12),
        Column("outlets/origins"),
    )
    for found in findings:
        claim, decision = found.claim, found.decision
        made.add(
            short(claim.id),
            local(claim.said_at, zone),
            act_words(claim.act),
            " <- ".join([*(hop.name for hop in claim.chain[:-1]), who(claim)]),
            claim.text,
            f"{decision.novelty} ({decision.reason})" if decision else "-",
            f"{found.outlets}/{found.origins}",
        )
    made.show()


def print_alerts(rows: Iterable[tuple[Alert, Sequence[Delivery]]], zone: tzinfo | None) -> None:
    """Print alerts and where their deliveries stand."""
    made = Sheet(
        Column("alert", lead=True),
        Column("when", lead=True),
        Column("rule", least=14, cut=40),
        Column("what", least=32, cut=200),
        Column("repeats"),
        Column("delivered", least=14, cut=80),
    )
    for alert, deliveries in rows:
        made.add(
            short(alert.id),
            local(alert.created, zone),
            alert.rule,
            alert.headline,
            alert.repeats,
            ", ".join(f"{row.channel} {row.state}" for row in deliveries) or "-",
        )
    made.show()


def print_receipt(alert: Alert, deliveries: Sequence[Delivery], zone: tzinfo | None) -> None:
    """Print one alert as its channels show it, and where its deliveries stand."""
    from rich.text import Text

    emit(Text(line(alert.headline), style="bold"))
    for one in alert.body.splitlines():
        emit(Text(f"  {line(one)}".rstrip()))
    told = [
        ("alert", f"{alert.id}, rule {alert.rule}, {local(alert.created, zone)}"),
        ("claim", alert.claim_id),
        ("continues", alert.thread),
        ("repeats", f"{alert.repeats} folded into this alert"),
        *(("delivery", _delivery(row, zone)) for row in deliveries),
    ]
    for label, value in told:
        if value:
            emit(Text(f"  {label}: {line(value)}", style="dim"))
    click.echo()


def _delivery(row: Delivery, zone: tzinfo | None) -> str:
    """Return where one delivery stands: "desk: dead after 10 attempts (refused)"."""
    when = {
        "sent": f" {local(row.sent_at, zone)}",
        "pending": f", next try {local(row.next_try, zone)}",
        "dead": f" after {row.attempts} attempts; `truceline replay` tries again",
    }.get(row.state.value, "")
    return f"{row.channel} {row.state}{when}" + (f" ({row.error})" if row.error else "")


def print_coverage(rows: Iterable[FeedHealth], heard: Sequence[Heard], zone: tzinfo | None) -> None:
    """Print every feed with its health, then the parties whose media are heard or not."""
    made = Sheet(
        Column("feed", lead=True, least=22),
        Column("health", lead=True),
        Column("country"),
        Column("last poll"),
        Column("failures"),
        Column("last new"),
        Column("what it answered", least=24, cut=120),
    )
    for row in rows:
        state = row.state
        section = f", {row.feed.section}" if row.feed.section else ""
        made.add(
            f"{row.feed.outlet}{section}",
            row.health,
            row.feed.country or "-",
            (state.last_outcome if state else None) or "-",
            state.failures or "-" if state else "-",
            local(state.last_new if state else None, zone),
            row.reason or "-",
        )
    made.show()
    for party in heard:
        when = f", newest {local(party.last_new, zone)}" if party.last_new else ""
        verb = "heard" if party.alive else "NOT HEARD"
        click.echo(
            f"media of {line(party.party)}: {verb}, {party.alive} of {party.feeds} feeds{when}"
        )


def print_positions(positions: Iterable[Position], zone: tzinfo | None) -> None:
    """Print the ledger."""
    made = Sheet(
        Column("party", lead=True),
        Column("issue", lead=True),
        Column("stance", lead=True),
        Column("since"),
        Column("last said"),
        Column("times"),
        Column("change", least=12, cut=120),
        Column("by", least=20, cut=80),
        Column("words", least=24, cut=120),
        title="Positions",
    )
    for p in positions:
        ended = "withdrawn" if p.withdrawn else "until"
        until = f" {ended} {local(p.withdrawn or p.until, zone)}" if p.until else ""
        standing = p.claim_id is None
        made.add(
            p.party,
            p.issue,
            _stance(p),
            (f"{p.since:%Y-%m-%d}, standing" if standing else local(p.since, zone)) + until,
            "-" if standing else local(p.last_stated, zone),
            "-" if standing else p.times,
            _changes(p, zone) or "-",
            p.reference if standing else " <- ".join(p.via) or p.speaker or "-",
            p.text,
        )
    made.show()


def _changes(position: Position, zone: tzinfo | None) -> str:
    """Return how a stance began, and when it got a new mediator or condition."""
    from pipeline.compare.positions import changes_of

    return "; ".join(
        kind if when == position.since else f"{local(when, zone)} {kind}"
        for when, kind in changes_of(position)
    )


def _stance(position: Position) -> str:
    """Return the act in words, and how firm it is where it is not said of the present."""
    firmness = position.modality or "actual"
    said = act_words(position.act)
    return said if firmness == "actual" else f"{said} ({firmness})"


def print_contradictions(pairs: Iterable[Pair], zone: tzinfo | None) -> None:
    """Print the board: both sides, never a winner."""
    made = Sheet(
        Column("issue", lead=True),
        Column("since", lead=True),
        Column("one side says", least=30, cut=260),
        Column("the other says", least=30, cut=260),
        title="Contradictions",
    )
    for pair, one, other in pairs:
        closed = f" until {local(pair.closed, zone)}" if pair.closed else ""
        made.add(
            pair.issue,
            local(pair.opened, zone) + closed,
            _side(pair.party_a, pair.act_a, one),
            _side(pair.party_b, pair.act_b, other),
        )
    made.show()


def _side(party: str, act: str, claim: Claim | None) -> str:
    said = f"{party} {act_words(act)}"
    if claim is None:
        return said
    return f"{said}: {claim.text} ({chain_of(claim.chain)}; {short(claim.id)})"
