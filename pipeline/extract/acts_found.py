"""Component `acts_found`: acts without a word of speech, which attribution does not look for.

    Norway turned down the truce.                 a sentence that is an act
    The envoy said [the rebels accept the truce]  an act inside a report: theirs, not the envoy's

It runs after `attribution` and before `speaker`, so that the new drafts get a speaker and a
chain like all others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spacy.language import Language as Pipeline

from pipeline.extract.act_clauses import (
    TRIM,
    Found,
    find_acts,
    main_clause,
    second_verb,
    shift,
    trimmed,
)
from pipeline.extract.draft import Draft, text_of
from pipeline.extract.judge import Utterance, judge, normal
from pipeline.extract.patterns import Grammar, load_grammar
from pipeline.extract.sentences import sentence_spans
from pipeline.extract.sift import in_order
from pipeline.records import Span

if TYPE_CHECKING:
    from spacy.tokens import Doc

CONFIDENCE = 0.5
CONTEXT = 600  # characters before a content in which its pronouns may have their noun
FOUND_BY = "act rules"
NEIGHBOURS = 12  # drafts behind a report that can be inside it
STEM = 4  # letters that a country and its adjective share


@dataclass(slots=True)
class Taken:
    """Which characters of a text belong to something already: a look-up costs no search."""

    marks: bytearray

    @classmethod
    def by(cls, text: str, spans: Iterable[Span]) -> Taken:
        """Return the characters of `text` that `spans` have."""
        taken = cls(bytearray(len(text)))
        taken.add(spans)
        return taken

    def add(self, spans: Iterable[Span]) -> None:
        """Take the characters of `spans` too."""
        for span in spans:
            self.marks[span.start : span.end] = b"\x01" * (span.end - span.start)

    def has(self, span: Span) -> bool:
        """Whether any character of `span` is taken."""
        return any(self.marks[span.start : span.end])


class ActsFound:
    """Adds a draft for every act that stands in no draft yet."""

    def __init__(self, language: str) -> None:
        self.grammar = load_grammar(language)

    def __call__(self, doc: Doc) -> Doc:
        """Extend `doc._.drafts`."""
        drafts: list[Draft] = doc._.drafts
        if self.grammar.rules:
            text = text_of(doc)
            for draft in list(drafts):
                drafts.extend(split_verbs(self.grammar, text, drafts, draft))
            drafts.extend(act_sentences(self.grammar, text, drafts, sentence_spans(doc)))
            cues = Taken.by(text, (cue for draft in drafts for cue in draft.cue))
            for number in range(len(drafts)):
                new = acts_within(self.grammar, text, drafts, number, cues)
                cues.add(part for draft in new for part in _parts(draft))
                drafts.extend(new)
            doc._.drafts = in_order(drafts)
        return doc


@Pipeline.factory("acts_found", default_config={"language": "en"})
def make_acts_found(nlp: Pipeline, name: str, language: str) -> ActsFound:
    """Build the component; languages without an acts file get one that finds nothing."""
    return ActsFound(language)


def split_verbs(grammar: Grammar, text: str, drafts: Sequence[Draft], draft: Draft) -> list[Draft]:
    """Cut "accepted [it and asked Norway to stay]" in two: one act for each verb.

    Only where the cue is itself an act: what somebody *said* may hold any verbs.
    """
    if len(draft.content) != 1 or draft.quote_type == "direct":
        return []
    cue = " ".join(span.of(text) for span in draft.cue)
    if not grammar.lists_re("actors", "verb").search(normal(cue)):
        return []
    content = draft.content[0]
    cut, verb = second_verb(grammar, normal(content.of(text)))
    first = trimmed(text, content.start, content.start + cut)
    if verb is None or first is None:
        return []
    draft.content = [first]
    verb = shift(verb, content.start)
    rest = trimmed(text, verb.end, content.end)
    known = any(_overlap(verb, cue) for other in drafts for cue in other.cue)
    if known or rest is None or not draft.source:
        return []
    return [_draft(Found(draft.source[0], verb, rest), depth=draft.depth, parent=draft.parent)]


def act_sentences(
    grammar: Grammar, text: str, drafts: Sequence[Draft], sentences: Sequence[Span]
) -> Iterator[Draft]:
    """Yield drafts for acts told by the outlet itself, outside of all existing drafts."""
    taken = Taken.by(text, (span for draft in drafts for span in _parts(draft)))
    for sentence in sentences:
        for find in (find_acts, main_clause):
            for found in find(grammar, text, sentence):
                if taken.has(found.verb):
                    continue
                wide = _widened(grammar, text, found, sentence)
                if _act_of(grammar, text, wide, sentence):
                    taken.add([Span(wide.verb.start, max(wide.verb.end, wide.content.end))])
                    yield _draft(wide, depth=0, parent=None)
            if taken.has(sentence):
                break  # the main clause is read where nothing else in the sentence is


def acts_within(
    grammar: Grammar, text: str, drafts: Sequence[Draft], number: int, cues: Taken
) -> list[Draft]:
    """Return drafts for what another, single party did by the words of draft `number`.

    A joint act stays with who announces it, an accusation with who accuses. `cues` are those
    of all drafts.
    """
    draft = drafts[number]
    if denies(grammar, text, draft):
        return []
    near = drafts[number : number + NEIGHBOURS]
    known = [part for d in near if d.parent == number for part in _parts(d)]
    new: list[Draft] = []
    for span in draft.content:
        for found in find_acts(grammar, text, span):
            if cues.has(found.verb) or any(_overlap(found.verb, part) for part in known):
                continue
            if not _is_other_party(grammar, text, draft, found):
                continue
            act = _act_of(grammar, text, found, span)
            if act in grammar.lists["actors"]["embedded"]:
                new.append(_draft(found, depth=draft.depth + 1, parent=number))
                known += _parts(new[-1])
    return new


def denies(grammar: Grammar, text: str, draft: Draft) -> bool:
    """Whether a draft denies its content: what it tells of was then not done."""
    opening = " ".join(span.of(text) for span in (*draft.cue, *draft.content))[:80]
    return grammar.lists_re("scope", "deny").search(normal(opening)) is not None


def _is_other_party(grammar: Grammar, text: str, draft: Draft, found: Found) -> bool:
    """Whether the act's subject is one party, and not the voice that tells of it."""
    subject = found.source.of(text)
    voice = " ".join(span.of(text) for span in draft.source)
    if grammar.lists_re("actors", "joint").search(subject):
        return False
    if grammar.lists_re("actors", "own").search(subject):
        return False  # "from dawn our troops": the speaker's
    return not _akin(subject, voice)


