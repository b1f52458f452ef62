"""What extract knows of each language: one TOML file each, no code.

`load_language("en")` reads `en.toml`. A code without a file gets a `Language` without cues:
its texts give no claims rather than wrong ones. To add a language, add its file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pipeline.errors import ConfigError
from pipeline.records import Article

FOLDER = Path(__file__).parent
UNKNOWN = "xx"
SAMPLE = 4000  # characters that are enough to tell a language
MIN_WORDS = 12  # fewer words say too little about a language in Latin script
MIN_COMMON = 0.12  # share of function words; running English has 0.35 to 0.5, lists of names ~0.1
MARKS = ".,;:!?()[]\"'“”‘’«»।۔،؟"

NEVER = re.compile(r"(?!)")

KINDS = ("speech", "act", "deal", "attitude")
"""Kinds of cue verbs: reports words; does something by words; comes to terms; only thinks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language file. Words are lower case; a form maps to its lemma."""

    code: str
    name: str = ""
    script: str = ""  # as Unicode names its letters: LATIN, DEVANAGARI, ARABIC
    model: str = ""  # folder of the attribution weights; "": quote rules only
    marks: tuple[tuple[str, str], ...] = ()  # quotation marks, opening and closing
    common: frozenset[str] = frozenset()  # function words, to tell the language
    letters: str = ""  # letters that only this language of its script has
    verbs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # kind -> form -> lemma
    nouns: Mapping[str, str] = field(default_factory=dict)  # nominal cue: form -> lemma
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)  # word lists by name
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # reporting patterns
    platform_of: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def lemma(self, form: str) -> str | None:
        """Return the lemma of a cue verb or cue noun; None for any other word."""
        form = form.lower()
        for kind in KINDS:
            if form in self.verbs.get(kind, {}):
                return self.verbs[kind][form]
        return self.nouns.get(form)

    def kind(self, form: str) -> str | None:
        """Return a kind of verb, or "nominal" for a cue noun; None for any other word."""
        form = form.lower()
        for kind in KINDS:
            if form in self.verbs.get(kind, {}):
                return kind
        return "nominal" if form in self.nouns else None

    def platform(self, form: str, day: str) -> str | None:
        """Return the platform a cue form names on an ISO `day`: "tweeted" means Twitter once."""
        names = [name for since, name in self.platform_of.get(form.lower(), ()) if since <= day]
        return names[-1] if names else None

    def pattern(self, name: str) -> re.Pattern[str]:
        """Return the reporting pattern `name`; one that matches nothing when there is none."""
        return self.patterns.get(name, NEVER)

    def listed(self, name: str) -> frozenset[str]:
        """Return the word list `name`, empty when this language's file has none."""
        return self.words.get(name, frozenset())


@lru_cache(maxsize=16)
def load_language(code: str) -> Language:
    """Return the language of an ISO 639-1 code. Raises `ConfigError` for a wrong file."""
    path = FOLDER / f"{code}.toml"
    if not code.isalpha() or not path.is_file():
        return Language(code=code)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), subject=str(path)) from error
    return _language(code, table)


def _language(code: str, table: Mapping[str, Any]) -> Language:
    return Language(
        code=code,
        name=table["name"],
        script=table["script"],
        model=table.get("model", ""),
        marks=tuple((pair[0], pair[1]) for pair in table["marks"]),
        common=frozenset(table["common"].split()),
        letters=table.get("letters", ""),
        verbs=MappingProxyType({k: _forms(v) for k, v in table.get("verbs", {}).items()}),
        nouns=_forms(table.get("nouns", {})),
        words=MappingProxyType({k: frozenset(v) for k, v in table.get("words", {}).items()}),
        platform_of=MappingProxyType(
            {k: tuple((a, b) for a, b in v) for k, v in table.get("platform_of", {}).items()}
        ),
        patterns=MappingProxyType(
            {k: re.compile(v, re.DOTALL) for k, v in table.get("patterns", {}).items()}
        ),
    )


def _forms(lemmas: Mapping[str, str]) -> Mapping[str, str]:
    """Turn {lemma: "form form"} into {form: lemma}; a lemma is a form of itself."""
    forms = {form: lemma for lemma, listed in lemmas.items() for form in (lemma, *listed.split())}
    return MappingProxyType(forms)


@lru_cache(maxsize=1)
def known_languages() -> tuple[Language, ...]:
    """Return the languages that have a file, by code."""
    return tuple(load_language(path.stem) for path in sorted(FOLDER.glob("*.toml")))


def language_of(article: Article) -> str:
    """Return the code of the language an article is written in, or "xx".

    The script of the text decides, then letters and function words; the article's declared
    language decides between languages that these cannot tell apart.
    """
    declared = (article.language or "").split("-")[0].lower()
    sample = (article.text or article.title)[:SAMPLE]
    script = main_script(sample)
    fitting = [language for language in known_languages() if language.script == script]
    if not fitting:
        return declared if declared and not script else UNKNOWN
    # Not \w+: it breaks Devanagari words at their vowel signs.
    words = [word.strip(MARKS) for word in sample.lower().split()]
    best = max(fitting, key=lambda language: _likeness(language, words, sample, declared))
    return best.code if _plausible(best, words, declared) else UNKNOWN


def _likeness(language: Language, words: list[str], sample: str, declared: str) -> float:
    share = sum(word in language.common for word in words) / max(1, len(words))
    letters = any(letter in sample for letter in language.letters)
    return share + 0.2 * letters + 0.1 * (language.code == declared)


def _plausible(language: Language, words: list[str], declared: str) -> bool:
    """Too short a text is taken at its declared language, or the script's."""
    if len(words) < MIN_WORDS:
        return declared in ("", language.code)
    share = sum(word in language.common for word in words) / len(words)
    return share >= MIN_COMMON


def main_script(text: str) -> str:
    """Return the script of most letters as Unicode names it ("LATIN"); "" without letters."""
    counts = Counter(_script(char) for char in text if char.isalpha())
    return max(counts, key=lambda script: (counts[script], script)) if counts else ""


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0]
