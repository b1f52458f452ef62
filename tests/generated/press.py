"""What the outlets of a plan serve at a moment, and what goes wrong with it.

A `Press` answers for feeds and pages. Seeded, its `Moods` change guids and addresses, edit
entries and pages, shuffle, hide and show entries again, leave validators out, and fail.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

from pipeline.records import stable_id
from tests.generated.plan import Piece, Plan, State
from tests.webserver import Answer

SHOWN = timedelta(days=4)  # an entry leaves its feed after that
FAILURES = ("503", "500", "429", "timeout", "refused", "html", "empty", "cut", "hollow")
MONTH = timedelta(days=20)  # what is longer counts as one
TRACKING = ("", "?utm_source=rss", "?utm_campaign=x&utm_medium=feed", "/", "/amp", "#top")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A feed is down for a while, in one way."""

    feed: str
    since: datetime
    until: datetime
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moods:
    """What is wrong with a press; the quiet one has nothing."""

    chance: random.Random
    validators: dict[str, str] = field(default_factory=dict)  # feed -> good, none, fickle
    outages: tuple[Outage, ...] = ()
    churn: dict[str, timedelta] = field(default_factory=dict)  # feed -> how old a guid gets
    touched: dict[str, datetime] = field(default_factory=dict)  # slug -> cosmetic edit
    moved: dict[str, datetime] = field(default_factory=dict)  # slug -> other address and title
    luck: int = 0
    twisted: bool = False  # addresses, order, lists with gaps
    broken_pages: frozenset[str] = frozenset()  # slugs whose page fails
    https: bool = False  # addresses change their scheme too


def quiet() -> Moods:
    """Return no moods."""
    return Moods(chance=random.Random(0))


def moods_of(plan: Plan, chance: random.Random, *, https: bool) -> Moods:
    """Draw what goes wrong while a plan is lived."""
    feeds = [feed for feed in plan.feeds if feed not in plan.gone]
    plain = [p for p in plan.pieces if len(p.states) == 1 and p.at > plan.start]
    late = timedelta(hours=1), timedelta(hours=60)

    def some(share: float) -> dict[str, datetime]:
        chosen = chance.sample(plain, int(len(plain) * chance.uniform(0, share)))
        return {p.slug: p.at + chance.uniform(0.0, 1.0) * (late[1] - late[0]) for p in chosen}

    return Moods(
        chance=chance,
        validators={feed: chance.choice(("good", "none", "fickle")) for feed in feeds},
        outages=tuple(_outages(plan, feeds, chance)),
        churn={f: timedelta(hours=chance.randint(5, 90)) for f in feeds if chance.random() < 0.4},
        touched=some(0.15),
        moved=some(0.08),
        luck=chance.randrange(1_000_000),
        twisted=chance.random() < 0.8,
        # The feed's own words must do then: of a month they hold what is said.
        broken_pages=frozenset(p.slug for p in plain if p.says and chance.random() < 0.03),
        https=https,
    )


def is_long(plan: Plan) -> bool:
    """Say whether a plan is a month."""
    return plan.end - plan.start > MONTH


def _outages(plan: Plan, feeds: Sequence[str], chance: random.Random) -> Iterator[Outage]:
    """Yield outages; none hides a whole state of an article that is edited later."""
    edited = {feed for p in plan.pieces if len(p.states) > 1 for feed in p.feeds}
    for feed in feeds:
        for _ in range(chance.randint(0, 3 if is_long(plan) else 1)):
            hours = chance.randint(1, 6 if feed in edited else 40)
            since = plan.start + chance.random() * (plan.end - plan.start) + timedelta(hours=1)
            until = since + timedelta(hours=hours)
            yield Outage(feed=feed, since=since, until=until, how=chance.choice(FAILURES))


