"""Commands with which people answer: ack, feedback, mute, label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import screens
from pipeline.cli.asking import find_alert
from pipeline.cli.options import (
    config_option,
    json_option,
    opened,
    print_json,
    say_nothing_found,
    store_option,
)
from pipeline.cli.sheets import Column, Sheet, many
from pipeline.errors import TrucelineError
from pipeline.feedback import FAULTS, give, given, keep_mute, mutes_at, tallies, verdict_of
from pipeline.records import Feedback, Mute, Verdict, stable_id

if TYPE_CHECKING:
    from pipeline.stores import Store

MOST = 1_000_000
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
note_option = click.option("--note", default="", help="Words to keep with it.")


class Length(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A length of time: 30m, 12h, 3d, 2w."""

    name = "length"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Return it."""
        if isinstance(value, timedelta):
            return value
        number, unit = str(value)[:-1], str(value)[-1:]
        if not number.isdecimal() or not int(number) or unit not in UNITS or len(number) > 4:
            self.fail(f"{value!r} is no length such as 30m, 12h, 3d or 2w", param, ctx)
        return timedelta(**{UNITS[unit]: int(number)})


@click.command("ack")
@click.argument("alerts", metavar="ALERT...", nargs=-1, required=True)
@note_option
@config_option
@store_option
def ack_command(
    alerts: tuple[str, ...], note: str, config_dir: Path | None, store_url: str | None
) -> None:
    """Say that alerts were seen, without judging them."""
    with opened(config_dir, store_url) as (_, store):
        for alert_id in [find_alert(store, alert).id for alert in alerts]:
            _give(store, alert_id, Verdict.SEEN, note)
    click.echo(f"acknowledged {many(len(alerts), 'alert')}")


@click.command("feedback")
@click.argument("alert", metavar="[ALERT]", required=False)
@click.argument(
    "verdict", type=click.Choice([v.value for v in Verdict]), metavar="[VERDICT]", required=False
)
@note_option
@json_option
@config_option
@store_option
def feedback_command(
    alert: str | None,
    verdict: str | None,
    note: str,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Judge an alert: right, "not new", wrong, "off topic"; without ALERT, count by rule and act.

    The last judgement of an alert counts.
    """
    if alert and not verdict:
        raise click.UsageError("say what it is: " + ", ".join(v.value for v in Verdict))
    with opened(config_dir, store_url) as (_, store):
        if alert and verdict:
            found = find_alert(store, alert)
            _give(store, found.id, Verdict(verdict), note)
            click.echo(f"{screens.short(found.id)}: {verdict}")
        else:
            _print_tallies(store, as_json)


def _give(store: Store, alert_id: str, verdict: Verdict, note: str) -> None:
    now = datetime.now(UTC)
    give(store, Feedback(alert_id=alert_id, verdict=verdict, at=now, note=note))


def _print_tallies(store: Store, as_json: bool) -> None:
    rows = tallies(store.alerts(limit=MOST), given(store))
    if as_json:
        for row in rows:
            print_json({"rule": row.rule, "act": row.act, "alerts": row.alerts,
                        **{v.value: n for v, n in row.verdicts.items()},
                        "judged": row.judged, "precision": row.precision})  # fmt: skip
        return
    if not rows:
        say_nothing_found("no alerts")
        return
    made = Sheet(Column("rule", lead=True), Column("act", lead=True), "alerts", "judged",
                 *(v.value for v in Verdict), "precision")  # fmt: skip
    for row in rows:
        share = "-" if row.precision is None else f"{row.precision:.2f}"
        counts = (row.verdicts.get(v, 0) for v in Verdict)
        made.add(row.rule, screens.act_words(row.act), row.alerts, row.judged, *counts, share)
    made.show()


