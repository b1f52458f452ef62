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

from pipeline.extract.draft import Draft
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
MAX_SUBJECT = 12  # words
STEM = 4  # letters that a country and its adjective share
TRIM = " \t\n,;:.\"'“”‘’()—–-"
CLAUSE_END = re.compile(r"[.;!?](?=\s|$)|,\s(?=(?:and\s)?\w+ing\s)")
COMMA = re.compile(r"[.;!?](?=\s|$)|,(?=\s)")
GATES = (("scope", "gate"), ("antecedent", "pronoun"), ("actors", "bare"))
BREAK = re.compile(r"[,;:.!?\"“”()—–\n]")


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody's act: who, the verb, and what follows it."""

    source: Span
    verb: Span
    content: Span


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
            text = doc.text  # spaCy joins it anew on every use
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
    cut, verb = _second_verb(grammar, normal(content.of(text)))
    first = _trimmed(text, content.start, content.start + cut)
    if verb is None or first is None:
        return []
    draft.content = [first]
    verb = _shift(verb, content.start)
    rest = _trimmed(text, verb.end, content.end)
    known = any(_overlap(verb, cue) for other in drafts for cue in other.cue)
    if known or rest is None or not draft.source:
        return []
    return [_draft(Found(draft.source[0], verb, rest), depth=draft.depth, parent=draft.parent)]


def _second_verb(grammar: Grammar, words: str) -> tuple[int, Span | None]:
    """Return where "and VERB" begins and its verb; without one the end of `words` and None."""
    for match in grammar.lists_re("actors", "conjunction").finditer(words):
        verb = _next_verb(grammar, words, _skip(words, match.end()))
        if verb:
            return match.start(), verb
    return len(words), None


def _next_verb(grammar: Grammar, words: str, start: int) -> Span | None:
    """Return the finite verb of an act right at `start`."""
    match = grammar.lists_re("actors", "verb").match(words, start)
    if match is None:
        return None
    finite = grammar.lists_re("actors", "finite").fullmatch(match[0].split(maxsplit=1)[0])
    return Span(*match.span()) if finite else None


