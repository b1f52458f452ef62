"""The act patterns: data in acts_LANGUAGE.toml, compiled once; matching is pure.

`match_rules(text)` answers which patterns fit a text, best first; it knows nothing of speakers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.extract.screen import Finder, Screen, letters
from pipeline.extract.screen import compiled as screened

SPACE = r"[\s|,\"'()\[\]–—-]+"
WORD = r"[^\s.;:?!|,\"()]+"
BLANK = re.compile(r"(\[[^\]]*\])| \??")
# Vowel signs and points of Devanagari and Arabic script: part of a word, yet not \w.
MARKS = "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0610-\u061a\u064b-\u065f\u0670"
END = rf"(?![\w{MARKS}])"
CLASSES = ("stance", "predicate", "object_class")
TABLES = ("compose", "flips")
OTHER = ("words", "rules", "negated", "stance", "predicate", *TABLES)  # no plain lists
GAPS = (("~~ ", 14), ("~ ", 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRule:
    """One pattern. `number` is its place in the file: lower goes first."""

    act: str
    number: int
    source: str  # regular expression, ignoring case
    needed: tuple[frozenset[str], ...]  # what a text must have, see `screen.letters`
    negation: str = "map"  # map: by the [negated] table; own: counted; double: negated = no act
    speaker: str = "any"  # party, third, any
    tense: str = "any"  # past, future, any
    otherwise: str | None = None  # the act when speaker or tense say so
    needs: re.Pattern[str] | None = None  # must also occur nearby
    reach: int = 0  # words around the match in which `needs` is looked for
    anchored: bool = False  # fits at the cue only
    guard: bool = False  # an appeal, wish or question before it takes the act away

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern; compiled with the first text that may fit it, as most never meet one."""
        return screened(self.source, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule and where it fitted."""

    rule: ActRule
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """All knowledge of one language's acts file."""

    rules: tuple[ActRule, ...]
    screen: Screen  # which of the rules can fit a text
    negated: Mapping[str, Mapping[str, str]]
    words: Mapping[str, re.Pattern[str]]  # every class of [words], compiled alone
    lists: Mapping[str, Mapping[str, list[str]]]  # the other tables of the file, as they are
    classes: Mapping[str, Finder]  # every table of CLASSES
    tables: Mapping[str, Mapping[str, Any]]  # the tables of TABLES

    def word_re(self, name: str) -> re.Pattern[str]:
        """Return the class `name` of [words]; none fits a class this language has not."""
        return self.words.get(name) or _any_of(())

    def lists_re(self, table: str, name: str) -> re.Pattern[str]:
        """Return one pattern for "any of" the list `name` of `table`; none fits an empty list."""
        return _any_of(tuple(self.lists.get(table, {}).get(name, ())))

    def classes_in(self, table: str, text: str) -> tuple[tuple[str, int, int], ...]:
        """Return (class, start, end) of the words of `table`'s classes, from left to right.

        A table of classes is a list of words for each name; an earlier class goes first where
        two begin at one place.
        """
        finder = self.classes.get(table)
        return _groups_in(finder, text) if finder else ()

    def table(self, name: str, row: str) -> Mapping[str, str]:
        """Return one row of a table of tables; an unknown one is empty."""
        found: Mapping[str, str] = self.tables.get(name, {}).get(row, {})
        return found

    def ending_re(self, table: str, name: str) -> re.Pattern[str]:
        """Return the same pattern for a text that ends in one of the list."""
        return _any_of(tuple(self.lists.get(table, {}).get(name, ())), r"\Z")


@cache
def load_grammar(language: str = "en") -> Grammar:
    """Return the patterns of `language`; of a language without a file, an empty grammar."""
    path = Path(__file__).with_name(f"acts_{language}.toml")
    table: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    words = _expand_words(table.get("words", {}))
    rules = [_rule(n, row, words) for n, row in enumerate(table.get("rules", {}).get("list", []))]
    return Grammar(
        rules=tuple(rules),
        screen=Screen([rule.needed for rule in rules]),
        negated=table.get("negated", {}),
        words={name: compiled(source, words) for name, source in words.items()},
        lists={k: v for k, v in table.items() if k not in OTHER},
        classes={k: _classes(table[k], words) for k in CLASSES if k in table},
        tables={k: table.get(k, {}) for k in TABLES},
    )


def compiled(pattern: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """Compile a pattern of the acts file (see its head) with whole words at both ends.

    Raises ConfigError that shows the pattern when it is no regular expression.
    """
    with _shown(pattern):
        return re.compile(_edged(_expand(pattern, words)), re.IGNORECASE)


@contextmanager
def _shown(pattern: str) -> Iterator[None]:
    try:
        yield
    except (re.error, KeyError) as error:
        raise ConfigError(f"bad pattern {pattern!r}: {error}", subject="acts file") from error


@lru_cache(maxsize=256)  # the same words are judged as a sentence, as an act and as a claim
def _groups_in(finder: Finder, text: str) -> tuple[tuple[str, int, int], ...]:
    return tuple(found for found in finder.find(text) if found[2] > found[1])


def _classes(table: Mapping[str, list[str]], words: Mapping[str, str]) -> Finder:
    named = []
    for name, items in table.items():
        for item in items:
            with _shown(item):
                named.append((name, _edged(_expand(f"(?:{item})", words))))
    with _shown(", ".join(table)):
        return Finder(named, re.IGNORECASE)


@cache
def _any_of(items: tuple[str, ...], end: str = "") -> re.Pattern[str]:
    if not items:
        return re.compile(r"(?!)")
    return re.compile(_edged(_expand("|".join(items), {})) + end, re.IGNORECASE)


def match_rules(grammar: Grammar, text: str) -> Iterator[Hit]:
    """Yield the rules that fit `text`, by priority, each at its first fitting place."""
    for number in grammar.screen.passed(text):
        rule = grammar.rules[number]
        for found in rule.regex.finditer(text):
            start = found.end("lead") if rule.anchored else found.start()
            if _nearby(rule, text, start, found.end()):
                yield Hit(rule, start, found.end())
                break


def _nearby(rule: ActRule, text: str, start: int, end: int) -> bool:
    if rule.needs is None:
        return True
    before = text[:start].split()[-rule.reach :]
    after = text[end:].split()[: rule.reach]
    return rule.needs.search(" ".join([*before, text[start:end], *after])) is not None


def _rule(number: int, row: Mapping[str, Any], words: Mapping[str, str]) -> ActRule:
    needs = row.get("needs", "")
    with _shown(row["re"]):
        source = _edged(_expand(row["re"], words))
        needed = tuple(letters(source, re.IGNORECASE))
    return ActRule(
        act=row["act"],
        number=number,
        source=source,
        needed=needed,
        negation=row.get("negation", "map"),
        speaker=row.get("speaker", "any"),
        tense=row.get("tense", "any"),
        otherwise=row.get("else"),
        needs=re.compile(_expand(needs, words), re.IGNORECASE) if needs else None,
        reach=row.get("words", 8),
        anchored=row["re"].startswith("^"),
        guard=row.get("guard", False),
    )


def _expand_words(table: Mapping[str, list[str]]) -> dict[str, str]:
    """Resolve the classes, in file order or not, to regular expressions."""
    done: dict[str, str] = {}

    def resolve(name: str) -> str:
        if name not in done:
            inside = "|".join(table[name])
            done[name] = "(?:" + re.sub(r"\{(\w+)\}", lambda m: resolve(m[1]), inside) + ")"
        return done[name]

    return {name: resolve(name) for name in table}


def _expand(pattern: str, words: Mapping[str, str]) -> str:
    pattern = re.sub(r"\{([a-z]\w*)\}", lambda m: words[m[1]], pattern)
    pattern = pattern.replace(r"(\w+ )", f"(?:{WORD} )")
    for mark, size in GAPS:
        pattern = pattern.replace(mark, f"(?:{WORD} ){{0,{size}}}?")
    return BLANK.sub(_blank, pattern)


def _blank(match: re.Match[str]) -> str:
    """A space stands for one or more separators, "space?" for any; not inside a class."""
    if match[1]:
        return match[1]
    return f"(?:{SPACE})?" if match[0] == " ?" else SPACE


def _edged(source: str) -> str:
    if source.startswith("^"):
        body = source.removeprefix("^").removeprefix(SPACE)
        # auxiliaries and adverbs may come first; the match is what follows them
        return rf"\A(?P<lead>(?:{WORD}\s+){{0,4}}?)(?:{body}){END}"
    return rf"(?<![\w{MARKS}-])(?:{source}){END}"
