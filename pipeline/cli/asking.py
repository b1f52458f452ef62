"""Commands that ask the store: search, show, alerts, positions, contradictions, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pipeline.cli import screens
from pipeline.cli.options import (
    as_of_option,
    config_option,
    json_option,
    limit_option,
    opened,
    plain,
    print_json,
    say_nothing_found,
    since_option,
    store_option,
    then,
    topic_option,
    until_option,
)
from pipeline.config import Config
from pipeline.errors import TrucelineError
from pipeline.feedback import given
from pipeline.records import Alert, Claim, Novelty, Query
from pipeline.stores import Answers
from pipeline.taxonomy import THEMES, load_acts

NEWEST = 100_000  # alerts looked through for the start of an id


class Act(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A code of the taxonomy, also as screens show it: "med reject"."""

    name = "act"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        """Return the code."""
        from pipeline.config.document import unknown

        code = str(value).strip().upper().replace(" ", "_")
        if code not in load_acts():
            self.fail(unknown("act", code, load_acts()), param, ctx)
        return code


@click.command("search")
@click.argument("words", nargs=-1)
@click.option("--speaker", help="Name of the speaker, whole or one word of it.")
@click.option("--party", help="Country code (IN) or name of the party.")
@click.option(
    "--act",
    type=Act(),
    help="What the claim does, such as MED_REJECT (all: docs/claims.md).",
)
@click.option("--theme", type=click.Choice(THEMES), help="Group of acts.")
@click.option("--anonymous/--named", default=None, help="Only unnamed, or only named speakers.")
@click.option("--agency", help="An agency in the chain or credit.")
@click.option("--outlet", help="Name of the outlet.")
@topic_option
@click.option("--novelty", type=click.Choice([n.value for n in Novelty]), help="New or not.")
@since_option
@until_option
@as_of_option
@limit_option
@json_option
@config_option
@store_option
def search_command(
    words: tuple[str, ...],
    *,
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
    as_of: datetime | None,
    limit: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Who said what: claims that fit, newest first.

    WORDS are looked for in claims and titles; "several words" in quotation marks together.
    """
    query = Query(
        text=" ".join(f'"{word}"' if " " in word else word for word in words),
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
        findings = then(store, as_of).search(query)
        if as_json:
            for found in findings:
                print_json(found)
        elif findings:
            screens.print_findings(findings, config.zone)
        if not findings:
            say_nothing_found(f"no claim fits{_topic_hint(config, topic)}")
    if not findings:
        raise click.exceptions.Exit(1)


@click.command("show")
@click.argument("claim_id", metavar="CLAIM")
@as_of_option
@json_option
@config_option
@store_option
def show_command(
    claim_id: str,
    *,
    as_of: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Show one claim: words, chain, evidence, versions, novelty, and who else said it.

    CLAIM is an id as `search` shows it; its first digits do.
    """
    from pipeline.cli.claim_screen import dossier_of, print_dossier

    with opened(config_dir, store_url) as (config, store):
        answers = then(store, as_of)
        dossier = dossier_of(answers, _claim(answers, claim_id))
        if as_json:
            print_json(dossier)
        else:
            print_dossier(dossier, config.zone)


@click.command("alerts")
@click.argument("alert_id", metavar="[ALERT]", required=False)
@topic_option
@click.option("--rule", help="Only alerts of this rule.")
@since_option
@as_of_option
@click.option("--full", is_flag=True, help="With the receipt of each.")
@limit_option
@json_option
@config_option
@store_option
def alerts_command(
    alert_id: str | None,
    *,
    topic: str | None,
    rule: str | None,
    since: datetime | None,
    as_of: datetime | None,
    full: bool,
    limit: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """List alerts, newest first, and whether they were delivered.

    With ALERT (the first digits of an id do) that one with its receipt.
    """
    with opened(config_dir, store_url) as (config, store):
        answers = then(store, as_of)
        if alert_id:
            alerts = [find_alert(answers, alert_id)]
        else:
            alerts = answers.alerts(topic=topic, rule=rule, since=since, limit=limit)
        rows = [(alert, answers.deliveries(alert.id)) for alert in alerts]
        said = given(answers, [alert.id for alert in alerts])
        if as_json:
            for alert, deliveries in rows:
                print_json(
                    {**plain(alert), "deliveries": deliveries, "feedback": said.get(alert.id, [])}
                )
        elif full or alert_id:
            for alert, deliveries in rows:
                screens.print_receipt(alert, deliveries, config.zone)
        elif rows:
            screens.print_alerts(rows, config.zone)
        if not rows:
            say_nothing_found(f"no alerts{_topic_hint(config, topic)}")


@click.command("positions")
@topic_option
@click.option("--party", help="Country code (IN) or name of the party.")
@click.option("--issue", help="Id of an issue of the topic file.")
@click.option("--history", is_flag=True, help="Also the positions that were replaced.")
@as_of_option
@json_option
@config_option
@store_option
def positions_command(
    topic: str | None,
    party: str | None,
    issue: str | None,
    history: bool,
    as_of: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the position ledger, standing positions included."""
    from pipeline.cli.ledger import whole_ledger

    with opened(config_dir, store_url) as (config, store):
        found = whole_ledger(
            config,
            then(store, as_of),
            topic=topic,
            party=party,
            issue=issue,
            history=history,
        )
        if as_json:
            for position in found:
                print_json(position)
        elif found:
            screens.print_positions(found, config.zone)
        if not found:
            say_nothing_found(f"no position is known{_topic_hint(config, topic)}")


@click.command("contradictions")
@topic_option
@click.option("--closed", is_flag=True, help="Also those that ended.")
@as_of_option
@json_option
@config_option
@store_option
def contradictions_command(
    topic: str | None,
    closed: bool,
    as_of: datetime | None,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Print the contradiction board: both sides, and no winner."""
    with opened(config_dir, store_url) as (config, store):
        answers = then(store, as_of)
        pairs = answers.contradictions(topic=topic, closed=closed)
        if as_json:
            for pair in pairs:
                print_json(pair)
        elif pairs:
            both = [
                (pair, answers.claim(pair.claim_a), answers.claim(pair.claim_b)) for pair in pairs
            ]
            screens.print_contradictions(both, config.zone)
        if not pairs:
            say_nothing_found(f"no contradiction is known{_topic_hint(config, topic)}")


@click.command("coverage")
@json_option
@config_option
@store_option
def coverage_command(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Print the state of every feed, the troubled ones first, and which parties were heard."""
    from pipeline.cli import health

    with opened(config_dir, store_url) as (config, store):
        states, now = store.feed_states(), datetime.now(UTC)
        silent = timedelta(days=config.settings.watch.silent_days)
        rows = []
        for feed in config.feeds:
            state = states.get(feed.url)
            found = health.health_of(feed, state, now, silent=silent)
            polls = store.polls(feed.url, limit=1) if found is health.Health.FAILING else []
            reason = polls[0].reason if polls else ""
            rows.append(health.FeedHealth(feed, state, found, reason))
        rows = health.by_trouble(rows)
        if as_json:
            for row in rows:
                print_json(row)
        elif rows:
            screens.print_coverage(rows, health.heard_parties(rows), config.zone)
        if not rows:
            say_nothing_found("no feeds are configured; `truceline feeds add` adds one")


def find_alert(store: Answers, alert_id: str) -> Alert:
    """Return the one alert whose id begins so.

    Raises:
        TrucelineError: there is none, or there are several.
    """
    exact = store.alert(alert_id)
    if exact is not None:
        return exact
    found = [alert for alert in store.alerts(limit=NEWEST) if alert.id.startswith(alert_id)]
    if len(found) != 1:
        several = "several alerts begin so; give more digits" if found else "no such alert"
        raise TrucelineError(f"{several}; `truceline alerts` lists them", subject=alert_id)
    return found[0]


def _claim(store: Answers, claim_id: str) -> Claim:
    claim = store.claim(claim_id)
    if claim is None:
        raise TrucelineError(
            "no claim, or more than one, has an id that begins so; `truceline search` lists "
            "ids, with --json in full",
            subject=claim_id,
        )
    return claim


def _topic_hint(config: Config, topic: str | None) -> str:
    """Return what explains an empty answer: a topic that no file describes."""
    known: Sequence[str] = [one.id for one in config.topics]
    if topic is None or topic in known:
        return ""
    return f'; no topic file has the id "{topic}" (there are: {", ".join(known) or "none"})'
