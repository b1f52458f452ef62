"""Component `acts_found`: acts without a word of speech, which attribution does not look for.

    Norway turned down the truce.                 a sentence that is an act
    The envoy said [the rebels accept the truce]  an act inside a report: theirs, not the envoy's

It runs after `attribution` and before `speaker`, so that the new drafts get a speaker and a
chain like all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spacy.language import Language as Pipeline

from pipeline.extract.draft import Draft
from pipeline.extract.judge import Utterance, judge, normal
from pipeline.extract.patterns import Grammar, load_grammar
from pipeline.extract.sentences import sentence_spans
from pipeline.records import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

CONFIDENCE = 0.5
FOUND_BY = "act rules"
MAX_SUBJECT = 12  # words
TRIM = " \t\n,;:.\"'“”‘’()—–-"
BREAK = re.compile(r"[,;:.!?\"“”()—–\n]")
PRONOUNS = frozenset(
    "it he she they we i you there this that who which what these those"
    " had if were should did does will would".split()
)
DETERMINERS = frozenset("the a an his her its their our of and or to this that any some".split())


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody's act: who, the verb, and what follows it."""

    source: Span
    verb: Span
    content: Span


class ActsFound:
    """Adds a draft for every act that stands in no draft yet."""

    def __init__(self, language: str) -> None:
        self.grammar = load_grammar(language)

    def __call__(self, doc: Doc) -> Doc:
        drafts: list[Draft] = doc._.drafts
        if self.grammar.rules:
            drafts.extend(act_sentences(self.grammar, doc))
            for number in range(len(drafts)):
                drafts.extend(acts_within(self.grammar, doc, number))
        return doc


@Pipeline.factory("acts_found", default_config={"language": "en"})
def make_acts_found(nlp: Pipeline, name: str, language: str) -> ActsFound:
    """Build the component; languages without an acts file get one that finds nothing."""
    return ActsFound(language)


def act_sentences(grammar: Grammar, doc: Doc) -> Iterator[Draft]:
    """Yield drafts for acts told by the outlet itself, outside of all existing drafts."""
    taken = [span for draft in doc._.drafts for span in _parts(draft)]
    for sentence in sentence_spans(doc):
        for found in find_acts(grammar, doc.text, sentence):
            if any(_overlap(found.verb, span) for span in taken):
                continue
            found = _widened(grammar, doc.text, found, sentence)
            if _act_of(grammar, doc.text, found, sentence):
                taken.append(Span(found.verb.start, found.content.end))
                yield _draft(found, depth=0, parent=None)


def acts_within(grammar: Grammar, doc: Doc, number: int) -> list[Draft]:
    """Return drafts for what another, single party did by the words of draft `number`.

    A joint act stays with who announces it, an accusation with who accuses.
    """
    draft: Draft = doc._.drafts[number]
    if denies(grammar, doc.text, draft):
        return []
    known = [cue for other in doc._.drafts for cue in other.cue]
    known += [part for d in doc._.drafts if d.parent == number for part in _parts(d)]
    new: list[Draft] = []
    for span in draft.content:
        for found in find_acts(grammar, doc.text, span):
            if any(_overlap(found.verb, part) for part in known):
                continue
            if not _is_other_party(grammar, doc.text, draft, found):
                continue
            act = _act_of(grammar, doc.text, found, span)
            if act in grammar.lists["actors"]["embedded"]:
                new.append(_draft(found, depth=draft.depth + 1, parent=number))
                known += _parts(new[-1])
    return new


def denies(grammar: Grammar, text: str, draft: Draft) -> bool:
    """Whether a draft denies its content: what it tells of was then not done."""
    opening = " ".join(span.of(text) for span in (*draft.cue, *draft.content))[:80]
    return grammar.lists_re("scope", "deny").search(normal(opening)) is not None


def find_acts(grammar: Grammar, text: str, within: Span) -> Iterator[Found]:
    """Yield what may be an act in a range: verb, subject that can act, object."""
    words = normal(text[within.start : within.end])
    for match in grammar.lists_re("actors", "verb").finditer(words):
        if _is_attribute(words, match.start(), match.end()):
            continue
        source = _subject(grammar, words, match.start())
        content = _object(grammar, words, match.end())
        if source and content:
            yield _moved(Found(source, Span(*match.span()), content), within.start)
    for match in grammar.lists_re("actors", "passive").finditer(words):
        passive = _passive(grammar, words, match)
        if passive:
            yield _moved(passive, within.start)


def _is_attribute(words: str, start: int, end: int) -> bool:
    """Whether a verb form is none: "the proposed truce", "Berg's offer", "sought by"."""
    before = words[:start].split()
    if before and (before[-1].lower() in DETERMINERS or before[-1].endswith(("'s", "s'"))):
        return True
    return re.match(r"\s+by\s", words[end:]) is not None


def _passive(grammar: Grammar, words: str, match: re.Match[str]) -> Found | None:
    """Read "X was accepted by Y": the source follows, the content precedes."""
    agent = re.match(r"\s+by\s+", words[match.end() :])
    content = _subject(grammar, words, match.start(), any_noun=True)
    if agent is None or content is None:
        return None
    start = match.end() + agent.end()
    stop = re.search(rf"{BREAK.pattern}|\s(?:after|on|in|with|at|and|but|over)\s", words[start:])
    source = _trimmed(words, start, start + stop.start() if stop else len(words))
    if source is None or not can_act(grammar, source.of(words)):
        return None
    return Found(source, Span(*match.span()), content)


