"""How fast articles become claims: the whole stage against its bare encoder, in one run.

    .venv/bin/python bench/extract.py [--articles 40] [--rounds 3]

Rates are words of an article (split at white space) per CPU second of one thread, the best of
the rounds, taken in turns so that a busy machine hits all alike; words per second by the clock
stand beside them. The articles are made of the paragraphs of the project's own gold and demo
articles, shuffled to 400 words; names and numbers are others in each, so that nothing
remembered from one answers for the next. They are dense: somebody speaks in every third line.

The bare encoder reads the same chunks once; the stage reads reports inside reports too.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.extract import Extractor
from pipeline.extract.attribution import MODELS, Model, load_model
from pipeline.records import Article

ROOT = Path(__file__).parents[1]
GOLD = ROOT / "tests" / "gold" / "articles"
DEMO = ROOT / "pipeline" / "demo" / "crisis.toml"
WORDS = 400  # of an article
WHEN = datetime(2031, 4, 6, tzinfo=UTC)
SYLLABLES = (
    "ba",
    "de",
    "ki",
    "lo",
    "mu",
    "na",
    "per",
    "qui",
    "ras",
    "ston",
    "tal",
    "ver",
    "wen",
    "yor",
)
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{4,}(?= [a-z])")  # inside a sentence, the last of a name
GOALS = {
    "words/s": 2800, "of the bare encoder": 0.6, "two processes": 1.8, "MB": 700, "wheel MB": 40,
    "cold start s": 4,
}  # fmt: skip


# -- articles ---------------------------------------------------------------------------


def paragraphs() -> list[str]:
    """Return the paragraphs of the gold articles written for development and of the demo."""
    gold = [json.loads(path.read_text("utf-8")) for path in sorted(GOLD.glob("g*.json"))]
    demo = tomllib.loads(DEMO.read_text("utf-8"))["articles"]
    texts = [article["text"] for article in gold] + [article["body"] for article in demo]
    return [line for text in texts for line in text.split("\n") if line.strip()]


def articles(count: int) -> list[Article]:
    rng = random.Random(5)
    return [_article(number, text) for number, text in enumerate(_texts(count, rng))]


def _texts(count: int, rng: random.Random) -> Iterator[str]:
    pool: list[str] = []
    for _ in range(count):
        body: list[str] = []
        while sum(len(line.split()) for line in body) < WORDS:
            if not pool:
                pool = rng.sample(given := paragraphs(), len(given))
            body.append(pool.pop())
        yield varied("\n\n".join(body), rng)


def varied(text: str, rng: random.Random) -> str:
    """Return the text with other numbers and, for names inside its sentences, other names."""
    names: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        made = "".join(rng.choices(SYLLABLES, k=3)).capitalize()
        return names.setdefault(match[0], made)

    return NAME.sub(other, re.sub(r"\d", lambda _: str(rng.randint(1, 9)), text))


def _article(number: int, text: str) -> Article:
    return Article(
        id=f"bench-{number}", url=None, feed_url="", outlet="The Courier", title="", text=text,
        first_seen=WHEN,
    )  # fmt: skip


def words_of(corpus: Sequence[Article]) -> int:
    return sum(len(article.text.split()) for article in corpus)


# -- clocks -----------------------------------------------------------------------------


@dataclass(slots=True)
class Clock:
    """CPU and clock seconds of the best round, by what was measured."""

    cpu: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name] = min(time.perf_counter() - wall, self.wall.get(name, 1e9))
        self.cpu[name] = min(time.process_time() - cpu, self.cpu.get(name, 1e9))


@dataclass(slots=True)
class Timed:
    """A session of ONNX Runtime that adds up the CPU seconds of its runs."""

    session: Any
    seconds: float = 0.0

    def run(self, names: Any, feed: Any) -> Any:
        start = time.process_time()
        answer = self.session.run(names, feed)
        self.seconds += time.process_time() - start
        return answer


def stage(extractor: Extractor, corpus: Sequence[Article]) -> int:
    return sum(len(claims) for _, claims in extractor.pipe(corpus))


def bare_encoder(model: Model, corpus: Sequence[Article]) -> Callable[[], None]:
    """Return what runs the encoder once over the chunks of all articles, cut beforehand."""
    chunks = [chunk for one in corpus for chunk in model.wordpieces.chunks(one.text)]

    def run() -> None:
        for chunk in chunks:
            model.encode(chunk)

    return run


# -- one process ------------------------------------------------------------------------


def rates(corpus: Sequence[Article], rounds: int) -> tuple[Clock, int]:
    extractor, model = Extractor(), load_model(MODELS / "attribution-v1", 1)
    bare, clock, claims = bare_encoder(model, corpus), Clock(), 0
    stage(extractor, corpus[:4])
    for _ in range(rounds):
        with clock.of("encoder"):
            bare()
        with clock.of("stage"):
            claims = stage(extractor, corpus)
        with clock.of("one by one"):
            for article in corpus:
                extractor.claims(article)
    return clock, claims


def shares(corpus: Sequence[Article]) -> dict[str, float]:
    """Return the CPU seconds of each component over all articles, the weights' apart."""
    from pipeline.extract.assemble import build_pipeline, claims_of, read_article

    model = load_model(MODELS / "attribution-v1", 1)
    plain = model.encoder, model.reader
    encoder, reader = Timed(model.encoder), Timed(model.reader)
    model.encoder, model.reader = encoder, reader
    nlp = build_pipeline("en", {"actors_dir": None, "threads": 1})
    clock = Clock()
    with clock.of("tokens"):
        docs = [read_article(nlp, article, None) for article in corpus]
    for name, component in nlp.pipeline:
        with clock.of(name):
            pipe = getattr(component, "pipe", None)
            docs = list(pipe(docs)) if pipe else [component(doc) for doc in docs]
    with clock.of("freeze"):
        for doc in docs:
            claims_of(doc, "bench")
    model.encoder, model.reader = plain
    weights = {"encoder": encoder.seconds, "cue reader": reader.seconds}
    rules = clock.cpu.pop("attribution") - sum(weights.values())
    return weights | {"attribution rules": rules} | clock.cpu


