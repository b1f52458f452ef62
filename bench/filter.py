"""What matching costs: 50 terms against 20,000 on the same texts, in three scripts.

    .venv/bin/python bench/filter.py

Prints megabytes a second and the ratio of CPU times (goal: under 1.5). Both automata find the
same hits: the 20,000 hold the 50, and 19,950 terms that do not occur.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.config.topics import load_topics
from pipeline.filter import TopicFilter
from pipeline.terms import TermMatcher

ROOT = Path(__file__).parent.parent
REPEATS = 7
GOAL = 1.5
# Syllables to make words of; no language's words, but its letters and their frequencies enough.
SYLLABLES = {
    "Latin": "ba de ki lo mu na per qui ras ston tal ver wen xi yor ing ed al",
    "Devanagari": "का की मे रा सि नी तो पु हा जी लो वि दे ना यां क्ष त्र",
    "Arabic": "با دی کو لا مو نے پر را سی تا وہ ہے یں گر شا خو",
}


def words(syllables: Sequence[str], count: int, rng: random.Random) -> list[str]:
    return ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(count)]


def texts(vocabulary: Sequence[str], terms: Sequence[str], rng: random.Random) -> list[str]:
    """Return 60 texts of 500 words; every third holds three of the terms."""
    made = []
    for number in range(60):
        body = rng.choices(vocabulary, k=500)
        if number % 3 == 0:
            body[100:100] = rng.choices(terms, k=3)
        made.append(" ".join(body))
    return made


def cpu(run: Callable[[str], object], corpus: Sequence[str]) -> float:
    start = time.process_time()
    for text in corpus:
        run(text)
    return time.process_time() - start


def fastest(runs: Sequence[Callable[[str], object]], corpus: Sequence[str]) -> list[float]:
    """Return the least CPU seconds of each, taken in turns so that a busy machine hits all."""
    rounds = [[cpu(run, corpus) for run in runs] for _ in range(REPEATS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def material(rng: random.Random) -> tuple[list[str], list[str], list[str]]:
    """Return texts, 50 terms of which some occur, and 20,000: those and others that do not."""
    corpus: list[str] = []
    few: list[str] = []
    others: list[str] = []
    for line in SYLLABLES.values():
        syllables = line.split()
        vocabulary = words(syllables, 4000, rng)
        wanted = [" ".join(rng.sample(vocabulary, 2)) for _ in range(17)]
        corpus += texts(vocabulary, wanted, rng)
        few += wanted[: 50 - len(few)]
        firsts, seconds = (words(syllables, 7000, rng) for _ in "12")
        others += [f"{first} {second}" for first, second in zip(firsts, seconds, strict=True)]
    matcher = TermMatcher(others)
    occurring = {hit.term for text in corpus for hit in matcher.find(text)}
    absent = [term for term in dict.fromkeys(others) if term not in {*few, *occurring}]
    return corpus, few, [*few, *rng.sample(absent, 20_000 - len(few))]


def main() -> int:
    corpus, few, many = material(random.Random(13))
    size = sum(len(text.encode()) for text in corpus) / 1e6
    found = [TermMatcher(few), TermMatcher(many)]
    hits = [sum(len(one.find(text)) for text in corpus) for one in found]
    least = fastest([one.find for one in found], corpus)
    for count, hit_count, seconds in zip((50, 20_000), hits, least, strict=True):
        print(f"{count:6} terms  {size / seconds:6.1f} MB/s  {hit_count} hits")
    ratio = least[1] / least[0]
    print(f"ratio {ratio:.2f} (goal: under {GOAL})")
    topic_filter = TopicFilter(load_topics(ROOT / "config"))
    (whole,) = fastest([lambda text: topic_filter.match_article("", text=text)], corpus)
    print(
        f"shipped topics  {size / whole:6.1f} MB/s, {1e6 * whole / len(corpus):.0f} us an article"
    )
    return int(ratio >= GOAL)


if __name__ == "__main__":
    sys.exit(main())
