"""From scores to probabilities: how often is a claim right that the model is this sure of?

A claim is right when a gold statement has most of its words and the same source. The map is
isotonic (pool adjacent violators) on claims in order of score, thinned to a knot per `BIN` claims.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.evaluation.articles import Unit, gold_units, overlap, predicted_unit, same_source
from pipeline.evaluation.words import Words
from pipeline.extract import Extractor
from pipeline.extract.evaluate import claims_json
from pipeline.languages import load_language
from training.passages import Attribution, Passage
from training.score import OVERLAP, bare, jaccard

BIN = 30  # claims a knot rests on, at least
ASKED = ("id", "outlet", "title", "published", "text")
MOSTLY = 0.5
EDGES = (0, 0.6, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Point:
    """One claim: how sure, and was it right."""

    score: float
    right: bool
    found_by: str


def of_gold(folder: Path, split: str, extractor: Extractor) -> Iterator[Point]:
    """Yield the claims on the own gold set's articles of one half (`dev` or `held-out`)."""
    for path in sorted((folder / "articles").glob("*.json")):
        article = json.loads(path.read_text("utf-8"))
        if article["split"] != split:
            continue
        words = Words(article["text"])
        gold = gold_units(article, words)
        asked = {key: article[key] for key in ASKED}
        for claim in claims_json(asked, extractor)["claims"]:
            mine = predicted_unit(claim, words)
            right = any(_same(mine, one) for one in gold)
            yield Point(claim["confidence"], right, claim["found_by"])


def _same(mine: Unit, gold: Unit) -> bool:
    inside = len(mine.content & gold.content) >= MOSTLY * len(mine.content) > 0
    part = gold.parts > 1 and inside
    return (part or overlap(mine, gold) >= MOSTLY) and same_source(mine, gold)


def of_sentences(passages: Iterable[Passage], extractor: Extractor) -> Iterator[Point]:
    """Yield the claims on our own sentences, each an article of its own."""
    for passage in passages:
        record = {"id": passage.id, "text": passage.text}
        for claim in claims_json(record, extractor)["claims"]:
            source = [tuple(claim["source"])] if claim["source"] else []
            content = [tuple(part) for part in claim["content"]]
            mine = bare(passage.text, source), bare(passage.text, content)
            right = any(_covers(passage.text, one, *mine) for one in passage.attributions)
            yield Point(claim["confidence"], right, claim["found_by"])


def _covers(text: str, one: Attribution, source: frozenset[int], content: frozenset[int]) -> bool:
    same = jaccard(bare(text, one.content), content) >= OVERLAP
    return same and jaccard(bare(text, one.source), source) >= OVERLAP


def knots(points: Iterable[Point]) -> tuple[tuple[float, float], ...]:
    """Return (score, share right), both ascending: a monotone map, one knot a pool of claims.

    A share is drawn towards one half by two claims, so that no small pool says 0 or 1.
    """
    ordered = sorted(points, key=lambda point: point.score)
    pools: list[list[Point]] = []
    for start in range(0, len(ordered), BIN):
        pools.append(ordered[start : start + BIN])
        if len(pools) > 1 and len(pools[-1]) < BIN:
            pools[-2:] = [[*pools[-2], *pools[-1]]]
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            pools[-2:] = [[*pools[-2], *pools[-1]]]
    return tuple(
        (round(sum(point.score for point in pool) / len(pool), 3), round(_share(pool), 3))
        for pool in pools
    )


def _share(pool: Sequence[Point]) -> float:
    return (sum(point.right for point in pool) + 1) / (len(pool) + 2)


def table(points: Iterable[Point], edges: Sequence[float]) -> list[tuple[float, int, float, float]]:
    """Return (lower edge, claims, mean score, share right) of the score bins that hold any."""
    rows = []
    every = list(points)
    for low, high in zip(edges, [*edges[1:], 1.01], strict=True):
        inside = [point for point in every if low <= point.score < high]
        if inside:
            mean = sum(point.score for point in inside) / len(inside)
            right = sum(point.right for point in inside) / len(inside)
            rows.append((low, len(inside), round(mean, 3), round(right, 3)))
    return rows


def error(points: Iterable[Point]) -> float:
    """Return the Brier score: mean squared distance of score and outcome."""
    squares = [(point.score - point.right) ** 2 for point in points]
    return sum(squares) / len(squares)


def main() -> None:
    """Fit the map on development claims, write it into the shipped model, print the tables."""
    from pipeline.extract.attribution import MODELS
    from pipeline.extract.decode import Decoder
    from training.markup import read_split
    from training.report import write_decoder, write_manifest

    here = Path(__file__).parent
    folder = MODELS / str(load_language("en").model)
    bare_decoder = replace(Decoder.read(folder / "decoder.json"), confidence=())
    write_decoder(folder, bare_decoder)
    write_manifest(folder)
    extractor = Extractor(None)
    halves = {"dev": "dev", "test": "held-out"}
    points = {
        split: [
            point
            for point in (
                *of_gold(here.parent / "tests" / "gold", half, extractor),
                *of_sentences(read_split(here / "sentences", split), extractor),
            )
            if point.found_by == "model"
        ]
        for split, half in halves.items()
    }
    decoder = replace(bare_decoder, confidence=knots(points["dev"]))
    write_decoder(folder, decoder)
    write_manifest(folder)
    for split, raw in points.items():
        mapped = [replace(point, score=decoder.sure(point.score)) for point in raw]
        print(f"{split}: {len(raw)} claims, Brier score {error(raw):.4f} -> {error(mapped):.4f}")
        for row in table(mapped, EDGES):
            print("  from {:.2f}: {} claims, mean {}, right {}".format(*row))


if __name__ == "__main__":
    main()
