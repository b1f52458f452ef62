"""Hindi and Urdu: quoted claims with their speakers, on the project's own passages.

The bars are those of docs/claims.md: of the claims found nine in ten are right, of these seven
in ten name the speaker; no act is guessed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.extract import Extractor
from pipeline.languages import language_of
from pipeline.records import Article, Claim
from tests.factories import article as made

FOLDER = Path(__file__).parent / "gold" / "languages"
MARK = re.compile(r"\[([SC]) ([^]]+)\]")
LIKE = 0.5  # share of characters that two contents have in common


@dataclass(frozen=True, slots=True)
class Passage:
    text: str
    source: str
    content: str
    speaker: str
    country: str
    act: str


@dataclass(frozen=True, slots=True)
class Read:
    """A gold set, and every claim found in it beside its passage."""

    gold: list[Passage]
    found: list[tuple[Claim, Passage]]

    @property
    def right(self) -> list[tuple[Claim, Passage]]:
        return [(claim, one) for claim, one in self.found if is_same(claim, one)]


def article(text: str, language: str | None = None) -> Article:
    return made(text=text, title="", language=language)


def passages(code: str) -> list[Passage]:
    table = tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8"))
    return [passage(row) for row in table["passages"]]


def passage(row: dict[str, Any]) -> Passage:
    marked = dict(MARK.findall(row["text"]))
    return Passage(
        MARK.sub(r"\2", row["text"]),
        marked.get("S", ""),
        marked.get("C", ""),
        row.get("speaker", ""),
        row.get("country", ""),
        row.get("act", ""),
    )


def is_same(claim: Claim, wanted: Passage) -> bool:
    shared = wanted.content in claim.text or claim.text.strip("\"“”«»'‘’") in wanted.content
    shorter, longer = sorted((len(claim.text), len(wanted.content)))
    return bool(wanted.content) and shared and shorter >= LIKE * longer


def is_speaker(claim: Claim, wanted: Passage) -> bool:
    """Say whether the speaker is the one meant; where nobody is named, the country."""
    if wanted.speaker:
        return claim.speaker == wanted.speaker
    return not wanted.country or wanted.country in claim.countries


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.fixture(scope="module", params=["hi", "ur"])
def read(request: pytest.FixtureRequest, extractor: Extractor) -> Read:
    gold = passages(request.param)
    found = [extractor.claims(article(one.text, language=request.param)) for one in gold]
    return Read(gold, [(c, one) for claims, one in zip(found, gold, strict=True) for c in claims])


def test_nine_quoted_claims_in_ten_are_right_and_found(read: Read) -> None:
    assert len(read.gold) >= 60
    assert len(read.right) >= 0.9 * len(read.found)
    assert len(read.right) >= 0.9 * sum(bool(one.content) for one in read.gold)
    assert {claim.found_by for claim, _ in read.found} == {"quote rules"}


def test_seven_speakers_in_ten_are_named(read: Read) -> None:
    named = [claim for claim, one in read.right if is_speaker(claim, one)]
    assert len(named) >= 0.7 * len(read.right)


def test_an_act_is_named_only_where_it_is_sure(read: Read) -> None:
    typed = [(claim.act, one.act) for claim, one in read.right if claim.act]
    assert len(typed) >= 5
    assert sum(act == wanted for act, wanted in typed) >= 0.9 * len(typed)


@pytest.mark.parametrize("code", ["hi", "ur"])
def test_running_text_is_told_from_its_neighbours(code: str) -> None:
    gold = passages(code)
    told = [language_of(article(one.text)) for one in gold]
    assert told.count(code) >= 0.95 * len(gold)


@pytest.mark.parametrize(
    "text",
    [
        "قال وزير الخارجية إن المحادثات ستستمر في العاصمة خلال الأيام المقبلة بين الطرفين.",
        "وزیر امور خارجه گفت که گفتگوها در روزهای آینده در پایتخت ادامه خواهد داشت.",
        "परराष्ट्र मन्त्रीले आगामी दिनमा राजधानीमा वार्ता जारी रहने कुरा पत्रकारलाई बताउनुभयो।",
        "परराष्ट्रमंत्र्यांनी सांगितले की येत्या काही दिवसांत राजधानीत चर्चा सुरूच राहणार आहे.",
        "O ministro disse que as negociações vão continuar na capital nos próximos dias.",
    ],
    ids=["ar", "fa", "ne", "mr", "pt"],
)
def test_a_neighbour_language_is_not_read_as_ours(text: str) -> None:
    assert language_of(article(text)) == "xx"
