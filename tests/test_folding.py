from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.folding import Folded, fold, foldings, is_word, words

EQUAL = [
    ("Line of Control", "line-of-control"),
    ("Line of Control", "LINE\u00a0OF\nCONTROL"),
    ("L.o.C.", "LoC"),
    ("P.O.K.", "pok"),
    ("J&K", "J & K"),
    ("J&K", "j and k"),
    ("Kashmir's future", "Kashmir’s future"),
    ("Kashmir's future", "Kashmir future"),
    ("Operation 'Sindoor'", "operation “Sindoor”"),
    ("São Tomé", "Sao Tome"),
    ("STRASSE", "straße"),
    ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
    ("soft\u00adhyphen", "softhyphen"),
    ("\u202bمتن\u202c", "متن"),
    ("क़ाज़ी", "काजी"),  # two code points a letter
    ("\u0958\u093e\u095b\u0940", "काजी"),  # one code point a letter
    ("पाँच", "पांच"),
    ("कश्\u200dमीर", "कश्मीर"),
    ("كشمير", "کشمیر"),
    ("بهارت", "بھارت"),
    ("مسئلۂ", "مسئلہ"),
    ("مُعَاہَدَہ", "معاہدہ"),
    ("کشـــمیر", "کشمیر"),
    ("آزاد", "ازاد"),
    ("مؤقف", "موقف"),
    ("१२ ۱۲", "12 12"),
    ("snake_case", "snake case"),
]

DIFFERENT = [
    ("कश्मीर", "कश्मीरी"),
    ("line of. control", "line of control"),
    ("India, Pakistan", "India Pakistan"),
    ("plan B. A man", "plan BA man"),
    ("کشمیری", "کشمیر"),
    ("لڑکے", "لڑکی"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_spellings_of_one_word_fold_to_one_form(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_word_ends_where_its_vowel_sign_ends() -> None:
    folded = fold("नदी का पानी, कश्मीर।")
    assert [folded[start:end] for start, end in words(folded)] == ["नदी", "का", "पानी", "कश्मीर"]


def test_vowel_signs_are_part_of_a_word() -> None:
    assert all(is_word(char) for char in "की9x")
    assert not any(is_word(char) for char in " .,।'-")


def test_offsets_point_into_the_text_that_was_given() -> None:
    source = "The  “L.o.C.” — J&K’s border"
    folded = Folded(source)
    found = [source[slice(*folded.original(*word))] for word in words(folded.text)]
    assert found == ["The", "L.o.C", "J", "&", "K", "border"]


def test_an_invisible_border_is_read_both_ways() -> None:
    assert [folded.text for folded in foldings("جنگ\u200cبندی")] == ["جنگبندی", "جنگ بندی"]
    assert [folded.text for folded in foldings("in\u200bto")] == ["into", "in to"]
    assert [folded.text for folded in foldings("क्\u200cष")] == ["क्ष"]


_PIECES = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("'’s. -_&\"\u200b\u200c\u200d\u00ad.ABकी़ँکيهھہ\u0650ـﷺ½ßİ"),
    )
)


@settings(max_examples=300, deadline=None)
@given(_PIECES)
def test_every_folded_character_has_a_place_in_order(source: str) -> None:
    for folded in foldings(source):
        places = [folded.original(at, at + 1) for at in range(len(folded.text))]
        assert all(0 <= start < end <= len(source) for start, end in places)
        assert places == sorted(places)


@settings(max_examples=200, deadline=None)
@given(_PIECES)
def test_a_key_is_found_in_itself(source: str) -> None:
    key = fold(source)
    assert key in Folded(f"x {source} x").text
