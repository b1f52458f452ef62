"""Actor files read and checked: TOML tables -> entries, with errors that name file and key.

    read_entries(files) -> Entries      the package's files, the user's on top

The same key in a later file replaces the keys it names and keeps the others.
"""

from __future__ import annotations

import difflib
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.extract.entries import (
    ACTOR_TABLES,
    IGO,
    ROLE_CODES,
    Actor,
    Body,
    Country,
    Office,
    Person,
    Words,
)

CHECKED = "checked"  # the day on which the office holders of a file were right
HORIZON = timedelta(days=365)  # from then on for so long an open term is taken to go on


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What the files hold, each entry with its key in it."""

    countries: Mapping[str, Country]
    regions: Mapping[str, str]  # name of a region -> country
    towns: Mapping[str, str]  # name of a town -> country
    people: Mapping[str, Person]
    offices: Mapping[str, Office]
    bodies: Mapping[str, Body]
    actors: Mapping[str, Actor]  # by name; the first table of ACTOR_TABLES wins
    words: Words


def read_entries(files: Iterable[Path]) -> Entries:
    """Return the entries of actor files, those of a later file on top.

    Raises ConfigError, naming file and key.
    """
    tables: dict[str, dict[str, Any]] = defaultdict(dict)
    origin: dict[tuple[str, str], str] = {}
    checked: dict[str, date] = {}
    for path in files:
        data = _read(path)
        day = data.pop(CHECKED, date.max)
        checked[str(path)] = day if isinstance(day, date) else date.max
        for table, entries in data.items():
            for key, value in entries.items():
                tables[table][key] = _merged(tables[table].get(key), value)
                origin[table, key] = str(path)
    return _build(_Source(tables=tables, origin=origin, days=checked))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), subject=str(path)) from error
    known = {"countries", "regions", "towns", "people", "offices", "bodies", "words", *ACTOR_TABLES}
    for table, entries in data.items():
        if table == CHECKED and isinstance(entries, date):
            continue
        if table not in known:
            raise ConfigError(f"unknown table [{table}]{_nearest(table, known)}", subject=str(path))
        if not isinstance(entries, dict):
            raise ConfigError(f"[{table}] must be a table", subject=str(path))
    return data


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Merged tables, and the file each key was last read from."""

    tables: Mapping[str, Mapping[str, Any]]
    origin: Mapping[tuple[str, str], str]
    days: Mapping[str, date]  # by file: when it was checked

    def entries(self, table: str, shape: Any) -> Iterator[tuple[str, Any]]:
        """Yield (key, record of `shape`) of a table; ConfigError names file and key."""
        from pydantic import TypeAdapter

        adapter = TypeAdapter(shape)
        for key, value in self.tables.get(table, {}).items():
            yield key, self.checked(adapter, table, key, value)

    def checked(self, adapter: Any, table: str, key: str, value: Any) -> Any:
        """Validate one entry."""
        from pydantic import ValidationError

        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in (table, key, *first["loc"]))
            file = self.origin.get((table, key)) or self.origin.get((table, str(first["loc"][0])))
            raise ConfigError(f"{where}: {first['msg']}", subject=file or "") from error


def _build(source: _Source) -> Entries:
    countries = {k: replace(v, iso2=k) for k, v in source.entries("countries", Country)}
    people = {k: _person(source, k, v) for k, v in source.entries("people", Person)}
    offices = {k: replace(v, key=k) for k, v in source.entries("offices", Office)}
    _check_references(source, people, offices, countries)
    return Entries(
        countries=countries,
        regions=_places(source, "regions"),
        towns=_places(source, "towns"),
        people=people,
        offices=offices,
        bodies={k: replace(v, key=k) for k, v in source.entries("bodies", Body)},
        actors=dict(_actors(source)),
        words=_words(source),
    )


def _places(source: _Source, table: str) -> dict[str, str]:
    rows = source.tables.get(table, {}).items()
    return {name: code for code, names in rows for name in names}


def _person(source: _Source, name: str, person: Person) -> Person:
    """Return the person with open terms that end where nobody has checked them any more."""
    checked = source.days.get(source.origin.get(("people", name), ""), date.max)
    known = checked + HORIZON if checked != date.max else None
    terms = tuple(replace(term, until=term.until or known) for term in person.offices)
    return replace(person, name=name, offices=terms)


def _actors(source: _Source) -> Iterator[tuple[str, Actor]]:
    seen: set[str] = set()
    for table, (kind, role, code, country) in ACTOR_TABLES.items():
        for key, actor in source.entries(table, Actor):
            if key in seen:
                continue
            seen.add(key)
            yield (
                key,
                replace(
                    actor,
                    name=key,
                    table=table,
                    kind=actor.kind or kind,
                    role=actor.role or role,
                    code=actor.code or code,
                    country=country if actor.country is None else actor.country,
                ),
            )


def _words(source: _Source) -> Words:
    from pydantic import TypeAdapter

    words: Words = source.checked(
        TypeAdapter(Words), "words", "words", dict(source.tables.get("words", {}))
    )
    return replace(words, unnamed={k: replace(v, key=k) for k, v in words.unnamed.items()})


def _check_references(
    source: _Source,
    people: Mapping[str, Person],
    offices: Mapping[str, Office],
    countries: Mapping[str, Country],
) -> None:
    for name, person in people.items():
        subject = source.origin.get(("people", name), "")
        if person.country not in countries and person.country not in (IGO, ""):
            raise ConfigError(
                f"people.{name}.country: unknown country {person.country!r}", subject=subject
            )
        for term in person.offices:
            if term.office not in offices:
                raise ConfigError(
                    f"people.{name}.offices: unknown office {term.office!r}"
                    + _nearest(term.office, offices),
                    subject=subject,
                )
    for table in ("people", "offices", "bodies", *ACTOR_TABLES):
        for key, entry in source.tables.get(table, {}).items():
            code = entry.get("code", "")
            if code and code not in ROLE_CODES:
                raise ConfigError(
                    f"{table}.{key}.code: unknown role code {code!r}",
                    subject=source.origin.get((table, key), ""),
                )
