"""What commands share: their options, the opened configuration and store, JSON out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click

from pipeline.config import Config, load_config
from pipeline.errors import ConfigError
from pipeline.stores import Store, open_store

Command = TypeVar("Command", bound=Callable[..., Any])

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
limit_option = click.option("--limit", type=click.IntRange(1), default=50, show_default=True)


class Time(click.ParamType):
    """A date or an ISO 8601 time; without a zone it is UTC."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Return an aware UTC time."""
        if isinstance(value, datetime):
            return value
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date or ISO 8601 time such as 2025-05-10T18:00Z", param, ctx)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def configured(config_dir: Path | None, store_url: str | None = None) -> Config:
    """Load the configuration, with the store's URL replaced where one is given."""
    return load_config(config_dir, store=store_url)


@contextmanager
def opened(config_dir: Path | None, store_url: str | None) -> Iterator[tuple[Config, Store]]:
    """Load the configuration and open its store."""
    config = configured(config_dir, store_url)
    store = open_store(config.settings.store.url)
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


def print_json(record: object) -> None:
    """Write one record as one line of JSON."""
    sys.stdout.write(json.dumps(plain(record), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def records_in(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file: one object, a list of them, or one on each line.

    Raises:
        ConfigError: names the file and line that is no JSON object.
    """
    text = path.read_text("utf-8-sig")
    try:
        whole = json.loads(text)
    except ValueError:
        whole = [_line(path, number, line) for number, line in _lines(text)]
    listed = whole if isinstance(whole, list) else [whole]
    for number, record in enumerate(listed, 1):
        if not isinstance(record, dict):
            raise ConfigError("is no JSON object", subject=f"{path}: record {number}")
    return listed


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ConfigError(f"is not JSON: {error}", subject=f"{path}:{number}") from error