class Press:
    """Answers for every feed and page of a plan at `now`, which whoever lives it moves on."""

    def __init__(self, plan: Plan, moods: Moods, base: str) -> None:
        self.plan = plan
        self.moods = moods
        self.base = base
        self.now = plan.start

    def feed_url(self, feed: str) -> str:
        """Return the address of a feed."""
        return f"{self.base}/feeds/{feed}"

    def answer(self, url: str, headers: dict[str, str]) -> Answer | None:
        """Return the answer to a request; None: there is no connection."""
        path = urlsplit(url).path.removesuffix("/amp").rstrip("/")
        kind, _, name = path.strip("/").partition("/")
        return self._feed(name, headers) if kind == "feeds" else self._page(name)

    # -- feeds -----------------------------------------------------------------------------

    def _feed(self, feed: str, headers: dict[str, str]) -> Answer | None:
        if feed in self.plan.gone:
            return Answer(status=410)
        trouble = self._trouble(feed)
        if trouble is None:
            return self._validated(feed, self._list(feed), headers)
        body = self._list(feed)
        answers = {
            "html": Answer(body=b"<!doctype html><html><body><h1>Back soon</h1></body></html>"),
            "empty": Answer(body=b""),
            "cut": Answer(body=body[: len(body) // 3]),
            "hollow": Answer(body=_rss(feed, ())),
            "429": Answer(status=429, headers={"Retry-After": "600"}),
        }
        if trouble in ("timeout", "refused"):
            return None
        return answers.get(trouble) or Answer(status=int(trouble))

    def _trouble(self, feed: str) -> str | None:
        found = (o.how for o in self.moods.outages if o.feed == feed)
        times = (o for o in self.moods.outages if o.feed == feed and o.since <= self.now < o.until)
        return next((o.how for o in times), None) if any(True for _ in found) else None

    def _validated(self, feed: str, body: bytes, headers: dict[str, str]) -> Answer:
        how = self.moods.validators.get(feed, "good")
        if how == "none":
            return Answer(body=body)
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if how == "fickle":
            return Answer(body=body, headers={"ETag": f'"{self.now.timestamp():.0f}"'})
        if headers.get("if-none-match") == etag:
            return Answer(status=304, headers={"ETag": etag})
        return Answer(body=body, headers={"ETag": etag})

    def _list(self, feed: str) -> bytes:
        shown = [p for p in self.plan.pieces if feed in p.feeds and self._is_listed(p)]
        shown.sort(key=lambda piece: piece.at, reverse=True)
        if self.moods.twisted and self.moods.chance.random() < 0.15:
            shown = [p for p in shown if self.moods.chance.random() > 0.1] or shown
            self.moods.chance.shuffle(shown)
        rows = [self._row(feed, piece) for piece in shown]
        # feedparser is slow: of ten feeds, two or three are XML.
        number = 0 if _is_search(rows) else (2, 0, 2, 2, 1, 2, 2)[sum(map(ord, feed)) % 7]
        return FORMATS[number](feed, rows)

    def _is_listed(self, piece: Piece) -> bool:
        return piece.at <= self.now < piece.at + SHOWN

    def _row(self, feed: str, piece: Piece) -> dict[str, str]:
        words = self.words(piece)
        outlet = self.plan.outlets[piece.outlet]
        is_search = bool(piece.page) and piece.page != feed
        age = self.moods.churn.get(feed)
        turn = f"-{int((self.now - self.plan.start) / age)}" if age else ""
        slug = piece.slug + ("-moved" if self._is_moved(piece) else "")
        return {
            "guid": f"{feed}-{slug}{turn}",
            "url": self._address(f"{piece.outlet}/{slug}", f"{feed}{slug}"),
            "title": f"{words.title} - {outlet}" if is_search else words.title,
            "summary": "" if is_search else _lead(piece, words),
            "at": piece.at.isoformat(),
            "outlet": outlet if is_search else "",
        }

    def _address(self, path: str, name: str) -> str:
        """Return an address of a page: each feed has its own, and another one every two days."""
        base, turn = self.base, (self.now - self.plan.start) // timedelta(days=2)
        number = int(stable_id(name, str(turn), str(self.moods.luck))[:6], 16)
        if not self.moods.twisted:
            return f"{base}/pages/{path}"
        if self.moods.https and number % 3 == 0:
            base = base.replace("http://", "https://")
        return f"{base}/pages/{path}{TRACKING[number % len(TRACKING)]}"

    # -- pages -----------------------------------------------------------------------------

    def _page(self, path: str) -> Answer | None:
        outlet, _, slug = path.partition("/")
        slug = slug.removesuffix("-moved")
        for piece in self.plan.pieces:
            if (piece.outlet, piece.slug) == (outlet, slug) and piece.at <= self.now:
                if slug in self.moods.broken_pages:
                    return Answer(status=503)
                body = _page(piece, self.words(piece), self.plan)
                return Answer(body=body, headers={"Content-Type": "text/html"})
        return Answer(status=404)

    # -- words -----------------------------------------------------------------------------

    def words(self, piece: Piece) -> State:
        """Return the words of an article now, with the cosmetic edits made so far."""
        state = piece.then(self.now)
        title, paragraphs = state.title, state.paragraphs
        touched = self.moods.touched.get(piece.slug)
        if touched and touched <= self.now:
            title, paragraphs = f"{title} (updated)", (*paragraphs, "More to follow on this page.")
        if self._is_moved(piece):
            title = f"What we know: {title}"
        return State(at=state.at, title=title, paragraphs=paragraphs)

    def _is_moved(self, piece: Piece) -> bool:
        moved = self.moods.moved.get(piece.slug)
        return moved is not None and moved <= self.now


def _lead(piece: Piece, words: State) -> str:
    return f"({piece.credit}) — {words.paragraphs[0]}" if piece.credit else words.paragraphs[0]


def _page(piece: Piece, words: State, plan: Plan) -> bytes:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": words.title,
        "datePublished": piece.at.isoformat(),
    }
    lines = (_lead(piece, words), *words.paragraphs[1:])
    text = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    name = plan.outlets[piece.outlet]
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{escape(words.title)} | {escape(name)}</title>
<script type="application/ld+json">{json.dumps(data)}</script></head>
<body><nav><a href="/">Home</a></nav><main><article><h1>{escape(words.title)}</h1>
{text}
</article></main><footer>All rights reserved.</footer></body></html>""".encode()


# -- formats ------------------------------------------------------------------------------

Rows = Sequence[dict[str, str]]


def _is_search(rows: Rows) -> bool:
    return any(row["outlet"] for row in rows)


def _rss(title: str, rows: Rows) -> bytes:
    items = "".join(
        f"<item><title>{escape(r['title'])}</title><link>{escape(r['url'])}</link>"
        f"<guid isPermaLink='false'>{r['guid']}</guid>"
        f"<description>{escape(r['summary'])}</description>"
        f"<pubDate>{format_datetime(datetime.fromisoformat(r['at']))}</pubDate>"
        + (f'<source url="http://none.test">{escape(r["outlet"])}</source>' if r["outlet"] else "")
        + "</item>"
        for r in rows
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>'
        f"<link>http://none.test</link><description>News</description>{items}</channel></rss>"
    ).encode()


def _atom(title: str, rows: Rows) -> bytes:
    entries = "".join(
        f"<entry><title>{escape(r['title'])}</title><id>urn:{r['guid']}</id>"
        f'<link rel="alternate" href="{escape(r["url"])}"/>'
        f"<summary>{escape(r['summary'])}</summary>"
        f"<published>{r['at']}</published><updated>{r['at']}</updated></entry>"
        for r in rows
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{title}</title><id>urn:{title}</id>{entries}</feed>"
    ).encode()


def _json(title: str, rows: Rows) -> bytes:
    items = [
        {
            "id": r["guid"],
            "url": r["url"],
            "title": r["title"],
            "summary": r["summary"],
            "date_published": r["at"],
        }
        for r in rows
    ]
    version = "https://jsonfeed.org/version/1.1"
    return json.dumps({"version": version, "title": title, "items": items}).encode()


FORMATS = (_rss, _atom, _json)