@click.command("mute")
@click.argument("alert", metavar="[ALERT]", required=False)
@click.option("--rule", help="Alerts of this rule.")
@click.option("--topic", help="Alerts of this watch topic.")
@click.option("--party", help="Alerts on this country (IN) or speaker.")
@click.option("--for", "length", type=Length(), help="How long: 30m, 12h, 3d, 2w.")
@click.option("--end", help="End the mute with this id.")
@note_option
@json_option
@config_option
@store_option
def mute_command(
    alert: str | None,
    *,
    rule: str | None,
    topic: str | None,
    party: str | None,
    length: timedelta | None,
    end: str | None,
    note: str,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Store alerts without sending them, for a time; without anything to mute, list the mutes.

    ALERT mutes its story: what updates, repeats or contradicts it under the same statement.
    """
    now = datetime.now(UTC)
    with opened(config_dir, store_url) as (_, store):
        if end:
            _end(store, end, now)
        elif any((alert, rule, topic, party)):
            story = find_alert(store, alert).story if alert else None
            mute = Mute(
                id=stable_id("mute", now.isoformat(), *map(str, (alert, rule, topic, party))),
                since=now, until=now + length if length else None,
                topic=topic, rule=rule, party=party, story=story, note=note,
            )  # fmt: skip
            keep_mute(store, mute, now)
            click.echo(f"muted {_scope(mute)} ({screens.short(mute.id)})")
        else:
            _list(store, now, as_json)


def _end(store: Store, start: str, now: datetime) -> None:
    from dataclasses import replace

    found = [mute for mute in mutes_at(store, now) if mute.id.startswith(start)]
    if len(found) != 1:
        raise TrucelineError("no mute in force, or more than one, begins so", subject=start)
    keep_mute(store, replace(found[0], until=now), now)
    click.echo(f"ended: {_scope(found[0])}")


def _list(store: Store, now: datetime, as_json: bool) -> None:
    found = mutes_at(store, now)
    for mute in found:
        if as_json:
            print_json(mute)
        else:
            click.echo(f"{screens.short(mute.id)}  {_scope(mute)}  {mute.note}".rstrip())
    if not found:
        say_nothing_found("nothing is muted")


def _scope(mute: Mute) -> str:
    named = (("rule", mute.rule), ("topic", mute.topic), ("party", mute.party))
    parts = [f"{name} {value}" for name, value in named if value]
    parts += [f"story {screens.short(mute.story)}"] if mute.story else []
    ends = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "until ended"
    return f"{', '.join(parts)}, {ends}"


@click.command("label")
@click.argument("articles", metavar="ARTICLE...", nargs=-1)
@click.option("--judged", is_flag=True, help="Articles of alerts called wrong, not new, off topic.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Gold folder; files go to its articles/.",
)
@config_option
@store_option
def label_command(
    articles: tuple[str, ...],
    *,
    judged: bool,
    folder: Path,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Turn stored articles into gold files to correct, with the program's guesses filled in.

    ARTICLE is the id of an article, or of a claim or alert of it. A file that is there is kept.
    """
    with opened(config_dir, store_url) as (_, store):
        wanted = {_article_id(store, one): "" for one in articles}
        wanted |= dict(_judged(store)) if judged else {}
        made = sum(_label(store, article_id, note, folder) for article_id, note in wanted.items())
    click.echo(f"wrote {many(made, 'file')} to {folder / 'articles'}")


def _article_id(store: Store, some_id: str) -> str:
    if store.article(some_id) is not None:
        return some_id
    claim = store.claim(some_id)
    if claim is not None:
        return claim.article_id
    article_id = find_alert(store, some_id).article_id
    if article_id is None:
        raise TrucelineError("this alert is about no article", subject=some_id)
    return article_id


def _judged(store: Store) -> Iterator[tuple[str, str]]:
    for alert_id, feedback in given(store).items():
        verdict, alert = verdict_of(feedback), store.alert(alert_id)
        if verdict in FAULTS and alert is not None and alert.article_id:
            yield alert.article_id, f"alert {alert_id} was called {verdict}: {feedback[-1].note}"


def _label(store: Store, article_id: str, note: str, folder: Path) -> bool:
    from pipeline.labelling import gold_of

    article = store.article(article_id)
    target = folder / "articles" / f"{article_id}.json"
    if article is None or target.exists():
        return False
    if not article.text:
        raise TrucelineError("the article's text is no longer stored", subject=article_id)
    row = gold_of(article, store.claims(article_id), note=note)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return True
