"""Is this claim new? One pure decision with its reason and the nearest earlier claim."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline.compare.keys import Said, proposition_id, variant
from pipeline.compare.names import is_same_person
from pipeline.compare.opposition import (
    CLASH,
    clashing,
    denies_another,
    ends,
    is_turn,
    opposed_to,
)
from pipeline.compare.slots import Slots, changed_slots, grows_firm, merged_slots
from pipeline.compare.tables import alike, aspect_of, is_kind, load_tables
from pipeline.compare.turns import HARDENING, SOFTENING, earlier_of, kind_between
from pipeline.compare.voices import LATELY, LEVELS, is_within
from pipeline.compare.wording import adds_words, content_words
from pipeline.records import Decision, Ledger, Novelty, Position, Proposition
from pipeline.taxonomy import load_acts, reverses

HEARSAY = ("reported", "unnamed")
NUMERIC = ("number", "duration")
# What a proposition remembers of all who said it: the first by alphabet, so in whatever order.
MOST_WORDS = 150  # after so many, more words are nothing new
MOST_VOICES = 32
REWORDED, FEWEST = 0.6, 3  # share, and number, of content words by which a statement is told again


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim is to the ledger."""

    novelty: Novelty
    reason: str
    refs: tuple[str, ...] = ()
    nearest: str | None = None
    differs: str = ""
    turn: bool = False  # the party changed sides: the same words later are news again
    restates: Proposition | None = None  # what it says again, in other words or about others


def decide(
    said: Said, ledger: Ledger, window: timedelta, *, clash: timedelta = CLASH
) -> tuple[Decision, Proposition | None]:
    """Compare one claim with the ledger of its issue; see `Decision`.

    Also returns the proposition it becomes, None for background.
    """
    verdict = judge(said, ledger, window, clash=clash)
    stated = None if said.claim.background else _stated(said, verdict, ledger)
    told = verdict.restates or stated
    return Decision(
        claim_id=said.claim.id,
        topic=said.topic,
        novelty=verdict.novelty,
        reason=verdict.reason,
        refs=verdict.refs,
        key=variant(told.key, told.slots) if told else said.key,
        differs=verdict.differs,
        nearest=verdict.nearest,
    ), stated


def judge(said: Said, ledger: Ledger, window: timedelta, *, clash: timedelta = CLASH) -> Verdict:
    """Try the questions in order of harm; the first that answers decides."""
    if said.claim.background:
        return _background(said, ledger)
    known = said.known(ledger.propositions)
    return (
        _turned(said, known, ledger)
        or _again(said, known, ledger, window)
        or _told_otherwise(said, ledger, window)
        or _carried_on(said, ledger)
        or _contradicts(said, ledger, clash)
        or _first(said, ledger, window)
    )


# -- the proposition --------------------------------------------------------------------------


def _stated(said: Said, verdict: Verdict, ledger: Ledger) -> Proposition:
    """Return the proposition as the ledger has it after this claim."""
    known = said.known(ledger.propositions) or _namesake(said, ledger)
    return _opened(said) if known is None else _restated(said, known, verdict)


def _namesake(said: Said, ledger: Ledger) -> Proposition | None:
    wanted = proposition_id(said.topic, said.key)
    return next((p for p in ledger.propositions if p.id == wanted), None)


def _opened(said: Said) -> Proposition:
    claim = said.claim
    return Proposition(
        id=proposition_id(said.topic, said.key),
        topic=said.topic,
        key=said.key,
        party=said.party,
        issue=said.about.issue,
        act=said.act,
        slots=said.slots,
        first_claim=claim.id,
        last_claim=claim.id,
        first_stated=claim.said_at,
        last_stated=claim.said_at,
        text=claim.text,
        others=said.about.others,
        third=said.about.third,
        matters=said.about.matters,
        places=said.about.places,
        day=said.about.day,
        voice=said.voice.level,
        voices=said.voice.names,
        reporter=said.voice.reporter or "",
        firm=said.firm,
        words=_union((), content_words(claim.text)),
    )


def _restated(said: Said, known: Proposition, verdict: Verdict) -> Proposition:
    claim = said.claim
    first, last = claim.said_at < known.first_stated, claim.said_at >= known.last_stated
    return replace(
        known,
        slots=_details(said, known, verdict),
        first_claim=claim.id if first else known.first_claim,
        last_claim=claim.id if last else known.last_claim,
        first_stated=min(known.first_stated, claim.said_at),
        last_stated=max(known.last_stated, claim.said_at),
        times=known.times + 1,
        text=claim.text if last else known.text,
        others=_union(known.others, said.about.others),
        third=_union(known.third, said.about.third),
        matters=_union(known.matters, said.about.matters),
        places=_union(known.places, said.about.places),
        day=known.day or said.about.day,
        voice=max(known.voice, said.voice.level, key=_rank),
        voices=_union(known.voices, said.voice.names)[:MOST_VOICES],
        reporter=known.reporter if said.voice.level == "reported" else "",
        firm=known.firm or said.firm,
        words=_union(known.words, content_words(claim.text))[:MOST_WORDS],
    )