def _shift(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def act_sentences(
    grammar: Grammar, text: str, drafts: Sequence[Draft], sentences: Sequence[Span]
) -> Iterator[Draft]:
    """Yield drafts for acts told by the outlet itself, outside of all existing drafts."""
    taken = Taken.by(text, (span for draft in drafts for span in _parts(draft)))
    for sentence in sentences:
        for found in find_acts(grammar, text, sentence):
            if taken.has(found.verb):
                continue
            wide = _widened(grammar, text, found, sentence)
            if _act_of(grammar, text, wide, sentence):
                taken.add([Span(wide.verb.start, max(wide.verb.end, wide.content.end))])
                yield _draft(wide, depth=0, parent=None)


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


def find_acts(grammar: Grammar, text: str, within: Span) -> Iterator[Found]:
    """Yield what may be an act in a range: verb, subject that can act, object."""
    words = normal(text[within.start : within.end])
    if not any(grammar.lists_re(*name).search(words) for name in GATES):
        return
    for match in grammar.lists_re("actors", "verb").finditer(words):
        if _is_attribute(grammar, words[: match.start()], words[match.end() :]):
            continue
        source = _subject(grammar, words, match.start())
        if source and _is_no_verb(grammar, words, source, match):
            continue
        content = _object(grammar, words, match.end(), source)
        if content is None and grammar.lists_re("actors", "bare").fullmatch(match[0]):
            content = Span(*match.span())  # "The army refused.": what was named before
        if source and content:
            yield _moved(Found(source, Span(*match.span()), content), within.start)
    for match in grammar.lists_re("actors", "passive").finditer(words):
        passive = _passive(grammar, words, match)
        if passive:
            yield _moved(passive, within.start)


def _is_attribute(grammar: Grammar, before: str, after: str) -> bool:
    """Whether a verb form is none: "the proposed truce", "Berg's offer", "sought by"."""
    led = grammar.ending_re("actors", "determiner").search(before.rstrip())
    return led is not None or grammar.lists_re("actors", "agent").match(after.lstrip()) is not None


def _is_no_verb(grammar: Grammar, words: str, source: Span, verb: re.Match[str]) -> bool:
    """Whether the verb form is a noun or a passive, or the clause somebody else's claim."""
    before = words[: source.start].rstrip()
    if grammar.ending_re("actors", "reported").search(f"{before} "):
        return True
    if grammar.lists_re("actors", "noun").fullmatch(verb[0]):
        return _is_noun(grammar, source.of(words), before)
    between = words[source.end : verb.start()]
    undergone = grammar.lists_re("actors", "undergone").match(verb[0])
    return undergone is not None and grammar.lists_re("actors", "be").search(between) is not None


def _is_noun(grammar: Grammar, subject: str, before: str) -> bool:
    """Whether "offer", "call" is a noun: "of the Norwegian offer", "American offer to help"."""
    if grammar.ending_re("actors", "determiner").search(before):
        return True
    plural = grammar.ending_re("actors", "plural").search(subject)
    return plural is None and not before.endswith(",")


def _passive(grammar: Grammar, words: str, match: re.Match[str]) -> Found | None:
    """Read "X was accepted by Y": the source follows, the content precedes."""
    agent = grammar.lists_re("actors", "agent").match(words, _skip(words, match.end()))
    content = _subject(grammar, words, match.start(), any_noun=True)
    if agent is None or content is None:
        return None
    start = agent.end()
    stops = (BREAK, grammar.lists_re("actors", "agent_stop"))
    ends = [found.start() for stop in stops if (found := stop.search(words, start))]
    source = _trimmed(words, start, min(ends, default=len(words)))
    if source is None or not can_act(grammar, source.of(words)):
        return None
    return Found(source, Span(*match.span()), content)


def _subject(grammar: Grammar, words: str, verb: int, *, any_noun: bool = False) -> Span | None:
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
    if any_noun:
        return span
    span = _last_conjunct(grammar, words, span)
    return span if can_act(grammar, span.of(words)) else None


def _last_conjunct(grammar: Grammar, words: str, span: Span) -> Span:
    """Return the subject proper when the phrase holds a verb of its own: "X did this and"."""
    first = grammar.lists_re("actors", "verb").search(words, span.start, span.end)
    if first and first.start() > span.start:
        before = _trimmed(words, span.start, first.start())
        return before or span
    return span


def _tail(grammar: Grammar, phrase: str) -> str | None:
    """Return an auxiliary or adverb at the end of a subject, with the space before it."""
    match = grammar.ending_re("actors", "between").search(phrase)
    return phrase[match.start() :] if match else None


def _object(grammar: Grammar, words: str, start: int, source: Span | None) -> Span | None:
    """Return what follows a verb, up to the end of its clause: "While X did this, Y ..."."""
    before = words[: source.start].rstrip() if source else ""
    subordinate = grammar.ending_re("actors", "stop").search(before)
    clause = COMMA if subordinate else CLAUSE_END
    stops = (clause, grammar.lists_re("actors", "object_stop"))
    ends = [found.start() for stop in stops if (found := stop.search(words, start))]
    end = min(ends, default=len(words))
    cut, _ = _second_verb(grammar, words[start:end])
    return _trimmed(words, start, start + cut)


def can_act(grammar: Grammar, phrase: str) -> bool:
    """Whether a noun phrase names somebody: a capital inside, or an office, army, movement."""
    words = phrase.split()
    pronoun = grammar.lists_re("actors", "pronoun")
    if not words or pronoun.fullmatch(words[0]) or pronoun.fullmatch(words[-1]):
        return False
    if grammar.lists_re("actors", "nobody").match(phrase):
        return False
    if grammar.lists_re("actors", "be").search(phrase):
        return False  # a clause, no noun phrase: "Athens is at their"
    if grammar.words["truce"].search(phrase) and not any(w[:1].isupper() for w in words[1:]):
        return False
    if grammar.lists_re("actors", "office").search(phrase):
        return True
    determiner = grammar.lists_re("actors", "determiner")
    return any(word[:1].isupper() and not determiner.fullmatch(word) for word in words)


def _is_other_party(grammar: Grammar, text: str, draft: Draft, found: Found) -> bool:
    """Whether the act's subject is one party, and not the voice that tells of it."""
    subject = found.source.of(text)
    voice = " ".join(span.of(text) for span in draft.source)
    if grammar.lists_re("actors", "joint").search(subject):
        return False
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


def _moved(found: Found, by: int) -> Found:
    return Found(*(_shift(span, by) for span in (found.source, found.verb, found.content)))


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
