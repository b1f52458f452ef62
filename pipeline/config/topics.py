"""Watch topics: one file of `topics/` for each; `config/topics/README.md` explains the keys.

Words stand in lists named by their language (`en = [...]`), in `[[terms]]`, `[[exclude]]`,
`[[issue]]` and `[lookalikes]`. What the file means is decided in `filter`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from pipeline.config.document import Document, KeyPath, Problem, read_document, unknown, validate
from pipeline.config.document import wrong as wrong_document
from pipeline.config.settings import STRICT
from pipeline.records import Company, Exclusion, Issue, Term, Topic
from pipeline.taxonomy import THEMES
from pipeline.terms import term_key

FIELDS = ("title", "summary", "tags", "url", "text")
KINDS = (
    "countries", "places", "people", "offices", "forces", "groups", "treaties", "operations",
    "matters", "context",
)  # fmt: skip

_OPEN: dict[str, object] = {"extra": "allow"}  # languages are keys; checked here, not by pydantic
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_COUNTRY_TYPED_SMALL = re.compile(r"[a-z]{2}")


def load_topics(directory: Path) -> tuple[Topic, ...]:
    """Return the topics of `directory`/topics, by file name; none if there is no such folder.

    Raises:
        ConfigError: a file is wrong, or two files have the same id.
    """
    topics: dict[str, Topic] = {}
    for path in sorted((directory / "topics").glob("*.toml")):
        document = read_document(path)
        topic = _topic(document)
        if topic.id in topics:
            problem = Problem(("topic", "id"), f'another file has the id "{topic.id}" too')
            raise wrong_document(document, [problem])
        topics[topic.id] = topic
    return tuple(topics.values())


def load_topic(path: Path) -> Topic:
    """Return the topic in the file at `path`.

    Raises:
        ConfigError: with every fault: an unknown key, language, group, field or theme; a term
            listed twice, also as an exclusion; no terms, or none that could ever decide.
    """
    return _topic(read_document(path))


# -- the file -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Head:
    id: str
    name: str
    languages: tuple[str, ...]
    parties: tuple[str, ...] = ()
    threshold: float = 0.5

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


@dataclass(frozen=True, kw_only=True)
class _Terms:
    group: str
    kind: str = "context"
    strong: bool = False
    weight: float = 1.0
    fields: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = _OPEN


@dataclass(frozen=True, kw_only=True)
class _Company:
    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    near: int = 0
    fields: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


@dataclass(frozen=True, kw_only=True)
class _Exclude:
    id: str
    unless: tuple[str, ...] = ()
    even_strong: bool = False
    fields: tuple[str, ...] = ("title", "summary", "tags", "url")

    __pydantic_config__: ClassVar[dict[str, object]] = _OPEN


@dataclass(frozen=True, kw_only=True)
class _Issue:
    id: str
    name: str
    themes: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, object]] = _OPEN


@dataclass(frozen=True, kw_only=True)
class _TopicFile:
    topic: _Head
    terms: tuple[_Terms, ...] = ()
    company: tuple[_Company, ...] = ()
    exclude: tuple[_Exclude, ...] = ()
    issue: tuple[_Issue, ...] = ()
    lookalikes: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT


@dataclass(frozen=True, slots=True)
class _Word:
    """One string of a list of words, and where it stands in the file."""

    place: KeyPath
    text: str
    language: str


_Words = Mapping[KeyPath, Sequence[_Word]]  # by the table they stand in


def _topic(document: Document) -> Topic:
    file = validate(document, _TopicFile)
    words, problems = _all_words(document, file)
    problems += _faults(file, words)
    problems += _repeated(file, words)
    if problems:
        raise wrong_document(document, problems)
    return _record(file, words)


def _record(file: _TopicFile, words: _Words) -> Topic:
    head = file.topic
    return Topic(
        id=head.id,
        name=head.name,
        parties=head.parties,
        languages=head.languages,
        threshold=head.threshold,
        weights=tuple(file.weights.items()),
        terms=tuple(_terms(file, words)),
        companies=tuple(
            Company(all=one.all, any=one.any, none=one.none, near=one.near, fields=one.fields)
            for one in file.company
        ),
        lookalikes=_texts(words["lookalikes",]),
        exclusions=tuple(
            Exclusion(
                id=one.id,
                terms=_texts(words["exclude", place]),
                unless=one.unless,
                even_strong=one.even_strong,
                fields=one.fields,
            )
            for place, one in enumerate(file.exclude)
        ),
        issues=tuple(
            Issue(id=one.id, name=one.name, terms=_texts(words["issue", place]), themes=one.themes)
            for place, one in enumerate(file.issue)
        ),
    )


def _texts(words: Iterable[_Word]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.text for word in words))


def _terms(file: _TopicFile, words: _Words) -> Iterator[Term]:
    """Yield the terms; a spelling that two languages of a group share is one term."""
    seen: set[str] = set()
    for place, table in enumerate(file.terms):
        for word in words["terms", place]:
            if (key := term_key(word.text)) not in seen:
                seen.add(key)
                yield Term(
                    text=word.text,
                    group=table.group,
                    kind=table.kind,
                    language=word.language,
                    strong=table.strong,
                    weight=table.weight,
                    fields=table.fields,
                )


# -- lists of words -------------------------------------------------------------------------


def _all_words(
    document: Document, file: _TopicFile
) -> tuple[dict[KeyPath, list[_Word]], list[Problem]]:
    """Return the words of every table that holds some, and what is wrong with them."""
    words: dict[KeyPath, list[_Word]] = {}
    problems: list[Problem] = []
    for table, keys in _tables(file):
        words[table] = []
        for key, value in _at(document.data, table).items():
            if key in keys:
                continue
            if key not in file.topic.languages:
                valid = [*file.topic.languages, *keys]
                problems.append(Problem((*table, key), unknown("key or language", key, valid)))
                continue
            for place, text, fault in _checked(value):
                if fault:
                    problems.append(Problem((*table, key, *place), fault))
                else:
                    words[table].append(_Word((*table, key, *place), text, key))
    return words, problems


def _tables(file: _TopicFile) -> Iterator[tuple[KeyPath, Collection[str]]]:
    """Yield each table that may hold lists of words, and its other keys."""
    kinds = (("terms", file.terms, _Terms), ("exclude", file.exclude, _Exclude))
    for name, tables, kind in (*kinds, ("issue", file.issue, _Issue)):
        for place in range(len(tables)):
            yield (name, place), [item.name for item in fields(kind)]
    yield ("lookalikes",), ()


def _at(data: Any, key: KeyPath) -> dict[str, Any]:
    for part in key:
        data = data.get(part, {}) if isinstance(data, dict) else data[part]
    found: dict[str, Any] = data
    return found


def _checked(value: Any) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield place, text and fault ("" when none) of each item of a list of words."""
    if not isinstance(value, list):
        yield (), "", 'must be a list of words, like ["one", "two words"]'
        return
    for place, text in enumerate(value):
        if not isinstance(text, str):
            yield (place,), "", f"must be text in quotes, not {text!r}"
            continue
        try:
            term_key(text)
        except ValueError:
            yield (place,), text, "has no letter or digit"
        else:
            yield (place,), text, ""


