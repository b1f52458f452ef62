"""One party's statements over some weeks, made from a seed, with planted changes of its stance.

Between the changes the stance is said again in other words. Each statement comes with the kind of
change it is, "" for a paraphrase. Claims are handed over as extraction would.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pipeline.records import Claim, HopKind, Span, stable_id
from pipeline.taxonomy import load_acts

START = datetime(2032, 3, 1, 8, tzinfo=UTC)
PARTY = "XA"
MEDIATORS = ("XC", "XD", "XE", "XF")
CONDITIONS = ("the bridge is opened again", "all captives come home", "heavy guns leave the ridge")
# act -> ways to say it; from one act to another it is the kind of change that `KINDS` tells
SAYINGS = {
    "MED_ACCEPT": ("we accept a go-between", "a mediator has our consent", "yes to a broker"),
    "MED_WELCOME": ("the effort is helpful", "we are thankful for it", "good that somebody tries"),
    "MED_REJECT": ("no outsider is wanted", "there is no room for a broker", "we decline helpers"),
}
KINDS = {
    ("MED_ACCEPT", "MED_REJECT"): "reversal",
    ("MED_WELCOME", "MED_REJECT"): "hardening",
    ("MED_REJECT", "MED_ACCEPT"): "reversal",
    ("MED_REJECT", "MED_WELCOME"): "softening",
}


def stances(seed: int) -> Iterator[tuple[Claim, str]]:
    """Yield statements in order of time, each with the kind of change it is."""
    chance = random.Random(seed)
    at, act = START, chance.choice(tuple(SAYINGS))
    yield _claim(chance, act, at), "first statement"
    spare = list(MEDIATORS)
    for _ in range(8):
        for _ in range(chance.randint(1, 3)):
            at += timedelta(hours=chance.randint(6, 40))
            yield _claim(chance, act, at), ""
        at += timedelta(hours=chance.randint(20, 60))
        if spare and act != "MED_REJECT" and chance.random() < 0.3:
            yield _claim(chance, act, at, third=(spare.pop(),)), "new mediator named"
            continue
        before, act = act, chance.choice([one for one in SAYINGS if one != act])
        yield _claim(chance, act, at), KINDS.get((before, act), "")


def truces(seed: int) -> Iterator[tuple[Claim, str]]:
    """Yield statements on a truce that is kept, each with the kind of change it is."""
    chance = random.Random(seed)
    at = START
    yield _claim(chance, "CF_AFFIRM", at, text="we stand by the truce"), "first statement"
    for condition in chance.sample(CONDITIONS, len(CONDITIONS)):
        for words in ("the truce holds", "we keep our word on the truce"):
            at += timedelta(hours=chance.randint(6, 40))
            yield _claim(chance, "CF_AFFIRM", at, text=words), ""
        at += timedelta(hours=chance.randint(6, 40))
        text = f"we stand by the truce as long as {condition}"
        yield _claim(chance, "CF_AFFIRM", at, text=text), "new condition"
    at += timedelta(days=1)
    yield _claim(chance, "CF_END", at, text="we are no longer bound by the truce"), "reversal"


def _claim(
    chance: random.Random, act: str, at: datetime, *, text: str = "", third: tuple[str, ...] = ()
) -> Claim:
    text = text or chance.choice(SAYINGS[act])
    number = stable_id(act, at.isoformat(), text)
    return Claim(
        id=number,
        article_id=f"article {number}",
        version=1,
        outlet="The Alder Post",
        said_at=at,
        source=Span(0, 9),
        cue=Span(10, 14),
        content=(Span(15, 15 + len(text)),),
        source_text="Ada Varon",
        cue_text="said",
        text=text,
        quote_type="indirect",
        chain=(),
        speaker="Ada Varon",
        speaker_kind=HopKind.PERSON,
        countries=(PARTY,),
        role_code="FM",
        act=act,
        theme=load_acts()[act].theme,
        object=load_acts()[act].theme,
        modality="actual",
        third_party=third,
        alert_worthy=True,
    )
