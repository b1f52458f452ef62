"""parse: what becomes of every kind of feed, and which article an entry is about.

Cases are files: `data/feeds/NAME` beside `NAME.expected.json`, which holds either the start of
the `error` or the fields to compare of each entry.
"""

from __future__ import annotations

import json
import pickle
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParseError
from pipeline.formats import charset
from pipeline.formats.guess import guess_encoding
from pipeline.links import canonical_url, fold_url
from pipeline.parse import (
    MAX_ENTRIES,
    MAX_TITLE_CHARS,
    entry_id,
    feeds_in_page,
    fingerprint,
    parse_feed,
    parse_file,
    read_feed,
)
from pipeline.records import Entry, Feed, FeedKind, Payload, PollOutcome

CASES = Path(__file__).parent / "data" / "feeds"
NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
FEED = Feed(url="https://feeds.example/rss", outlet="Test Outlet")
EXPECTED = sorted(CASES.glob("*.expected.json"))


def payload_of(body: bytes | str, *, content_type: str = "") -> Payload:
    return Payload(
        feed_url=FEED.url,
        url=FEED.url,
        status=200,
        content_type=content_type,
        body=body.encode() if isinstance(body, str) else body,
        fetched_at=NOW,
    )


def entries_of(items: str, feed: Feed = FEED) -> tuple[Entry, ...]:
    body = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    return parse_feed(payload_of(body), feed, NOW)


def item(title: str = "", link: str = "", guid: str = "", text: str = "") -> str:
    parts = [("title", title), ("link", link), ("description", text)]
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in parts if value)
    guid = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return f"<item>{inner}{guid}</item>"


# -- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.partition(".exp")[0])
def test_a_case_file_is_read_as_expected(expected: Path) -> None:
    want: dict[str, Any] = json.loads(expected.read_text("utf-8"))
    body = expected.with_name(expected.name.removesuffix(".expected.json")).read_bytes()
    kind = FeedKind(want.get("kind", "outlet"))
    feed = replace(FEED, country=want.get("country"), kind=kind)
    if "error" in want:
        with pytest.raises(ParseError) as caught:
            parse_feed(payload_of(body), feed, NOW)
        assert caught.value.message.startswith(want["error"])
        assert caught.value.message.partition(":")[0] in list(PollOutcome)
        return
    reading = read_feed(payload_of(body), feed, NOW)
    assert want.get("format", reading.format) == reading.format
    assert want.get("encoding", reading.encoding) == reading.encoding
    assert want.get("note", "") in reading.note
    assert [
        shown(entry, fields) for entry, fields in zip(reading.entries, want["entries"], strict=True)
    ] == want["entries"]


def shown(entry: Entry, fields: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in fields:
        value = getattr(entry, name)
        value = value.isoformat() if isinstance(value, datetime) else value
        found[name] = list(value) if isinstance(value, tuple) else value
    return found


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.partition(".exp")[0])
def test_a_file_never_raises_and_its_entries_have_id_and_title(expected: Path) -> None:
    found = parse_file(expected.with_name(expected.name.removesuffix(".expected.json")))
    assert found["outcome"] in [str(outcome) for outcome in PollOutcome]
    entries = found["entries"]
    assert isinstance(entries, list)
    assert all(entry["id"] and entry["title"] for entry in entries)
    assert bool(entries) == (found["outcome"] == "ok")
    json.dumps(found)


def test_parse_errors_survive_the_way_out_of_a_worker() -> None:
    with pytest.raises(ParseError) as caught:
        parse_feed(payload_of("<html>"), FEED, NOW)
    back = pickle.loads(pickle.dumps(caught.value))
    assert (back.message, back.subject) == (caught.value.message, FEED.url)
    assert pickle.loads(pickle.dumps(entries_of(item("a", "https://h.example/1"))))


# -- identity ---------------------------------------------------------------------------------


def one(
    url: str | None = None, guid: str | None = None, title: str = "Talks", **more: str
) -> Entry:
    fields: dict[str, Any] = {"outlet": "Herald", "summary": "", "content": "", "language": None}
    return Entry(feed_url="f", url=url, guid=guid, title=title, **(fields | more))


