"""`truceline store`: making it, what it holds, a newer form of it, copying it to another kind."""

from __future__ import annotations

from collections.abc import Sequence
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
from pipeline.lease import held
from pipeline.stores.layout import Layout, Moved


@click.group("store")
def store_command() -> None:
    """Make the store, say what it holds, move it to a newer form, or copy it to another one."""


@store_command.command("init")
@config_option
@store_option
def init_command(config_dir: Path | None, store_url: str | None) -> None:
    """Make the store where there is none, or bring what it needs to this program's version.

    For a cluster: index templates, and the policy for replaced indices. Needs rights that a
    watch does not need. No document moves; `truceline store migrate` does that.
    """
    with opened(config_dir, store_url, create=True, behind=True) as (_, store):
        store.renew()
        click.echo(store.url)
        _show_layout(store.layout())


@store_command.command("status")
@json_option
@config_option
@store_option
def store_status(as_json: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Say what the store holds, what waits in it, and whether it is sound."""
    with opened(config_dir, store_url, behind=True) as (_, store):
        counts, faults, layout = asdict(store.counts()), store.check(), store.layout()
        url = store.url
    if as_json:
        print_json({"url": url, **counts, **asdict(layout), "faults": faults})
    else:
        click.echo(url)
        _show_layout(layout)
        waiting = counts.pop("pending")
        for name, count in counts.items():
            click.echo(f"  {name:14} {count}")
        for name, count in waiting.items():
            click.echo(f"  {'waits: ' + name:20} {count}")
        for fault in faults:
            click.echo(f"  FAULT: {fault}")
    if faults:
        raise click.exceptions.Exit(1)


def _show_layout(layout: Layout) -> None:
    behind = [one for one in layout.forms if not one.is_current]
    newest = ", ".join(f"{one.name} v{one.version}" for one in layout.forms if one.is_current)
    click.echo(f"  newest version: {newest or 'of nothing'}")
    for one in behind:
        click.echo(f"  {one.name} v{one.version}: `truceline store migrate` makes it v{one.newest}")
    for remark in layout.remarks:
        click.echo(f"  {remark}")


@store_command.command("migrate")
@click.option("--drop", is_flag=True, help="Then delete what was replaced, now or earlier.")
@config_option
@store_option
def migrate_command(drop: bool, config_dir: Path | None, store_url: str | None) -> None:
    """Bring the store to this program's version; a watch may go on meanwhile.

    In a cluster, documents of changed mappings move to new indices behind the same names, and
    both sides are compared before they change places. A migration that was killed goes on when
    started again. A file is upgraded in place, after a backup beside it.
    """
    with opened(config_dir, store_url, behind=True) as (_, store):
        with held(store, "migrate") as renew, progress() as show:

            def told(name: str, done: int, total: int) -> None:
                renew()
                show(f"{name} moved", done, total)

            moved = store.migrate(show=told)
        for one in moved:
            same = f"  {one.count:>9}  {one.digest}" if one.digest else ""
            click.echo(f"  {one.name:14} v{one.before} -> v{one.after}{same}")
        click.echo(_ended(moved))
        for name in store.drop_replaced() if drop else []:
            click.echo(f"deleted {name}, which was replaced")


def _ended(moved: Sequence[Moved]) -> str:
    if not moved:
        return "everything is of the newest version already"
    if any(one.digest for one in moved):
        return "both sides have the same counts and sums; names stand for the new ones now"
    return "upgraded in place; a backup from before lies beside the file"


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
