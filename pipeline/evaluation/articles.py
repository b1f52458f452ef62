"""Articles: who said what, through whom; claims are aligned by their contents' words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.evaluation.counting import Counts, Tally, share
from pipeline.evaluation.labels import OTHER, Row, accepted_acts, country_codes, knowledge, plain
from pipeline.evaluation.pairing import pair_up
from pipeline.evaluation.words import Tokens, Words, dice

Place = tuple[int, int]

ALIGNED = 0.5  # Dice of the contents' words from which two claims are the same claim
SOURCE_WEIGHT, CUE_WEIGHT = 0.2, 0.05  # to tell claims of the same words apart
LONG_CHAIN = 3
PLACES = ("source", "cue", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A claim, gold or predicted. Sources, cues and chains are alternatives; any is right."""

    content: Tokens
    sources: tuple[Tokens, ...]
    cues: tuple[Tokens, ...]
    names: tuple[str, ...]  # plain; of the gold all that are right
    chains: tuple[tuple[str, ...], ...]  # plain
    countries: frozenset[str]
    anonymous: bool
    act: str
    acts: frozenset[str]  # all that are right
    alert: bool
    heads: Tokens = frozenset()
    own: Tokens = frozenset()  # an attribution inside the content, which may be left out
    coarse: bool = False
    parts: int = 1


Pair = tuple[Unit, Unit]  # predicted, gold


def predicted_unit(claim: Row, words: Words) -> Unit:
    """Read one predicted claim."""
    act = claim["act"] or OTHER
    return Unit(
        content=words.tokens(*claim["content"]),
        sources=(words.tokens(claim["source"]),),
        cues=(words.tokens(claim["cue"]),),
        heads=words.heads(claim["source"]),
        names=(plain(claim["speaker"]),),
        chains=(tuple(map(plain, claim["chain"])),),
        countries=country_codes(claim["speaker_country"]),
        anonymous=claim["anonymous"],
        act=act,
        acts=frozenset({act}),
        alert=claim["alert_worthy"],
    )


def gold_place(statement: Row, name: str, words: Words) -> Place | None:
    """Return where a gold span stands.

    Raises:
        ConfigError: its offsets do not give its words.
    """
    if statement.get(f"{name}_start") is None and name != "content":
        return None
    place = (statement[f"{name}_start"], statement[f"{name}_end"])
    if words.text[slice(*place)] != statement[name] or not words.holds(place):
        raise ConfigError(
            f"{name} offsets {list(place)} do not give its words",
            subject=f"gold statement {statement['id']}",
        )
    return place


def gold_unit(statement: Row, words: Words) -> Unit:
    """Read one gold statement."""
    source, cue, content = (gold_place(statement, name, words) for name in PLACES)
    assert content is not None
    within = [p for p in (source, cue) if p and content[0] <= p[0] and p[1] <= content[1]]
    names = (statement["speaker_canonical"], *statement.get("speaker_alt", ()))
    chain = tuple(statement["chain"]) or names[:1]
    chains = [chain, *((*chain[:-1], name) for name in names)]
    act, acts = accepted_acts(statement)
    return Unit(
        content=words.tokens(content),
        sources=(words.tokens(source),),
        cues=(words.tokens(cue),),
        heads=words.heads(source),
        own=words.tokens(*within),
        names=tuple(map(plain, (*names, chain[-1]))),
        chains=tuple(tuple(map(plain, c)) for c in chains),
        countries=country_codes(statement["speaker_country"]),
        anonymous=statement["anonymous"],
        act=act,
        acts=acts,
        alert=statement["alert"],
        coarse=statement["act"] in knowledge()["coarse"],
    )


def merged(units: Sequence[Unit]) -> Unit:
    """Return the parts of one utterance as one claim."""
    first = units[0]
    return Unit(
        content=frozenset[int]().union(*(u.content for u in units)),
        sources=tuple(s for u in units for s in u.sources),
        cues=tuple(c for u in units for c in u.cues),
        heads=frozenset[int]().union(*(u.heads for u in units)),
        own=frozenset[int]().union(*(u.own for u in units)),
        names=first.names,
        chains=tuple(c for u in units for c in u.chains),
        countries=first.countries,
        anonymous=first.anonymous,
        act=next((u.act for u in units if u.act != OTHER), OTHER),
        acts=frozenset[str]().union(*(u.acts for u in units)),
        alert=any(u.alert for u in units),
        coarse=any(u.coarse for u in units),
        parts=sum(u.parts for u in units),
    )


