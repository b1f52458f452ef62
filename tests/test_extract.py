"""Articles in, claims out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.extract import EXTRACTOR, Extractor, claims_json
from pipeline.extract.evaluate import article_of
from pipeline.extract.explain import NOT_ASKED, PARTS
from pipeline.languages import known_languages, language_of, load_language
from pipeline.records import Article, Claim

WHEN = datetime(2025, 5, 11, tzinfo=UTC)
TEXT = (
    "Ruritania rejected any mediation on Sunday.\n"
    "“This is for the two of us,” said foreign minister Karel Novak. “Nobody else is needed.”\n"
    "Sources in his ministry said that Sylvania had asked for a call between the commanders."
)


def article(text: str, **fields: object) -> Article:
    values: dict[str, object] = {"title": "", "outlet": "The Courier"} | fields
    return Article(id="a1", url=None, feed_url="", text=text, first_seen=WHEN, **values)  # type: ignore[arg-type] # any field may be given


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.fixture(scope="module")
def claims(extractor: Extractor) -> tuple[Claim, ...]:
    return extractor.claims(article(TEXT, topics=("t",)))


def test_claims_say_where_their_words_stand(claims: tuple[Claim, ...]) -> None:
    assert len(claims) >= 4
    for claim in claims:
        assert " ... ".join(span.of(TEXT) for span in claim.content) == claim.text
        assert claim.source is not None
        assert claim.source.of(TEXT) == claim.source_text
        assert claim.chain[0].name == "The Courier"
        assert claim.extractor == EXTRACTOR
        assert claim.topics == ("t",)
        assert claim.said_at == WHEN
        assert 0 < claim.confidence <= 1


def test_a_cut_quotation_is_one_claim(claims: tuple[Claim, ...]) -> None:
    [quoted] = [claim for claim in claims if claim.quote_type == "direct"]
    assert quoted.text == "“This is for the two of us,” ... “Nobody else is needed.”"


def test_a_nested_claim_names_its_parent(claims: tuple[Claim, ...]) -> None:
    [inner] = [claim for claim in claims if claim.depth == 1]
    [outer] = [claim for claim in claims if claim.id == inner.parent]
    assert outer.source_text == "Sources in his ministry"
    assert len(inner.chain) == len(outer.chain) + 1


def test_ids_depend_on_content_alone(extractor: Extractor, claims: tuple[Claim, ...]) -> None:
    again = Extractor().claims(article(TEXT, topics=("t",)))
    assert [claim.id for claim in again] == [claim.id for claim in claims]
    assert len({claim.id for claim in claims}) == len(claims)


def test_pipe_keeps_the_order_over_languages(extractor: Extractor) -> None:
    texts = ["Orlik said the road was shut.", 'प्रवक्ता ने कहा, "हम शांति चाहते हैं और रहेंगे।"', ""]
    found = list(extractor.pipe(article(text) for text in texts))
    assert [one.text for one, _ in found] == texts
    assert [len(claims) for _, claims in found] == [1, 1, 0]
    assert found[1][1][0].found_by == "quote rules"


@pytest.mark.parametrize(
    ("text", "declared", "code"),
    [
        ("The minister said that the road to the town was shut for the day again.", None, "en"),
        ("The minister said that the road to the town was shut for the day again.", "hi", "en"),
        ("Le ministre a dit que la route de la ville est encore restée fermée hier.", None, "xx"),
        ("सरकार ने कहा है कि यह मामला दोनों देशों के बीच का है और रहेगा।", "en", "hi"),
        ("حکومت نے کہا ہے کہ یہ معاملہ دونوں ملکوں کے درمیان ہے اور رہے گا۔", None, "ur"),
        ("政府表示双方将继续对话。", None, "xx"),
        ("No talks, says minister", None, "en"),
        ("Bangkok, Phnom Penh accept Malaysian mediation", None, "en"),
        ("Juba gives nod to Kenyan mediators", None, "en"),
        ("Le ministre refuse la trêve avec Moscou", None, "xx"),
        ("El ministro rechaza la tregua con los rebeldes", None, "xx"),
        ("", None, "xx"),
    ],
)
def test_tells_the_language(text: str, declared: str | None, code: str) -> None:
    assert language_of(article(text, language=declared)) == code


def test_text_of_an_unknown_language_gives_no_claims(extractor: Extractor) -> None:
    text = "Le ministre a dit hier à la presse que la route de la ville est encore fermée."
    assert extractor.claims(article(text)) == ()


@pytest.mark.parametrize(
    "text", ['"' * 20_000, "x" * 50_000, "said " * 3000, "A\u0000B “ \ud800 x"]
)
def test_hostile_text_ends_and_gives_no_claims(extractor: Extractor, text: str) -> None:
    assert extractor.claims(article(text)) == ()


def test_every_language_file_loads() -> None:
    assert {language.code for language in known_languages()} >= {"en", "hi", "ur"}
    assert load_language("../en").marks == ()


def test_headline_of_an_article_that_is_only_a_title(extractor: Extractor) -> None:
    claims = extractor.claims(article("Keller: “We will not bow to anybody”"))
    assert [claim.source_text for claim in claims] == ["Keller"]


def test_json_has_the_fields_of_the_scorer(extractor: Extractor) -> None:
    record = {"id": "r1", "outlet": "The Courier", "title": "T", "published": "2025-05-11"}
    answer = claims_json(record | {"text": TEXT}, extractor)
    assert answer["id"] == "r1"
    assert "relevant" not in answer
    for claim in answer["claims"]:
        assert claim["chain"][0] == "The Courier"
        assert [TEXT[start:end] for start, end in claim["content"]]
    json.dumps(answer)


def test_json_of_a_passage_says_whether_it_is_relevant(extractor: Extractor) -> None:
    answer = claims_json({"id": "p", "text": "It rained.", "date": None}, extractor, sentences=True)
    assert answer == {"id": "p", "relevant": False, "claims": []}


def test_a_record_without_zone_is_utc() -> None:
    assert article_of({"id": "x", "text": "", "date": "2025-05-11"}).when == WHEN


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = (
        "import sys, pipeline.extract\n"
        "print([m for m in ('spacy', 'numpy', 'onnxruntime') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


# -- why ---------------------------------------------------------------------------------


def test_a_claim_explains_every_part_in_words(extractor: Extractor) -> None:
    text = "Norway's foreign minister said on Monday that Oslo would accept a mediator if asked."
    [(claim, why)] = extractor.explained(article(text))
    assert tuple(why) == PARTS
    assert claim.act == "MED_ACCEPT"
    assert "cue 'said'" in why["attribution"]
    assert why["speaker"].startswith(f"{claim.speaker}, of ")
    assert "The Courier" in why["chain"]
    assert "on 'accept a mediator'" in why["act"]
    assert why["modality"] == "conditional: 'if'"
    assert why["background"].startswith("news")
    assert why["alert"].startswith("yes: MED_ACCEPT alerts")


def test_a_claim_without_an_act_says_why_it_has_none(extractor: Extractor) -> None:
    [(claim, why)] = extractor.explained(article("The minister said the road was shut again."))
    assert claim.act is None
    assert why["act"].startswith("none")
    assert why["alert"] == NOT_ASKED


def test_explained_claims_are_the_claims(extractor: Extractor, claims: tuple[Claim, ...]) -> None:
    told = extractor.explained(article(TEXT, topics=("t",)))
    assert tuple(claim for claim, _ in told) == claims


def test_json_explains_when_asked(extractor: Extractor) -> None:
    plain = claims_json({"id": "r", "text": TEXT}, extractor)
    full = claims_json({"id": "r", "text": TEXT}, extractor, explain=True)
    assert not any("why" in claim for claim in plain["claims"])
    assert all(tuple(claim["why"]) == PARTS for claim in full["claims"])


def test_what_an_article_says_does_not_depend_on_its_neighbours(extractor: Extractor) -> None:
    texts = [TEXT, f"{TEXT}\nNo party replied.", "Nothing happened.", TEXT.replace("Novak", "Maru")]
    articles = [replace(article(text), id=str(n)) for n, text in enumerate(texts)]
    together = [claims for _, claims in extractor.pipe([*articles, *reversed(articles)])]
    assert together[:4] == [extractor.claims(one) for one in articles]
    assert together[:4] == together[:3:-1]
