"""Edited articles: live through an edit in a real store, and see what it says.

.venv/bin/python -m tests.edits           what is wrong in the half that is worked on
.venv/bin/python -m tests.edits held      the other half: totals only
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from pipeline.alert import RuleIndex
from pipeline.comparing import Comparer
from pipeline.config import Config, load_config
from pipeline.demo.replay import CONFIG
from pipeline.editing import carried
from pipeline.extract import Extractor
from pipeline.records import Alert, Article, Claim, Rule, Stage, TextFrom, stable_id
from pipeline.stores import Store, open_store

FOLDER = Path(__file__).parent / "data" / "edits"
NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)
TOPIC = "harun-valley"
ORDINARY = ("update", "new", "silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An article before and after an edit, and what the edit is."""

    article: str
    before: str
    after: str
    gold: str

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.article}: {self.gold}: {stable_id(self.after)[:6]}"


def cases(half: str) -> list[Case]:
    """Return the cases of a half, "dev" or "held"."""
    raw = tomllib.loads((FOLDER / f"{half}.toml").read_text("utf-8"))
    texts = {row["id"]: row["text"].strip() for row in raw["article"]}
    return [
        Case(
            article=row["article"],
            before=texts[row["article"]],
            after=edit(texts[row["article"]], row["change"]),
            gold=row["is"],
        )
        for row in raw["edit"]
    ]


def edit(text: str, changes: list[list[str]]) -> str:
    """Return the text with every change made, each once."""
    for old, new in changes:
        if old == "":
            text = f"{text}\n{new}"
        elif old == "^":
            text = f"{new}{text}"
        else:
            assert old in text, old
            text = text.replace(old, new, 1)
    return text.strip()


@cache
def demo() -> Config:
    """Return the demo's configuration."""
    return load_config(CONFIG)


@cache
def extractor() -> Extractor:
    """Return one extractor for all cases."""
    return Extractor(demo().topics, actors_dir=demo().actors_dir)


@cache
def read(article: Article) -> tuple[Claim, ...]:
    """Return the claims of an article; the same article is read once."""
    return extractor().claims(article)


class Life:
    """One article in a store of its own: shown, read, compared; then edited."""

    def __init__(self, store: Store) -> None:
        self.store, self.now = store, NOON
        everything = Rule(name="everything")
        self.comparer = Comparer(demo(), store, lambda: self.now, RuleIndex([everything]))

    def show(self, text: str, **fields: object) -> tuple[Alert, ...]:
        """Let the article have this text; return the alerts."""
        article = Article(
            id="article",
            url="https://herald.test/1",
            feed_url="https://herald.test/rss",
            outlet="The Varona Herald",
            title="Title",
            language="en",
            published=NOON - timedelta(hours=2),
            first_seen=NOON,
            topics=(TOPIC,),
        )
        article = replace(article, **fields)  # type: ignore[arg-type]  # fields by name
        stored = self.store.article(article.id) or article
        shown = replace(
            stored,
            text=text,
            text_hash=stable_id(text),
            text_from=TextFrom.PAGE,
            stage=Stage.EXTRACT,
        )
        self.store.save_article(replace(shown, **fields))  # type: ignore[arg-type]  # as above
        self.extract()
        return self.compare()

    def extract(self) -> tuple[Claim, ...]:
        """Read what waits; return the claims that stand."""
        for article in self.store.pending(Stage.EXTRACT):
            claims = carried(self.store, article, read(article))
            self.store.save_claims(replace(article, stage=Stage.COMPARE), claims)
        return tuple(self.store.claims("article"))

    def compare(self) -> tuple[Alert, ...]:
        """Compare what waits; return the alerts."""
        self.now += timedelta(hours=1)
        waiting = self.store.pending(Stage.COMPARE)
        return tuple(alert for article in waiting for alert in self.comparer.compare(article))


def alerts_of(case: Case) -> tuple[Alert, ...]:
    """Return the alerts that the edit of a case causes."""
    with closing(open_store("sqlite:///:memory:")) as store:
        life = Life(store)
        life.show(case.before)
        return life.show(case.after)


def is_right(case: Case, alerts: tuple[Alert, ...]) -> bool:
    """Say whether the edit was told as what it is, and nothing else."""
    reasons = [alert.reason for alert in alerts]
    match case.gold:
        case "silent":
            return not reasons
        case "update":
            return all(
                alert.novelty == "update" and not alert.receipt.get("edit") for alert in alerts
            )
        case "new":
            return bool(reasons) and not any(alert.receipt.get("edit") for alert in alerts)
        case kind:
            return reasons == [kind]


def _report(half: str) -> Iterator[str]:
    right = {"silent": [0, 0], "told": [0, 0]}
    for case in cases(half):
        alerts = alerts_of(case)
        count = right["silent" if case.gold == "silent" else "told"]
        count[1] += 1
        count[0] += is_right(case, alerts)
        if half != "held" and not is_right(case, alerts):
            yield f"{case.name}: {[(a.reason, a.headline) for a in alerts]}"
    yield f"{half}: " + ", ".join(f"{name} {a} of {b}" for name, (a, b) in right.items())


if __name__ == "__main__":
    for line in _report((sys.argv[1:] or ["dev"])[0]):
        sys.stdout.write(f"{line}\n")