@pytest.mark.parametrize(
    "other",
    [
        one("http://h.example/a", "g2"),
        one("https://h.example/a/"),
        one("https://www.h.example/a", title="Talks, edited"),
        one("https://h.example/a/amp", outlet="Another"),
    ],
)
def test_an_address_is_the_article_whatever_guid_scheme_or_feed(other: Entry) -> None:
    assert entry_id(other) == entry_id(one("https://h.example/a", "g1"))


@pytest.mark.parametrize("url", [None, "https://h.example/", "https://h.example/index.html"])
def test_without_an_address_of_its_own_guid_and_outlet_decide(url: str | None) -> None:
    entry = one(url, "story-77")
    assert entry_id(entry) == entry_id(replace(entry, title="Edited", url=None))
    assert entry_id(entry) != entry_id(replace(entry, outlet="Another"))
    assert entry_id(entry) != entry_id(replace(entry, guid="STORY-77"))


def test_without_address_and_guid_the_words_decide() -> None:
    assert entry_id(one(title="A")) != entry_id(one(title="B"))
    assert entry_id(one(title="Truce  holds.")) == entry_id(one(title="truce holds"))
    assert entry_id(one(guid="1", title="A")) != entry_id(one(guid="1", title="B"))


def test_a_reused_guid_keeps_the_stories_apart() -> None:
    linked = [item(f"Story {n}", f"https://h.example/{n}", "same-guid") for n in range(3)]
    bare = [item(f"Story {n}", guid="same-guid") for n in range(3)]
    assert len({entry.id for entry in entries_of("".join(linked))}) == 3
    assert len({entry.id for entry in entries_of("".join(bare))}) == 3


def test_a_churned_guid_makes_no_new_story() -> None:
    polls = [entries_of(item("Story", "https://h.example/1", f"guid-{n}")) for n in range(3)]
    assert len({entries[0].id for entries in polls}) == 1


def test_an_address_shared_by_several_stories_does_not_merge_them() -> None:
    shared = "https://h.example/live"
    with_guids = item("One", shared, "post-1") + item("Two", shared, "post-2")
    without = item("One", shared) + item("Two", shared)
    assert len(entries_of(with_guids)) == 2
    assert len(entries_of(without)) == 2


def test_a_story_listed_twice_is_one_entry() -> None:
    twice = item("Before", "https://h.example/1", "g-one") + item(
        "After", "https://h.example/1", "g-one"
    )
    assert [entry.title for entry in entries_of(twice)] == ["Before"]


def test_ids_do_not_depend_on_order_or_tracking() -> None:
    items = [item(f"Story {n}", f"https://h.example/{n}?utm_source=rss") for n in range(4)]
    plain = [item(f"Story {n}", f"https://h.example/{n}") for n in range(4)]
    ids = [{entry.id for entry in entries_of("".join(order))} for order in (items, plain[::-1])]
    assert ids[0] == ids[1]


def test_a_fingerprint_changes_with_words_only() -> None:
    entry = one(title="Truce holds", summary="Both sides said so.")
    assert fingerprint(entry) == fingerprint(replace(entry, title="  truce  “holds” "))
    assert fingerprint(entry) != fingerprint(replace(entry, title="Truce broken"))
    assert fingerprint(entry) != fingerprint(replace(entry, content="More"))
    # a vowel sign is not a letter to a regex, and 1.5 is not 15
    assert fingerprint(one(title="कि")) != fingerprint(one(title="की"))
    assert fingerprint(one(title="1.5")) != fingerprint(one(title="15"))


# -- what a feed says about itself ------------------------------------------------------------


def test_a_persons_word_about_the_language_outweighs_the_template() -> None:
    body = (
        '<rss version="2.0"><channel><language>en-us</language>' + item("خبر") + "</channel></rss>"
    )
    said = parse_feed(payload_of(body), replace(FEED, language="ur"), NOW)
    unsaid = parse_feed(payload_of(body), FEED, NOW)
    assert (said[0].language, unsaid[0].language) == ("ur", "en")


