"""What comparing one article costs in a store of 1,000 claims and in one of 1,000,000.

    python -m bench.compare [--small 1000] [--big 1000000] [--articles 200] [--folder DIR]
    python -m bench.compare --url http://127.0.0.1:9200 --big 100000

Two stores hold the beginning and the whole of one made-up traffic: 1,370 claims a day (a million
in two years), 40 parties and what they say of four of them by 28 acts on 8 issues and about six
mediators, unequally often, with incidents of every day at 60 places. Both then compare the same
new articles of 5 claims, in turn, so that other work on the machine hits both alike. The figure
is the median time of an article in the big store over that in the small one: CPU time of this
process for SQLite, time on the clock for a cluster.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from pipeline.alert import RuleIndex
from pipeline.compare.keys import Said, proposition_id, read
from pipeline.compare.opposition import is_opposed
from pipeline.compare.tables import aspect_of, is_kind
from pipeline.comparing import Comparer
from pipeline.config import load_config
from pipeline.dedupe import sketch_text
from pipeline.records import (
    Article,
    Claim,
    Contradiction,
    Decision,
    Novelty,
    Position,
    Proposition,
    Rule,
    Span,
    Stage,
    TextFrom,
    stable_id,
)
from pipeline.stores import Store, open_store
from pipeline.stores.parts import KeptArticle, KeptClaim, KeptSketch
from pipeline.taxonomy import load_acts

START = datetime(2024, 1, 1, tzinfo=UTC)
A_DAY, PER_ARTICLE, BATCH = 1_370, 5, 200
TOPIC = "bench"
ACTS = tuple(load_acts())
PARTIES = tuple(f"{a}{b}" for a in "ABCDE" for b in "KLMNPRST")
ISSUES = ("truce", "dispute", "water", "prisoners", "trade", "airspace", "border", "other")
PLACES = tuple(
    f"{a}{b}{c}"
    for a in ("Tor", "Vel", "Mar", "Sun")
    for b in "aeo"
    for c in ("n", "sk", "ra", "vik", "dor")
)
WORDS = tuple(
    f"{a}{b}{c}{d}{e}"
    for a in "bdfgklmnprst"
    for b in "aeiou"
    for c in "ndrstl"
    for d in "aeiou"
    for e in "ndrstl"
)


def weights(size: int) -> list[float]:
    """Return running sums by which the first of `size` things come most often."""
    return list(accumulate((rank + 1) ** -1.5 for rank in range(size)))


PARTY_WEIGHTS, ACT_WEIGHTS, ISSUE_WEIGHTS = map(weights, map(len, (PARTIES, ACTS, ISSUES)))


def told(number: int) -> Claim:
    """Return the claim of this number: the same in every run."""
    chance = random.Random(number)
    (party,) = chance.choices(PARTIES, cum_weights=PARTY_WEIGHTS)
    other, third = chance.choice(PARTIES[:4]), chance.choice(PARTIES[4:10])
    (act,) = chance.choices(ACTS, cum_weights=ACT_WEIGHTS)
    (issue,) = chance.choices(ISSUES, cum_weights=ISSUE_WEIGHTS)
    article = number // PER_ARTICLE
    words = " ".join(chance.choices(WORDS, k=12))
    text = f"{party} {words} on {issue}"
    if is_kind("incidents", act):
        text += f" near {chance.choice(PLACES)} on {chance.choice(('Monday', 'Friday'))}"
    return Claim(
        id=stable_id("claim", str(number)),
        article_id=stable_id("article", str(article)),
        version=1,
        outlet=f"Outlet {chance.randrange(160)}",
        said_at=START + timedelta(days=article * PER_ARTICLE / A_DAY),
        source=None,
        cue=None,
        content=(Span(0, len(text)),),
        source_text=f"Speaker {party}{chance.randrange(12)}",
        cue_text="said",
        text=text,
        quote_type="indirect",
        chain=(),
        speaker=f"Speaker {party}{chance.randrange(12)}",
        countries=(party,),
        act=act,
        theme=load_acts()[act].theme,
        modality="actual",
        object=issue,
        targets=() if chance.random() < 0.3 else (other,),
        third_party=(third,) if act.startswith("MED_") and chance.random() < 0.5 else (),
        alert_worthy=True,
        confidence=0.9,
        topics=(TOPIC,),
    )


def article_of(claims: list[Claim]) -> Article:
    """Return the article that holds these claims, ready to be compared."""
    first = claims[0]
    text = ". ".join(claim.text for claim in claims)
    return Article(
        id=first.article_id,
        url=f"https://bench.test/{first.article_id}",
        feed_url="https://bench.test/feed",
        outlet=first.outlet,
        title=first.text[:60],
        text=text,
        text_from=TextFrom.FEED,
        text_hash=stable_id(text),
        published=first.said_at,
        first_seen=first.said_at,
        stage=Stage.COMPARE,
        topics=(TOPIC,),
    )


# -- filling --------------------------------------------------------------------------------------


@dataclass
class Traffic:
    """The ledger after so many claims, as plain tables: what comparing them one by one leaves."""

    said: dict[str, Proposition] = field(default_factory=dict)
    objects: dict[tuple[object, ...], tuple[str, Said]] = field(default_factory=dict)
    stances: dict[tuple[str, str, str], Position] = field(default_factory=dict)
    past: list[Position] = field(default_factory=list)
    pairs: dict[str, Contradiction] = field(default_factory=dict)

    def add(self, claim: Claim) -> Decision:
        """Take one claim into the tables."""
        key, said = self._said(claim)
        self._stand(said, claim)
        before = self.said.get(key)
        self.said[key] = self._opened(said, key) if before is None else self._again(before, claim)
        return Decision(
            claim_id=claim.id,
            topic=TOPIC,
            novelty=Novelty.NEW if before is None else Novelty.REPEAT,
            reason="first" if before is None else "restatement",
            key=key,
        )

    def _said(self, claim: Claim) -> tuple[str, Said]:
        same = claim.countries, claim.act, claim.object, claim.targets, claim.third_party
        day = claim.said_at.date() if is_kind("incidents", claim.act) else None
        place = claim.text.rpartition(" near ")[2] if day else ""
        found = self.objects.get((*same, day, place))
        if found is None:
            said = read(claim, [claim], TOPIC)
            assert said is not None
            found = self.objects[*same, day, place] = said.key, said
        return found

    def _opened(self, said: Said, key: str) -> Proposition:
        claim = said.claim
        made = Proposition(
            id=proposition_id(TOPIC, key),
            topic=TOPIC,
            key=key,
            party=said.party,
            issue=said.about.issue,
            act=said.act,
            first_claim=claim.id,
            last_claim=claim.id,
            first_stated=claim.said_at,
            last_stated=claim.said_at,
            text=claim.text,
            others=said.about.others,
            third=said.about.third,
            matters=said.about.matters,
            places=said.about.places,
            day=said.about.day,
            voice=said.voice.level,
            voices=said.voice.names,
            words=tuple(sorted(claim.text.split())),
        )
        self._oppose(said, made)
        return made

    def _again(self, known: Proposition, claim: Claim) -> Proposition:
        words = known.words if len(known.words) > 100 else (*known.words, *claim.text.split()[:4])
        voices = (
            known.voices if claim.speaker in known.voices else (*known.voices, str(claim.speaker))
        )
        return replace(
            known,
            last_claim=claim.id,
            last_stated=claim.said_at,
            times=known.times + 1,
            text=claim.text,
            words=words,
            voices=voices,
        )

    def _oppose(self, said: Said, made: Proposition) -> None:
        """Open a pair with an opposed statement of the last days, as far as there is one."""
        lately = list(self.said.values())[-300:]
        for other in lately:
            if other.party != made.party and is_opposed(said, other):
                pair = stable_id("contradiction", TOPIC, *sorted((made.key, other.key)))
                self.pairs[pair] = Contradiction(
                    id=pair,
                    topic=TOPIC,
                    issue=made.issue,
                    claim_a=other.first_claim,
                    claim_b=made.first_claim,
                    party_a=other.party,
                    party_b=made.party,
                    act_a=other.act,
                    act_b=made.act,
                    opened=made.first_stated,
                    reason="cross_party",
                )
                return

    def _stand(self, said: Said, claim: Claim) -> None:
        """Restate the party's stance, or in one of 20 cases change it."""
        track = said.party, said.about.issue, aspect_of(said.act)
        held = self.stances.get(track)
        moment = (claim.said_at, claim.id)
        if held is not None and (held.act == said.act or random.Random(claim.id).random() < 0.95):
            said_so = (held.said[0], *held.said[1:][-48:], moment)
            self.stances[track] = replace(
                held, last_stated=claim.said_at, times=held.times + 1, said=said_so
            )
            return
        if held is not None:
            self.past.append(replace(held, until=claim.said_at))
        self.stances[track] = Position(
            id=stable_id("position", *track, claim.id),
            topic=TOPIC,
            party=said.party,
            issue=said.about.issue,
            act=said.act,
            modality="actual",
            since=claim.said_at,
            claim_id=claim.id,
            speaker=claim.speaker,
            via=(claim.outlet,),
            text=claim.text,
            last_stated=claim.said_at,
            said=(moment,),
        )


