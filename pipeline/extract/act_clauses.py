"""Where somebody may act: a verb of the act rules with who does it and what follows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pipeline.extract.judge import normal
from pipeline.extract.patterns import Grammar
from pipeline.records import Span

MAX_SUBJECT = 12  # words
GATES = (("scope", "gate"), ("antecedent", "pronoun"), ("actors", "bare"))
TRIM = " \t\n,;:.\"'“”‘’()—–-"
CLAUSE_END = re.compile(r"[.;!?](?=\s|$)|,\s(?=(?:and\s)?\w+ing\s)")
COMMA = re.compile(r"[.;!?](?=\s|$)|,(?=\s)")
BREAK = re.compile(r"[,;:.!?\"“”()—–\n]")
CLAUSE = re.compile(r"[;:.!?\"“”()—–\n]")
WORD = re.compile(r"[^\s,;:.!?\"“”()]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody's act: who, the verb, and what follows it."""

    source: Span
    verb: Span
    content: Span


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


def main_clause(grammar: Grammar, text: str, within: Span) -> Iterator[Found]:
    """Yield the sentence as what its subject does, whatever the verb: "Norvia shrugs at the truce".

    The subject is what the sentence begins with, up to the first word that looks like a verb.
    """
    words = normal(text[within.start : within.end])
    if not grammar.lists_re("scope", "gate").search(words):
        return
    start = 0
    while lead := grammar.lists_re("actors", "lead").match(words, _skip(words, start)):
        start = lead.end()
    run = list(WORD.finditer(words, start))[1 : MAX_SUBJECT + 2]
    for match, behind in pairwise(run):
        before = words[start : match.start()]
        plain = grammar.lists_re("actors", "finite_form").fullmatch
        if CLAUSE.search(before) or not _is_finite(grammar, before, match[0]):
            continue
        if plain(behind[0]) and not plain(match[0]):
            continue  # "the Norland premiers lengthened": a plural, no verb
        source = _subject(grammar, words, match.start())
        content = _object(grammar, words, match.end(), source)
        if source is None or content is None or source.start > _skip(words, start):
            return
        if not _undergoes(grammar, match[0], content.of(words)) and not _is_about(grammar, before):
            yield _moved(Found(source, Span(*match.span()), content), within.start)
        return


def _is_finite(grammar: Grammar, before: str, word: str) -> bool:
    """Whether a word behind a subject is its verb: "Norvia spurns", "the premiers renewed"."""
    if grammar.lists_re("actors", "finite_form").fullmatch(word):
        return can_act(grammar, before.strip())
    if grammar.lists_re("actors", "office").fullmatch(word) or not before.strip():
        return False
    last = before.rsplit(maxsplit=1)[-1]
    if grammar.ending_re("actors", "plural").search(before.rstrip()):
        verb = word.islower() and bool(grammar.classes_in("stance", word))
    else:
        single = last[0].isupper() or not last.endswith("s")
        form = grammar.lists_re("actors", "third_person").fullmatch(word) is not None
        verb = single and form and bool(grammar.classes_in("stance", word))
    return verb and can_act(grammar, before.strip())


def _undergoes(grammar: Grammar, verb: str, rest: str) -> bool:
    """Whether something is done to the subject: "was asked"."""
    done = grammar.lists_re("actors", "undergone").match(rest) is not None
    return done and grammar.lists_re("actors", "be").fullmatch(verb) is not None


def _is_about(grammar: Grammar, subject: str) -> bool:
    """Whether a subject is what is dealt with, not who deals: "the offer to mediate came late"."""
    return bool(grammar.classes_in("object_class", subject))


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
    source = trimmed(words, start, min(ends, default=len(words)))
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
    span = trimmed(words, start, verb)
    while span and (tail := _tail(grammar, span.of(words))):
        span = trimmed(words, span.start, span.end - len(tail))
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
        before = trimmed(words, span.start, first.start())
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
    cut, _ = second_verb(grammar, words[start:end])
    return trimmed(words, start, start + cut)


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


def second_verb(grammar: Grammar, words: str) -> tuple[int, Span | None]:
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


def shift(span: Span, by: int) -> Span:
    """Return the span `by` characters further."""
    return Span(span.start + by, span.end + by)


def _moved(found: Found, by: int) -> Found:
    return Found(*(shift(span, by) for span in (found.source, found.verb, found.content)))


def _skip(words: str, start: int) -> int:
    while start < len(words) and words[start] in TRIM:
        start += 1
    return start


def trimmed(words: str, start: int, end: int) -> Span | None:
    """Return the range without spaces and marks at its ends, None when nothing is left."""
    start = _skip(words, start)
    while end > start and words[end - 1] in TRIM:
        end -= 1
    return Span(start, end) if start < end else None
