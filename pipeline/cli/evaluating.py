"""`truceline eval`: how good extraction is on a gold set, and whether it got worse."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import config_option, configured, json_option, print_json
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.evaluation import Drop, Report, Score

OWN = Path("tests/gold")  # of a checkout; the package ships without it


@click.command("eval")
@click.option(
    "--gold",
    "folder",
    default=OWN,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with articles/*.json and passages.jsonl.",
)
@click.option(
    "--save", type=click.Path(path_type=Path, dir_okay=False), help="Store this run in a file."
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare with a stored run; exit code 1 when a metric fell below its interval.",
)
@json_option
@config_option
def eval_command(
    folder: Path, save: Path | None, against: Path | None, as_json: bool, config_dir: Path | None
) -> None:
    """Score extraction on a gold set, each split apart, with 95 % intervals."""
    from pipeline.evaluation import as_json as plain
    from pipeline.evaluation import evaluate_splits, from_json, read_gold

    before = from_json(_stored(against), str(against)) if against else {}
    now = evaluate_splits(read_gold(folder), configured(config_dir))
    if save:
        save.write_text(json.dumps(plain(now), indent=1) + "\n", "utf-8")
    if as_json:
        print_json(plain(now))
    else:
        _print_tables(now, before)
    if against and _print_drops(now, before):
        raise click.exceptions.Exit(1)


def _stored(path: Path) -> object:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", subject=str(path)) from error
    except ValueError as error:
        raise ConfigError(f"is not JSON: {error}", subject=str(path)) from error


def _print_tables(now: Mapping[str, Report], before: Mapping[str, Report]) -> None:
    from pipeline.cli.sheets import Column, Sheet
    from pipeline.evaluation import headlines

    for split, report in now.items():
        columns = ["value", "95 % of it", "right", "predicted", "gold"]
        earlier = before.get(split)
        made = Sheet(
            Column("metric", lead=True),
            *columns,
            *(["earlier"] if earlier else []),
            title=f"{split}, {len(report)} metrics, of these the headlines",
        )
        for name, score in headlines(report).items():
            then = [_figure(earlier[name].value if name in earlier else None)] if earlier else []
            made.add(name, *_cells(score), *then)
        made.show()


def _cells(score: Score) -> list[str]:
    ends = f"{_figure(score.low)} to {_figure(score.high)}" if score.low is not None else "-"
    counts = (f"{count:g}" for count in (score.hit, score.predicted, score.gold))
    return [_figure(score.value), ends, *counts]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _print_drops(now: Mapping[str, Report], before: Mapping[str, Report]) -> bool:
    """Say on standard error what fell; return whether anything did."""
    from pipeline.evaluation import drops

    fell = [(split, drop) for split in before for drop in drops(now.get(split, {}), before[split])]
    for line in _told(fell):
        click.echo(line, err=True)
    return bool(fell)


def _told(fell: Iterable[tuple[str, Drop]]) -> Iterable[str]:
    for split, drop in fell:
        then, score = drop.before, drop.now
        ends = f"{_figure(then.low)} to {_figure(then.high)}"
        value = _figure(score.value if score else None)
        yield f"worse: {split} {drop.metric}: {value}, was {_figure(then.value)} ({ends})"
