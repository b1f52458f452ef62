"""Read crisis.toml: who publishes what, when, in which state."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A publisher of the demo. `format` names the feed it serves, or the trouble it has."""

    key: str
    name: str
    country: str
    format: str
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One article in one outlet, as it stands at a moment."""

    slug: str
    outlet: Outlet
    at: datetime
    title: str
    paragraphs: tuple[str, ...]
    credit: str | None = None  # the agency named in the dateline
    publisher: Outlet  # whose page it is: not the outlet's own for an aggregator


@dataclass(frozen=True, slots=True)
class Crisis:
    """The whole week."""

    first_day: datetime
    outlets: Mapping[str, Outlet]
    articles: tuple[Mapping[str, Any], ...]

    @property
    def days(self) -> int:
        """The number of the last day; day 0 is the baseline."""
        return max(int(article["day"]) for article in self.articles)

    def end_of(self, day: int) -> datetime:
        """Return the evening of a day, when the monitor runs."""
        return self.first_day + timedelta(days=day, hours=20)

    def items(self, now: datetime) -> Iterator[Item]:
        """Yield everything published until `now`, in the state it has then."""
        for article in self.articles:
            for outlet, at, fields in self._printings(article):
                if at <= now:
                    yield self._item(article, outlet, at, fields, now)

    def _printings(
        self, article: Mapping[str, Any]
    ) -> Iterator[tuple[Outlet, datetime, Mapping[str, Any]]]:
        yield self.outlets[article["outlet"]], self._at(article["day"], article["hour"]), {}
        for copy in article.get("copies", []):
            yield self.outlets[copy["outlet"]], self._at(article["day"], copy["hour"]), copy

    def _item(
        self,
        article: Mapping[str, Any],
        outlet: Outlet,
        at: datetime,
        fields: Mapping[str, Any],
        now: datetime,
    ) -> Item:
        publisher = self.outlets[fields["of"]] if "of" in fields else outlet
        printed = self._fields_of(article, publisher) if "of" in fields else fields
        body = article["body"].strip()
        for edit in article.get("edits", []):
            if self._at(edit["day"], edit["hour"]) <= now:
                body = body.replace(edit["from"], edit["to"])
        paragraphs = tuple(line.strip() for line in body.split("\n\n"))
        return Item(
            slug=article["id"],
            outlet=outlet,
            at=at,
            title=printed.get("title", article["title"]),
            paragraphs=paragraphs[: len(paragraphs) - printed.get("cut", 0)],
            credit=printed.get("credit"),
            publisher=publisher,
        )

    def _fields_of(self, article: Mapping[str, Any], publisher: Outlet) -> Mapping[str, Any]:
        """Return how another outlet printed it: an aggregator shows that one's page."""
        copies: list[Mapping[str, Any]] = article.get("copies", [])
        return next((c for c in copies if c["outlet"] == publisher.key), {})

    def _at(self, day: int, hour: int) -> datetime:
        return self.first_day + timedelta(days=day, hours=hour)


@cache
def load_crisis() -> Crisis:
    """Return the shipped week."""
    raw = tomllib.loads(Path(__file__).with_name("crisis.toml").read_text("utf-8"))
    return Crisis(
        first_day=datetime.combine(raw["first_day"], time(tzinfo=UTC)),
        outlets={key: Outlet(key=key, **row) for key, row in raw["outlets"].items()},
        articles=tuple(raw["articles"]),
    )
