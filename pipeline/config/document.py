"""Reads one TOML file into a model, and says where it is wrong.

Every fault of a file is reported in one `ConfigError`: file, line, key, the nearest valid
key or value. `tomllib` keeps no line numbers, so `locate` finds them in the text.

Keys are shown as people write them: `feed[2].kind` is the key `kind` of the second
`[[feed]]`, counted from 1.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

T = TypeVar("T")
KeyPath = tuple[str | int, ...]

MAX_LISTED = 16  # longer lists of valid names are not printed in full
MAX_BYTES = 32_000_000  # a topic of 20,000 terms is 2 MB


# -- public: documents ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: at which key of a document, and what is wrong with it."""

    key: KeyPath
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed TOML file that knows on which line each key stands."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[KeyPath, int] = field(default_factory=dict)

    def line(self, key: KeyPath = ()) -> int:
        """Return the line of `key`, or of the nearest table around it; 1 for the whole file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def where(self, key: KeyPath = ()) -> str:
        """Return "file:line" of `key`."""
        return f"{self.path}:{self.line(key)}"


def read_document(path: Path) -> Document:
    """Return the file at `path`, parsed.

    Raises:
        ConfigError: it cannot be read, is not UTF-8, or is not TOML.
    """
    text = _read_text(path)
    try:
        return Document(path, tomllib.loads(text), locate(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, error) from error
    except RecursionError as error:
        raise ConfigError("nested too deeply", subject=f"{path}:1") from error


def validate(document: Document, model: type[T]) -> T:
    """Return the content of `document` as `model` (a pydantic model or a dataclass).

    Raises:
        ConfigError: with every fault of the file, in the order of its lines.
    """
    value, problems = _fit(document, document.data, model)
    if value is None:
        raise wrong(document, problems)
    return value


def validate_list(
    document: Document, name: str, model: type[T]
) -> tuple[T, list[int], list[Problem]]:
    """Return what is sound of a file of `[[name]]` tables, so that it can be checked further.

    That is: `model` made of the sound tables, each one's place in the file, and the faults
    of the others, for the caller to report together with its own findings.

    Raises:
        ConfigError: the fault is not within the tables.
    """
    value, problems = _fit(document, document.data, model)
    tables = document.data.get(name, [])
    if not isinstance(tables, list):
        raise wrong(document, problems)
    broken = {p.key[1] for p in problems if len(p.key) > 1 and p.key[0] == name}
    sound = [place for place in range(len(tables)) if place not in broken]
    if value is None:
        value, _ = _fit(document, {name: [tables[place] for place in sound]}, model)
    if value is None:
        raise wrong(document, problems)
    return value, sound, problems


def load_document(path: Path, model: type[T]) -> T:
    """Return the TOML file at `path` as `model`.

    Raises:
        ConfigError: the file cannot be read or does not fit the model. `subject` is
            "file:line" of the first fault; `message` has one line for each fault.
    """
    return validate(read_document(path), model)


def wrong(document: Document, problems: Iterable[Problem]) -> ConfigError:
    """Return the one error that tells all `problems` (at least one) of a document."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: document.line(problem.key))
    first, *rest = [(document.where(p.key), _told(p)) for p in ordered]
    message = "\n".join([first[1], *(f"{where}: {told}" for where, told in rest)])
    return ConfigError(message, subject=first[0])


