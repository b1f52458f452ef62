"""Component `attribution`: who says what, by the trained model, then by rules on top.

The model (see `models/attribution-v1/README.md`) tags cues in one encoder pass, then
decodes source and content for each cue. Its training data has no reports inside reports;
running it again on each content as a text of its own finds those (`NESTING` times).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from spacy.language import Language as Pipeline

from pipeline.errors import ModelError
from pipeline.extract.cues import InnerCues
from pipeline.extract.decode import (
    CUE_TAGS,
    TAGS,
    Decoder,
    Floats,
    Piece,
    log_softmax,
    pieces,
    transitions,
    viterbi,
)
from pipeline.extract.draft import Draft, text_of
from pipeline.extract.headline import headline_claims
from pipeline.extract.media import Media
from pipeline.extract.mend import mend
from pipeline.extract.missed import missed_reports
from pipeline.extract.quotes import quoted_speech, repaired
from pipeline.extract.reading import Reading
from pipeline.extract.registry import Registry
from pipeline.extract.sift import sift
from pipeline.extract.wordpiece import Chunk, Wordpieces
from pipeline.languages import load_language
from pipeline.records import Span

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from spacy.tokens import Doc

MODELS = Path(__file__).parent.parent / "models"
MANIFEST = "sha256"
WINDOW = 72  # words to each side of a cue that its source and content are looked for in
DECODED = 32  # chunks whose tag paths are looked for together
# It takes twice the time of what it replaces (ONNX Runtime 1.32, one thread: 10 % of the encoder).
SLOW_FUSIONS = ("SkipLayerNormFusion",)
NESTING = 2  # reports inside reports inside reports
MIN_NESTED = 25  # characters; shorter contents hold no report


@dataclass(frozen=True, slots=True)
class Found:
    """One attribution of the model: spans into its text, score 0..1 and nesting."""

    source: tuple[Span, ...]
    cue: Span
    content: tuple[Span, ...]
    score: float
    depth: int = 0
    parent: int | None = None  # index in the same list

    def moved(self, by: int, *, depth: int, parent: int) -> Found:
        """Return the same for a text that starts `by` characters earlier."""
        return replace(
            self,
            source=tuple(_move(span, by) for span in self.source),
            cue=_move(self.cue, by),
            content=tuple(_move(span, by) for span in self.content),
            depth=depth,
            parent=parent,
        )


def _move(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def checked_files(folder: Path) -> dict[str, Path]:
    """Return the model's files by name, each equal to its line in the manifest.

    Raises `ModelError` when one is missing or damaged.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ModelError("the manifest is missing; reinstall the package", subject=str(manifest))
    files = {}
    for line in manifest.read_text("ascii").splitlines():
        digest, name = line.split()
        files[name] = _checked(folder / name, digest)
    return files


def _checked(path: Path, digest: str) -> Path:
    if not path.is_file():
        raise ModelError("the file is missing; reinstall the package", subject=str(path))
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise ModelError("the file is damaged; reinstall the package", subject=str(path))
    return path


@lru_cache(maxsize=2)
def load_model(folder: Path = MODELS / "attribution-v1", threads: int = 1) -> Model:
    """Return the model, loaded once per process. Raises `ModelError`."""
    return Model(checked_files(folder), threads)


