"""extract: the text of an article -> its claims, with words, chain, speaker and act.

One spaCy pipeline per language, four components on one `Doc`:

    attribution -> speaker -> chain -> act

Each writes on the drafts of `doc._.drafts` (see `draft`); `assemble` freezes them into
`Claim`s. Nothing is downloaded; spaCy and the weights load with the first article.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.extract.evaluate import claims_json
from pipeline.languages import language_of
from pipeline.records import Article, Claim, Topic

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

__all__ = ["EXTRACTOR", "Extractor", "claims_json"]

EXTRACTOR = "truceline-extract 0.4 / attribution-v1, acts-v1"
"""Version written into every claim; changes with the code's results or the weights."""

BATCH = 16  # articles read together: more costs memory and gains no speed


class Extractor:
    """Turns articles into claims; keeps one loaded pipeline per language.

    `topics` None means any conflict. `actors_dir` replaces the shipped actor registry.
    `threads` is what the encoder may use; results depend neither on it nor on the articles read
    beside one. Not thread-safe: one extractor per process. Raises `ModelError` with the first
    article when weights are damaged.
    """

    def __init__(
        self,
        topics: Sequence[Topic] | None = None,
        actors_dir: Path | None = None,
        threads: int = 1,
    ) -> None:
        self.topics = None if topics is None else tuple(topics)
        self.settings = {"actors_dir": str(actors_dir) if actors_dir else None, "threads": threads}
        self.pipelines: dict[str, Pipeline] = {}

    def claims(self, article: Article) -> tuple[Claim, ...]:
        """Return the claims of one article in order of appearance."""
        [(_, claims)] = self.pipe([article])
        return claims

    def pipe(self, articles: Iterable[Article]) -> Iterator[tuple[Article, tuple[Claim, ...]]]:
        """Yield every article with its claims, in the given order, read in batches."""
        for code, group in groupby(articles, key=language_of):
            yield from self._pipe_language(code, group)

    def explained(self, article: Article) -> tuple[tuple[Claim, Mapping[str, str]], ...]:
        """Return the claims of one article, each with why it is what it is, by part.

        The parts are those of `explain.PARTS`; the claims are those of `claims`.
        """
        from pipeline.extract.assemble import drafts_and_claims
        from pipeline.extract.explain import explanation

        [doc] = self._read(language_of(article), [article])
        return tuple((c, explanation(d, c)) for d, c in drafts_and_claims(doc, EXTRACTOR))

    def _pipe_language(
        self, code: str, articles: Iterable[Article]
    ) -> Iterator[tuple[Article, tuple[Claim, ...]]]:
        from pipeline.extract.assemble import claims_of

        for doc in self._read(code, articles):
            yield doc.user_data["article"], claims_of(doc, EXTRACTOR)

    def _read(self, code: str, articles: Iterable[Article]) -> Iterator[Doc]:
        from pipeline.extract.assemble import read_article

        nlp = self._pipeline(code)
        docs = (read_article(nlp, article, self.topics) for article in articles)
        yield from nlp.pipe(docs, batch_size=BATCH)

    def _pipeline(self, code: str) -> Pipeline:
        if code not in self.pipelines:
            from pipeline.extract.assemble import build_pipeline

            self.pipelines[code] = build_pipeline(code, self.settings)
        return self.pipelines[code]
