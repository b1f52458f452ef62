"""What extract knows of each language: one TOML file each, no code.

`load_language("en")` reads `en.toml`. A code without a file gets a `Language` without cues:
its texts give no claims rather than wrong ones. To add a language, add its file.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.folding import fold
from pipeline.records import Article

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FOLDER = Path(__file__).parent
UNKNOWN = "xx"
SAMPLE = 4000  # characters that are enough to tell a language
MIN_WORDS = 6  # fewer words say too little about a language
FEW_WORDS = 14  # up to here, as in a headline full of names, a doubtful answer is no answer
SURE = 0.6  # of its probability: below it a short text's language is doubtful ...
POSSIBLE = 0.01  # ... where one of ours has at least this much of it
NEAR = 0.5  # of the best one's probability, the declared language is believed

LONGEST_NAME = 5  # words
STAND_IN = "Zzyq"  # no name begins so
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
    acts_model: str = ""  # folder of the backstop of the act rules; "": rules only
    marks: tuple[tuple[str, str], ...] = ()  # quotation marks, opening and closing
    verbs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # kind -> form -> lemma
    nouns: Mapping[str, str] = field(default_factory=dict)  # nominal cue: form -> lemma
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)  # word lists by name
    patterns: Mapping[str, re.Pattern[str]] = field(default_factory=dict)  # reporting patterns
    platform_of: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    speaker_marks: tuple[str, ...] = ()  # particles after whoever speaks, the surest first
    english: Mapping[str, str] = field(default_factory=dict)  # folded words for speakers

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

    def in_english(self, words: str) -> tuple[str, dict[str, str]]:
        """Return who `words` name in the words of the actor files, and stand-ins for the rest.

        The longest known run of words goes first; a genitive particle becomes "'s". A word that
        is not known may be a name: a capitalised stand-in takes its place, and the mapping says
        for which word it stands.
        """
        if not self.english:
            return words, {}
        given, said, stand_ins = words.split(), list[str](), dict[str, str]()
        place = 0
        while place < len(given):
            size, name = self._longest(given[place : place + LONGEST_NAME])
            if said and given[place] in self.listed("genitive_marks"):
                said[-1] += "'s"
            elif name:
                said.append(name)
            else:
                said.append(STAND_IN + chr(ord("a") + len(stand_ins) % 26))
                stand_ins[said[-1]] = given[place].strip(MARKS)
            place += size
        return " ".join(said), stand_ins

    def english_names(self, words: str) -> Iterator[tuple[str, int, int]]:
        """Yield what `words` name in the words of the actor files, with where each name stands."""
        given = list(re.finditer(r"\S+", words)) if self.english else []
        place = 0
        while place < len(given):
            run = [match[0].strip(MARKS) for match in given[place : place + LONGEST_NAME]]
            size, name = self._longest(run)
            if name:
                yield name, given[place].start(), given[place + size - 1].end()
            place += size

    def _longest(self, given: Sequence[str]) -> tuple[int, str]:
        for size in range(len(given), 0, -1):
            name = self.english.get(fold(" ".join(given[:size])))
            if name is not None:
                return size, name
        return 1, ""

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
        acts_model=table.get("acts_model", ""),
        marks=tuple((pair[0], pair[1]) for pair in table["marks"]),
        verbs=MappingProxyType({k: _forms(v) for k, v in table.get("verbs", {}).items()}),
        nouns=_forms(table.get("nouns", {})),
        words=MappingProxyType({k: frozenset(v) for k, v in table.get("words", {}).items()}),
        platform_of=MappingProxyType(
            {k: tuple((a, b) for a, b in v) for k, v in table.get("platform_of", {}).items()}
        ),
        speaker_marks=tuple(table.get("speaker_marks", ())),
        english=MappingProxyType(
            {fold(form): name for name, v in table.get("english", {}).items() for form in v}
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

    py3langid decides (Lui and Baldwin 2012, over 97 languages and more). Of too few words it
    cannot, and of a headline full of names it often does not know: then the declared language
    is believed, where the script allows it, or else the one language of that script.
    """
    declared = (article.language or "").split("-")[0].lower()
    sample = (article.text or article.title)[:SAMPLE]
    script = main_script(sample)
    if not script:
        return declared or UNKNOWN
    fitting = [language.code for language in known_languages() if language.script == script]
    found = _identified(sample, declared, fitting)
    if not found:
        likely = [code for code in fitting if declared in ("", code)]
        return likely[0] if len(likely) == 1 else UNKNOWN
    return found if found in fitting else UNKNOWN


def _identified(sample: str, declared: str, fitting: Sequence[str]) -> str:
    """Return the likeliest language, "" where too few words tell; of two near ones the declared."""
    words = len(sample.split())
    if words < MIN_WORDS:
        return ""
    ranked = _identifier().rank(sample)
    shares: dict[str, float] = dict(ranked)
    best: str = ranked[0][0]
    if shares.get(declared, 0.0) >= NEAR * shares[best]:
        return declared
    possible = any(shares.get(code, 0.0) >= POSSIBLE for code in fitting)
    return "" if words < FEW_WORDS and shares[best] < SURE and possible else best


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def main_script(text: str) -> str:
    """Return the script of most letters as Unicode names it ("LATIN"); "" without letters."""
    counts = Counter(_script(char) for char in text if char.isalpha())
    return max(counts, key=lambda script: (counts[script], script)) if counts else ""


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0]