def _details(said: Said, known: Proposition, verdict: Verdict) -> Slots:
    """Return the slots of the known proposition once this claim is in the ledger."""
    late = said.claim.said_at < known.last_stated  # an old detail that reached us late
    pair = (said.slots, known.slots) if late else (known.slots, said.slots)
    slots = dict(merged_slots(*pair))
    if verdict.reason in ("confirmation", "rank"):
        slots["voice"] = said.voice.level
    if verdict.turn or verdict.reason == "response":
        slots["turn"] = str(int(slots.get("turn", "1")) + 1)
    return tuple(sorted(slots.items()))


def _union(one: tuple[str, ...], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else -1


# -- the questions ------------------------------------------------------------------------------


def _background(said: Said, ledger: Ledger) -> Verdict:
    """What is only recalled repeats the claim it names."""
    named = [p for p in ledger.propositions if p.act == said.act and said.is_about_opposed(p)]
    own = [p for p in named if p.party == said.party]
    best = max(own or named, key=lambda p: p.last_stated, default=None)
    refs = (best.first_claim,) if best else ()
    return Verdict(
        Novelty.REPEAT,
        "background",
        refs=refs,
        nearest=best.last_claim if best else None,
        restates=best,
    )


def _turned(said: Said, known: Proposition | None, ledger: Ledger) -> Verdict | None:
    """A party takes back its own word, or ends what it had begun."""
    if said.voice.level == "reported":
        return None
    before = _turned_from(said, ledger)
    last = max(before, key=lambda p: (p.last_stated, p.id), default=None)
    standing = _standing_turned(said, ledger.positions)
    if last is None:
        return standing if known is None else None
    if known is not None and known.voice != "reported" and not _is_newer(last, known, said):
        return None
    changed = _is_state_change(said.act, last.act)
    return Verdict(
        Novelty.NEW if changed else Novelty.CONTRADICTS,
        "state_change" if changed else "reversal",
        refs=() if changed else (last.first_claim,),
        nearest=last.last_claim,
        differs=f"the same party held {last.act} since {last.first_stated:%Y-%m-%d}",
        turn=known is not None,
    )


def _is_state_change(act: str, before: str) -> bool:
    return ends(act, before) or (ends(before, act) and is_kind("starts", act))


def _turned_from(said: Said, ledger: Ledger) -> list[Proposition]:
    """Return what the party itself had said for sure about this, by then, on another side."""
    return [
        p
        for p in ledger.propositions
        if p.party == said.party
        and is_turn(said.act, p.act)
        and p.firm
        and p.first_stated <= said.claim.said_at
        and said.is_about(p)
        and not denies_another(said, p)
    ]


def _is_newer(turned: Proposition, known: Proposition, said: Said) -> bool:
    """Say whether the party took the other side last, as far as it was known by then."""
    at = said.claim.said_at
    if known.first_stated > at:  # reached us late: the turn we know, unless there was one between
        return at < turned.last_stated < known.first_stated
    other = turned.last_stated if turned.last_stated <= at else turned.first_stated
    return min(known.last_stated, at) < other


def _standing_turned(said: Said, positions: Iterable[Position]) -> Verdict | None:
    for position in positions:
        if _is_standing(said, position) and reverses(said.act, position.act):
            return Verdict(
                Novelty.CONTRADICTS,
                "reversal",
                differs=f"the same party held {position.act} since {position.since:%Y-%m-%d}",
            )
    return None


def _again(
    said: Said, known: Proposition | None, ledger: Ledger, window: timedelta
) -> Verdict | None:
    """The same side says the same: in more detail, from a higher voice, in answer, or just so."""
    if known is None:
        return None
    refs, nearest = (known.first_claim,), known.last_claim
    swung = _swung(said, known, ledger)
    if swung is not None:
        return swung
    update = _update(said, known)
    if update is not None:
        reason, differs = update
        return Verdict(Novelty.UPDATE, reason, refs=refs, nearest=nearest, differs=differs)
    old = abs(said.claim.said_at - known.last_stated) > window
    answered = _answered(said, known, ledger, window) if old else None
    if answered is not None:
        return Verdict(
            Novelty.NEW,
            "response",
            nearest=answered.last_claim,
            differs=f"known since {known.first_stated:%Y-%m-%d}, now in answer",
        )
    return Verdict(Novelty.REPEAT, "restated" if old else "restatement", refs=refs, nearest=nearest)


def _swung(said: Said, known: Proposition, ledger: Ledger) -> Verdict | None:
    """The party comes back to a side that it had left for another, without a word taken back."""
    last = next(iter(earlier_of(said, ledger)[-1:]), None)
    if last is None or not (said.firm and last.firm) or last.last_stated <= known.last_stated:
        return None
    kind = kind_between(last.act, said.act)
    if kind not in (SOFTENING, HARDENING):
        return None
    return Verdict(
        Novelty.UPDATE,
        kind,
        refs=(last.first_claim,),
        nearest=last.last_claim,
        differs=f"{last.act} -> {said.act}",
        turn=True,
    )


def _update(said: Said, known: Proposition) -> tuple[str, str] | None:
    """Return what is new in a known statement: the reason and the words for it."""
    if said.claim.said_at < known.last_stated and known.voice != "reported":
        return None  # an older report that reached us late adds no news
    return _changed(said, known) or _raised(said, known) or _added(said, known)


def _changed(said: Said, known: Proposition) -> tuple[str, str] | None:
    changed = changed_slots(known.slots, said.slots)
    if not changed:
        return None
    words = "; ".join(f"{n} {a} -> {b}" if a else f"{n} {b}" for n, (a, b) in changed.items())
    numeric = any(old and n.split()[0] in NUMERIC for n, (old, _) in changed.items())
    return ("numeric" if numeric else "detail"), words


def _raised(said: Said, known: Proposition) -> tuple[str, str] | None:
    """Return how hearsay was confirmed, a plan done or a voice raised."""
    if said.voice.level not in HEARSAY and known.voice in HEARSAY:
        return "confirmation", f"{known.voice} before, now said by the party itself"
    if grows_firm(known.slots, said.slots):
        return "modality", f"{dict(known.slots)['modality']} -> actual"
    if said.voice.level == "head" and known.voice == "named":
        return "rank", "now said by the head of state or government"
    return None


def _added(said: Said, known: Proposition) -> tuple[str, str] | None:
    """Return what is told besides: where an incident was, or a good deal more in all."""
    if said.about.third and not known.third and is_kind("answers_to_offers", said.act):
        return "detail", f"mediator {', '.join(said.about.third)}"
    if said.about.places and not known.places:
        return "detail", f"place {', '.join(said.about.places)}"
    told_all = len(known.words) >= MOST_WORDS
    if is_kind("detailed", said.act) and not told_all and adds_words(said.claim.text, known.words):
        return "detail", "the same and more"
    return None


def _answered(
    said: Said, known: Proposition, ledger: Ledger, window: timedelta
) -> Proposition | None:
    """Return an offer made since the known answer was last given."""
    offers = [
        p
        for p in _answerable(said, ledger, window)
        if is_kind("offers", p.act) and known.last_stated < p.first_stated <= said.claim.said_at
    ]
    return max(offers, key=lambda p: p.last_stated, default=None)


def _told_otherwise(said: Said, ledger: Ledger, window: timedelta) -> Verdict | None:
    """The statement is known under another act of the same stance, or from its announcer."""
    near = load_tables().near.get(said.act, frozenset())
    found = [
        p
        for p in ledger.propositions
        if _is_stance(said, p, near)
        or _is_announced(said, p)
        or _is_reworded(said, p)
        or (said.again and _is_said_before(said, p, window))
    ]
    best = max(found, key=lambda p: (p.last_stated, p.id), default=None)
    if best is None:
        return None
    return Verdict(
        Novelty.REPEAT,
        "other words",
        refs=(best.first_claim,),
        nearest=best.last_claim,
        restates=best,
    )


def _is_stance(said: Said, other: Proposition, near: frozenset[str]) -> bool:
    same = other.act in near and other.party == said.party and said.is_about(other)
    return same and set(said.about.third) <= set(other.third)


def _is_reworded(said: Said, other: Proposition) -> bool:
    """Say whether the same side or person has said it in mostly the same words, of which another,
    neighbouring act was read; with the details of then.
    """
    if other.act not in load_tables().neighbours.get(said.act, frozenset()):
        return False
    if not (other.party == said.party or _is_of_the_person(said, other)) or changed_slots(
        other.slots, said.slots
    ):
        return False
    words, before = content_words(said.claim.text), frozenset(other.words)
    shared = len(words & before)
    return shared >= FEWEST and shared >= REWORDED * min(len(words), len(before))


def _is_said_before(said: Said, other: Proposition, window: timedelta) -> bool:
    """Say whether `other` is what somebody says to repeat, of which another act was read."""
    lately = abs(said.claim.said_at - other.last_stated) <= window
    own = other.party == said.party and lately and said.is_about(other)
    return other.act in alike(said.act) and own and not is_turn(said.act, other.act)


def _is_of_the_person(said: Said, other: Proposition) -> bool:
    lately = abs(said.claim.said_at - other.last_stated) <= LATELY
    return lately and any(is_same_person(said.claim.speaker or "", v) for v in other.voices)


def _is_announced(said: Said, other: Proposition) -> bool:
    """Say whether `other` is the announcement that this claim tells again: by the voice that
    reports it, or of the same truce between others in another act's words.
    """
    if other.party == said.voice.reporter and other.act == said.act:
        return any(is_within(said.party, party) for party in other.others)
    same = set(said.about.others) & set(other.others) and set(said.slots) & set(other.slots)
    truces = is_kind("truces", said.act) and is_kind("truces", other.act)
    return bool(same) and truces and other.party == said.party and other.act != said.act


def _carried_on(said: Said, ledger: Ledger) -> Verdict | None:
    """The same side goes on from a step before: from welcome to acceptance."""
    steps = load_tables().carries_on.get(said.act, frozenset())
    found = [
        p
        for p in ledger.propositions
        if p.act in steps and p.party == said.party and said.is_about(p)
    ]
    last = max(found, key=lambda p: (p.last_stated, p.id), default=None)
    if last is None:
        return None
    return Verdict(
        Novelty.UPDATE,
        "step",
        refs=(last.first_claim,),
        nearest=last.last_claim,
        differs=f"{last.act} -> {said.act}",
    )


def _contradicts(said: Said, ledger: Ledger, within: timedelta) -> Verdict | None:
    """Another party says what cannot hold together with this."""
    opposed = [p for p in opposed_to(said, ledger.propositions) if not _may_differ(said, p)]
    clash = [] if opposed else clashing(said, ledger.propositions, within=within)
    found = opposed or clash
    if not found:
        return None
    return Verdict(
        Novelty.CONTRADICTS,
        "cross_party" if opposed else "numeric",
        refs=tuple(p.first_claim for p in found),
        nearest=found[-1].last_claim,
        differs="; ".join(f"{p.party} says {p.act}" for p in found),
    )


def _may_differ(said: Said, other: Proposition) -> bool:
    """Say whether both only speak for themselves: the board shows it, but no fact is disputed."""
    own = other.party != said.party and said.party not in other.others
    return own and is_kind("consents", said.act) and is_kind("consents", other.act)


def _first(said: Said, ledger: Ledger, window: timedelta) -> Verdict:
    nearest = _nearest(said, ledger)
    standing = next((p for p in ledger.positions if _is_restated_standing(said, p)), None)
    if standing is None:
        return Verdict(Novelty.NEW, "first", nearest=nearest)
    answered = max(_answerable(said, ledger, window), key=lambda p: p.last_stated, default=None)
    differs = f"standing position since {standing.since:%Y-%m-%d} ({standing.reference})"
    if answered is None:
        return Verdict(Novelty.REPEAT, "standing", nearest=nearest, differs=differs)
    return Verdict(
        Novelty.NEW, "response", nearest=answered.last_claim, differs=f"{differs}, now in answer"
    )


def _nearest(said: Said, ledger: Ledger) -> str | None:
    """Return the claim a reader would look at first: the party's last, else the issue's last."""
    on_issue = [p for p in ledger.propositions if p.issue == said.about.issue]
    own = [p for p in on_issue if p.party == said.party]
    ranked = sorted(own or on_issue, key=lambda p: (p.last_stated, p.id))
    return ranked[-1].last_claim if ranked else None


# -- standing positions, and what they answer -----------------------------------------------------


def _is_standing(said: Said, position: Position) -> bool:
    """Say whether a position is the party's from before the store, not replaced since."""
    return (
        position.claim_id is None
        and position.until is None
        and position.party == said.party
        and position.issue == said.about.issue
    )


def _is_restated_standing(said: Said, position: Position) -> bool:
    return _is_standing(said, position) and _is_same_stance(said.act, position.act)


def _is_same_stance(act: str, other: str) -> bool:
    """Say whether two acts are one stance in other words: no mediator, only the two of us."""
    acts = load_acts()
    return act == other or (
        aspect_of(act) == aspect_of(other)
        and acts[act].polarity == acts[other].polarity == "negative"
        and not reverses(act, other)
    )


def _answerable(said: Said, ledger: Ledger, window: timedelta) -> list[Proposition]:
    """Return other parties' statements within the window that this claim can answer."""
    answers = load_tables().answers.get(said.act, frozenset())
    return [
        p
        for p in ledger.propositions
        if p.party != said.party
        and p.act in answers
        and abs(p.last_stated - said.claim.said_at) <= window
        and said.is_about_opposed(p)
    ]
