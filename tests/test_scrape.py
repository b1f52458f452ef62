"""From an article's address to its text: what is read, what is recognised, what is left alone.

The pages are in `data/pages`, in our own words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.client import Client, ClientSettings
from pipeline.records import Article, Stage, TextFrom, stable_id
from pipeline.scrape import (
    Page,
    PageDate,
    Robots,
    kind_of_page,
    read_page,
    scrape_article,
    with_feed_text,
    with_page,
)
from pipeline.scrape.page import MAX_CHARACTERS, paragraphs
from pipeline.scrape.robots import may_fetch, product_token, rules_for
from pipeline.workers import Workers
from tests.factories import NOON, article
from tests.webserver import Answer, WebServer, running

PAGES = Path(__file__).parent / "data" / "pages"
URL = "https://valley.test/world/river-envoys-agree"
LONG = "The envoys said that the talks would go on by the river, come what may. " * 12


def page_named(name: str, url: str = URL) -> Page:
    return read_page((PAGES / name).read_bytes(), url)


def html(inner: str, head: str = "", title: str = "Talks go on") -> bytes:
    return (
        f"<html lang='en'><head><title>{title}</title>{head}</head><body><article>"
        f"<h1>{title}</h1>{inner}</article></body></html>"
    ).encode()


def page_with(json_ld: str, head: str = "", url: str = URL) -> Page:
    script = f'<script type="application/ld+json">{json_ld}</script>'
    return read_page(html(f"<p>{LONG}</p>", script + head), url)


HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(1) as pool:
        yield pool


def client(**changes: Any) -> Client:
    settings = ClientSettings(allow_private=True, per_host_delay_s=0.0, timeout_s=5.0)
    return Client(replace(settings, **changes))


async def scraped(url: str | None, workers: Workers, *, robots: bool = False) -> Article:
    async with client() as opened:
        rules = Robots(opened, "truceline/0.1 (tests)") if robots else None
        return await scrape_article(article(url=url), opened, workers, rules)


# -- text -----------------------------------------------------------------------------------


def test_the_text_is_the_article_s_paragraphs_and_nothing_else() -> None:
    text = page_named("article.html").text
    parts = text.split("\n\n")
    assert len(parts) == 6
    assert parts[0].startswith("ELMTOWN: The envoys")
    assert parts[-1].startswith("The next round")
    soup = ["Accept all", "Advertisement", "Also read", "newsletter", "Football club", "Copyright",
            "Photo:", "Sport", "Updated"]  # fmt: skip
    assert [word for word in soup if word in text] == []


def test_line_breaks_make_paragraphs_too() -> None:
    parts = page_named("article-breaks.html").text.split("\n\n")
    assert [part.split()[0] for part in parts] == ["The", '"We', "The", "Engineers"]


@pytest.mark.parametrize(
    ("name", "language", "first", "last", "absent"),
    [
        ("article-hindi.html", "hi", "दोनों नदी राज्यों", "गुरुवार से फिर शुरू होगी।", "यह भी पढ़ें"),
        ("article-urdu.html", "ur", "دونوں دریائی", "دوبارہ شروع ہو جائے گی۔", "یہ بھی پڑھیں"),
    ],
)
def test_hindi_and_urdu_pages_are_read_whole(
    name: str, language: str, first: str, last: str, absent: str
) -> None:
    page = page_named(name)
    assert (page.kind, page.language) == ("article", language)
    assert page.text.startswith(first)
    assert page.text.endswith(last)
    assert page.text.count("\n\n") == 3
    assert absent not in page.text


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "utf-8", "text/html; charset=iso-8859-1"),
        ("cp1256", "windows-1256", ""),
        ("cp1256", "nonsense", "text/html; charset=windows-1256"),
        ("utf-16", "utf-8", "text/html; charset=utf-8"),
    ],
)
def test_a_wrongly_declared_charset_costs_no_letter(
    encoding: str, declared: str, content_type: str
) -> None:
    words = "وزیر نے کہا کہ بات چیت جاری رہے گی اور پل کھلا رہے گا "
    source = (
        f"<html><head><meta charset='{declared}'><title>خبر</title></head>"
        f"<body><article><p>{words * 8}</p></article></body></html>"
    )
    body = source.encode(encoding, "ignore")
    assert (
        words.encode(encoding, "ignore").decode(encoding).strip()
        in read_page(body, URL, content_type).text
    )


def test_an_endless_text_is_cut_between_paragraphs() -> None:
    text = paragraphs("\n".join(f"{n} {'word ' * 200}" for n in range(500)))
    assert MAX_CHARACTERS - 2000 < len(text) <= MAX_CHARACTERS
    assert text.endswith("word")
    assert len(paragraphs("x" * 3 * MAX_CHARACTERS)) == MAX_CHARACTERS


# -- what stands in an article's place --------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("article.html", "article"),
        ("article-breaks.html", "article"),
        ("brief.html", "article"),
        ("paywall.html", "paywall"),
        ("paywall-data.html", "paywall"),
        ("consent.html", "consent page"),
        ("bot-wall.html", "bot wall"),
        ("soft-404.html", "soft 404"),
        ("soft-404-hindi.html", "soft 404"),
        ("live-blog.html", "live page"),
        ("live-stamps.html", "live page"),
        ("no-text.html", "empty"),
    ],
)
def test_the_kind_of_a_page_is_recognised(name: str, kind: str) -> None:
    assert page_named(name).kind == kind


@pytest.mark.parametrize(
    "title",
    [
        "404 families return to the valley",
        "Page found in the river: a diary from the war",
        "Access denied to envoys at the border",
        "Just a moment of silence for the drowned",
        "Where they live: a map of the valley",
        "Subscribers leave the old paper",
        "Cookies and tea: how the envoys made peace",
        "Your privacy on the border: what guards may look at",
        "Live rounds found under the bridge",
        "No live updates from the front as cables are cut",
        "Are you a robot? Voters ask the minister",
        "Why the general had to sign in to the palace",
        "River talks fail - Hilltown Live",
        "Talks go on | News Live",
    ],
)
def test_a_headline_with_such_words_is_an_article(title: str) -> None:
    brief = "The envoys met by the river on Monday and said that talks would go on."
    for text in (brief, LONG):
        assert kind_of_page(text, title, URL) == "article"


@pytest.mark.parametrize(
    "text",
    [
        "Police said 404 people were not found after the flood. The page of the report is missing.",
        "Viewers can live without cookies, he told subscribers, but not without news.",
        "The minister denied access to the dam. An unusual amount of traffic was on the bridge.",
        "She said readers should subscribe, and that the story continues in spring.",
        "The agency verified that the men were human and that the browser had been stolen.",
    ],
)
def test_a_brief_with_such_words_is_an_article(text: str) -> None:
    assert kind_of_page(text, "Valley news in brief", URL) == "article"


def test_a_long_article_about_paywalls_is_an_article() -> None:
    text = LONG + "Readers who want to continue reading are told to subscribe to read the article."
    assert kind_of_page(text, "Papers close their doors", URL) == "article"


@pytest.mark.parametrize(
    ("title", "url"),
    [
        ("Bridge dispute LIVE: envoys arrive", URL),
        ("Bridge dispute live updates: envoys arrive", URL),
        ("Live updates | Envoys arrive", URL),
        ("लाइव अपडेट: दूत पहुँचे", URL),
        ("Envoys arrive", "https://valley.test/live-blog/envoys-arrive"),
        ("Envoys arrive", "https://valley.test/world/liveblog/2031/3/3/envoys-arrive"),
        ("Envoys arrive", "https://valley.test/world/envoys-live-updates-7"),
    ],
)
def test_live_pages_are_known_by_title_and_address(title: str, url: str) -> None:
    assert kind_of_page(LONG, title, url) == "live page"


def test_a_live_blog_among_the_related_stories_makes_no_live_page() -> None:
    linked = '{"@type":"LiveBlogPosting","url":"https://valley.test/other","headline":"Other"}'
    own = f'{{"@type":"NewsArticle","url":"{URL}","headline":"Talks go on"}}'
    assert page_with(f"[{linked},{own}]").kind == "article"


@pytest.mark.parametrize("marker", ["g-recaptcha", "datadome"])
def test_a_robot_check_in_the_source_counts_only_where_no_text_is(marker: str) -> None:
    script = f"<script src='/{marker}.js'></script>"
    assert read_page(html(f"<p>{LONG}</p>", script), URL).kind == "article"
    assert read_page(html("<p>One moment please.</p>", script), URL).kind == "bot wall"


@pytest.mark.parametrize("body", [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"\0" * 2000])
def test_a_file_in_a_page_s_clothes_is_no_article(body: bytes) -> None:
    assert read_page(body, URL).kind == "no HTML"


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"<", b"<html>", b"plain words", b"<div>" * 20_000, b"\xff\xfe\xff", b"<p>\0</p>"],
)
def test_a_broken_page_is_read_without_an_error(body: bytes) -> None:
    assert read_page(body, URL).kind in ("empty", "article", "no HTML")


# -- metadata -----------------------------------------------------------------------------


def test_a_page_says_who_wrote_it_and_when() -> None:
    page = page_named("article.html")
    assert page.authors == ("Ada Brook", "Noor Vale")
    assert page.date == PageDate(
        when=datetime(2031, 3, 3, 13, 0, tzinfo=UTC), element="json-ld datePublished"
    )
    assert page.canonical == URL


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ('"PTI"', ("PTI",)),
        ('["Ada Brook", "Noor Vale"]', ("Ada Brook", "Noor Vale")),
        ('{"@type":"Person","name":" Ada  Brook "}', ("Ada Brook",)),
        ('[{"name":"Ada Brook"},{"name":["Noor Vale","PTI"]}]', ("Ada Brook", "Noor Vale", "PTI")),
        ('{"name":"Brook &amp; Sons"}', ("Brook & Sons",)),
        ('"https://valley.test/authors/ada"', ()),
        ("null", ()),
        ('{"name":null}', ()),
    ],
)
def test_authors_come_in_many_shapes(author: str, names: tuple[str, ...]) -> None:
    assert page_with(f'{{"@type":"NewsArticle","author":{author}}}').authors == names


@pytest.mark.parametrize(
    ("date", "when", "doubt"),
    [
        ("2031-03-03T18:30:00+05:30", datetime(2031, 3, 3, 13, tzinfo=UTC), ""),
        ("2031-03-03T18:30:00+0530", datetime(2031, 3, 3, 13, tzinfo=UTC), ""),
        ("2031-03-03T13:00:00.000Z", datetime(2031, 3, 3, 13, tzinfo=UTC), ""),
        ("2031-03-03T13:00:00", datetime(2031, 3, 3, 13, tzinfo=UTC), "no zone, taken as UTC"),
        ("2031-03-03", datetime(2031, 3, 3, tzinfo=UTC), "day only"),
    ],
)
def test_a_date_keeps_what_is_doubtful_about_it(date: str, when: datetime, doubt: str) -> None:
    page = page_with(f'{{"@type":"NewsArticle","datePublished":"{date}"}}')
    assert page.date == PageDate(when=when, element="json-ld datePublished", doubt=doubt)


@pytest.mark.parametrize("date", ['"yesterday"', "17", "null", '"0001-01-01T00:00:00+14:00"', "[]"])
def test_an_unreadable_date_is_none(date: str) -> None:
    assert page_with(f'{{"@type":"NewsArticle","datePublished":{date}}}').date is None


@pytest.mark.parametrize(
    "broken", ["{", "[" * 5000, "not json", '{"@type": NewsArticle}', "", "17", '"words"']
)
def test_broken_json_ld_is_passed_over(broken: str) -> None:
    meta = "<meta property='article:published_time' content='2031-03-03T13:00:00Z'>"
    page = page_with(broken, meta)
    assert (page.kind, page.date and page.date.element) == ("article", "page meta")


def test_json_ld_may_be_wrapped_nested_and_hold_line_breaks() -> None:
    item = '{"@type":"NewsArticle","headline":"Talks\ngo on","author":"Ada"}'
    for shape in (f"<!--{item}-->", f"{item};", f'{{"@graph":[{{"@graph":[{item}]}}]}}',
                  f'{{"@type":"WebPage","mainEntity":{item}}}'):  # fmt: skip
        assert page_with(shape).authors == ("Ada",)


def test_the_data_of_linked_stories_is_not_the_page_s() -> None:
    linked = '{"@type":"NewsArticle","url":"https://valley.test/x","headline":"X","author":"Eve"}'
    own = f'{{"@type":"NewsArticle","mainEntityOfPage":"{URL}?utm_source=x","author":"Ada"}}'
    assert page_with(f"[{linked},{own}]").authors == ("Ada",)


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("/world/other", "https://valley.test/world/other"),
        ("https://evil.test/world", None),
        ("//evil.test/world", None),
        ("https://[broken", None),
    ],
)
def test_a_canonical_address_on_another_host_is_ignored(href: str, canonical: str | None) -> None:
    assert page_with("{}", f"<link rel='canonical' href='{href}'>").canonical == canonical


# -- what becomes of the article --------------------------------------------------------------


def test_the_page_s_text_becomes_the_article_s() -> None:
    found = with_page(article(authors=(), language=None), page_named("article.html"))
    assert found.stage is Stage.EXTRACT
    assert found.text_from is TextFrom.PAGE
    assert found.text_hash == stable_id(found.text)
    assert found.authors == ("Ada Brook", "Noor Vale")
    assert (found.language, found.note) == ("en", "")


def test_an_edited_page_gives_another_text() -> None:
    first = with_page(article(), page_named("article.html"))
    source = (PAGES / "article.html").read_bytes().replace(b"the dam,", b"the new dam,")
    second = with_page(first, read_page(source, URL))
    assert second.text_hash != first.text_hash
    assert "the new dam," in second.text


@pytest.mark.parametrize("name", ["paywall.html", "consent.html", "soft-404.html", "no-text.html"])
def test_without_the_article_the_feed_s_text_is_used_and_the_note_says_why(name: str) -> None:
    page = page_named(name)
    found = with_page(article(summary="The feed's words."), page)
    assert (found.text, found.text_from) == ("The feed's words.", TextFrom.FEED)
    assert found.note == f"no text from the page: {page.kind}"
    assert found.stage is Stage.EXTRACT


def test_a_feed_with_nothing_but_titles_leaves_the_title() -> None:
    found = with_feed_text(article(summary="", title="Talks go on"), "page answered 403")
    assert (found.text, found.text_from) == ("Talks go on", TextFrom.TITLE)


def test_a_page_with_less_than_the_feed_is_no_gain() -> None:
    teaser = Page(text="word " * 40)
    full = article(summary="The whole story. " * 100)
    assert with_page(full, teaser).text == full.summary
    assert with_page(article(summary="Short."), teaser).text == teaser.text
    assert with_page(article(summary="Not so short at all."), Page(text="Two words")).note


FEED_DATE = NOON - timedelta(hours=3)
ZONED = PageDate(when=NOON - timedelta(hours=5), element="json-ld datePublished")
ZONELESS = replace(ZONED, doubt="no zone, taken as UTC")


@pytest.mark.parametrize(
    ("published", "published_from", "dated", "expected"),
    [
        (FEED_DATE, "pubDate", ZONED, (FEED_DATE, "pubDate")),
        (FEED_DATE, "pubDate (day only)", ZONED, (ZONED.when, "json-ld datePublished")),
        (FEED_DATE, "pubDate (day only)", ZONELESS, (FEED_DATE, "pubDate (day only)")),
        (None, None, ZONED, (ZONED.when, "json-ld datePublished")),
        (None, None, ZONELESS, (None, None)),
        (None, "pubDate (doubtful: 1970-01-01)", ZONED, (ZONED.when, "json-ld datePublished")),
        (None, None, replace(ZONED, when=NOON + timedelta(hours=1)), (None, None)),
        (None, None, None, (None, None)),
    ],
)
def test_the_date_that_nothing_is_doubtful_about_wins(
    published: datetime | None, published_from: str | None, dated: PageDate | None, expected: Any
) -> None:
    shown = article(published=published, published_from=published_from, first_seen=NOON)
    found = with_page(shown, Page(text=LONG, date=dated))
    assert (found.published, found.published_from) == expected


def test_a_day_is_good_enough_for_an_old_article() -> None:
    dated = PageDate(when=NOON - timedelta(days=400), element="page meta", doubt="day only")
    found = with_page(article(published=None, first_seen=NOON), Page(text=LONG, date=dated))
    assert (found.published, found.published_from) == (dated.when, "page meta (day only)")


# -- over the wire ----------------------------------------------------------------------------


async def test_a_page_is_fetched_and_read(web: WebServer, workers: Workers) -> None:
    url = web.route("/story", headers=HTML, body=(PAGES / "article.html").read_bytes())
    web.route("/old", status=301, headers={"Location": "/story"})
    for address in (url, web.url("/old")):
        assert (await scraped(address, workers)).text.startswith("ELMTOWN: The envoys")


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (Answer(status=404), "page answered 404"),
        (Answer(status=403, body=b"denied"), "page answered 403"),
        (Answer(headers={"Content-Type": "application/pdf"}, body=b"%PDF-1.7"),
         "page is application/pdf, not HTML"),
        (Answer(headers={"Content-Type": "image/jpeg"}, body=b"\xff\xd8\xff"),
         "page is image/jpeg, not HTML"),
        (Answer(headers={"Content-Type": "text/html"}, body=b"%PDF-1.7"),
         "no text from the page: no HTML"),
        (Answer(status=302, headers={"Location": "/"}),
         "no text from the page: soft 404 (sent to the front page)"),
        (Answer(status=302, headers={"Location": "/story"}), "page not reached: "),
        (Answer(status=302, headers={"Location": "http://127.9.9.9:9/"}), "blocked address: "),
        (Answer(headers={"Content-Length": "30000000"}, body=b"x" * 30_000_000),
         "page not reached: announces 30000000 bytes, more than 5000000"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>"), "page not reached: "),
    ],
)  # fmt: skip
async def test_what_is_no_page_is_named(
    web: WebServer, workers: Workers, answer: Answer, note: str
) -> None:
    web.route("/", headers=HTML, body=(PAGES / "article.html").read_bytes())
    web.route("/story", answer)
    async with client(allow_private=False, allowed=(f"127.0.0.1:{web.port}",)) as opened:
        found = await scrape_article(article(url=web.url("/story")), opened, workers, None)
    assert found.note.startswith(note)
    assert (found.text, found.stage) == ("A short summary.", Stage.EXTRACT)


@pytest.mark.parametrize("url", [None, "", "mailto:a@b.test", "http://[bad", "http://x.invalid/"])
async def test_an_address_of_nothing_raises_nothing(url: str | None, workers: Workers) -> None:
    found = await scraped(url, workers, robots=True)
    assert found.note
    assert found.text == "A short summary."


async def test_a_private_address_is_not_asked(web: WebServer, workers: Workers) -> None:
    web.route("/story", body=b"<html>")
    async with Client() as opened:
        found = await scrape_article(article(url=web.url("/story")), opened, workers, None)
    assert found.note.startswith("blocked address: ")
    assert web.requests == []


async def test_a_page_that_takes_for_ever_costs_its_time_and_no_more(
    web: WebServer, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.scrape.TIMEOUT_S", 0.3)
    rows = "".join(f"<tr><td><a href='/{n}'>{n}</a></td></tr>" for n in range(60_000))
    web.route("/slow", headers=HTML, body=html(f"<table>{rows}</table>"))
    web.route("/story", headers=HTML, body=html(f"<p>{LONG}</p>"))
    assert (await scraped(web.url("/slow"), workers)).note.endswith("stopped after 0.3 s")
    monkeypatch.undo()
    assert (await scraped(web.url("/story"), workers)).text_from is TextFrom.PAGE


# -- robots.txt ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /private", "/private/x", False),
        ("User-agent: *\nDisallow: /private", "/news", True),
        ("User-agent: *\nDisallow: /\nAllow: /news", "/news/x", True),  # the longest line counts
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),  # of equal ones Allow
        ("User-agent: *\nDisallow: /*?print=", "/a/b?print=1", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf.html", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow:", "/news", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Truceline\nDisallow: /x", "/news", True),
        ("User-agent: truceline/2\nDisallow: /", "/news", False),
        ("User-agent: a\nUser-agent: truceline\nDisallow: /", "/news", False),
        ("User-agent: truceline\nAllow: /n\nUser-agent: b\nDisallow: /\nUser-agent: truceline\n"
         "Disallow: /news", "/news", False),  # groups of one agent are one group
        ("User-agent: other\nDisallow: /", "/news", True),
        ("Disallow: /", "/news", True),  # said to nobody
        ("\ufeffUser-agent: * # all\nDisallow: /news # no", "/news", False),
        ("User-agent: *\nDisallow: /घाटी", "/%e0%a4%98%E0%A4%BE%E0%A4%9F%E0%A5%80", False),
        ("<html><body>Not found</body></html>", "/news", True),
    ],
)  # fmt: skip
def test_robots_txt_is_read_by_rfc_9309(lines: str, path: str, allowed: bool) -> None:
    assert may_fetch(rules_for("truceline", lines), f"https://valley.test{path}") is allowed


def test_hostile_robots_txt_is_read_in_no_time() -> None:
    rules = rules_for("truceline", f"User-agent: *\nDisallow: {'/*a' * 600}b$")
    assert may_fetch(rules, f"https://valley.test/{'a/' * 1000}")


@pytest.mark.parametrize(
    ("agent", "token"),
    [
        ("truceline/0.1 (news monitoring)", "truceline"),
        ("Mozilla/5.0 (compatible; Truceline/0.1; +https://x.test)", "Truceline"),
        ("", ""),
    ],
)
def test_the_agent_answers_to_its_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (Answer(body=b"User-agent: *\nDisallow: /story"), "robots.txt keeps the page from us"),
        (Answer(status=503), "robots.txt not readable: it answered 503"),
        (Answer(status=429), "robots.txt not readable: it answered 429"),
        (Answer(raw=b"rubbish"), "robots.txt not readable: "),
        (Answer(body=b"User-agent: *\nDisallow: /other"), ""),
        (Answer(status=404), ""),
        (Answer(status=403), ""),
    ],
)
async def test_robots_txt_decides_before_the_page_is_asked(
    web: WebServer, workers: Workers, answer: Answer, note: str
) -> None:
    url = web.route("/story", headers=HTML, body=(PAGES / "article.html").read_bytes())
    web.route("/robots.txt", answer)
    found = await scraped(url, workers, robots=True)
    assert found.note.startswith(note)
    assert (found.text_from is TextFrom.PAGE) is (note == "")
    assert len(web.seen("/story")) == (note == "")


async def test_robots_txt_is_asked_once_however_many_wait(web: WebServer) -> None:
    web.route("/robots.txt", body=b"User-agent: *\nDisallow: /no", delay_s=0.05)
    async with client() as opened:
        robots = Robots(opened, "truceline")
        urls = [web.url(f"/{n}") for n in range(20)] + [web.url("/no")]
        answers = await asyncio.gather(*map(robots.allows, urls))
    assert answers == [True] * 20 + [False]
    assert len(web.seen("/robots.txt")) == 1


async def test_robots_txt_is_asked_again_after_a_day_and_sooner_after_a_failure(
    web: WebServer,
) -> None:
    web.route("/robots.txt", Answer(status=500), Answer(body=b""))
    times = [0.0, 800.0, 1_000.0, 80_000.0, 90_000.0]
    asked: list[tuple[bool, int]] = []
    async with client() as opened:
        robots = Robots(opened, "truceline", clock=lambda: times[len(asked)])
        for _ in times:
            asked.append((await robots.allows(web.url("/x")), len(web.seen("/robots.txt"))))
    assert asked == [(False, 1), (False, 1), (True, 2), (True, 2), (True, 3)]


async def test_one_who_stops_waiting_for_robots_txt_stops_nobody_else(web: WebServer) -> None:
    web.route("/robots.txt", body=b"", delay_s=0.1)
    async with client() as opened:
        robots = Robots(opened, "truceline")
        impatient = asyncio.create_task(robots.allows(web.url("/a")))
        patient = asyncio.create_task(robots.allows(web.url("/b")))
        await asyncio.sleep(0)
        impatient.cancel()
        assert await patient
