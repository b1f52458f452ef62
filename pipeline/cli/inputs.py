"""Files of JSON records, read record by record; every fault is named with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from pipeline.errors import ConfigError

Record = dict[str, Any]
Check = Callable[[Mapping[str, Any]], str]  # returns what is wrong, "" when nothing is
Refuse = Callable[[ConfigError], None]  # takes a faulty record's error, or raises it


def stop(error: ConfigError) -> None:
    """Let the first faulty record end the reading."""
    raise error


def records_in(
    path: Path, check: Check = lambda record: "", refuse: Refuse = stop
) -> Iterator[Record]:
    """Yield the JSON objects of a file: one object, a list of them, or one on each line.

    Lines are read as they are needed; the other two forms at once. `refuse` is told of each
    record that cannot be used; unless it raises, the others go on.

    Raises:
        ConfigError: names the file and the line (or record) that is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            for where, record in _records(path, file, refuse):
                fault = check(record) if isinstance(record, dict) else "is no JSON object"
                if fault:
                    refuse(ConfigError(fault, subject=where))
                else:
                    yield record
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error.reason}", subject=str(path)) from error


def date_fault(value: object) -> str:
    """Return what is wrong with a time of a record; none at all is no fault."""
    try:
        datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return f"{str(value)[:40]!r} is no ISO 8601 time"
    return ""


def _records(path: Path, file: TextIO, refuse: Refuse) -> Iterator[tuple[str, Any]]:
    first, before = file.readline(), 0
    while first and not first.strip():
        first, before = file.readline(), before + 1
    try:
        record = _parsed(first)
    except ValueError:  # it goes on in the next line, or is wrong
        record = None
    if isinstance(record, dict):
        yield f"{path}:{before + 1}", record
        yield from _lines(path, file, before + 2, refuse)
        return
    yield from _whole(path, "\n" * before + first + file.read())


def _lines(path: Path, file: TextIO, start: int, refuse: Refuse) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, start):
        where = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            yield where, _parsed(line)
        except ValueError as error:
            refuse(ConfigError(f"is not JSON: {_reason(error)}", subject=where))


def _whole(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    if not text.strip():
        return
    try:
        found = _parsed(text)
    except ValueError as error:
        number = getattr(error, "lineno", 1)
        raise ConfigError(f"is not JSON: {_reason(error)}", subject=f"{path}:{number}") from error
    listed = found if isinstance(found, list) else [found]
    for number, record in enumerate(listed, 1):
        yield f"{path}: record {number}", record


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _reason(error: ValueError) -> str:
    return getattr(error, "msg", str(error))
