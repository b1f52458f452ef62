"""Turns any record into a plain JSON document and back without loss: what stores keep.

A field that holds an empty default (None, "", (), 0, False) is left out, so that most
documents are short. Adding a field to a record needs no migration; changing or renaming one does.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pipeline.errors import StoreError

R = TypeVar("R")
Convert = Callable[[Any], Any]

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_document(record: Any) -> dict[str, Any]:
    """Return `record` as a dict of JSON values: times in ISO 8601 UTC, bytes in hex."""
    kind: type = type(record)
    document = {}
    for name, empty, dump, _ in _plan(kind):
        value = getattr(record, name)
        if value or value != empty:
            document[name] = value if dump is None else dump(value)
    return document


def from_document(kind: type[R], document: dict[str, Any]) -> R:
    """Return the record of `kind` that `to_document` made `document` from.

    Keys the record does not know are ignored.

    Raises:
        StoreError: the document is none of such a record.
    """
    try:
        return kind(**_arguments(kind, document))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"cannot read a stored {kind.__name__}: {error!r}") from error


def dumps(record: object) -> str:
    """Return `record` as one line of JSON, the same for equal records."""
    return encode(to_document(record))


def loads(kind: type[R], text: str) -> R:
    """Return the record of `kind` written by `dumps`."""
    return from_document(kind, decode(text))


@lru_cache(maxsize=8_192)
def loads_again(kind: type[R], text: str) -> R:
    """Return what `loads` does, sooner for what was read lately: records cannot change.

    For the few thousand records that are read for every article.
    """
    return loads(kind, text)


def encode(value: object) -> str:
    """Return `value` as one line of JSON.

    Raises:
        StoreError: it holds something that is no JSON value (a receipt can).
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError) as error:
        raise StoreError(f"a record holds what JSON cannot: {error}") from error


def decode(text: str) -> Any:
    """Return the value written by `encode`.

    Raises:
        StoreError: it is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise StoreError(f"cannot read a stored document: {error}") from error


# -- how each field is written -----------------------------------------------------------


class _Plan(NamedTuple):
    name: str
    empty: object  # the default that is left out; MISSING: written always
    dump: Convert | None  # None: as it is
    load: Convert | None


@cache
def _plan(kind: type) -> tuple[_Plan, ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no record")
    hints = get_type_hints(kind)
    return tuple(_Plan(f.name, _empty(f), *_converters(hints[f.name])) for f in fields(kind))


def _empty(field: Field[Any]) -> object:
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    return MISSING if default is MISSING or default else default


def _arguments(kind: type, document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: document[name] if load is None else load(document[name])
        for name, _, _, load in _plan(kind)
        if name in document
    }


def _converters(hint: Any) -> tuple[Convert | None, Convert | None]:
    """Return how values of the annotated type are written and read; None: as they are."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint)
    if origin is tuple:
        return _tuple(get_args(hint))
    if isinstance(hint, type):
        return _scalar(hint)
    return None, None


def _scalar(kind: type) -> tuple[Convert | None, Convert | None]:
    if issubclass(kind, Enum):
        return (lambda value: value.value), kind
    if issubclass(kind, datetime):
        return (lambda value: value.astimezone(UTC).isoformat()), datetime.fromisoformat
    if issubclass(kind, bytes):
        return bytes.hex, bytes.fromhex
    if is_dataclass(kind):
        return to_document, partial(from_document, kind)
    return None, None


def _optional(hint: Any) -> tuple[Convert | None, Convert | None]:
    (inner,) = (part for part in get_args(hint) if part is not types.NoneType)
    dump, load = _converters(inner)
    return _unless_none(dump), _unless_none(load)


def _unless_none(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _tuple(parts: tuple[Any, ...]) -> tuple[Convert, Convert]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        dump, load = _converters(parts[0])
        return _each(dump, list), _each(load, tuple)
    pairs = [_converters(part) for part in parts]
    return _by_place([dump for dump, _ in pairs], list), _by_place(
        [load for _, load in pairs], tuple
    )


def _each(convert: Convert | None, into: type) -> Convert:
    if convert is None:
        return into
    return lambda values: into(map(convert, values))


def _by_place(converts: Sequence[Convert | None], into: type) -> Convert:
    def convert_all(values: Any) -> Any:
        return into(
            value if convert is None else convert(value)
            for convert, value in zip(converts, values, strict=True)
        )

    return convert_all