def open_session(path: Path, threads: int) -> InferenceSession:
    """Return an ONNX Runtime session on a graph, on so many threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOW_FUSIONS
    )


class Model:
    """Encoder, cue head and decoder over plain texts.

    Each chunk is encoded alone: int8 arithmetic scales all it sees by the largest number in it, so
    chunks encoded together would change each other, and would need padding. Eight at once are
    no faster (ONNX Runtime 1.32, one thread: 85 to 115 us a wordpiece either way).
    """

    def __init__(self, files: dict[str, Path], threads: int) -> None:
        self.encoder = open_session(files["enc.int8.onnx"], threads)
        self.reader = open_session(files["cond.int8.onnx"], threads)
        self.wordpieces = Wordpieces.read(files["vocab.txt"])
        counts = np.load(files["trans.npz"])
        self.counts = {name: counts[name] for name in ("tags", "cond")}
        self.use(Decoder.read(files["decoder.json"]))

    def use(self, decoder: Decoder) -> None:
        """Decode with these settings from now on."""
        self.decoder = decoder
        self.tag_table = transitions(self.counts["tags"], TAGS, decoder.tags)
        self.cue_table = transitions(self.counts["cond"], CUE_TAGS, decoder.cond)

    def read(
        self, texts: Sequence[str], reports: Callable[[str], bool] = bool
    ) -> list[list[Found]]:
        """Return the attributions of each text, nested ones included, parents first.

        Only contents that `reports` says may hold a report are read again.
        """
        results = [self._sorted(found) for found in self.flat(texts)]
        layer = [(doc, index) for doc, found in enumerate(results) for index in range(len(found))]
        for depth in range(1, NESTING + 1):
            layer = self._nest(texts, results, layer, depth, reports)
        return results

    @staticmethod
    def _sorted(found: list[Found]) -> list[Found]:
        return sorted(found, key=lambda one: (one.content[0], one.cue))

    def _nest(
        self,
        texts: Sequence[str],
        results: list[list[Found]],
        layer: list[tuple[int, int]],
        depth: int,
        reports: Callable[[str], bool],
    ) -> list[tuple[int, int]]:
        """Append what the contents of `layer` hold; return the places of the additions."""
        jobs = [
            (doc, parent, span)
            for doc, parent in layer
            for span in results[doc][parent].content
            if span.end - span.start > MIN_NESTED and reports(span.of(texts[doc]))
        ]
        inner = self.flat([span.of(texts[doc]) for doc, _, span in jobs], nested=True)
        added: list[tuple[int, int]] = []
        cues = [{one.cue for one in found} for found in results]
        for (doc, parent, span), found in zip(jobs, inner, strict=True):
            for one in self._sorted(found):
                child = one.moved(span.start, depth=depth, parent=parent)
                if child.content != (span,) and child.cue not in cues[doc]:
                    added.append((doc, len(results[doc])))
                    results[doc].append(child)
                    cues[doc].add(child.cue)
        return added

    def flat(self, texts: Sequence[str], *, nested: bool = False) -> list[list[Found]]:
        """Return the attributions of each text without looking inside them.

        `nested` tells that the texts are contents of reports.
        """
        results: list[list[Found]] = [[] for _ in texts]
        work = [
            (doc, chunk) for doc, text in enumerate(texts) for chunk in self.wordpieces.chunks(text)
        ]
        work.sort(key=lambda item: len(item[1].words))  # like lengths together: less padding
        for start in range(0, len(work), DECODED):
            batch = work[start : start + DECODED]
            for row, found in self._read_batch([chunk for _, chunk in batch], nested):
                results[batch[row][0]].append(found)
        return results

    def _read_batch(self, chunks: list[Chunk], nested: bool) -> Iterator[tuple[int, Found]]:
        """Yield (row, attribution) for every cue of the chunks."""
        encoded = [self.encode(chunk) for chunk in chunks]
        logs = [log_softmax(scores) for _, scores in encoded]
        biased = [self.decoder.biased(scores, nested=nested) for scores in logs]
        paths = _paths(biased, self.tag_table)
        asked: list[tuple[int, Piece, int]] = []  # row, cue, first word of its window
        answers: list[Floats] = []
        for row, path in enumerate(paths):
            cues = [piece for piece in pieces(path, logs[row], TAGS) if piece.role == "cue"]
            if cues:
                lows, around = self._read_cues(encoded[row][0], cues)
                asked += [(row, cue, low) for cue, low in zip(cues, lows, strict=True)]
                answers += list(log_softmax(around))
        if asked:
            paths = _paths(answers, self.cue_table)
            for (row, cue, low), path, scores in zip(asked, paths, answers, strict=True):
                found = _found(chunks[row].words, cue, pieces(path, scores, CUE_TAGS), low)
                if found is not None:
                    yield row, found

    def encode(self, chunk: Chunk) -> tuple[Floats, Floats]:
        """Return the states (words, width) and the tag scores (words, tags) of one chunk."""
        feed = {"ids": chunk.pieces, "types": chunk.types, "first": chunk.first}
        rows = {name: np.array([numbers], np.int64) for name, numbers in feed.items()}
        hidden, scores = self.encoder.run(["h", "tags"], rows | {"mask": np.ones_like(rows["ids"])})
        return hidden[0], scores[0]

    def middle(self, ids: Sequence[int], types: Sequence[int]) -> Floats:
        """Return the states (wordpieces, 384) of one row after the fourth layer."""
        row = np.array([ids], np.int64)
        feed = {"ids": row, "types": np.array([types], np.int64), "mask": np.ones_like(row)}
        feed["first"] = np.zeros((1, 1), np.int64)
        states: Floats = self.encoder.run(["middle"], feed)[0][0]
        return states

    def _read_cues(self, hidden: Floats, cues: list[Piece]) -> tuple[list[int], Floats]:
        """Return the window of words around each cue of a chunk, and the scores of its words."""
        words = len(hidden)
        starts = np.array([piece.start for piece in cues])
        ends = np.array([piece.end for piece in cues])
        width = min(words, 2 * WINDOW + 8)
        low = np.clip(np.minimum(starts - WINDOW, words - width), 0, None)
        window = low[:, None] + np.arange(width)
        feed = {"h": hidden[window], "mask": np.ones_like(window), "cs": starts - low}
        feed["ce"] = np.minimum(ends - low, width)
        return low.tolist(), self.reader.run(None, feed)[0]


def _paths(rows: list[Floats], table: Floats) -> list[list[int]]:
    """Return the best tag path of each of `rows` (words, tags), all looked for at once."""
    lengths = [len(row) for row in rows]
    padded = np.zeros((len(rows), max(lengths), rows[0].shape[1]), rows[0].dtype)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return viterbi(padded, table, lengths)


def _found(words: list[tuple[int, int]], cue: Piece, parts: list[Piece], low: int) -> Found | None:
    """Turn word numbers into characters; None without content.

    One source is kept, the surest: of 19,883 attributions learnt from, 6 have two.
    """

    def spans(role: str) -> tuple[Span, ...]:
        return tuple(
            Span(words[part.start + low][0], words[part.end + low - 1][1])
            for part in parts
            if part.role == role
        )

    content = spans("content")
    if not content:
        return None
    sources = sorted((part for part in parts if part.role == "source"), key=lambda p: p.score)
    parts = [part for part in parts if part.role != "source" or part is sources[-1]]
    weakest = min(part.score for part in parts)
    span = Span(words[cue.start][0], words[cue.end - 1][1])
    return Found(spans("source"), span, content, (cue.score * weakest) ** 0.5)


class Attribution:
    """The component: fills `doc._.drafts` with who says what; see `draft`."""

    def __init__(self, media: Media, threads: int) -> None:
        self.media = media
        self.language = media.language
        self.threads = threads
        self.inner_cues = InnerCues(media.language)

    def __call__(self, doc: Doc) -> Doc:
        """Read one document."""
        return next(self.pipe([doc]))

    def pipe(self, docs: Iterable[Doc], batch_size: int = 16) -> Iterator[Doc]:
        """Read documents in batches, so that the encoder sees many chunks at once."""
        stream = iter(docs)
        while batch := list(islice(stream, batch_size)):
            texts = [repaired(text_of(doc)) for doc in batch]
            for doc, text, found in zip(batch, texts, self._read(texts), strict=True):
                reading = Reading.of(text, self.media)
                doc.user_data["reading"] = reading  # for `chain`
                doc._.drafts = self._sure(self._drafts(reading, found))
                yield doc

    def _read(self, texts: list[str]) -> list[list[Found]]:
        """The model has learnt one language and must never see another."""
        if not self.language.model:
            return [[] for _ in texts]
        return load_model(MODELS / self.language.model, self.threads).read(texts, self.inner_cues)

    def _sure(self, drafts: list[Draft]) -> list[Draft]:
        """Turn the model's scores into probabilities, now that the rules have compared them."""
        for draft in drafts:
            if draft.found_by == "model" and self.language.model:
                model = load_model(MODELS / self.language.model, self.threads)
                draft.confidence = model.decoder.sure(draft.confidence)
        return drafts

    def _drafts(self, reading: Reading, found: list[Found]) -> list[Draft]:
        if not self.language.model:
            return quoted_speech(reading.text, self.language, reading.quotes)
        drafts = sift(reading, mend(reading, [_draft(one) for one in found]))
        drafts = [*drafts, *missed_reports(reading, drafts)]
        return sift(reading, [*drafts, *headline_claims(reading, drafts)])


def _draft(found: Found) -> Draft:
    return Draft(
        source=list(found.source),
        cue=[found.cue],
        content=list(found.content),
        depth=found.depth,
        parent=found.parent,
        confidence=found.score,
        why={"attribution": f"model, score {found.score:.2f}"},
    )


@Pipeline.factory(
    "attribution", default_config={"language": "en", "actors_dir": None, "threads": 1}
)
def make_attribution(
    nlp: Pipeline, name: str, language: str, actors_dir: str | None, threads: int
) -> Attribution:
    """Build the component for one language; the registry tells which names are media."""
    registry = Registry.load(Path(actors_dir) if actors_dir else None)
    return Attribution(Media(registry, load_language(language)), threads)
