"""Reads passages with exported weights, by the product's own runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.extract.attribution import Found, Model
from training.passages import Attribution, Passage


def load(folder: Path) -> Model:
    """Return the model of a folder, whether or not it has a manifest yet."""
    return Model({path.name: path for path in folder.iterdir() if path.is_file()}, threads=1)


def read(model: Model, passages: Sequence[Passage]) -> list[list[Attribution]]:
    """Return the outer attributions of each passage."""
    return [
        [attribution(one) for one in found]
        for found in model.flat([passage.text for passage in passages])
    ]


def attribution(found: Found) -> Attribution:
    """Return what the model found in the form of the corpora."""
    return Attribution(
        tuple((span.start, span.end) for span in found.source),
        ((found.cue.start, found.cue.end),),
        tuple((span.start, span.end) for span in found.content),
    )
