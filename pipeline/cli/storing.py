"""`truceline store`: what it holds, and copying it to another kind."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click

from pipeline.cli.options import (
    config_option,
    json_option,
    opened,
    print_json,
    store_option,
)
from pipeline.cli.progress import progress
from pipeline.cli.sheets import many
from pipeline.errors import StoreError


@click.group("store")
def store_command() -> None:
    """Say what the store holds, or copy it to another one."""


@store_command.command("init")
@config_option
@store_option
def init_command(config_dir: Path | None, store_url: str | None) -> None:
    """Make the store where there is none: a file, or a cluster's templates and indices."""
    with opened(config_dir, store_url, create=True) as (_, store):
        click.echo(store.url)


@store_command.command("status")
@json_option
@config_option
@store_option
def store_status(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Say what the store holds, what waits in it, and whether it is sound."""
    with opened(config_dir, store_url) as (_, store):
        counts, faults = asdict(store.counts()), store.check()
        url = store.url
    if as_json:
        print_json({"url": url, **counts, "faults": faults})
    else:
        click.echo(url)
        waiting = counts.pop("pending")
        for name, count in counts.items():
            click.echo(f"  {name:14} {count}")
        for name, count in waiting.items():
            click.echo(f"  {'waits: ' + name:20} {count}")
        for fault in faults:
            click.echo(f"  FAULT: {fault}")
    if faults:
        raise click.exceptions.Exit(1)


@store_command.command("copy")
@click.argument("source")
@click.argument("target")
def copy_command(source: str, target: str) -> None:
    """Copy the store at SOURCE into the empty one at TARGET, and compare both sides.

    Both are URLs, such as sqlite:///watch.sqlite or http://127.0.0.1:9200/truceline. Let
    nothing write to SOURCE meanwhile. A copy that was interrupted goes on when started again.
    """
    from pipeline.stores import open_store, store_exists
    from pipeline.stores.copying import copy

    if not store_exists(source):
        raise StoreError("there is no store here", subject=source)
    with (
        closing(open_store(source)) as one,
        closing(open_store(target)) as other,
        progress() as show,
    ):
        made = copy(one, other, show=lambda name, done: show(f"{name} copied", done, done))
    for name, part in made.items():
        click.echo(f"  {name:14} {part.count:>9}  {part.digest}")
    total = sum(part.count for part in made.values())
    click.echo(f"copied {many(total, 'record')}; both sides have the same counts and sums")
