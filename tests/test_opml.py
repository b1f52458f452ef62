"""OPML in and out: nothing is lost on the way, nothing hostile comes in."""

from __future__ import annotations

from pathlib import Path

import listparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.feeds import load_feeds
from pipeline.config.opml import MAX_BYTES, read_opml, write_opml
from pipeline.config.scaffold import DEFAULTS
from pipeline.errors import ConfigError
from pipeline.records import Feed, FeedKind

DATA = Path(__file__).parent / "data" / "config" / "opml"
FEED = Feed(
    url="https://a.example/f?x=1&y=2",
    outlet="Ä & \"B\" <c> 'd' روزنامہ अख़बार",
    country="PK",
    language="ur",
    kind=FeedKind.AGENCY,
    party="PK",
    agency="X, Y / Z",
    ownership="state, 50 % / private",
    section="national",
    verified="2025-05-10",
    enabled=False,
)


def outline(attributes: str) -> bytes:
    return f'<opml version="1.0"><body><outline {attributes}/></body></opml>'.encode()


def test_the_shipped_list_survives_a_round_trip_whole() -> None:
    feeds = load_feeds(DEFAULTS)
    assert read_opml(write_opml(feeds)) == feeds


def test_every_field_of_a_feed_survives_commas_slashes_quotes_and_scripts() -> None:
    assert read_opml(write_opml([FEED])) == (FEED,)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Zs", "Zl", "Zp"]), min_size=1
)


@given(outlet=WORDS, agency=WORDS)
def test_any_printable_words_survive(outlet: str, agency: str) -> None:
    feed = Feed(url="https://a.example/f", outlet=outlet, agency=agency)
    assert read_opml(write_opml([feed])) == (feed,)


def test_other_readers_see_titles_addresses_and_plain_attributes() -> None:
    data = write_opml([FEED])
    assert listparser.parse(data)["feeds"][0]["title"] == FEED.outlet
    assert b'country="PK" language="ur" kind="agency"' in data
    assert data.isascii()


def test_characters_xml_cannot_hold_are_left_out() -> None:
    (feed,) = read_opml(write_opml([Feed(url="https://a.example/f", outlet="A\x00\x0b\ud800B")]))
    assert feed.outlet == "AB"


def test_a_plain_list_of_another_reader_becomes_plain_feeds() -> None:
    data = b"""<?xml version="1.0" encoding="UTF-8"?>
    <opml version="1.1"><head><title>x</title></head><body>
      <outline text="World"><outline type="rss" text="One" title="uno" xmlUrl="https://one.example/f"
        htmlUrl="https://one.example/" category="/News/World,fun"/></outline>
      <outline xmlUrl="https://two.example/f"/>
      <outline text="One again" xmlUrl="https://one.example/f"/>
    </body></opml>"""
    assert read_opml(data) == (
        Feed(url="https://one.example/f", outlet="One"),
        Feed(url="https://two.example/f", outlet="https://two.example/f"),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_its_encoding_is_what_it_says(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = (
        f'<?xml version="1.0" encoding="{declared}"?>'
        + outline('text="Zürich &#2327;" xmlUrl="https://a.example/f"').decode()
    )
    assert read_opml(text.encode(encoding)) == (Feed(url="https://a.example/f", outlet="Zürich ग"),)


def test_an_unknown_kind_is_an_outlet() -> None:
    (feed,) = read_opml(outline('text="A" xmlUrl="https://a.example/f" category="/kind/blog"'))
    assert feed.kind is FeedKind.OUTLET


@pytest.mark.parametrize("name", ["entities", "external"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_document_types_are_refused_in_any_encoding(name: str, encoding: str) -> None:
    data = (DATA / f"{name}.opml").read_text("utf-8").encode(encoding)
    with pytest.raises(ConfigError, match="document type or entities"):
        read_opml(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an OPML document"),
        (b"\x00\x01\x02" * 50, "not an OPML document"),
        ((DATA / "page.opml").read_bytes(), "not an OPML document"),
        (b"<opml>\xff</opml>", "cannot be decoded"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "cannot be decoded"),
        (b" " * (MAX_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_what_is_no_opml_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_opml(data)


def test_endless_nesting_is_refused_at_once() -> None:
    data = b'<opml version="2.0"><body>' + b'<outline xmlUrl="https://a.example/f">' * 100_000
    with pytest.raises(ConfigError, match="nested more than 100 deep"):
        read_opml(data)


def test_a_list_cut_short_gives_what_it_has() -> None:
    data = write_opml([FEED, Feed(url="https://b.example/f", outlet="B")])
    assert read_opml(data[: data.index(b"https://b.example")]) == (FEED,)


def test_stray_tags_lose_no_feed() -> None:
    data = b'<opml version="2.0"><body></outline></outline><outline xmlUrl="https://a.example/f"/></body></opml>'
    assert [feed.url for feed in read_opml(data)] == ["https://a.example/f"]