# -- processes --------------------------------------------------------------------------


class Child:
    """A process that extracts all articles once for every line it is sent."""

    def __init__(self, count: int) -> None:
        command = [sys.executable, __file__, "--serve", "--articles", str(count)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self.answer()

    def ask(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, float]:
        assert self.process.stdout
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer


def serve(count: int) -> None:
    corpus, extractor = articles(count), Extractor()
    stage(extractor, corpus[:4])
    cpu = 0.0
    while True:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"mb": peak, "cpu": cpu}), flush=True)
        if not sys.stdin.readline():
            return
        start = time.process_time()
        stage(extractor, corpus)
        cpu = time.process_time() - start


def two_processes(count: int, rounds: int) -> dict[str, float]:
    """Return how many times one process's articles two get done, and the larger peak in MB.

    By the clock, which needs two cores without other work, and by CPU seconds, which tells
    how much the two disturb each other.
    """
    children = [Child(count), Child(count)]
    clock, cpu, peak = [1e9, 1e9], [1e9, 1e9], 0.0
    for _ in range(rounds):
        for number in (1, 2):
            start = time.perf_counter()
            for child in children[:number]:
                child.ask()
            answers = [child.answer() for child in children[:number]]
            clock[number - 1] = min(clock[number - 1], time.perf_counter() - start)
            cpu[number - 1] = min(cpu[number - 1], max(answer["cpu"] for answer in answers))
            peak = max(peak, *(answer["mb"] for answer in answers))
    for child in children:
        child.process.communicate()
    return {
        "two processes": 2 * clock[0] / clock[1],
        "two processes, CPU": 2 * cpu[0] / cpu[1],
        "MB": peak,
    }


def cold_start() -> dict[str, float]:
    """Return the seconds from nothing to the claims of one article, the best of three."""
    record = {"id": "1", "outlet": "The Courier", "title": "", "text": articles(1)[0].text}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(record, file)
        file.flush()
        command = [sys.executable, "-m", "pipeline", "extract", "--json", file.name]
        clock, cpu = Clock(), [children_seconds()]
        for _ in range(3):
            with clock.of("cold"):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
            cpu.append(children_seconds())
    least = min(after - before for before, after in pairwise(cpu))
    return {"cold start s": clock.wall["cold"], "cold start s, CPU": least}


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wheel_mb() -> float:
    """Return the size of the wheel in MB (10^6 bytes); builds it in a copy of the package."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        keep = ("pipeline", "pyproject.toml", "README.md", "LICENSE")
        tree.mkdir()
        subprocess.run(["cp", "-r", *(ROOT / name for name in keep), tree], check=True)
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, str(tree)]
        subprocess.run(command, check=True)
        [wheel] = Path(folder).glob("*.whl")
        return wheel.stat().st_size / 1e6


# -- report -----------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.articles)
        return
    corpus = articles(options.articles)
    words = words_of(corpus)
    clock, claims = rates(corpus, options.rounds)
    print(f"{len(corpus)} articles, {words} words, {claims} claims; words per second of CPU, clock")
    for name in ("encoder", "stage", "one by one"):
        print(f"  {name:<20}{words / clock.cpu[name]:7.0f} {words / clock.wall[name]:7.0f}")
    parts = shares(corpus)
    print("us of CPU a word, share of the stage")
    for name, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        print(f"  {name:<20}{seconds / words * 1e6:7.1f} {seconds / sum(parts.values()):7.1%}")
    figures = {
        "words/s": words / clock.cpu["stage"],
        "of the bare encoder": clock.cpu["encoder"] / clock.cpu["stage"],
        **two_processes(options.articles, options.rounds),
        **cold_start(),
        "wheel MB": wheel_mb(),
    }
    for name, figure in figures.items():
        goal = f"   goal {GOALS[name]}" if name in GOALS else ""
        print(f"{name:<22}{figure:8.2f}{goal}")


if __name__ == "__main__":
    main()