def test_only_aggregators_name_other_outlets() -> None:
    body = '<item><title>Truce holds - Post</title><source url="https://p.example">Post</source></item>'
    own = entries_of(body)[0]
    news = entries_of(body, replace(FEED, kind=FeedKind.AGGREGATOR))[0]
    assert (own.outlet, own.title) == ("Test Outlet", "Truce holds - Post")
    assert (news.outlet, news.title) == ("Post", "Truce holds")


def test_a_date_is_never_invented() -> None:
    assert entries_of(item("No date"))[0].published is None


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_the_item_in_which_a_feed_breaks_off_waits_for_the_whole_feed(cut: int) -> None:
    first = item("One", "https://h.example/1", "one", "All of the first")
    second = item("Two", "https://h.example/2", "two", "All of the second")
    body = f'<rss version="2.0"><channel>{first}{second}'[:-cut]
    reading = read_feed(payload_of(body), FEED, NOW)
    assert [entry.title for entry in reading.entries] == ["One"]
    assert "cut short" in reading.note


def test_a_feed_that_breaks_off_before_the_address_of_its_first_item_has_none() -> None:
    with pytest.raises(ParseError, match="cut short"):
        read_feed(payload_of('<rss version="2.0"><channel><item><title>One</title><li'), FEED, NOW)


# -- bounds -----------------------------------------------------------------------------------


def test_a_huge_feed_is_cut_to_its_newest_and_says_so() -> None:
    dated = "".join(
        f"<item><title>s{n}</title><link>https://h.example/{n}</link>"
        f"<pubDate>Mon, 05 Jan 2026 {n // 200:02}:{n % 60:02}:00 GMT</pubDate></item>"
        for n in range(MAX_ENTRIES + 500)
    )
    reading = read_feed(
        payload_of(f'<rss version="2.0"><channel>{dated}</channel></rss>'), FEED, NOW
    )
    assert len(reading.entries) == MAX_ENTRIES
    assert f"kept newest {MAX_ENTRIES} of {MAX_ENTRIES + 500}" in reading.note
    assert not [entry for entry in reading.entries if entry.title == "s0"]


def test_a_monstrous_feed_is_cut_before_it_is_parsed() -> None:
    many = item("x", "https://h.example/x") * 60_000
    body = f'<rss version="2.0"><channel>{many}</channel></rss>'
    started = time.perf_counter()
    reading = read_feed(payload_of(body), FEED, NOW)
    assert "items in the middle left out" in reading.note
    assert time.perf_counter() - started < 5  # 11 s and more without the cut


@pytest.mark.parametrize(
    "attack",
    [
        "<item " + " ".join(f'a{n}="x"' for n in range(50_000)) + "><title>Held</title></item>",
        f"<item><title>Held</title><author>{'a' * 60_000}</author></item>",
        f"<item><title>Held</title><author><![CDATA[{'a.' * 30_000}]]></author></item>",
        f"<item><title>Held</title><description><![CDATA[{'<p<b ' * 200_000}]]></description>"
        "</item>",
    ],
    ids=["attributes", "author", "author in cdata", "half-open tags"],
)
def test_what_stalls_the_library_does_not_stall_us(attack: str) -> None:
    started = time.process_time()
    assert [entry.title for entry in entries_of(attack)] == ["Held"]
    assert time.process_time() - started < 3  # 16 s to 35 s otherwise


def test_long_fields_are_cut() -> None:
    entry = entries_of(item("t" * 50_000, "https://h.example/" + "u" * 9_000, "g" * 9_000))[0]
    assert len(entry.title) == MAX_TITLE_CHARS
    assert entry.url is None
    assert entry.guid is not None
    assert len(entry.guid) <= 1_000


def test_a_packed_bomb_is_too_big() -> None:
    import gzip

    with pytest.raises(ParseError, match="too big"):
        parse_feed(payload_of(gzip.compress(b" " * 20_000_000)), FEED, NOW)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_feeds_raise_nothing_else(data: st.DataObject) -> None:
    """Cut, swap and double pieces of the case files: entries or a ParseError, nothing else."""
    path = data.draw(st.sampled_from(EXPECTED))
    body = path.with_name(path.name.removesuffix(".expected.json")).read_bytes() or b"<"
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(0, len(body)))
    junk = data.draw(
        st.binary(max_size=8) | st.sampled_from([b"&#99999999999;", b"<![CDATA[", b"&#x;"])
    )
    damaged = body[:start] + junk + body[end:]
    try:
        entries = parse_feed(payload_of(damaged), FEED, NOW)
    except ParseError:
        return
    assert entries
    assert all(entry.id and entry.title and entry.fingerprint for entry in entries)


