"""10,000 rules against 100: what does one claim, or one article, cost?

    .venv/bin/python bench/rules.py

Both sets are of the same making (topic, acts, parties, novelty; or three words), and the
claims meet the same two rules of either, so only the number of rules differs.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.alert import RuleIndex, keyword_matching, matching
from pipeline.records import Article, Claim, Decision, Novelty, Rule, RuleKind
from pipeline.taxonomy import load_acts

NOW = datetime(2031, 5, 10, 12, 0, tzinfo=UTC)
ACTS = tuple(load_acts())
WORDS = [f"{a}{b}{c}" for a in ("ka", "mo", "ri", "te", "lu") for b in ("n", "s", "l", "r", "m")
         for c in ("ado", "ine", "ole", "ura", "eti", "abe", "ona", "ivo")]  # fmt: skip


def claim_rules(number: int) -> list[Rule]:
    random_ = random.Random(1)
    met = [
        Rule(name="met by act", topics=("t0",), acts=("MED_OFFER",), parties=("C0",)),
        Rule(name="met by party", parties=("C0",), min_confidence=0.5),
    ]
    other = [
        Rule(
            name=f"r{n}",
            topics=(f"t{random_.randrange(20)}",),
            acts=tuple(random_.sample(ACTS, 3)),
            parties=(f"C{random_.randrange(1, 150)}",),
            novelty=(random_.choice(list(Novelty)),),
            min_confidence=random_.choice([0.0, 0.3, 0.5, 0.7]),
        )
        for n in range(number - len(met))
    ]
    return met + other


def keyword_rules(number: int) -> list[Rule]:
    random_ = random.Random(2)
    met = [
        Rule(name="met by all", kind=RuleKind.KEYWORD, all=("common", "rare")),
        Rule(name="met by near", kind=RuleKind.KEYWORD, near=("rare", "nearby"), within=5),
    ]
    other = [
        Rule(
            name=f"r{n}",
            kind=RuleKind.KEYWORD,
            all=("common", f"{random_.choice(WORDS)} {random_.choice(WORDS)} {n}"),
            any=(f"x{n}", f"y{n}"),
            none=(f"z{n}",),
        )
        for n in range(number - len(met))
    ]
    return met + other


def claim() -> Claim:
    return Claim(
        id="c", article_id="a", version=1, outlet="o", said_at=NOW, source=None, cue=None,
        content=(), source_text="", cue_text="", text="", quote_type=None, chain=(),
        speaker="S", countries=("C0",), act="MED_OFFER", theme="mediation", alert_worthy=True,
        confidence=0.8,
    )  # fmt: skip


def article(words: int) -> Article:
    random_ = random.Random(3)
    text = " ".join([*random_.choices(WORDS, k=words), "common and rare words nearby"])
    return Article(
        id="a", url=None, feed_url="f", outlet="o", title="t", text=text, language="en",
        first_seen=NOW,
    )  # fmt: skip


def microseconds(call: Callable[[], object], *, repeat: int = 200) -> float:
    """Return the median time of a call."""
    spent = []
    for _ in range(repeat):
        started = time.perf_counter()
        call()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent) * 1e6


def cost(index: RuleIndex, ask: Callable[[RuleIndex], object]) -> float:
    return microseconds(lambda: ask(index))


def measure(
    kind: str, make: Callable[[int], list[Rule]], ask: Callable[[RuleIndex], object]
) -> None:
    costs = {}
    for number in (100, 10_000):
        rules = make(number)
        started = time.perf_counter()
        index = RuleIndex(rules)
        built = (time.perf_counter() - started) * 1e3
        costs[number] = cost(index, ask)
        print(f"{kind:8}{number:7} rules: built in {built:7.1f} ms, {costs[number]:8.1f} µs each")
    print(f"{kind:8} 10,000 cost {costs[10_000] / costs[100]:.2f} times what 100 do")


def main() -> None:
    one, where = claim(), article(800)
    made = Decision(claim_id="c", topic="t0", novelty=Novelty.NEW, reason="first")
    measure("claim", claim_rules, lambda index: matching(index, one, made, where))
    measure("keyword", keyword_rules, lambda index: keyword_matching(index, where))


if __name__ == "__main__":
    main()