def gold_units(article: Row, words: Words) -> list[Unit]:
    """Return the claims to find: continuations joined to their first part, no non-statements."""
    groups: dict[str, list[Unit]] = {}
    leader: dict[str, str] = {}
    for statement in article["statements"]:
        unit = gold_unit(statement, words)
        before = statement.get("continuation_of")
        leader[statement["id"]] = leader[before] if before else statement["id"]
        if not statement.get("non_statement"):
            groups.setdefault(leader[statement["id"]], []).append(unit)
    return [units[0] if len(units) == 1 else merged(units) for units in groups.values()]


def join_parts(predicted: Sequence[Unit], gold: Sequence[Unit]) -> list[Unit]:
    """Join predictions that are disjoint parts, by one speaker, of one gold utterance in parts."""
    left = list(predicted)
    for whole in (unit for unit in gold if unit.parts > 1):
        for parts in _parts_by_speaker(left, whole):
            if len(parts) > 1:
                left = [u for u in left if not any(u is part for part in parts)]
                left.append(merged(parts))
    return left


def _parts_by_speaker(units: Sequence[Unit], whole: Unit) -> Iterable[list[Unit]]:
    found: dict[str, list[Unit]] = {}
    for unit in units:
        chosen = found.setdefault(unit.names[0], [])
        mostly = len(unit.content & whole.content) >= ALIGNED * len(unit.content) > 0
        if mostly and not any(unit.content & other.content for other in chosen):
            chosen.append(unit)
    return found.values()


# -- aligning ------------------------------------------------------------------------


def overlap(predicted: Unit, gold: Unit) -> float:
    """Return the Dice of the contents, without the words of an attribution that interrupts them."""
    bare = gold.content - gold.own
    return (
        dice(predicted.content - gold.own, bare) if bare else dice(predicted.content, gold.content)
    )


def closest(one: Sequence[Tokens], other: Sequence[Tokens]) -> tuple[Tokens, Tokens]:
    """Return the pair of alternatives that fits best."""
    return max(((a, b) for a in one for b in other), key=lambda pair: dice(*pair))


def fit(predicted: Unit, gold: Unit) -> float:
    """Return how well two claims go together; 0 when their contents share no word."""
    content = overlap(predicted, gold)
    if not content:
        return 0.0
    source, cue = (
        dice(a, b) if a or b else 1.0
        for a, b in (closest(predicted.sources, gold.sources), closest(predicted.cues, gold.cues))
    )
    return (content + SOURCE_WEIGHT * source + CUE_WEIGHT * cue) ** 2


def align(predicted: Sequence[Unit], gold: Sequence[Unit]) -> list[Pair]:
    """Return the claims that are the same claim, one to one."""
    pairs = pair_up([[fit(p, g) for g in gold] for p in predicted])
    return [(predicted[i], gold[j]) for i, j in pairs if overlap(predicted[i], gold[j]) >= ALIGNED]


# -- counting ------------------------------------------------------------------------


def same_source(predicted: Unit, gold: Unit) -> bool:
    """Say whether the source covers a head of the gold source and is not out of proportion."""
    one, other = closest(predicted.sources, gold.sources)
    if not one and not other:
        return True
    return bool(one & gold.heads) and len(one) <= 2 * len(other) + 6


def score_article(article: Row, claims: Sequence[Row], *, excuse_all: bool = False) -> Counts:
    """Return the counts of one article.

    Raises:
        ConfigError: the gold's offsets do not give its words.
    """
    words = Words(article["text"])
    gold = gold_units(article, words)
    predicted = join_parts([predicted_unit(claim, words) for claim in claims], gold)
    pairs = align(predicted, gold)
    valid = sum(_spans_valid(claim, words) for claim in claims)
    return {
        "spans_valid": share(valid, len(claims)),
        **_attributes(pairs, len(predicted), len(gold)),
        "chain_hops": _hops(pairs, predicted, gold),
        "anonymous": _flag("anonymous", pairs, predicted, gold),
        "alert_statement": _flag("alert", pairs, predicted, gold),
        **_acts(pairs, predicted, gold, excuse_all=excuse_all),
    }