# -- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("HTTPS://H.Example:443/a#x", "https://h.example/a"),
        ("http://u:p@h.example/a", "http://h.example/a"),
        ("https://h.example/a?ref=rss&id=3&ref=2", "https://h.example/a?id=3&ref=2"),
        ("https://h.example/a?id=1&amp;utm_source=x", "https://h.example/a?id=1"),
        (
            "https://h.example/s?cid=77&source=ministry",
            "https://h.example/s?cid=77&source=ministry",
        ),
        ("https://खबर.example/क", "https://xn--21b8bm.example/%E0%A4%95"),
        ("https://h.example", "https://h.example/"),
        ("mailto:a@h.example", None),
        ("//h.example/x", None),
        ("https:///x", None),
        ("https://h.example:x/", None),
        ("", None),
    ],
)
def test_addresses_become_canonical(url: str, clean: str | None) -> None:
    assert canonical_url(url) == clean


@given(st.text(max_size=60), st.sampled_from(["https://h.example/", "http://h/?q=", ""]))
def test_canonical_addresses_stay_as_they_are(tail: str, head: str) -> None:
    once = canonical_url(head + tail)
    assert once is None or canonical_url(once) == once
    assert once is None or fold_url(once) == fold_url(once + "#part")[: len(fold_url(once))]


def test_a_page_names_its_feeds() -> None:
    page = """<link rel="alternate" type="application/rss+xml" href="/rss">
      <link rel=alternate type=application/atom+xml href=https://o.example/atom>
      <link rel="alternate" hreflang="hi" href="/hi">
      <link rel="alternate" type="application/rss+xml">"""
    assert feeds_in_page(page, "https://h.example/x/") == (
        "https://h.example/rss",
        "https://o.example/atom",
    )
    assert feeds_in_page(b"", "https://h.example/") == ()


# -- character sets -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Стороны договорились о встрече на мосту", "cp1251"),
        ("Стороны договорились о встрече на мосту", "koi8-r"),
        ("הצדדים נפגשו ליד הגשר הישן", "cp1255"),
        ("التقى الطرفان قرب الجسر القديم", "cp1256"),
        ("التقى الطرفان قرب الجسر القديم", "iso8859-6"),
        ("Οι δύο πλευρές συναντήθηκαν στη γέφυρα", "iso8859-7"),
        ("ทั้งสองฝ่ายพบกันที่สะพาน", "cp874"),
        ("Obie strony spotkały się przy moście, źle śpiąc", "iso8859-2"),
        ("Die Brücke öffnet früher für Fußgänger", "cp1252"),
        ("双方在旧桥附近会面", "gb18030"),
        ("雙方在舊橋附近會面", "big5"),
        ("両者は古い橋の近くで会談した", "euc_jp"),
        ("両者は古い橋の近くで会談した", "cp932"),
        ("양측은 오래된 다리 근처에서 만났다", "cp949"),
    ],
)
def test_a_headline_is_enough_to_recognise_its_encoding(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    guessed = guess_encoding(data)
    assert guessed is not None
    assert data.decode(guessed) == text


def test_a_few_broken_bytes_do_not_make_utf8_something_else() -> None:
    decoded = charset.decode("वार्ता जारी है".encode() + b"\xff ok")
    assert (decoded.encoding, decoded.damaged) == ("utf-8", True)


def test_the_servers_charset_counts_where_the_bytes_prove_nothing() -> None:
    data = "<a>Łódź</a>".encode("iso8859-2")
    assert charset.decode(data, content_type="text/xml; charset=ISO-8859-2").text == "<a>Łódź</a>"


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_become_text(data: bytes, content_type: str) -> None:
    assert isinstance(charset.decode(data, content_type=content_type).text, str)
