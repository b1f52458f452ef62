"""`truceline demo`: the week of the fictional crisis, and what to look at afterwards."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.demo.script import Crisis
    from pipeline.flow import RunReport

ALL = 1_000  # positions and contradictions shown


@click.command("demo")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where its configuration, store and alerts go.",
)
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=8931,
    show_default=True,
    help="Where the invented outlets are served, on this machine only.",
)
@click.option("--fresh", is_flag=True, help="Start the week again.")
@click.option("--until", type=click.IntRange(0), help="Stop after this day.")
def demo_command(folder: Path, port: int, fresh: bool, until: int | None) -> None:
    """Live a week of a fictional crisis, served on this machine; ends with what is known.

    Countries, people and words are invented. Interrupted, it goes on where it stopped.
    """
    from pipeline.demo.replay import live

    if fresh:
        for path in (*folder.glob("demo.sqlite*"), folder / "alerts.jsonl"):
            path.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(live(folder, port=port, told=_tell, until=until))
    _epilogue(folder / "config")


def _tell(day: int, crisis: Crisis, report: RunReport) -> None:
    name = "the baseline" if day == 0 else f"day {day}"
    new = sum(poll.new for poll in report.polls)
    edited = sum(poll.edited for poll in report.polls)
    click.echo(
        f"== end of {name}, {crisis.end_of(day):%A %d %B %Y}: {new} new and {edited} edited "
        f"articles, {report.claims} claims, {len(report.alerts)} alerts\n"
    )


def _epilogue(config_dir: Path) -> None:
    from pipeline.cli.options import opened
    from pipeline.cli.watching import print_board

    with opened(config_dir, None) as (config, store):
        print_board(config, store, shown=ALL)
    where = f"--config {shlex.quote(str(config_dir))}"
    click.echo("Look closer:")
    for command in ("search", "show CLAIM", "alerts --full", "positions --history", "coverage"):
        click.echo(f"  truceline {command} {where}")
