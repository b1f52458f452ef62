"""Which act an utterance performs, by the closed taxonomy; None rather than a guess.

An act is a trigger and an object ("rejected ... mediation"), with negation as a feature of the
act, tense, condition, and whether the speaker is a party or a third party. The patterns are
data (`acts_LANGUAGE.toml`); this module decides which of those that fit holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.extract.compose import Composed, compose, stances_in, turned, wrapped
from pipeline.extract.modality import is_conditional
from pipeline.extract.patterns import Grammar, Hit, match_rules

SINGLE, DOUBLE = "\u2018\u2019\u201b\u02bc", "\u201c\u201d\u201e\u00ab\u00bb"
PLAIN = dict.fromkeys(map(ord, SINGLE), "'") | dict.fromkeys(map(ord, DOUBLE), '"') | {0xA0: " "}
ABBREVIATION = re.compile(
    r"(?<=\b[A-Z])\.(?=\s|[A-Z])|(?<=\d)\.(?=\d)"
    r"|(?<=\b[a-z])\.(?=[a-z]\b|,|\s[a-z])"
    r"|(?<=\b(?:Dr|Mr|Ms|Lt|St))\.|(?<=\b(?:Mrs|Gen|Col|Maj|Sen|Rep|Gov))\."
)
SENTENCE_END = re.compile(r"(?<=[.!?])[\"']?\s+")
SCOPE_WORDS = 7
ANTECEDENTS = ("talks", "truce", "mediation", "violation")  # of two at one place the later

STAND_INS = ("none", "light", "settled", "pronoun")
ANSWERS = {"denial": "deny", "no": "reject", "yes": "accept"}  # list of words -> stance
CURT = 12  # words of an answer that names nothing
LOOK_BACK = 2  # sentences that a denial can be about
DEALT = ("light", "pronoun")  # stand-ins that say nothing by themselves
BY_OUTSIDERS = ("MED_OFFER", "MED_CONDUCT")


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is judged: the words of a draft and what is known of its speaker."""

    cue: str
    content: str
    source: str = ""
    context: str = ""  # the words before the content, for pronouns
    rest: str = ""  # the words of the sentence behind it, and what else names the matter
    relation: str | None = None  # "party" or "third" to the conflict, None unknown


@dataclass(frozen=True, slots=True)
class Judgement:
    """The act found, the words it was found in and why."""

    act: str
    words: str
    piece: str  # the sentence of the content that decided
    why: str
    truce: bool = False  # the act is about a truce, whatever its usual theme
    sure: bool = True  # enough to alert


def normal(text: str) -> str:
    """Return `text` with plain quotation marks and no full stops in abbreviations: same length."""
    return ABBREVIATION.sub("\u00b7", text.translate(PLAIN))


def judge(grammar: Grammar, said: Utterance) -> Judgement | None:
    """Return the act of an utterance, or None: nothing fits or it is not for us."""
    if not grammar.rules or grammar.lists_re("skip", "source").search(said.source):
        return None
    found = [hit for piece in pieces(said) for hit in _judged(grammar, said, piece)]
    if not found:
        answer = _answer(grammar, said)
        if answer is not None:
            return answer
        resolved = with_antecedent(grammar, said)
        found = [hit for piece in resolved for hit in _judged(grammar, said, piece)]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _answer(grammar: Grammar, said: Utterance) -> Judgement | None:
    """Return what "denied the charge", "would stay away" make of the statement before."""
    for piece in pieces(said):
        for name, stance in ANSWERS.items():
            match = grammar.lists_re("answered", name).search(piece)
            before = before_it(grammar, said.context) if match else None
            act = grammar.table("compose", before.act).get(stance) if before else None
            if match and before and act and (name == "denial" or len(piece.split()) <= CURT):
                why = f"{stance} what was said before, {before.why}"
                return Judgement(act, match[0], piece, f"{act}: {why}", before.truce)
    return None


def before_it(grammar: Grammar, context: str) -> Judgement | None:
    """Return the act of the last sentence of a context that has one."""
    for sentence in reversed(SENTENCE_END.split(normal(context).strip())[-LOOK_BACK:]):
        found = judge(grammar, Utterance(cue="", content=sentence))
        if found is not None:
            return found
    return None


