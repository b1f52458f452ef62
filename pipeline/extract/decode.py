"""From the encoder's scores to spans: Viterbi over BIO tags, with confidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

TAGS = ("O", "B-source", "I-source", "B-cue", "I-cue", "B-content", "I-content")
CUE_TAGS = ("O", "B-source", "I-source", "B-content", "I-content")
FORBIDDEN = -1e4


@dataclass(frozen=True, slots=True)
class Decoder:
    """How scores become spans and confidence; comes with the weights (`decoder.json`).

    `tags`, `cond`: weight of the bigram counts. `bias`: added to the score of cue tags, more
    finds more cues; `nested` the same where a content is read as a text of its own, which
    the weights were mostly shown without reports. `confidence`: (score, share of
    claims that are right at that score), ascending;
    measured where the weights are made, straight lines in between, no map at all when empty.
    """

    tags: float = 0.2
    cond: float = 0.2
    bias: float = 0.0
    nested: float = 0.0
    confidence: tuple[tuple[float, float], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Decoder:
        """Read a file written by `training`."""
        row = json.loads(path.read_text("utf-8"))
        knots = tuple((float(score), float(share)) for score, share in row["confidence"])
        return cls(row["tags"], row["cond"], row["bias"], row["nested"], knots)

    def sure(self, score: float) -> float:
        """Return the probability that an attribution of this score is right."""
        if not self.confidence:
            return score
        scores, shares = zip(*self.confidence, strict=True)
        return float(np.interp(score, scores, shares))

    def biased(self, logs: Floats, *, nested: bool) -> Floats:
        """Return the tag scores with those of cues shifted."""
        bias = self.nested if nested else self.bias
        shift = [bias if tag[2:] == "cue" else 0.0 for tag in TAGS]
        result: Floats = logs + np.array(shift, logs.dtype)
        return result


@dataclass(frozen=True, slots=True)
class Piece:
    """Words `start` to `end` (half-open) tagged `role`, with the geometric mean probability."""

    start: int
    end: int
    role: str
    score: float


def transitions(counts: Floats, tags: Sequence[str], weight: float) -> Floats:
    """Return weighted log probabilities of tag pairs; an I never follows another role."""
    table: Floats = weight * np.log(counts / counts.sum(1, keepdims=True))
    for before, left in enumerate(tags):
        for after, right in enumerate(tags):
            if right[0] == "I" and left[2:] != right[2:]:
                table[before, after] = FORBIDDEN
    return table


def log_softmax(scores: Floats) -> Floats:
    """Return log probabilities over the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return result


def viterbi(logs: Floats, table: Floats, lengths: Sequence[int]) -> list[list[int]]:
    """Return the best tag path of each row of `logs` (rows, words, tags), cut to its length."""
    rows, width, tags = logs.shape
    back = np.zeros((rows, width, tags), np.int8)
    best = logs[:, 0] + table[0]
    history = [best]
    for place in range(1, width):
        scores = best[:, :, None] + table[None]
        back[:, place] = scores.argmax(1)
        best = scores.max(1) + logs[:, place]
        history.append(best)
    return [_path(history, back, row, int(length)) for row, length in enumerate(lengths)]


def _path(history: list[Floats], back: NDArray[np.int8], row: int, length: int) -> list[int]:
    tag = int(history[length - 1][row].argmax())
    path = [tag]
    for place in range(length - 1, 0, -1):
        tag = int(back[row, place, tag])
        path.append(tag)
    return path[::-1]


def pieces(path: Sequence[int], logs: Floats, tags: Sequence[str]) -> list[Piece]:
    """Read the tagged stretches off a path; `logs` (words, tags) gives their scores."""
    found: list[Piece] = []
    start: int | None = None
    for place in range(len(path) + 1):
        tag = tags[path[place]] if place < len(path) else "O"
        if start is not None and (tag[0] != "I"):
            found.append(_piece(path, logs, tags, start, place))
            start = None
        if tag[0] != "O" and start is None:
            start = place
    return found


def _piece(path: Sequence[int], logs: Floats, tags: Sequence[str], start: int, end: int) -> Piece:
    role = tags[path[start]][2:]
    columns = [number for number, tag in enumerate(tags) if tag[2:] == role]
    likely = np.exp(logs[start:end, columns]).sum(1)
    return Piece(start, end, role, float(np.exp(np.log(likely + 1e-9).mean())))
