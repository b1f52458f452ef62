"""Odd quotation marks, capitals, lengths, languages and names: extraction stays what it was."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from types import FrameType

import pytest

from pipeline.extract import Extractor
from pipeline.records import Claim
from tests.pairs import article_of, read_pairs

TEXT = (
    "PORT LORN - Sweden's foreign minister said on Monday that Norway had asked for a mediator. "
    "{open}We will accept no mediator,{close} Norway's president told reporters. {open}It is "
    "nobody{single}s business but ours.{close}\n\n"
    "The Norwegian army said: {open}Our guns did not break the truce.{close} Denmark urged both "
    "sides to extend the ceasefire."
)
STYLES = {
    "straight": ('"', '"', "'"),
    "curly": ("“", "”", "’"),
    "guillemets": ("«", "»", "’"),
    "low": ("„", "“", "’"),
    "with no-break spaces": ("«\u00a0", "\u00a0»", "'"),
    "never closed": ("“", "“", "’"),
    "replaced by a bad decoder": ("\ufffd", "\ufffd", "\ufffd"),
    "decoded twice": ("â€œ", "â€\x9d", "â€™"),
}
# Every name gets another's place: as many states, capitals and adjectives as there are roles.
SHIFTED = (
    (("Zarnia", "Velk", "Halvor"), ("Zarnian", "Velkish", "Halvorian")),
    (("India", "Armenia", "Oman"), ("Indian", "Armenian", "Omani")),
    (("Pakistan", "Eritrea", "Sudan"), ("Pakistani", "Eritrean", "Sudanese")),
    (("New Delhi", "Yerevan", "Doha"), ("Islamabad", "Asmara", "Khartoum")),
)
CODES = {"IN": "AM", "AM": "OM", "OM": "IN", "PK": "ER", "ER": "SD", "SD": "PK"}


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(None)


def read(extractor: Extractor, text: str) -> tuple[Claim, ...]:
    claims = extractor.claims(article_of(text))
    for claim in claims:
        assert claim.text == " ... ".join(span.of(text) for span in claim.content)
        assert claim.source is None or claim.source.of(text).strip()
    return claims


def acts(claims: Iterable[Claim]) -> list[str]:
    return sorted(claim.act for claim in claims if claim.act)


# -- quotation marks, capitals -----------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_no_style_of_quotation_marks_breaks_or_hides_a_claim(
    extractor: Extractor, style: str
) -> None:
    mark, close, single = STYLES[style]
    claims = read(extractor, TEXT.format(open=mark, close=close, single=single))
    assert {"MED_REJECT", "CF_DENY_VIOLATION", "CF_EXTEND"} & set(acts(claims))
    assert {"NO", "DK"} <= {code for claim in claims for code in claim.countries}


def test_well_formed_styles_give_the_same_acts(extractor: Extractor) -> None:
    found = {
        style: acts(read(extractor, TEXT.format(open=one, close=two, single=three)))
        for style, (one, two, three) in STYLES.items()
        if style in ("straight", "curly", "guillemets")
    }
    assert len(set(map(tuple, found.values()))) == 1, found


def test_a_headline_in_capitals_says_what_it_says_in_small_letters(extractor: Extractor) -> None:
    lines = [member.text for pair in read_pairs("dev")[:60] for member in pair.members]
    both = [article_of(version) for line in lines for version in (line, line.upper())]
    found = [acts(claims) for _, claims in extractor.pipe(both)]
    same = [one == other for one, other in zip(found[::2], found[1::2], strict=True)]
    assert sum(same) >= 0.95 * len(same)


# -- lengths and languages -----------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "\u00a0", ".", "“", "”“", "\ufeff", "\u200b"])
def test_next_to_nothing_gives_no_claim(extractor: Extractor, text: str) -> None:
    assert extractor.claims(article_of(text)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Le président a déclaré hier que la trêve tiendrait et que personne ne médierait.",
        "Der Minister sagte gestern, die Waffenruhe werde nicht verlängert.",
        "Министр заявил вчера, что перемирие соблюдается обеими сторонами.",
        "قال الوزير أمس إن الهدنة صامدة وإن الوساطة مستمرة.",
        "外交部发言人表示，双方已同意停火。",
    ],
)
def test_another_language_gives_no_act(extractor: Extractor, text: str) -> None:
    assert acts(read(extractor, text)) == []


@pytest.mark.parametrize("text", [TEXT.format(open='"', close='"', single="'")])
def test_languages_mixed_in_one_text_do_no_harm(extractor: Extractor, text: str) -> None:
    mixed = f"{text}\n\nसरकार ने कहा कि युद्धविराम जारी है।\n\n外交部发言人表示，双方已同意停火。"
    assert set(acts(read(extractor, text))) <= set(acts(read(extractor, mixed)))


def paragraphs(words: int) -> str:
    """Return a text of about as many words: the same report over and over."""
    text = TEXT.format(open='"', close='"', single="'")
    return "\n\n".join([text] * (words // len(text.split()) + 1))


def calls(extractor: Extractor, text: str) -> int:
    """Count the calls of Python functions that extraction takes: a clock that no load disturbs."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        extractor.claims(article_of(text))
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_with_the_words_and_no_faster(extractor: Extractor) -> None:
    extractor.claims(article_of(paragraphs(100)))  # loads and compiles what is needed once
    short, long = (calls(extractor, paragraphs(words)) for words in (300, 1200))
    assert long <= 4 * 1.5 * short


@pytest.mark.slow
def test_a_text_of_20_000_words_is_read_to_its_end(extractor: Extractor) -> None:
    text = f"{paragraphs(20_000)}\n\nSweden's king said that Oslo had rejected mediation."
    claims = read(extractor, text)
    assert claims[-1].source_text in ("Sweden's king", "Oslo")
    assert len(claims) > 1000


# -- other names ---------------------------------------------------------------------------


def shifted(text: str) -> str:
    """Return the text with every name of SHIFTED replaced by the next of its row."""
    following = {
        name: names[(place + 1) % len(names)]
        for rows in SHIFTED
        for names in rows
        for place, name in enumerate(names)
    }
    pattern = "|".join(sorted(map(re.escape, following), key=len, reverse=True))
    return re.sub(rf"\b(?:{pattern})\b", lambda found: following[found[0]], text)


@pytest.fixture(scope="module")
def renamed(extractor: Extractor) -> list[tuple[tuple[Claim, ...], tuple[Claim, ...]]]:
    """Return the claims of every sentence with a name of SHIFTED, before and after the shift."""
    texts = [member.text for pair in read_pairs("dev") for member in pair.members]
    texts = [text for text in texts if shifted(text) != text]
    both = [article_of(version) for text in texts for version in (text, shifted(text))]
    claims = [found for _, found in extractor.pipe(both)]
    return list(zip(claims[::2], claims[1::2], strict=True))


Renamed = list[tuple[tuple[Claim, ...], tuple[Claim, ...]]]


def test_other_names_change_no_act(renamed: Renamed) -> None:
    same = [acts(before) == acts(after) for before, after in renamed]
    assert len(same) >= 150
    assert sum(same) >= 0.98 * len(same), f"{sum(same)} of {len(same)}"


def test_speakers_change_with_the_names(renamed: Renamed) -> None:
    told = [
        (shifted(one.source_text), tuple(CODES.get(code, code) for code in one.countries))
        == (other.source_text, other.countries)
        for before, after in renamed
        for one, other in zip(before, after, strict=False)
    ]
    assert sum(told) >= 0.95 * len(told), f"{sum(told)} of {len(told)}"