def _subject(
    grammar: Grammar, words: str, verb: int, *, any_noun: bool = False
) -> Span | None:
    """Return the noun phrase in front of the verb at `verb`, when it can act."""
    start = max((m.end() for m in BREAK.finditer(words, 0, verb)), default=0)
    stops = grammar.lists_re("actors", "stop")
    start = max((m.end() for m in stops.finditer(words, start, verb)), default=start)
    while lead := grammar.lists_re("actors", "lead").match(words, _skip(words, start)):
        start = lead.end()
    span = _trimmed(words, start, verb)
    while span and (tail := _tail(grammar, span.of(words))):
        span = _trimmed(words, span.start, span.end - len(tail))
    if span is None or len(span.of(words).split()) > MAX_SUBJECT:
        return None
    span = _last_conjunct(grammar, words, span)
    return span if any_noun or can_act(grammar, span.of(words)) else None


def _last_conjunct(grammar: Grammar, words: str, span: Span) -> Span:
    """Leave "X verb ... and" to the left when the phrase holds a verb of its own: keep the subject."""
    first = grammar.lists_re("actors", "verb").search(words, span.start, span.end)
    if first and first.start() > span.start:
        before = _trimmed(words, span.start, first.start())
        return before or span
    return span


def _tail(grammar: Grammar, phrase: str) -> str | None:
    """Return an auxiliary or adverb at the end of a subject, with the space before it."""
    match = grammar.ending_re("actors", "between").search(phrase)
    return phrase[match.start() :] if match else None


def _object(grammar: Grammar, words: str, start: int) -> Span | None:
    """Return what follows a verb, up to the end of its clause."""
    end = len(words)
    stop = re.search(r"[.;!?](?=\s|$)|,?\s(?:while|whereas|but|adding|saying)\s|,\s(?:and\s)?\w+ing\s", words[start:])
    if stop:
        end = start + stop.start()
    return _trimmed(words, start, end)


def can_act(grammar: Grammar, phrase: str) -> bool:
    """Whether a noun phrase names somebody: a capital inside, or an office, army, movement."""
    words = phrase.split()
    if not words or words[-1].lower() in PRONOUNS or words[0].lower() in PRONOUNS:
        return False
    if grammar.words["truce"].search(phrase) and not any(w[:1].isupper() for w in words[1:]):
        return False
    if grammar.lists_re("actors", "office").search(phrase):
        return True
    return any(word[:1].isupper() and word.lower() not in ("the", "a", "an") for word in words)


def _is_other_party(grammar: Grammar, text: str, draft: Draft, found: Found) -> bool:
    """Whether the act's subject is one party, and not the voice that tells of it."""
    subject = found.source.of(text)
    voice = " ".join(span.of(text) for span in draft.source)
    if grammar.lists_re("actors", "joint").search(subject):
        return False
    return not _akin(subject, voice)


def _akin(one: str, other: str) -> bool:
    """Whether two phrases share a name, be it as country and adjective."""
    stems = [
        {word[:4].lower() for word in re.findall(r"[^\W\d_]{3,}", phrase) if word[:1].isupper() and word.lower() != "the"}
        for phrase in (one, other)
    ]
    return bool(stems[0] & stems[1])


def _act_of(grammar: Grammar, text: str, found: Found, within: Span) -> str | None:
    said = Utterance(
        cue=_with_auxiliaries(text, found, within),
        content=found.content.of(text),
        source=found.source.of(text),
        context=text[max(0, within.start - 300) : found.verb.start],
    )
    judged = judge(grammar, said)
    return judged.act if judged else None


def _with_auxiliaries(text: str, found: Found, within: Span) -> str:
    """Return the verb with the words between its subject and it: "has never accepted"."""
    start = found.source.end if found.source.end <= found.verb.start else found.verb.start
    return text[start : found.verb.end].strip(TRIM)


def _draft(found: Found, *, depth: int, parent: int | None) -> Draft:
    return Draft(
        source=[found.source],
        cue=[found.verb],
        content=[found.content],
        depth=depth,
        parent=parent,
        quote_type="indirect",
        cue_kind="act",
        found_by=FOUND_BY,
        confidence=CONFIDENCE,
    )


def _moved(found: Found, by: int) -> Found:
    spans = (found.source, found.verb, found.content)
    return Found(*(Span(span.start + by, span.end + by) for span in spans))


def _widened(grammar: Grammar, text: str, found: Found, within: Span) -> Found:
    """Take the rest of the sentence as content when the clause alone says too little."""
    if found.content.start < found.verb.end or _act_of(grammar, text, found, within):
        return found
    rest = _trimmed(text, found.content.start, within.end)
    return Found(found.source, found.verb, rest or found.content)


def _parts(draft: Draft) -> list[Span]:
    return [*draft.source, *draft.cue, *draft.content]


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _skip(words: str, start: int) -> int:
    while start < len(words) and words[start] in TRIM:
        start += 1
    return start


def _trimmed(words: str, start: int, end: int) -> Span | None:
    start = _skip(words, start)
    while end > start and words[end - 1] in TRIM:
        end -= 1
    return Span(start, end) if start < end else None
