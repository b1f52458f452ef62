"""`truceline rules`: try a rule on the stored past before it wakes anybody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from pipeline.backtest import backtest
from pipeline.cli.backtests import archive_option, samples_option, told
from pipeline.cli.options import (
    config_option,
    json_option,
    opened,
    since_option,
    store_option,
    until_option,
)


@click.group("rules")
def rules_command() -> None:
    """Try a rule on the stored past."""


@rules_command.command("backtest")
@click.argument("rule", metavar="RULE")
@since_option
@until_option
@archive_option
@samples_option
@json_option
@config_option
@store_option
def backtest_rules(
    rule: str,
    *,
    since: datetime | None,
    until: datetime | None,
    archive: bool,
    samples: int,
    as_json: bool,
    config_dir: Path | None,
    store_url: str | None,
) -> None:
    """Say what RULE (its name in rules.toml) would have sent, had it been there from the start.

    Lives the stored past again and changes nothing: the same alerts, in the same order.
    """
    with opened(config_dir, store_url) as (config, store):
        found = backtest(config, store, rule=rule, since=since, until=until, archive=archive)
        told(found, config, samples=samples, as_json=as_json)
