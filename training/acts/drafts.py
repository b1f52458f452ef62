"""Examples -> what the backstop sees of them, by the product's own components.

An example is read twice: as marked, and as the extractor finds it, which is what it will meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.extract.act import Scene, utterance
from pipeline.extract.assemble import build_pipeline, read_article
from pipeline.extract.attribution import MODELS
from pipeline.extract.backstop import statement_of
from pipeline.extract.draft import Draft
from pipeline.extract.judge import judge
from pipeline.extract.masking import Masked, masked
from pipeline.extract.patterns import Grammar, load_grammar
from pipeline.extract.wordpiece import Wordpieces
from pipeline.records import Article, Span
from training.acts.examples import ActExample

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

SETTINGS: dict[str, Any] = {"actors_dir": None, "threads": 1}
SAME = 0.5  # share of the characters of both contents from which a draft is the example
WORDPIECES = Wordpieces.read(MODELS / "attribution-v1" / "vocab.txt")
WHEN = datetime(2034, 5, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of an example. `rule`: the act the rules find, None without."""

    example: ActExample
    masked: Masked
    relation: str | None
    rule: str | None
    marked: bool  # as marked, not as found


def samples(examples: Iterable[ActExample]) -> Iterator[Sample]:
    """Yield the readings of every example, the marked one first."""
    nlp, grammar = build_pipeline("en", SETTINGS), load_grammar("en")
    for example in examples:
        for marked in (True, False):
            doc = _read(nlp, example, marked=marked)
            for draft in doc._.drafts:
                if marked or _overlap(draft.content, example) >= SAME:
                    yield from _sample(grammar, doc, example, draft, marked=marked)


def _read(nlp: Pipeline, example: ActExample, *, marked: bool) -> Doc:
    """Return the example with its drafts, up to the component that judges them."""
    doc = read_article(nlp, _article(example), None)
    for name, component in nlp.pipeline:
        if name == "act":
            break
        if not (marked and name == "acts_found"):
            doc = component(doc)
        if marked and name == "attribution":
            doc._.drafts = [_draft(example)]
    return doc


def _article(example: ActExample) -> Article:
    return Article(
        id=example.id,
        url=None,
        feed_url="",
        outlet="Example",
        title="",
        text=example.text,
        published=WHEN,
        first_seen=WHEN,
    )


def _draft(example: ActExample) -> Draft:
    source, cue, content = (
        [Span(*place) for place in example.report.ranges(role)]
        for role in ("source", "cue", "content")
    )
    return Draft(source=source, cue=cue, content=content, quote_type="indirect")


def _sample(
    grammar: Grammar, doc: Doc, example: ActExample, draft: Draft, *, marked: bool
) -> Iterator[Sample]:
    scene = Scene.of(doc, None)
    said = utterance(grammar, scene, draft)
    found = judge(grammar, said)
    where = statement_of(scene.sentences, draft)
    plain = masked(WORDPIECES, scene.registry, doc.text, where)
    yield Sample(example, plain, said.relation, found.act if found else None, marked)


def _overlap(content: list[Span], example: ActExample) -> float:
    """Return Jaccard of the characters of two contents."""
    one = {n for span in content for n in range(span.start, span.end)}
    other = {n for start, end in example.report.content for n in range(start, end)}
    return len(one & other) / len(one | other)