# -- what can be wrong ------------------------------------------------------------------------


def _faults(file: _TopicFile, words: _Words) -> list[Problem]:
    return [
        *_head_faults(file.topic),
        *_name_faults(file),
        *_company_faults(file),
        *_empty_faults(file, words),
    ]


def _head_faults(head: _Head) -> Iterator[Problem]:
    if not _ID.fullmatch(head.id):
        yield Problem(("topic", "id"), "must be small letters, digits and single hyphens")
    if not head.name.strip():
        yield Problem(("topic", "name"), "must not be empty")
    if not head.languages:
        yield Problem(("topic", "languages"), "names no language")
    for place, language in enumerate(head.languages):
        if not _LANGUAGE.fullmatch(language):
            why = f'unknown language "{language}": use a code like "en"'
            yield Problem(("topic", "languages", place), why)
    for place, party in enumerate(head.parties):
        if not party.strip() or _COUNTRY_TYPED_SMALL.fullmatch(party):
            why = f'must be a country code in capitals or the name of a group, not "{party}"'
            yield Problem(("topic", "parties", place), why)
    if not 0 < head.threshold <= 1:
        yield Problem(("topic", "threshold"), "must be above 0 and at most 1")


def _name_faults(file: _TopicFile) -> Iterator[Problem]:
    """Yield every name of a field, kind, theme, group or id that does not exist or recurs."""
    for name, weight in file.weights.items():
        if name not in FIELDS:
            yield Problem(("weights", name), unknown("field", name, FIELDS))
        elif not 0 <= weight <= 1:
            yield Problem(("weights", name), f"must be between 0 and 1, not {weight}")
    groups = {table.group for table in file.terms}
    for place, table in enumerate(file.terms):
        yield from _unknown(("terms", place, "fields"), "field", table.fields, FIELDS)
        if table.kind not in KINDS:
            yield Problem(("terms", place, "kind"), unknown("kind", table.kind, KINDS))
        if not 0 < table.weight <= 1:
            yield Problem(("terms", place, "weight"), "must be above 0 and at most 1")
    for place, one in enumerate(file.exclude):
        yield from _unknown(("exclude", place, "fields"), "field", one.fields, FIELDS)
        yield from _unknown(("exclude", place, "unless"), "group", one.unless, groups)
    for place, issue in enumerate(file.issue):
        yield from _unknown(("issue", place, "themes"), "theme", issue.themes, THEMES)
    yield from _same_ids("exclude", [one.id for one in file.exclude])
    yield from _same_ids("issue", [one.id for one in file.issue])