def unknown(what: str, name: str, valid: Collection[str]) -> str:
    """Return the message for a `name` that is none of `valid`: the nearest one, and the list."""
    near = nearest(name, valid)
    guess = f'; did you mean "{near}"?' if near else ""
    return f'unknown {what} "{name}"{guess}{_listed(valid)}'


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the one of `valid` that looks most like `name`, None when none does."""
    folded = {word.casefold(): word for word in valid}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def dotted(key: KeyPath) -> str:
    """Return `key` as people write it, list items counted from 1: `feed[2].kind`."""
    shown = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key)
    return shown.removeprefix(".")


# -- reading ----------------------------------------------------------------------------


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", subject=f"{path}:1") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1_000_000} MB", subject=f"{path}:1")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text; save it as UTF-8", subject=f"{path}:{line}") from error


def _syntax_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigError:
    place = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
    lines = text.split("\n")
    line = int(place.group(1)) if place else max(1, len(text.rstrip("\n").split("\n")))
    why = re.sub(r" \(at .*\)$", "", str(error))
    shown = lines[line - 1].strip()[:80]
    return ConfigError(f"not valid TOML: {why}, in: {shown}", subject=f"{path}:{line}")


def _fit(
    document: Document, data: dict[str, Any], model: type[T]
) -> tuple[T | None, list[Problem]]:
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(model)
    try:
        return adapter.validate_python(data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        schema = _schema_of(adapter)
    return None, [_problem(document, schema, detail) for detail in details]


# -- from pydantic's words to ours --------------------------------------------------------


def _told(problem: Problem) -> str:
    return f"{dotted(problem.key)}: {problem.message}" if problem.key else problem.message


def _listed(valid: Collection[str]) -> str:
    if not valid or len(valid) > MAX_LISTED:
        return ""
    return f" (valid: {', '.join(sorted(valid))})"


_UNKNOWN_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_MISSING_KEY = frozenset({"missing", "missing_argument", "missing_keyword_only_argument"})


def _problem(document: Document, schema: Any, detail: ErrorDetails) -> Problem:
    kind = detail["type"]
    key = _key_of(detail["loc"], document.data, whole=kind in _UNKNOWN_KEY | _MISSING_KEY)
    if kind in _UNKNOWN_KEY:
        return Problem(key, unknown("key", str(key[-1]), _keys_at(schema, key[:-1])))
    if kind in _MISSING_KEY:
        return Problem(key, "missing")
    choices = _choices_at(schema, key)
    if isinstance(detail["input"], str) and choices and kind in ("enum", "literal_error"):
        return Problem(key, unknown("value", detail["input"], choices))
    return Problem(key, _plain(detail))


_FOR_PEOPLE = (
    ("Input should be", "must be"),
    ("a valid string", 'text in "quotes"'),
    ("a valid tuple", "a [list]"),
    ("a valid list", "a [list]"),
    ("a valid dictionary or object to extract fields from", "a [table]"),
    ("a valid dictionary", "a [table]"),
    ("Value error, ", ""),
    ("Assertion failed, ", ""),
)


def _plain(detail: ErrorDetails) -> str:
    if detail["type"] == "dataclass_type":
        return "must be a [table]"
    if detail["type"].startswith("date_"):
        return f"must be a date like 2021-02-25, without quotes, not {detail['input']!r}"
    message = detail["msg"]
    for theirs, ours in _FOR_PEOPLE:
        message = message.replace(theirs, ours, 1)
    given = detail["input"]
    return f"{message}, not {given!r}" if isinstance(given, str | int | float) else message


def _key_of(loc: tuple[str | int, ...], data: Any, *, whole: bool) -> KeyPath:
    """Return `loc` without the names of union members that pydantic puts in between."""
    key: list[str | int] = []
    for place, part in enumerate(loc):
        if _holds(data, part):
            data = data[part]
        elif not (whole and place == len(loc) - 1):
            continue
        key.append(part)
    return tuple(key)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _schema_of(adapter: Any) -> Any:
    from pydantic.errors import PydanticInvalidForJsonSchema

    try:
        return adapter.json_schema()
    except PydanticInvalidForJsonSchema:
        return {}  # then nothing can be suggested


def _keys_at(schema: Any, key: KeyPath) -> list[str]:
    return [name for node in _nodes_at(schema, key) for name in node.get("properties", {})]


def _choices_at(schema: Any, key: KeyPath) -> list[str]:
    nodes = _nodes_at(schema, key)
    values = [value for node in nodes for value in node.get("enum", ())]
    values += [node["const"] for node in nodes if "const" in node]
    return [value for value in values if isinstance(value, str)]


def _nodes_at(schema: Any, key: KeyPath) -> list[dict[str, Any]]:
    """Return the JSON Schemas that apply at `key`: several where a union stands."""
    nodes = _unfolded(schema, schema)
    for part in key:
        below = [child for node in nodes for child in _children(node, part)]
        nodes = [node for child in below for node in _unfolded(schema, child)]
    return nodes


def _unfolded(schema: Any, node: Any) -> list[dict[str, Any]]:
    if "$ref" in node:
        return _unfolded(schema, schema["$defs"][node["$ref"].rpartition("/")[2]])
    branches = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [node, *(found for branch in branches for found in _unfolded(schema, branch))]


def _children(node: dict[str, Any], part: str | int) -> list[Any]:
    if isinstance(part, int):
        items = node.get("items")
        return [items] if isinstance(items, dict) else []
    named = node.get("properties", {}).get(part)
    if named is not None:
        return [named]
    other = node.get("additionalProperties")
    return [other] if isinstance(other, dict) else []


# -- lines of keys ------------------------------------------------------------------------


def locate(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every key, table and list item of a valid TOML text.

    A table's line is its header's (the first one's, if a sub-table made it).
    """
    scanner = _Scanner(text)
    scanner.scan()
    return scanner.lines


