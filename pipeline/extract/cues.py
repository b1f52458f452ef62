"""What a cue is: its lemma, whether it reports words, and whether it reports nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.extract.draft import Draft
from pipeline.extract.reading import Reading
from pipeline.languages import Language

WORD = re.compile(r"\w+(?:['’]\w+)?")
PLAIN_WORD = re.compile(r"\w+")
REPORTING = ("speech", "act")  # kinds of verbs that can be a report inside a report


@dataclass(frozen=True, slots=True)
class Cue:
    """`kind` is speech, act, deal, attitude, nominal or "" for words no cue consists of."""

    lemma: str
    kind: str
    negated: bool = False
    passive: bool = False


class InnerCues:
    """Tells which contents can hold a report of their own, without the model.

    Inside a report `sift` keeps none whose cue does no more than think or come to terms, or has
    no listed word at all: a content without a word of the others need not be read again.
    """

    def __init__(self, language: Language) -> None:
        verbs = (form for kind in REPORTING for form in language.verbs.get(kind, {}))
        self.forms = frozenset(verbs) | frozenset(language.nouns)
        self.phrases = language.listed("phrases")

    def __call__(self, text: str) -> bool:
        """Whether `text` has a cue word or phrase."""
        lowered = " ".join(text.lower().split())
        found = not self.forms.isdisjoint(PLAIN_WORD.findall(lowered))
        return found or any(phrase in lowered for phrase in self.phrases)


def read_cue(words: str, after: str, language: Language, *, possessive: bool = False) -> Cue:
    """Read a cue and the words after it; `possessive`: its source is somebody's ("X's claim").

    The last listed verb decides: "continued to insist" insists.
    """
    lowered = " ".join(words.lower().split())
    for phrase in language.listed("phrases"):
        if phrase in lowered:
            return Cue(lemma=phrase, kind="speech")
    tokens = WORD.findall(lowered)
    negated = _negated(lowered, language)
    verbs = [token for token in tokens if language.kind(token)]
    if possessive or (tokens and tokens[-1] == "of"):
        verbs = [token for token in tokens if token in language.nouns]
        return Cue(language.nouns[verbs[-1]], "nominal", negated) if verbs else Cue("", "", negated)
    if not verbs:
        return Cue("", "", negated)
    lemma, kind = language.lemma(verbs[-1]) or "", language.kind(verbs[-1]) or ""
    if not _complete(lemma, verbs[-1], lowered, after, language):
        return Cue(lemma, "", negated)
    return Cue(lemma, kind, negated, _passive(tokens, verbs[-1], language))


def _negated(lowered: str, language: Language) -> bool:
    """Whether a negation stands before the cue's verb: "vowed not to" vows all the same."""
    tokens = WORD.findall(lowered)
    verbs = [number for number, token in enumerate(tokens) if language.kind(token)]
    before = tokens[: verbs[-1]] if verbs else tokens
    joined = f" {' '.join(before)} "
    return any(f" {phrase} " in joined for phrase in language.listed("negations")) or any(
        token.endswith(("n't", "n’t")) for token in before
    )


def _complete(lemma: str, form: str, lowered: str, after: str, language: Language) -> bool:
    """Whether a verb that needs a particle ("called for", "ruled out") has it."""
    needed = [pair.split()[1] for pair in language.listed("particles") if pair.split()[0] == lemma]
    if not needed:
        return True
    following = WORD.findall(lowered.rpartition(form)[2] + " " + after.lower())
    adverbs = language.listed("auxiliaries")
    words = [word for word in following if word not in adverbs and not word.endswith("ly")]
    return bool(words) and words[0] in needed


def _passive(tokens: list[str], verb: str, language: Language) -> bool:
    """Whether a form of "be" stands before a verb that is no -ing form."""
    place = tokens.index(verb)
    be = language.listed("be")
    return not verb.endswith("ing") and any(token in be for token in tokens[:place])


def cue_of(reading: Reading, draft: Draft) -> Cue:
    """Return what the draft's cue is."""
    if not draft.cue:
        return Cue("", "")
    words = " ".join(span.of(reading.text) for span in draft.cue)
    after = reading.text[draft.cue[-1].end : draft.cue[-1].end + 40]
    return read_cue(words, after, reading.language, possessive=possessive(reading, draft))


def possessive(reading: Reading, draft: Draft) -> bool:
    """Whether the source is an owner: "X's claim", "his claim"."""
    words = reading.lower(draft.source[-1]) if draft.source else ""
    listed = reading.language.listed("possessives")
    return words.endswith(("'s", "’s", "s'", "s’")) or words in listed
