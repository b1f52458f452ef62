"""Stage 5: from an article's address to its text.

The page is fetched by the guarded client, read by trafilatura in a worker process (`page`),
and judged (`kinds`): a paywall, consent page, bot wall, soft 404 or live page is not the
article's text. Whenever the page cannot be had, the feed's own text is used and the article's
`note` says why.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.errors import BlockedAddress, FetchError, TrucelineError, WorkerError
from pipeline.links import is_front_page
from pipeline.records import Article, Stage, TextFrom, stable_id
from pipeline.scrape.kinds import kind_of_page
from pipeline.scrape.page import Page, PageDate, read_page
from pipeline.scrape.robots import Robots

if TYPE_CHECKING:
    from pipeline.client import Client, Response
    from pipeline.workers import Workers

PAGE_BYTES = 5_000_000  # trafilatura needs over a minute for 3 to 30 MB of links or cells
TIMEOUT_S = 20.0
MIN_WORDS = 30  # a page text shorter than this and than the feed's is no gain
ENOUGH = 0.5  # of a feed's long text: of less than this the page shows a teaser only
DAY_OLD = timedelta(hours=36)  # a day without hour or zone may be this far off
CLOCKS = timedelta(minutes=15)  # between the outlet's clock and ours


async def scrape_article(
    article: Article,
    client: Client,
    workers: Workers,
    robots: Robots | None,
    *,
    max_bytes: int = PAGE_BYTES,
) -> Article:
    """Return `article` with text, ready for extraction. Never raises for what the web does."""
    if article.url is None:
        return with_feed_text(article, "the feed gives no address")
    try:
        refusal = await robots.refusal(article.url) if robots is not None else ""
        if refusal:
            return with_feed_text(article, refusal)
        response = await client.get(article.url, max_bytes=max_bytes)
        refusal = _no_page(response, article.url)
        if refusal:
            return with_feed_text(article, refusal)
        arguments = (response.body, response.url, response.headers.get("content-type", ""))
        page = await workers.call_within(TIMEOUT_S, read_page, arguments)
    except TrucelineError as error:
        return with_feed_text(article, _why_not(error))
    return with_page(article, page)


def with_page(article: Article, page: Page) -> Article:
    """Return `article` with the page's text where that is the article's, else the feed's."""
    if page.kind != "article":
        return with_feed_text(article, f"no text from the page: {page.kind}")
    if not _is_gain(page.text, article.summary):
        return with_feed_text(article, "no text from the page: hardly any text")
    published, published_from = _when(article, page.date)
    return replace(
        article,
        text=page.text,
        text_hash=stable_id(page.text),
        text_from=TextFrom.PAGE,
        authors=article.authors or page.authors,
        language=article.language or page.language,
        published=published,
        published_from=published_from,
        stage=Stage.EXTRACT,
        note="",
    )


def with_feed_text(article: Article, why: str) -> Article:
    """Return `article` with what the feed gave as its text, marked as such."""
    text = article.summary or article.title
    return replace(
        article,
        text=text,
        text_hash=stable_id(text),
        text_from=TextFrom.FEED if article.summary else TextFrom.TITLE,
        stage=Stage.EXTRACT,
        note=why,
    )


def _no_page(response: Response, asked: str) -> str:
    """Say why an answer cannot be the article's page; "" when it may be."""
    if not 200 <= response.status < 300:
        return f"page answered {response.status}"
    content_type = response.headers.get("content-type", "").partition(";")[0].strip()
    if content_type and "html" not in content_type.lower():
        return f"page is {content_type}, not HTML"
    if is_front_page(response.url) and not is_front_page(asked):
        return "no text from the page: soft 404 (sent to the front page)"
    return ""


def _why_not(error: TrucelineError) -> str:
    match error:
        case BlockedAddress():
            return f"blocked address: {error.message}"
        case FetchError():
            return f"page not reached: {error.message}"
        case WorkerError():
            return f"page not readable: {error.message}"
        case _:
            return f"page not read: {error.message}"


def _is_gain(text: str, feed_text: str) -> bool:
    """Say whether a page's text is more than the feed's: some feeds carry all of it."""
    words, had = len(text.split()), len(feed_text.split())
    return words >= had or (words >= MIN_WORDS and words >= ENOUGH * had)


def _when(article: Article, dated: PageDate | None) -> tuple[datetime | None, str | None]:
    """Choose between the feed's date and the page's: the one that nothing is doubtful about.

    What has no zone or no hour is good for old articles only: of one that has just appeared
    the time we saw it is nearer. A date after that is wrong, whatever it says.
    """
    feed = article.published, article.published_from
    sure = article.published is not None and "(" not in (article.published_from or "")
    if dated is None or sure or dated.when > article.first_seen + CLOCKS:
        return feed
    if not dated.doubt:
        return dated.when, dated.element
    if article.published is None and dated.when < article.first_seen - DAY_OLD:
        return dated.when, f"{dated.element} ({dated.doubt})"
    return feed


__all__ = [
    "Page",
    "PageDate",
    "Robots",
    "kind_of_page",
    "read_page",
    "scrape_article",
    "with_feed_text",
    "with_page",
]