_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_COMMA = re.compile(",")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(r"[^,\[\]{}#\n]+")  # a number, a date (perhaps with a space), true, false


class _Scanner:
    """Walks a text that tomllib accepted; so it only has to find the borders of things."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._lists: dict[KeyPath, int] = {}  # arrays of tables: how many so far
        self._counted = 0  # position up to which line breaks are counted
        self._line = 1

    def scan(self) -> None:
        base: KeyPath = ()
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                base = self._header()
            else:
                self._pair(base)
            self._skip()

    def _skip(self) -> None:
        self._take(_BLANK)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def _mark(self, key: KeyPath, at: int) -> None:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        self.lines.setdefault(key, self._line)

    def _header(self) -> KeyPath:
        start = self.at
        several = self.text.startswith("[[", start)
        self.at += 2 if several else 1
        *outer, last = self._key()
        self.at = self.text.index("]]" if several else "]", self.at) + (2 if several else 1)
        base: KeyPath = ()
        for part in outer:
            base = self._current((*base, part))
            self._mark(base, start)
        base = (*base, last)
        if several:
            self._mark(base, start)
            self._lists[base] = self._lists.get(base, 0) + 1
        base = self._current(base)
        self._mark(base, start)
        return base

    def _current(self, key: KeyPath) -> KeyPath:
        return (*key, self._lists[key] - 1) if key in self._lists else key

    def _key(self) -> list[str]:
        parts: list[str] = []
        self._skip()
        while True:
            quoted = self._take(_QUOTED)
            name = tomllib.loads(f"k={quoted}")["k"] if quoted else self._take(_BARE_KEY)
            parts.append(name)
            if not self._take(_DOT):
                return parts

    def _pair(self, base: KeyPath) -> None:
        start = self.at
        for part in self._key():
            base = (*base, part)
            self._mark(base, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(base)

    def _value(self, key: KeyPath) -> None:
        self._skip()
        opening = self.text[self.at]
        if opening == "[":
            self._items(key)
        elif opening == "{":
            self._inline_table(key)
        elif not self._take(_QUOTED):
            self._take(_SCALAR)
        self._skip()

    def _items(self, key: KeyPath) -> None:
        self.at += 1
        self._skip()
        count = 0
        while self.text[self.at] != "]":
            self._mark((*key, count), self.at)
            self._value((*key, count))
            self._take(_COMMA)
            self._skip()
            count += 1
        self.at += 1

    def _inline_table(self, key: KeyPath) -> None:
        self.at += 1
        self._skip()
        while self.text[self.at] != "}":
            self._pair(key)
            self._take(_COMMA)
            self._skip()
        self.at += 1


__all__ = [
    "Document",
    "KeyPath",
    "Problem",
    "dotted",
    "load_document",
    "locate",
    "nearest",
    "read_document",
    "unknown",
    "validate",
    "validate_list",
    "wrong",
]