def _company_faults(file: _TopicFile) -> Iterator[Problem]:
    groups = {table.group for table in file.terms}
    for place, company in enumerate(file.company):
        here = ("company", place)
        for key in ("all", "any", "none"):
            yield from _unknown((*here, key), "group", getattr(company, key), groups)
        if len({*company.all}) + bool(company.any) < 2:
            why = "needs two groups or more; a group that decides alone has strong = true"
            yield Problem(here, why)
        yield from _unknown((*here, "fields"), "field", company.fields, FIELDS)
        if company.near < 0:
            yield Problem((*here, "near"), f"must be 0 or more, not {company.near}")


def _unknown(
    key: KeyPath, what: str, given: Collection[str], valid: Collection[str]
) -> Iterator[Problem]:
    for place, name in enumerate(given):
        if name not in valid:
            yield Problem((*key, place), unknown(what, name, valid))


def _same_ids(table: str, ids: Sequence[str]) -> Iterator[Problem]:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            yield Problem((table, place, "id"), f'a second {table} with the id "{one}"')


def _empty_faults(file: _TopicFile, words: _Words) -> Iterator[Problem]:
    """Yield tables without words, and a topic that could never match."""
    for name, tables in (("terms", file.terms), ("exclude", file.exclude)):
        for place in range(len(tables)):
            if not words[name, place]:
                yield Problem((name, place), "lists no words")
    if not file.terms:
        yield Problem(("topic",), "the topic is empty: it has no [[terms]]")
    elif not file.company and not any(table.strong for table in file.terms):
        why = "nothing can ever match: no [[terms]] with strong = true and no [[company]]"
        yield Problem(("topic",), why)


def _repeated(file: _TopicFile, words: _Words) -> Iterator[Problem]:
    """Yield each word that an earlier place lists already, as a term or as an exclusion.

    Two languages may share a spelling within one group or one exclusion.
    """
    first: dict[str, tuple[str, _Word]] = {}
    for owner, word in _owned(file, words):
        key = term_key(word.text)
        held, earlier = first.setdefault(key, (owner, word))
        if earlier is word or (held == owner and earlier.language != word.language):
            continue
        where = f" ({held})" if held != owner else ""
        yield Problem(word.place, f'"{word.text}" is listed already as "{earlier.text}"{where}')


def _owned(file: _TopicFile, words: _Words) -> Iterator[tuple[str, _Word]]:
    for place, table in enumerate(file.terms):
        yield from ((f"group {table.group}", word) for word in words["terms", place])
    for place, one in enumerate(file.exclude):
        yield from ((f"exclusion {one.id}", word) for word in words["exclude", place])
    yield from (("look-alikes", word) for word in words["lookalikes",])


__all__ = ["FIELDS", "KINDS", "load_topic", "load_topics"]
