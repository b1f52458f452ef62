"""What commands share: their options, the opened configuration and store, JSON out."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import click

from pipeline.config import Config, load_config
from pipeline.errors import StoreError
from pipeline.stores import Answers, Store, open_store, store_exists

SURROGATE = re.compile("[\ud800-\udfff]")

config_option = click.option(
    "--config",
    "config_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    envvar="TRUCELINE_CONFIG",
    help="Folder with the configuration; without it ./config, else the shipped one.",
)
store_option = click.option(
    "--store",
    "store_url",
    default=None,
    envvar="TRUCELINE_STORE",
    help="URL of the store, such as sqlite:///watch.sqlite; without it the one in settings.toml.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
topic_option = click.option("--topic", help="Only this watch topic.")


limit_option = click.option(
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="No more than so many.",
)


class Time(click.ParamType):  # type: ignore[type-arg]  # generic only in newer clicks
    """A date or an ISO 8601 time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Return an aware UTC time."""
        if isinstance(value, datetime):
            return value
        try:
            when = datetime.fromisoformat(value)
            return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no date or ISO 8601 time such as 2025-05-10T18:00Z", param, ctx
            )


since_option = click.option("--since", type=Time(), help="From this date or time on.")
until_option = click.option("--until", type=Time(), help="Before this date or time.")


as_of_option = click.option(
    "--as-of",
    "as_of",
    type=Time(),
    help="As it was known at this date or time, such as 2025-05-10T18:00Z.",
)


def then(store: Store, as_of: datetime | None) -> Answers:
    """Return the store, or its past where a time is given."""
    if as_of is None:
        return store
    from pipeline.asof import Past

    return Past(store, as_of)


def configured(config_dir: Path | None, store_url: str | None = None) -> Config:
    """Load the configuration, with the store's URL replaced where one is given."""
    return load_config(config_dir, store=store_url)


@contextmanager
def opened(
    config_dir: Path | None,
    store_url: str | None,
    *,
    create: bool = False,
    behind: bool = False,
) -> Iterator[tuple[Config, Store]]:
    """Load the configuration and open its store; without `create` it must be there already.

    `behind` also opens one that must be migrated first.

    Raises:
        ConfigError: the configuration is wrong.
        StoreError: the store cannot be used, or there is none yet.
    """
    config = configured(config_dir, store_url)
    url = config.settings.store.url
    if not create and not store_exists(url):
        raise StoreError("there is no store here yet; `truceline run` makes it", subject=url)
    store = open_store(url, behind=behind)
    try:
        yield config, store
    finally:
        store.close()


def plain(record: object) -> Any:
    """Return a record as JSON-able data: enums by value, times in ISO 8601, tuples as lists."""
    if is_dataclass(record) and not isinstance(record, type):
        return {f.name: plain(getattr(record, f.name)) for f in fields(record)}
    if isinstance(record, datetime):
        return record.isoformat()
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, dict):
        return {str(key): plain(value) for key, value in record.items()}
    if isinstance(record, list | tuple | set | frozenset):
        return [plain(value) for value in record]
    return str(record) if isinstance(record, Path) else record


def json_line(record: object) -> str:
    """Return one record as one line of JSON, its line end included.

    Half a surrogate pair, which broken input brings, is written as the escape it came from.
    """
    line = json.dumps(plain(record), ensure_ascii=False)
    return SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n"


def print_json(record: object) -> None:
    """Write one record as one line of JSON."""
    sys.stdout.write(json_line(record))
    sys.stdout.flush()


def say_nothing_found(words: str) -> None:
    """Say in words that there is nothing to show; not on standard output, which is for answers."""
    click.echo(words, err=True)