def _akin(one: str, other: str) -> bool:
    """Whether two phrases share a name, be it as country and adjective."""
    return bool(_stems(one) & _stems(other))


def _stems(phrase: str) -> set[str]:
    names = re.findall(r"(?<![\w-])[^\W\d_]{4,}", phrase)
    return {name[:STEM].lower() for name in names if name[:1].isupper()}


def _act_of(grammar: Grammar, text: str, found: Found, within: Span) -> str | None:
    said = Utterance(
        cue=_with_auxiliaries(text, found, within),
        content=said_of(text, [found.verb], [found.content]),
        source=found.source.of(text),
        context=text[max(0, within.start - CONTEXT) : found.verb.start],
        rest=text[found.content.end : within.end],
    )
    judged = judge(grammar, said)
    return judged.act if judged else None


def said_of(text: str, cue: Sequence[Span], content: Sequence[Span]) -> str:
    """Return the words of a content; "it" for a verb that stands for the whole act."""
    if list(cue) == list(content):
        return "it"
    return " ".join(span.of(text) for span in content)


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


def _widened(grammar: Grammar, text: str, found: Found, within: Span) -> Found:
    """Take the rest of the sentence as content when the clause alone says too little."""
    if found.content.start < found.verb.end or _act_of(grammar, text, found, within):
        return found
    rest = trimmed(text, found.content.start, within.end)
    return Found(found.source, found.verb, rest or found.content)


def _parts(draft: Draft) -> list[Span]:
    return [*draft.source, *draft.cue, *draft.content]


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