def pieces(said: Utterance) -> list[str]:
    """Return "cue | sentence" for every sentence of the content."""
    sentences = SENTENCE_END.split(normal(said.content).strip())
    return [f"{normal(said.cue)} | {sentence}" for sentence in sentences if sentence]


def with_antecedent(grammar: Grammar, said: Utterance) -> list[str]:
    """Return the pieces with their first pronoun or "offer" replaced by what was named last."""
    if not any(_has_stand_in(grammar, piece) for piece in pieces(said)):
        return []
    name = antecedent_of(grammar, said)
    if name is None:
        return []
    resolved = []
    for piece in pieces(said):
        for pattern, words in _stand_ins(grammar, name):
            new = grammar.lists_re("antecedent", pattern).sub(words, piece, count=1)
            if new != piece:
                if pattern not in DEALT or _is_dealt_with(grammar, piece, pattern):
                    resolved.append(new)
                break
    return resolved


def _has_stand_in(grammar: Grammar, piece: str) -> bool:
    return any(grammar.lists_re("antecedent", name).search(piece) for name in STAND_INS)


def antecedent_of(grammar: Grammar, said: Utterance) -> str | None:
    """Return what was spoken of last: by the act of the sentence before, else by its nouns."""
    before = before_it(grammar, said.context)
    answered = grammar.lists.get("answered", {}).get(before.act, []) if before else []
    if answered:
        return answered[0]
    return last_object(grammar, said.context) or last_object(grammar, said.rest)


def _is_dealt_with(grammar: Grammar, piece: str, pattern: str) -> bool:
    """Whether something is done to what a piece names: "the offer came late" does nothing."""
    named = grammar.lists_re("antecedent", pattern).search(piece)
    assert named is not None
    if grammar.ending_re("antecedent", "held_by").search(piece[: named.start()].rstrip()):
        return False
    return any(
        stance.end <= named.start() or stance.start >= named.end()
        for stance in stances_in(grammar, piece)
    )


def _stand_ins(grammar: Grammar, name: str) -> Iterator[tuple[str, str]]:
    """Yield what "none", "the offer", "the deal" and "it" stand for when `name` came last."""
    words = grammar.lists["antecedent"][name]
    yield from zip(STAND_INS, words, strict=True)


def last_object(grammar: Grammar, context: str) -> str | None:
    """Return which of the antecedents `context` names last."""
    names = [name for name in ANTECEDENTS if name in grammar.lists.get("antecedent", {})]
    last = max(
        (
            (found.end(), rank, name)
            for rank, name in enumerate(names)
            for found in grammar.words[name].finditer(context)
        ),
        default=None,
    )
    return last[2] if last else None


def _judged(grammar: Grammar, said: Utterance, piece: str) -> Iterator[tuple[int, Judgement]]:
    """Yield the best act of one piece with its priority, if it has one."""
    if grammar.lists_re("skip", "text").search(f"{said.source} {piece}"):
        return
    for hit in match_rules(grammar, piece):
        if _yields(grammar, said, piece, hit):
            break
        act, start = _held(grammar, said, piece, hit)
        if act == "":
            return  # a negated refusal is no act, and no weaker pattern may make it one
        if act is not None:
            why = f"rule {hit.rule.number} ({hit.rule.act})"
            act = in_role(grammar, said, piece, by_cue(grammar, said, piece, act, start))
            if not act:
                continue
            yield hit.rule.number, _judgement(piece, act, start, hit.end, why, hit.rule.act)
            return
    made = _composed(grammar, said, piece)
    if made and made.act:
        act = by_cue(grammar, said, piece, made.act, made.start)
        act, way = in_role(grammar, said, piece, act), " < ".join(made.way)
        if not act:
            return
        yield len(grammar.rules), _judgement(piece, act, made.start, made.end, way, act)


def by_cue(grammar: Grammar, said: Utterance, piece: str, act: str, start: int) -> str:
    """Return what the cue makes of an act found in the content alone: "urged | him to mediate".

    A cue about somebody else's act takes it on whatever stands between; only the content's first
    sentence is what the cue is about.
    """
    cue = normal(said.cue)
    first = piece == next(iter(pieces(said)), None)
    if not first or start <= len(cue) or grammar.lists_re("scope", "negator").search(cue):
        return act
    taken = [name for name, _, _ in grammar.classes_in("stance", cue)]
    return grammar.table("compose", act).get(taken[-1], act) if taken else act


