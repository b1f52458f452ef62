"""What compare asks of a store is all it needs: decisions equal those over the whole ledger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline.compare import Compared, compare_claims
from pipeline.compare.asking import OWN, asked_of, names_asked
from pipeline.compare.keys import read
from pipeline.questions import Asked, Question
from pipeline.records import Claim, Decision, HopKind, Ledger, Span
from pipeline.stores import open_store
from pipeline.taxonomy import load_acts
from tests.factories import comparison, scraped

DAY = datetime(2031, 3, 1, 9, tzinfo=UTC)
TOPIC = "valley"
WINDOW = timedelta(days=14)
ACTS = tuple(load_acts())
DETAILS = (
    "",
    " for 10 days",
    " for two weeks",
    " from Friday",
    " in Osk",
    " on Monday near Torr",
    " if the border opens",
)
OBJECTS = ("the truce", "the dispute over the valley", "trade", "water from the river", "talks")
# name of the speaker, his country, who he is in the text
SPEAKERS = (
    ("Ada Minister", ("AA",), "Ada Minister"),
    ("Bel Minister", ("BB",), "Minister"),
    ("Rufus Firefly", (), "Freedonia's president Rufus Firefly"),
    ("Rufus Firefly", (), "Firefly"),
    ("Government (Freedonia)", (), "the Freedonian government"),
    ("United Nations", ("IGO",), "the United Nations"),
    ("Government of CC", ("CC",), "CC"),
)


def claims(seed: int, articles: int) -> Iterator[list[Claim]]:
    """Yield articles of one to three claims over 80 days, some of which reach us late."""
    chance = random.Random(seed)
    days = sorted(chance.uniform(0, 80) for _ in range(articles))
    for n, day in enumerate(days):
        late = chance.random() < 0.2
        said_at = DAY + timedelta(days=day - (chance.uniform(0, 40) if late else 0))
        made = [claim(chance, f"{n}.{k}", said_at) for k in range(chance.choice((1, 1, 2, 3)))]
        if len(made) > 1 and chance.random() < 0.3:
            made[1] = replace(made[1], parent=made[0].id)
        yield made


def claim(chance: random.Random, name: str, said_at: datetime) -> Claim:
    speaker, countries, source = chance.choice(SPEAKERS)
    act = chance.choice(ACTS)
    text = f"{act.lower()} on {chance.choice(OBJECTS)}{chance.choice(DETAILS)}"
    return Claim(
        id=f"c{name}",
        article_id=f"a{name}",
        version=1,
        outlet="The Valley Post",
        said_at=said_at,
        source=None,
        cue=None,
        content=(Span(0, len(text)),),
        source_text=source,
        cue_text="said",
        text=text,
        quote_type=None,
        chain=(),
        speaker=speaker,
        speaker_kind=HopKind.PERSON if " " in speaker else HopKind.GOVERNMENT,
        countries=countries,
        role_code=chance.choice((None, "FM", "HOG")),
        act=act,
        theme=load_acts()[act].theme,
        object=chance.choice(("mediation", "ceasefire", None)),
        modality=chance.choice(("actual", "actual", "planned", "conditional")),
        hedged=chance.random() < 0.1,
        background=chance.random() < 0.1,
        targets=chance.choice(((), ("AA",), ("BB",), ("AA", "BB"))),
        third_party=chance.choice(((), (), ("CC",), ("DD",))),
    )


def known(step: Compared) -> tuple[object, ...]:
    pairs = sorted(step.contradictions, key=lambda pair: pair.id)
    return step.decisions, step.propositions, step.positions, pairs


@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_is_all_that_decides(tmp_path: Path, seed: int) -> None:
    ledger = Ledger()
    with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        for n, article in enumerate(claims(seed, 120)):
            whole = compare_claims(article, TOPIC, ledger, window=WINDOW)
            recall = partial(store.ledger, TOPIC)
            asked = compare_claims(article, TOPIC, Ledger(), window=WINDOW, recall=recall)
            assert known(asked) == known(whole)
            kept = comparison(
                scraped(n),
                propositions=asked.propositions,
                positions=asked.positions,
                contradictions=asked.contradictions,
            )
            store.save_comparison(kept)
            ledger = whole.ledger


def test_a_line_is_asked_once_for_an_article() -> None:
    asked: list[Asked] = []

    def recall(question: Question) -> Ledger:
        asked.extend(question.said)
        return Ledger()

    for article in claims(7, 40):
        asked.clear()
        compare_claims(article, TOPIC, Ledger(), window=WINDOW, recall=recall)
        assert len(asked) == len(set(asked))


def test_every_line_has_a_limit_that_no_store_can_raise() -> None:
    for article in claims(3, 60):
        for one in article:
            said = read(one, article, TOPIC)
            question = names_asked(article)
            if said is not None:
                question |= asked_of(said, WINDOW)
            assert all(1 <= line.limit <= 60 for line in question.said)
            assert len(question.said) <= 60
            assert len(question.tracks) <= 1


def test_an_old_statement_is_known_again_by_its_key_among_very_many(tmp_path: Path) -> None:
    chance = random.Random(1)
    with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        recall = partial(store.ledger, TOPIC)
        decided: list[Decision] = []
        for n in (*range(2 * OWN), 0):
            one = replace(
                claim(chance, f"{len(decided)}", DAY + timedelta(hours=len(decided))),
                act="DEESC_CALL",
                text="keep calm",
                speaker="Government of AA",
                source_text="AA",
                countries=("AA",),
                background=False,
                modality="actual",
                hedged=False,
                role_code=None,
                targets=(f"X{n}",),
                third_party=(),
                object="calm",
            )
            step = compare_claims([one], TOPIC, Ledger(), window=WINDOW, recall=recall)
            store.save_comparison(comparison(scraped(len(decided)), propositions=step.propositions))
            decided.append(step.decisions[0])
    assert [d.reason for d in decided[:-1]] == ["first"] * (2 * OWN)
    assert decided[-1].refs == ("c0",)