def fill(store: Store, claims: int) -> Traffic:
    """Write the first `claims` claims with their articles, decisions, sketches and the ledger."""
    traffic, began = Traffic(), time.perf_counter()
    for first in range(0, claims // PER_ARTICLE, BATCH):
        numbers = range(first, min(first + BATCH, claims // PER_ARTICLE))
        made = [[told(n * PER_ARTICLE + k) for k in range(PER_ARTICLE)] for n in numbers]
        _keep(store, made, traffic)
        if first % (50 * BATCH) == 0:
            print(
                f"{first * PER_ARTICLE:>9,} claims {time.perf_counter() - began:5.0f} s",
                file=sys.stderr,
            )
    _add(store, list(traffic.said.values()))
    _add(store, [*traffic.past, *traffic.stances.values()])
    _add(store, list(traffic.pairs.values()))
    return traffic


def _add(store: Store, rows: Sequence[Proposition | Position | Contradiction]) -> None:
    for first in range(0, len(rows), 2_000):
        store.add_parts(rows[first : first + 2_000])


def _keep(store: Store, made: list[list[Claim]], traffic: Traffic) -> None:
    articles = [replace(article_of(claims), stage=Stage.DONE) for claims in made]
    store.add_parts(
        [
            KeptArticle(article=a, seen_at=a.first_seen, claims=tuple(c.id for c in claims))
            for a, claims in zip(articles, made, strict=True)
        ]
    )
    store.add_parts(
        [
            KeptClaim(
                claim=c, article_id=c.article_id, place=k, current=True, decisions=(traffic.add(c),)
            )
            for claims in made
            for k, c in enumerate(claims)
        ]
    )
    sketches = (sketch_text(a.id, a.text) for a in articles)
    store.add_parts([KeptSketch(article_id=s.article_id, sketch=s) for s in sketches if s])


# -- measuring -------------------------------------------------------------------------------------


def news(claims: int, articles: int) -> Iterator[tuple[Article, list[Claim]]]:
    """Yield the articles that come after so many claims."""
    for n in range(articles):
        number = claims + n * PER_ARTICLE
        said = [told(number + k) for k in range(PER_ARTICLE)]
        yield article_of(said), said


def arrive(store: Store, article: Article, claims: list[Claim], at: datetime) -> None:
    """Bring an article as far as compare, at a time right after what the store holds."""
    store.add_parts([KeptArticle(article=article, seen_at=at, claims=tuple(c.id for c in claims))])
    store.add_parts(
        [
            KeptClaim(claim=c, article_id=article.id, place=k, current=True)
            for k, c in enumerate(claims)
        ]
    )


def measure(
    stores: dict[int, Store], articles: int, clock: Callable[[], float]
) -> dict[int, list[float]]:
    """Compare the same articles in every store, in turn; return seconds of each."""
    big = max(stores)
    spent: dict[int, list[float]] = {size: [] for size in stores}
    config = replace(load_config(Path("config")), rules=(Rule(name="all"),), positions=())
    for article, claims in news(big, articles):
        for size, store in stores.items():
            earlier = timedelta(days=(big - size) / A_DAY)
            said = [replace(c, said_at=c.said_at - earlier) for c in claims]
            when = article.when - earlier
            moved = replace(article, published=when, first_seen=when)
            arrive(store, moved, said, when)
            comparer = Comparer(config, store, lambda when=when: when, RuleIndex(config.rules))  # type: ignore[misc]  # bound for this turn
            began = clock()
            comparer.compare(moved)
            spent[size].append(clock() - began)
    return spent


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--big", type=int, default=1_000_000)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument(
        "--folder", type=Path, help="where the SQLite stores go (default: temporary)"
    )
    parser.add_argument("--url", help="a cluster instead; indices under bench-small and bench-big")
    options = parser.parse_args()
    sizes = {"small": options.small, "big": options.big}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        places = {
            name: f"{options.url.rstrip('/')}/bench-{name}"
            if options.url
            else f"sqlite:///{folder}/{name}.db"
            for name in sizes
        }
        report = run(sizes, places, options.articles, cluster=bool(options.url))
    print(json.dumps(report, indent=2))


def run(
    sizes: dict[str, int], places: dict[str, str], articles: int, *, cluster: bool
) -> dict[str, object]:
    """Fill a store of each size, compare in both, and return the figures."""
    with closing(open_store(places["small"])) as small, closing(open_store(places["big"])) as big:
        stores = {sizes["small"]: small, sizes["big"]: big}
        filled = {size: fill(store, size) for size, store in stores.items()}
        clock = time.perf_counter if cluster else time.process_time
        measure(stores, 20, clock)  # warms caches
        spent = measure(stores, articles, clock)
    medians = {size: statistics.median(times) for size, times in spent.items()}
    means = {size: statistics.mean(times) for size, times in spent.items()}
    least, most = min(medians), max(medians)
    return {
        "claims": {name: f"{size:,}" for name, size in sizes.items()},
        "propositions": {f"{size:,}": len(one.said) for size, one in filled.items()},
        "open pairs": {f"{size:,}": len(one.pairs) for size, one in filled.items()},
        "median ms": {f"{size:,}": round(one * 1e3, 2) for size, one in medians.items()},
        "mean ms": {f"{size:,}": round(one * 1e3, 2) for size, one in means.items()},
        "ratio of medians": round(medians[most] / medians[least], 3),
        "ratio of means": round(means[most] / means[least], 3),
    }


if __name__ == "__main__":
    main()
