"""Own short stories with who says what on whose word, and how many the extractor gets right.

.venv/bin/python -m tests.stories           what is wrong in the half that is worked on
.venv/bin/python -m tests.stories held      the other half: totals only
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.credit import read_credit
from pipeline.extract import Extractor
from pipeline.records import Article, Claim, stable_id

FOLDER = Path(__file__).parent / "data" / "stories"
MEASURES = ("found", "speaker", "country", "anonymous", "chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One statement of a story: a key in its words, and the right answers."""

    key: str
    names: tuple[str, ...]
    country: str  # "-" none, "*" not asked
    anonymous: bool
    chains: tuple[tuple[str, ...], ...]  # hops between outlet and speaker; () alone: not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A text and its cases."""

    article: Article
    cases: tuple[Case, ...]


def stories(half: str) -> list[Story]:
    """Return the stories of a half, "dev" or "held"."""
    text = (FOLDER / f"{half}.txt").read_text("utf-8")
    return [_story(part) for part in re.split(r"^## ", text, flags=re.MULTILINE) if part.strip()]


def _story(part: str) -> Story:
    head, _, rest = part.partition("\n")
    name, outlet, country, day = (piece.strip() for piece in head.split("|"))
    lines = rest.strip().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("> ")).strip()
    article = Article(
        id=stable_id("story", name),
        url=None,
        feed_url="",
        outlet=outlet,
        title="",
        text=text,
        language="en",
        published=datetime.fromisoformat(day).replace(tzinfo=UTC),
        first_seen=datetime.fromisoformat(day).replace(tzinfo=UTC),
        country=None if country == "-" else country,
    )
    return Story(
        article=article,
        cases=tuple(_case(line[2:]) for line in lines if line.startswith("> ")),
    )


def _case(line: str) -> Case:
    key, names, country, chain = (piece.strip() for piece in f"{line} ".split("|"))
    hops = () if chain == "*" else tuple(_hops(one) for one in chain.split(" / "))
    return Case(
        key=key,
        names=tuple(name.strip() for name in names.lstrip("~").split(" / ")),
        country=country,
        anonymous=names.startswith("~"),
        chains=hops,
    )


def _hops(chain: str) -> tuple[str, ...]:
    return tuple(hop.strip() for hop in chain.split(" > ") if hop.strip())


def score(half: str) -> tuple[Counter[str], list[str]]:
    """Return how many cases are right in each measure, "cases" all, and lines on the wrong."""
    extractor = Extractor()
    right: Counter[str] = Counter()
    wrong: list[str] = []
    for story in stories(half):
        article = story.article
        claims = extractor.claims(replace(article, credit=read_credit(article)))
        for case in story.cases:
            right["cases"] += 1
            marks = _marks(case, claims)
            right.update(mark for mark, holds in marks.items() if holds)
            failed = [mark for mark in MEASURES if not marks.get(mark)]
            if failed:
                wrong.append(
                    f"{article.outlet}: {case.key!r}: {', '.join(failed)}: {_got(case, claims)}"
                )
    return right, wrong


def _claim(case: Case, claims: tuple[Claim, ...]) -> Claim | None:
    """Return the claim whose words hold the key: the innermost one."""
    fitting = [claim for claim in claims if case.key in claim.text]
    named = [claim for claim in fitting if claim.speaker in case.names]
    return max(named or fitting, key=lambda claim: (claim.depth, -len(claim.text)), default=None)


def _marks(case: Case, claims: tuple[Claim, ...]) -> dict[str, bool]:
    claim = _claim(case, claims)
    if claim is None:
        return {}
    names = tuple(name.casefold() for name in case.names)
    country = "+".join(claim.countries) or "-"
    hops = tuple(hop.name for hop in claim.chain[1:-1])
    return {
        "found": True,
        "speaker": (claim.speaker or "").casefold() in names,
        "country": case.country in ("*", country),
        "anonymous": claim.anonymous == case.anonymous,
        "chain": not case.chains or hops in case.chains,
    }


def _got(case: Case, claims: tuple[Claim, ...]) -> str:
    claim = _claim(case, claims)
    if claim is None:
        return "no claim"
    return f"{claim.speaker} {claim.countries} {[hop.name for hop in claim.chain[1:-1]]}"


def _report(half: str) -> Iterator[str]:
    right, wrong = score(half)
    if half != "held":
        yield from wrong
    yield " ".join(f"{name} {right[name]}" for name in ("cases", *MEASURES))


if __name__ == "__main__":
    sys.stdout.write("\n".join(_report((sys.argv[1:] or ["dev"])[0])) + "\n")
