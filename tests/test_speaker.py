"""Who speaks: phrases to names, countries and roles, over several conflicts and invented names."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from pipeline.extract import Extractor
from pipeline.extract.draft import Draft, Speaker, register
from pipeline.extract.registry import Registry
from pipeline.extract.speaker import resolve_phrase
from pipeline.records import Article, HopKind, Span

DATA = Path(__file__).parent / "data" / "speakers"
CASES: list[dict[str, Any]] = tomllib.loads((DATA / "cases.toml").read_text("utf-8"))["cases"]
BRACES = re.compile(r"\{([^}]*)\}")


@pytest.fixture(scope="module")
def nlp() -> Language:
    register()
    nlp = spacy.blank("en")
    nlp.add_pipe("speaker")
    return nlp


def read_marks(marked: str) -> tuple[str, list[Span]]:
    """Return the text without braces, and the spans they marked."""
    text, spans = "", []
    for index, piece in enumerate(BRACES.split(marked)):
        if index % 2:
            spans.append(Span(len(text), len(text) + len(piece)))
        text += piece
    return text, spans


def article(text: str, outlet: str, when: str) -> Article:
    day = datetime.fromisoformat(when).replace(tzinfo=UTC)
    return Article(
        id="a", url=None, feed_url="f", outlet=outlet, title="", text=text, first_seen=day
    )


def resolved(
    nlp: Language, marked: str, *, outlet: str = "", when: str = "2025-05-15"
) -> list[Speaker]:
    text, spans = read_marks(marked)
    doc = nlp.make_doc(text)
    doc._.drafts = [Draft(source=[span], cue=[], content=[]) for span in spans]
    doc.user_data["article"] = article(text, outlet, when)
    nlp.get_pipe("speaker")(doc)
    return [draft.speaker for draft in doc._.drafts]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["is"])
def test_source_phrase_is_resolved(case: dict[str, Any], nlp: Language) -> None:
    options = {key: case[key] for key in ("outlet", "when") if key in case}
    speaker = resolved(nlp, case["text"], **options)[-1]
    assert (speaker.name or "", "+".join(sorted(speaker.countries))) == (
        case["name"],
        case["country"],
    ), speaker.why
    assert speaker.anonymous == case.get("anonymous", False), speaker.why
    assert case.get("code", speaker.role_code) == speaker.role_code, speaker.why
    assert case.get("kind", speaker.kind) == speaker.kind, speaker.why


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["is"])
def test_every_answer_has_a_reason(case: dict[str, Any], nlp: Language) -> None:
    assert all(speaker.why for speaker in resolved(nlp, case["text"]))


def test_unresolved_speakers_have_no_name_and_the_unresolved_kind(nlp: Language) -> None:
    speaker = resolved(nlp, "{He} said the text was ready.")[0]
    assert (speaker.name, speaker.kind) == (None, HopKind.UNRESOLVED)


def test_pronoun_in_a_nested_claim_is_the_outer_speaker(nlp: Language) -> None:
    text, spans = read_marks("{Donald Trump} said that {he} had asked Vikram Misri.")
    doc = nlp.make_doc(text)
    outer = Draft(source=[spans[0]], cue=[], content=[Span(spans[1].start, len(text))])
    inner = Draft(source=[spans[1]], cue=[], content=[], parent=0, depth=1)
    doc._.drafts = [outer, inner]
    doc.user_data["article"] = article(text, "", "2025-05-15")
    nlp.get_pipe("speaker")(doc)
    assert inner.speaker is not None
    assert inner.speaker.name == "Donald Trump"


def test_who_is_named_in_a_claim_is_not_its_speaker(nlp: Language) -> None:
    text, spans = read_marks("Jan Novak, the Slovak envoy, left. “Ivo Tadic was rude,” {he} said.")
    doc = nlp.make_doc(text)
    quote = Span(text.index("“"), text.index("”") + 1)
    doc._.drafts = [Draft(source=[spans[0]], cue=[], content=[quote])]
    doc.user_data["article"] = article(text, "", "2025-05-15")
    nlp.get_pipe("speaker")(doc)
    assert doc._.drafts[0].speaker.name == "Jan Novak"


def test_discontinuous_source_is_read_as_one_phrase(nlp: Language) -> None:
    text = "Slovak foreign minister, it was learnt, Jan Novak said so."
    doc = nlp.make_doc(text)
    second = text.index("Jan")
    pieces = [Span(0, 23), Span(second, second + 9)]
    doc._.drafts = [Draft(source=pieces, cue=[], content=[])]
    nlp.get_pipe("speaker")(doc)
    assert doc._.drafts[0].speaker.name == "Jan Novak"


def test_running_quotation_without_a_source_belongs_to_the_speaker_before(nlp: Language) -> None:
    text, spans = read_marks("“One,” {Jan Novak} said. “Two.”")
    doc = nlp.make_doc(text)
    start = text.index("“Two")
    first = Draft(source=[spans[0]], cue=[], content=[Span(0, 6)], quote_type="direct")
    second = Draft(source=[], cue=[], content=[Span(start, len(text))], quote_type="direct")
    doc._.drafts = [first, second]
    nlp.get_pipe("speaker")(doc)
    assert second.speaker is not None
    assert second.speaker.name == "Jan Novak"


def test_document_without_drafts_passes_unchanged(nlp: Language) -> None:
    assert nlp("Nothing was said.")._.drafts is None


def phrase(doc: Doc, words: str) -> Speaker:
    when = datetime(2025, 5, 15, tzinfo=UTC)
    return resolve_phrase(doc, words, registry=Registry.load(), when=when)


@pytest.mark.parametrize(
    ("words", "name", "kind"),
    [
        ("Reuters", "Reuters", HopKind.AGENCY),
        ("the Associated Press of Pakistan", "APP", HopKind.AGENCY),
        ("Hindustan Times", "Hindustan Times", HopKind.OUTLET),
        ("his Truth Social platform", "Truth Social", HopKind.POST),
        ("a post on X", "X", HopKind.POST),
        ("Radio Pakistan", "Radio Pakistan", HopKind.OUTLET),
        ("a statement", "Statement", HopKind.DOCUMENT),
        ("sources", "Sources", HopKind.ANONYMOUS),
        ("Turkish state news agency Anadolu", "Anadolu Agency", HopKind.AGENCY),
    ],
)
def test_hops_of_a_chain_are_resolved(words: str, name: str, kind: HopKind) -> None:
    speaker = phrase(spacy.blank("en").make_doc(words), words)
    assert (speaker.name, speaker.kind) == (name, kind), speaker.why


def test_a_span_is_read_in_place() -> None:
    doc = spacy.blank("en").make_doc("Slovak minister Jan Novak left. Novak said so.")
    speaker = resolve_phrase(doc, Span(32, 37), registry=Registry.load())
    assert speaker.name == "Jan Novak"
    assert resolve_phrase(doc, doc[6:7], registry=Registry.load()).name == "Jan Novak"


def test_the_users_own_actors_are_known(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        '[groups]\n"Zenda Brigade" = { country = "SK", role = "militia" }\n', "utf-8"
    )
    nlp = spacy.blank("en")
    nlp.add_pipe("speaker", config={"actors": str(tmp_path)})
    speaker = resolved(nlp, "{The Zenda Brigade} said so.")[0]
    assert (speaker.name, speaker.countries, speaker.role) == ("Zenda Brigade", ("SK",), "militia")


@pytest.mark.parametrize(
    ("text", "countries"),
    [
        ("An aide to the Indian prime minister said the road was shut.", ("IN",)),
        ("The Secretary-General's envoy for Yemen said the road was shut.", ("IGO",)),
        ("The UN mission in Libya said the road was shut.", ("IGO",)),
        ("The Thai army said the plan was dead. A spokesman said the road was shut.", ("TH",)),
        (
            "The Thai army's spokeswoman said the plan was dead. She said the road was shut.",
            ("TH",),
        ),
        (
            "India and Pakistan met. The army's spokesman in Srinagar said the road was shut.",
            ("IN",),
        ),
        ("Portugal will help. The Skerrin foreign minister said the road was shut.", ()),
        ("Portugal sent an envoy to Skerrin. Fishermen in Tern Bay said the road was shut.", ()),
    ],
)
def test_whose_somebody_is_by_the_words_around(text: str, countries: tuple[str, ...]) -> None:
    claims = Extractor().claims(article(text, "The Record", "2031-06-01"))
    assert claims[-1].countries == countries
