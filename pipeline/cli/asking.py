"""Commands that ask the store: search, show, alerts, positions, contradictions, coverage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.cli import screens
from pipeline.cli.options import (
    Time,
    config_option,
    json_option,
    limit_option,
    opened,
    plain,
    print_json,
    store_option,
)
from pipeline.errors import ConfigError
from pipeline.records import Claim, Novelty, Query
from pipeline.stores import Store
from pipeline.taxonomy import THEMES, load_acts

topic_option = click.option("--topic", help="Only this watch topic.")


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--speaker", help="Part of the speaker's name.")
@click.option("--party", help="Country code of the party, such as IN.")
@click.option("--act", type=click.Choice(list(load_acts()), case_sensitive=False), metavar="ACT")
@click.option("--theme", type=click.Choice(THEMES))
@click.option("--anonymous/--named", default=None, help="Only unnamed, or only named speakers.")
@click.option("--agency", help="An agency in the chain or credit.")
@click.option("--outlet")
@topic_option
@click.option("--novelty", type=click.Choice([n.value for n in Novelty]))
@click.option("--since", type=Time())
@click.option("--until", type=Time())
@limit_option
@json_option
@config_option
@store_option
def search_command(
    words: tuple[str, ...],
    speaker: str | None,
    party: str | None,
    act: str | None,
    theme: str | None,
    anonymous: bool | None,
    agency: str | None,
    outlet: str | None,
    topic: str | None,
    novelty: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Who said what: claims that fit, newest first. WORDS are looked for in claims and titles."""
    query = Query(
        text=" ".join(words),
        speaker=speaker,
        party=party,
        act=act,
        theme=theme,
        anonymous=anonymous,
        agency=agency,
        outlet=outlet,
        topic=topic,
        novelty=Novelty(novelty) if novelty else None,
        since=since,
        until=until,
        limit=limit,
    )
    with opened(config_dir, store_url) as (config, store):
        findings = store.search(query)
        if as_json:
            for found in findings:
                print_json(found)
        else:
            screens.print_findings(findings, config.zone)
    if not findings:
        raise click.exceptions.Exit(1)


@click.command("show")
@click.argument("claim_id")
@json_option
@config_option
@store_option
def show_command(
    claim_id: str, as_json: bool, config_dir: Path | None, store_url: str | None
) -> None:
    """Show one claim: words, chain, evidence, novelty and who carried it."""
    with opened(config_dir, store_url) as (config, store):
        claim = _claim(store, claim_id)
        article = store.article(claim.article_id)
        decisions = store.decisions(claim.id)
        covered = [store.coverage(d.topic, d.key) for d in decisions]
        if as_json:
            print_json({"claim": plain(claim), "decisions": decisions, "coverage": covered})
            return
        origins = "; ".join(
            f"{len(c.outlets)} outlets, {len(c.origins)} origins: "
            + ", ".join(f"{name} ({count})" for name, count in c.origins)
            for c in covered
        )
        screens.print_claim(claim, article, decisions, origins or "by this article", config.zone)


@click.command("alerts")
@topic_option
@click.option("--rule", help="Only alerts of this rule.")
@click.option("--since", type=Time())
@limit_option
@json_option
@config_option
@store_option
def alerts_command(
    topic: str | None,
    rule: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """List alerts, newest first, and whether they were delivered."""
    with opened(config_dir, store_url) as (config, store):
        alerts = store.alerts(topic=topic, rule=rule, since=since, limit=limit)
        if as_json:
            for alert in alerts:
                print_json({**plain(alert), "deliveries": store.deliveries(alert.id)})
            return
        made = screens.table("alert", "when", "rule", "what", "repeats", "delivered")
        for alert in alerts:
            rows = store.deliveries(alert.id)
            made.add_row(
                alert.id[:8],
                screens.local(alert.created, config.zone),
                screens.clean(alert.rule),
                screens.clean(alert.headline),
                str(alert.repeats),
                ", ".join(f"{row.channel}: {row.state}" for row in rows) or "-",
            )
        screens.console().print(made)


@click.command("positions")
@topic_option
@click.option("--party")
@click.option("--issue")
@click.option("--history", is_flag=True, help="Also the positions that were replaced.")
@json_option
@config_option
@store_option
def positions_command(
    topic: str | None,
    party: str | None,
    issue: str | None,
    history: bool,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the position ledger, standing positions included."""
    with opened(config_dir, store_url) as (config, store):
        stored = store.positions(topic=topic, party=party, issue=issue, history=history)
        taken = {(p.topic, p.party, p.issue) for p in stored if p.until is None}
        standing = [
            p
            for p in config.positions
            if (p.topic, p.party, p.issue) not in taken
            and topic in (None, p.topic)
            and party in (None, p.party)
            and issue in (None, p.issue)
        ]
        found = sorted([*stored, *standing], key=lambda p: (p.issue, p.party, p.since))
        if as_json:
            for position in found:
                print_json(position)
        else:
            screens.print_positions(found, config.zone)


@click.command("contradictions")
@topic_option
@click.option("--closed", is_flag=True, help="Also those that ended.")
@json_option
@config_option
@store_option
def contradictions_command(
    topic: str | None,
    closed: bool,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the contradiction board: both sides, and no winner."""
    with opened(config_dir, store_url) as (config, store):
        pairs = store.contradictions(topic=topic, closed=closed)
        if as_json:
            for pair in pairs:
                print_json(pair)
            return
        both = [(pair, store.claim(pair.claim_a), store.claim(pair.claim_b)) for pair in pairs]
        screens.print_contradictions(both, config.zone)


@click.command("coverage")
@json_option
@config_option
@store_option
def coverage_command(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Print the state of every feed, the troubled ones first."""
    with opened(config_dir, store_url) as (config, store):
        states = store.feed_states()
        rows = sorted(
            ((feed, states.get(feed.url)) for feed in config.feeds),
            key=lambda row: (-(row[1].failures if row[1] else 0), row[0].outlet),
        )
        if as_json:
            for feed, state in rows:
                print_json({"feed": feed, "state": state})
            return
        made = screens.table("outlet", "country", "last poll", "failures", "last success", "last new", "next")
        for feed, state in rows:
            made.add_row(
                screens.clean(feed.outlet),
                feed.country or "-",
                (state.last_outcome or "-") if state else "never polled",
                str(state.failures) if state else "-",
                screens.local(state.last_success if state else None, config.zone),
                screens.local(state.last_new if state else None, config.zone),
                screens.local(state.next_check if state else None, config.zone),
            )
        screens.console().print(made)


def _claim(store: Store, claim_id: str) -> Claim:
    claim = store.claim(claim_id)
    if claim is None:
        raise ConfigError("no such claim; `truceline search` lists ids", subject=claim_id)
    return claim