def _composed(grammar: Grammar, said: Utterance, piece: str) -> Composed | None:
    return compose(grammar, piece, f"{said.source} {said.context} {said.rest}")


def _yields(grammar: Grammar, said: Utterance, piece: str, hit: Hit) -> bool:
    """Whether a pattern of a broad act gives way to an act composed of a stronger object."""
    stronger = grammar.lists.get("prefer", {}).get(hit.rule.act, ())
    made = _composed(grammar, said, piece) if stronger else None
    return made is not None and made.way[0] in stronger


def _held(grammar: Grammar, said: Utterance, piece: str, hit: Hit) -> tuple[str | None, int]:
    """Return the act of one hit, by the stances around it if there are any, and its start."""
    outer = wrapped(grammar, piece, hit.rule.act, hit.start, hit.end)
    if outer:
        return outer.act, outer.start
    return _decide(grammar, said, piece, hit), hit.start


def _judgement(piece: str, act: str, start: int, end: int, why: str, core: str) -> Judgement:
    words = piece[start:end]
    return Judgement(act, words, piece, f"{act}: {why} on {words!r}", core.startswith("CF_"))


def in_role(grammar: Grammar, said: Utterance, piece: str, act: str) -> str:
    """Return the act by who performs it, "" for one that is not theirs to perform.

    What two sides declare together they have agreed; a party cannot mediate its own conflict;
    an end that hangs on a condition is a threat.
    """
    if act in BY_OUTSIDERS and said.relation == "party":
        return ""
    if act == "CF_END" and is_conditional(grammar, act, piece):
        return "THREAT"
    joint = grammar.lists_re("scope", "joint")
    own = grammar.lists_re("scope", "own_forces").search(piece)
    if act == "CF_CALL" and own:
        return "CF_DECLARE"
    if act == "CF_DECLARE" and (joint.search(said.source) or joint.search(piece)):
        return "CF_AGREE"
    if act == "CF_DECLARE" and said.relation == "third" and not own:
        return "CF_AGREE"
    return act


def _decide(grammar: Grammar, said: Utterance, piece: str, hit: Hit) -> str | None:
    """Return the act of one hit; None: it does not hold; "": it cancels itself."""
    rule, before = hit.rule, clause_before(grammar, piece, hit.start)
    span = f"{before} {piece[hit.start : hit.end]}"
    if rule.guard and grammar.lists_re("scope", "appeal").search(before):
        return None
    act: str | None = rule.act
    if rule.speaker != "any" and said.relation not in (None, rule.speaker):
        act = rule.otherwise
    future = grammar.lists_re("scope", "future").search(span) is not None
    if rule.tense != "any" and future != (rule.tense == "future"):
        act = rule.otherwise
    if act is None:
        return None
    if rule.negation == "own":
        lead = piece[: hit.start] if rule.anchored else ""
        return "" if grammar.lists_re("scope", "negator").search(lead) else act
    return _negated(grammar, act, rule.negation, negations(grammar, piece, hit), span)


def _negated(grammar: Grammar, act: str, how: str, count: int, words: str) -> str:
    if count == 0:
        return act
    if how == "double" or count > 1:
        return ""
    return turned(grammar, act, words)


def negations(grammar: Grammar, piece: str, hit: Hit) -> int:
    """Count what negates the hit: in its clause before it, inside it, or a denying cue."""
    scope = f"{clause_before(grammar, piece, hit.start)} {piece[hit.start : hit.end]}"
    scope = grammar.lists_re("scope", "no_negator").sub(" ", scope)
    count = len(grammar.lists_re("scope", "negator").findall(scope))
    if hit.rule.negation == "double":  # the refusing word itself is no negation
        scope = clause_before(grammar, piece, hit.start)
        count = len(grammar.lists_re("scope", "negator").findall(scope))
    denied = grammar.lists_re("scope", "deny").search(piece[: hit.start])
    return max(count, 1) if denied and count < 2 else count


def clause_before(grammar: Grammar, piece: str, start: int) -> str:
    """Return the words before `start` in the same clause, `SCOPE_WORDS` at most."""
    before = re.split(r"[.;:!?]|,(?=\s(?:but|and|while))", piece[:start])[-1]
    before = grammar.lists_re("scope", "boundary").split(before)[-1] or ""
    return " ".join(before.replace("|", " ").split()[-SCOPE_WORDS:])
