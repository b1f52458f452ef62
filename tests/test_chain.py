"""Through whom the words came: chains on our own sentences, speakers as the text calls them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import spacy
from spacy.tokens import Doc

from pipeline.extract.attribution import Attribution
from pipeline.extract.chain import Chain
from pipeline.extract.draft import Draft, Speaker, register
from pipeline.extract.media import Media
from pipeline.extract.registry import Registry
from pipeline.languages import load_language
from pipeline.records import Article, Credit, Hop, HopKind

REGISTRY = Registry.load()
WHEN = datetime(2025, 5, 11, tzinfo=UTC)
ARTICLE = Article(id="a", url=None, feed_url="", outlet="The Courier", title="", first_seen=WHEN)


def speaker_of(draft: Draft, text: str, last: Speaker | None) -> Speaker | None:
    """Name a speaker by the words of the source; a pronoun is the speaker before."""
    if not draft.source:
        return None
    words = draft.source[0].of(text)
    return last if words.lower() in ("he", "she") else Speaker(name=words, kind=HopKind.PERSON)


def read(text: str, article: Article = ARTICLE) -> list[Draft]:
    register()
    doc: Doc = spacy.blank("en").make_doc(text)
    doc.user_data["article"] = article
    Attribution(Media(REGISTRY, load_language("en")), threads=1)(doc)
    last = None
    for draft in doc._.drafts:
        draft.speaker = last = speaker_of(draft, text, last)
    Chain(REGISTRY)(doc)
    drafts: list[Draft] = doc._.drafts
    return drafts


def names(text: str, article: Article = ARTICLE) -> list[list[str]]:
    return [[hop.name for hop in draft.chain] for draft in read(text, article)]


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("Orlik said the treaty was dead.", ["Orlik"]),
        ("PTI quoted two officials as saying the road was shut.", ["PTI", "two officials"]),
        ("Sources told ANI that there was no proposal.", ["ANI", "Sources"]),
        ("Orlik told reporters that the road was shut.", ["Orlik"]),
        ("Sources told The Courier that the road was shut.", ["Sources"]),
        ("In an interview with Radio Lonburg, Orlik said it was dead.", ["Radio Lonburg", "Orlik"]),
        ('"It holds," Orlik wrote in a post on X.', ["X", "Orlik"]),
        ("Orlik said on Telegram that the guns would stop.", ["Telegram", "Orlik"]),
        (
            '"We are ready," Orlik said, according to state television.',
            ["state television", "Orlik"],
        ),
        ("The letter, seen by AFP, says the road will open.", ["AFP", "The letter"]),
        ("It was reported that three soldiers were hurt.", []),
    ],
)
def test_chain_of_a_sentence(text: str, chain: list[str]) -> None:
    assert names(text) == [["The Courier", *chain]]


def test_tweeted_names_the_platform_of_its_day() -> None:
    text = '"We stand by the deal," Orlik tweeted on Friday.'
    old = replace(ARTICLE, published=datetime(2019, 1, 1, tzinfo=UTC))
    assert names(text, old) == [["The Courier", "Twitter", "Orlik"]]
    assert names(text) == [["The Courier", "X", "Orlik"]]


def test_a_report_inside_a_report_continues_the_chain() -> None:
    text = "Sources in the ministry said that Sylvania had asked for a call between the commanders."
    assert names(text)[1] == ["The Courier", "Sources in the ministry", "Sylvania"]


def test_the_carrier_stays_with_its_speaker_until_another_occasion() -> None:
    text = (
        "Orlik told Xinhua that the road was shut.\nHe added that no date had been set.\n"
        "Brik said the army was ready.\nAt a press conference on Monday, Orlik said he was tired."
    )
    chains = dict.fromkeys(" <- ".join(chain[1:]) for chain in names(text))
    assert list(chains) == ["Xinhua <- Orlik", "Brik", "Orlik"]


def test_the_agency_of_the_copy_comes_second() -> None:
    article = replace(ARTICLE, credit=Credit(agencies=("PTI",), origin="PTI"))
    [draft] = read("Orlik said the treaty was dead.", article)
    assert [hop.name for hop in draft.chain] == ["The Courier", "PTI", "Orlik"]
    assert draft.chain[1].kind is HopKind.AGENCY


def test_an_unresolved_speaker_is_a_hop_by_his_words() -> None:
    register()
    text = "A man in a red hat said the road was shut."
    doc = spacy.blank("en").make_doc(text)
    doc.user_data["article"] = ARTICLE
    Attribution(Media(REGISTRY, load_language("en")), threads=1)(doc)
    Chain(REGISTRY)(doc)
    [draft] = doc._.drafts
    assert draft.chain[-1] == Hop(name="man in a red hat", kind=HopKind.UNRESOLVED)


def test_nobody_is_named_twice() -> None:
    text = "Orlik said that Orlik had told the council that the road was shut."
    assert all(len(set(chain)) == len(chain) for chain in names(text))
