"""The trained backstop of the act rules: it fills in, knows no names, and says how sure it is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.extract import Extractor
from pipeline.extract.attribution import MODELS, load_model
from pipeline.extract.backstop import NONE, Backstop, Verdict, backstop_of, load_backstop
from pipeline.extract.judge import Utterance
from pipeline.extract.masking import Statement, masked
from pipeline.extract.registry import Registry
from pipeline.languages import load_language
from pipeline.records import Article, Claim, Span
from pipeline.taxonomy import load_acts

ENCODER, ACTS = MODELS / "attribution-v1", MODELS / "acts-v1"
WHEN = datetime(2034, 5, 1, tzinfo=UTC)
SURE = Verdict("MED_OFFER", 0.9, fill=0.5, alert=0.7)


@pytest.fixture(scope="module")
def backstop() -> Backstop:
    return load_backstop(ACTS, ENCODER)


def article(text: str) -> Article:
    return Article(
        id="one",
        url=None,
        feed_url="",
        outlet="Wire",
        title="",
        text=text,
        published=WHEN,
        first_seen=WHEN,
    )


def statement(text: str, source: str, cue: str, content: str) -> Statement:
    places = [
        [Span(text.index(part), text.index(part) + len(part))] for part in (source, cue, content)
    ]
    return Statement(Span(0, len(text)), *places)


# -- no names ---------------------------------------------------------------------------


def seen(backstop: Backstop, text: str, source: str, cue: str, content: str) -> str:
    said = statement(text, source, cue, content)
    found = masked(backstop.model.wordpieces, Registry.load(None), text, said)
    words = {number: piece for piece, number in backstop.model.wordpieces.vocabulary.items()}
    return " ".join(words[piece] for piece in found.pieces[1:-1])


@pytest.mark.parametrize(
    ("text", "source", "seen_as"),
    [
        ("India said no to Norway.", "India", "alpha said no to beta ."),
        ("Velmark said no to Indian terms.", "Velmark", "alpha said no to beta terms ."),
        ("Talks failed, India said no.", "India", "talks failed , alpha said no ."),
        ("Ana Bek said no to Bek.", "Ana Bek", "alpha said no to alpha ."),
        ("Stop shooting, Norway said no more.", "Norway", "stop shooting , alpha said no more ."),
    ],
)
def test_names_become_the_speakers_side_and_others(
    backstop: Backstop, text: str, source: str, seen_as: str
) -> None:
    assert seen(backstop, text, source, "said", "no") == seen_as


@pytest.mark.parametrize("other", ["Norway", "Velmark", "the Tuul Islands Front"])
def test_whoever_speaks_the_branch_sees_the_same(backstop: Backstop, other: str) -> None:
    text = f"{other} said it could bring both sides together in Cairo."
    expected = "alpha said it could bring both sides together in beta ."
    found = seen(backstop, text, other, "said", "it could bring both sides together in Cairo")
    assert found.removeprefix("the ") == expected


def test_each_wordpiece_knows_its_part(backstop: Backstop) -> None:
    text = "Norway said it would help."
    said = statement(text, "Norway", "said", "it would help")
    found = masked(backstop.model.wordpieces, Registry.load(None), text, said)
    assert found.parts == (0, 1, 2, 3, 3, 3, 0, 0)
    assert len(found.pieces) == len(found.types) == len(found.parts)


def test_of_a_long_statement_what_fits_is_read(backstop: Backstop) -> None:
    text = "Norway said " + "that it would help " * 200 + "."
    said = statement(text, "Norway", "said", text[12:-2])
    found = masked(backstop.model.wordpieces, Registry.load(None), text, said)
    assert 150 < len(found.pieces) <= 162


# -- the verdict ------------------------------------------------------------------------


def test_it_gives_a_probability_to_every_act_and_to_none(backstop: Backstop) -> None:
    text = "Norway said it would help."
    said = statement(text, "Norway", "said", "it would help")
    found = masked(backstop.model.wordpieces, Registry.load(None), text, said)
    chances = backstop.chances(found, "third")
    assert set(chances) == {NONE, *load_acts()}
    assert sum(chances.values()) == pytest.approx(1.0)


def test_an_act_counts_from_one_threshold_and_alerts_from_another() -> None:
    assert SURE.counts
    assert SURE.judgement(Utterance("said", "it would help")).sure
    doubtful = replace(SURE, sure=0.6)
    assert doubtful.counts
    assert not doubtful.judgement(Utterance("said", "it would help")).sure
    assert not replace(SURE, sure=0.4).counts
    assert not replace(SURE, act=NONE).counts


def test_a_verdict_says_how_sure_it_is() -> None:
    assert SURE.why == "backstop MED_OFFER, 0.90 sure"
    assert replace(SURE, sure=0.4).why == "backstop MED_OFFER, 0.40 sure, too little"


def test_the_encoders_other_outputs_do_not_depend_on_the_tap() -> None:
    model = load_model(ENCODER)
    row = np.array([[101, 2634, 2056, 2053, 102]])
    feed = {"ids": row, "types": np.full_like(row, 10), "mask": np.ones_like(row), "first": row * 0}
    without = model.encoder.run(["h", "tags"], feed)
    with_it = model.encoder.run(["h", "tags", "middle"], feed)
    assert all(np.array_equal(one, other) for one, other in zip(without, with_it, strict=False))
    assert np.array_equal(with_it[2][0], model.middle(row[0].tolist(), [10] * 5))


def test_a_damaged_weight_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "acts"
    shutil.copytree(ACTS, folder)
    (folder / "branch.int8.onnx").write_bytes(b"broken")
    with pytest.raises(ModelError, match="damaged"):
        load_backstop(folder, ENCODER)


def test_a_language_without_weights_has_no_backstop() -> None:
    other = load_language("hi")
    assert backstop_of(other.acts_model, other.model, 1) is None


# -- in the pipeline --------------------------------------------------------------------

RULED = "Oslo offered to mediate between the two armies. Velmark rejected the offer."
PLAIN = "The minister of fisheries said the price of cod had doubled since May."


class Certain:
    """A backstop that would always speak."""

    asked = 0

    def verdict(self, *_: object) -> Verdict:
        """Say the same of everything."""
        self.asked += 1
        return Verdict("CF_CALL", 0.99, fill=0.5, alert=0.7)


def acts(monkeypatch: pytest.MonkeyPatch, text: str, stop: object) -> tuple[Claim, ...]:
    monkeypatch.setattr("pipeline.extract.act.backstop_of", lambda *_: stop)
    return Extractor().claims(article(text))


def test_what_the_rules_decide_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [claim.act for claim in acts(monkeypatch, RULED, None)]
    both = [claim.act for claim in acts(monkeypatch, RULED, Certain())]
    assert [act or "CF_CALL" for act in alone] == both
    assert any(alone)


def test_it_is_not_asked_about_texts_without_a_word_of_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop = Certain()
    assert [claim.act for claim in acts(monkeypatch, PLAIN, stop)] == [None]
    assert not stop.asked


def test_an_act_that_is_not_sure_does_not_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubtful(Certain):
        def verdict(self, *_: object) -> Verdict:
            return Verdict("CF_CALL", 0.55, fill=0.5, alert=0.7)

    text = "The envoy said the war had lasted long enough."
    [sure] = acts(monkeypatch, text, Certain())
    [doubtful] = acts(monkeypatch, text, Doubtful())
    assert (sure.act, sure.alert_worthy) == ("CF_CALL", True)
    assert (doubtful.act, doubtful.alert_worthy) == ("CF_CALL", False)


def test_the_explanation_shows_the_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.extract.act.backstop_of", lambda *_: Certain())
    text = "The envoy said the war had lasted long enough."
    [(_, why)] = Extractor().explained(article(text))
    assert why["act"] == "CF_CALL: no rule fits; backstop CF_CALL, 0.99 sure"


def test_an_article_reads_the_same_alone_and_among_others() -> None:
    texts = [RULED, "The envoy said the war had lasted long enough and should stop.", PLAIN]
    extractor = Extractor()
    alone = [extractor.claims(article(text)) for text in texts]
    together = [claims for _, claims in extractor.pipe([article(text) for text in texts])]
    assert [[claim.act for claim in one] for one in alone] == [
        [claim.act for claim in one] for one in together
    ]