def _spans_valid(claim: Row, words: Words) -> bool:
    spans = [*claim["content"], claim["source"], claim["cue"]]
    return bool(claim["content"]) and all(words.holds(span) for span in spans)


TESTS: Mapping[str, Callable[[Unit, Unit], bool]] = {
    "claims": lambda p, g: True,
    "linked": same_source,
    "speaker": lambda p, g: bool(p.names[0]) and p.names[0] in g.names,
    "country": lambda p, g: p.countries == g.countries,
    "chain_exact": lambda p, g: bool(set(p.chains) & set(g.chains)),
}


def _attributes(pairs: Sequence[Pair], predicted: int, gold: int) -> Counts:
    counts: Counts = {}
    for name, test in TESTS.items():
        right = sum(test(p, g) for p, g in pairs)
        counts[name] = Tally(right, predicted, gold)
        if name not in ("claims", "linked"):
            counts[f"{name}_if_found"] = share(right, len(pairs))
    deep = [(p, g) for p, g in pairs if len(g.chains[0]) >= LONG_CHAIN]
    right = sum(TESTS["chain_exact"](p, g) for p, g in deep)
    return counts | {"chain_exact_long_if_found": share(right, len(deep))}


def _flag(
    name: str, pairs: Sequence[Pair], predicted: Sequence[Unit], gold: Sequence[Unit]
) -> Tally:
    both = sum(getattr(p, name) and getattr(g, name) for p, g in pairs)
    return Tally(
        both, sum(getattr(u, name) for u in predicted), sum(getattr(u, name) for u in gold)
    )


def _hops(pairs: Sequence[Pair], predicted: Sequence[Unit], gold: Sequence[Unit]) -> Tally:
    """Count hops in common, in order, below the outlet, which the input gives."""
    outlet = gold[0].chains[0][0] if gold else None

    def below(chain: tuple[str, ...]) -> tuple[str, ...]:
        return chain[1:] if chain[:1] == (outlet,) else chain

    hit = sum(max(common(below(a), below(b)) for a in p.chains for b in g.chains) for p, g in pairs)
    return Tally(hit, *(sum(len(below(u.chains[0])) for u in us) for us in (predicted, gold)))


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for item in one:
        before = row[:]
        for number, thing in enumerate(other, 1):
            same = before[number - 1] + 1
            row[number] = same if item == thing else max(before[number], row[number - 1])
    return row[-1]


def _acts(
    pairs: Sequence[Pair], predicted: Sequence[Unit], gold: Sequence[Unit], *, excuse_all: bool
) -> Counts:
    """Count acts; one the annotator left open costs nothing."""
    counts: Counts = {}
    partner = {id(p): g for p, g in pairs}
    for unit in predicted:
        match = partner.get(id(unit))
        if unit.act == OTHER or (match and _excused(unit, match, excuse_all)):
            continue
        right = match is not None and unit.act in match.acts
        label = match.act if right and match and match.act != OTHER else unit.act
        _count(counts, label, Tally(right, 1, right))
    found = {id(g): p for p, g in pairs}
    for unit in gold:
        answer = found.get(id(unit))
        open_to_miss = answer is None and OTHER in unit.acts
        if unit.act != OTHER and not open_to_miss and not (answer and answer.act in unit.acts):
            _count(counts, unit.act, Tally(0, 0, 1))
    return counts


def _excused(predicted: Unit, gold: Unit, excuse_all: bool) -> bool:
    nameless = predicted.act in knowledge()["without_coarse_label"]
    return gold.act == OTHER and nameless and (gold.coarse or excuse_all)


def _count(counts: Counts, act: str, tally: Tally) -> None:
    for name in ("act", f"act:{act}"):
        counts[name] = counts.get(name, Tally()) + tally
