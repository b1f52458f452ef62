"""The trained backstop of the act rules: it speaks where they find nothing, or not at all.

A branch of the attribution model (`models/acts-v1/`, see its card): the encoder's states after
four of its six layers, of the statement without its names (`masking`), go through two layers of
the branch's own to a probability for each of the 28 acts and for none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.extract.attribution import MODELS, Model, checked_files, load_model, open_session
from pipeline.extract.draft import Draft
from pipeline.extract.judge import Judgement, Utterance, normal
from pipeline.extract.masking import Masked, Statement, masked
from pipeline.extract.registry import Registry
from pipeline.extract.sentences import sentence_at
from pipeline.records import Span

NONE = "none"
RELATIONS = (None, "party", "third")  # of the speaker to the conflict


@dataclass(frozen=True, slots=True)
class Verdict:
    """The likeliest act, or `NONE`, with its probability; from `fill` it counts."""

    act: str
    sure: float
    fill: float
    alert: float  # from here the claim may alert

    @property
    def counts(self) -> bool:
        """Whether an act is sure enough to be kept."""
        return self.act != NONE and self.sure >= self.fill

    @property
    def why(self) -> str:
        """The verdict in words."""
        doubt = "" if self.counts or self.act == NONE else ", too little"
        return f"backstop {self.act}, {self.sure:.2f} sure{doubt}"

    def judgement(self, said: Utterance) -> Judgement:
        """Return the verdict in the form of the rules'."""
        words = normal(said.content)
        return Judgement(
            self.act,
            words,
            f"{normal(said.cue)} | {words}",
            f"{self.act}: no rule fits; {self.why}",
            truce=self.act.startswith("CF_"),
            sure=self.sure >= self.alert,
        )


def statement_of(sentences: Sequence[Span], draft: Draft) -> Statement:
    """Return where a draft stands, with the sentences its parts are in."""
    parts = (*draft.source, *draft.cue, *draft.content)
    first = sentence_at(list(sentences), min(span.start for span in parts))
    last = sentence_at(list(sentences), max(span.end for span in parts) - 1)
    return Statement(Span(first.start, last.end), draft.source, draft.cue, draft.content)


@lru_cache(maxsize=2)
def load_backstop(folder: Path, encoder: Path, threads: int = 1) -> Backstop:
    """Return the backstop, loaded once per process. Raises `ModelError`."""
    return Backstop(checked_files(folder), load_model(encoder, threads), threads)


def backstop_of(acts: str, encoder: str, threads: int) -> Backstop | None:
    """Return the backstop of a language by the folders of its weights; None: it has none."""
    if not (acts and encoder):
        return None
    return load_backstop(MODELS / acts, MODELS / encoder, threads)


class Backstop:
    """The branch with its temperature and thresholds."""

    def __init__(self, files: dict[str, Path], model: Model, threads: int) -> None:
        self.model = model
        self.session = open_session(files["branch.int8.onnx"], threads)
        settings = json.loads(files["branch.json"].read_text("utf-8"))
        self.acts: list[str] = settings["acts"]
        self.heat, self.fill = float(settings["heat"]), float(settings["fill"])
        self.alert = float(settings["alert"])

    def verdict(
        self, registry: Registry, text: str, said: Statement, relation: str | None
    ) -> Verdict:
        """Return the likeliest act of a statement of `text`."""
        chances = self.chances(masked(self.model.wordpieces, registry, text, said), relation)
        best = max(chances, key=lambda act: chances[act])
        return Verdict(best, chances[best], self.fill, self.alert)

    def chances(self, said: Masked, relation: str | None) -> dict[str, float]:
        """Return the probability of each act and of `NONE`.

        One statement a pass: in a batch the others would move the scales of the int8 weights.
        """
        feed = {
            "middle": self.model.middle(said.pieces, said.types)[None],
            "mask": np.ones((1, len(said.pieces)), np.int64),
            "parts": np.array([said.parts], np.int64),
            "relation": np.array([RELATIONS.index(relation)], np.int64),
        }
        scores = self.session.run(None, feed)[0][0] / self.heat
        raised = np.exp(scores - scores.max())
        return dict(zip(self.acts, (raised / raised.sum()).tolist(), strict=True))
