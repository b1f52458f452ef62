"""Measures exported weights and writes what they need to be used: `decoder.json`, a report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.extract.attribution import MANIFEST, Model
from pipeline.extract.decode import Decoder
from training.choose import choose
from training.passages import Passage
from training.reading import load, read
from training.score import compare, interval, score


def choose_and_measure(
    folder: Path, dev: Sequence[Passage], own: Mapping[str, Sequence[Passage]]
) -> str:
    """Choose the decoder on `dev`, write it into `folder`, return the report.

    The map from score to confidence stays empty: it is fitted on claims after the rules, by
    `python -m training.calibrate`, once the weights are where the product looks for them.
    """
    write_decoder(folder, Decoder())
    model = load(folder)
    decoder, _ = choose(model, dev)
    write_decoder(folder, decoder)
    model.use(decoder)
    lines = [
        f"decoder: {decoder}",
        measured("PolNeAR dev (the decoder was chosen on it)", model, dev),
    ]
    for split, passages in own.items():
        outer = [next(passage.levels()) for passage in passages]
        lines.append(measured(f"own sentences, {split}", model, outer))
    return "\n".join(lines) + "\n"


def write_decoder(folder: Path, decoder: Decoder) -> None:
    """Write `decoder.json`."""
    (folder / "decoder.json").write_text(json.dumps(asdict(decoder)) + "\n", "utf-8")


def measured(title: str, model: Model, passages: Sequence[Passage]) -> str:
    """Return one line: precision, recall and F1 with its interval, recall by kind; per cent."""
    found = read(model, passages)
    outcomes = [compare(one, mine) for one, mine in zip(passages, found, strict=True)]
    result = score(outcomes)
    low, high = interval(outcomes)
    kinds = ", ".join(f"{kind} {100 * value:.1f}" for kind, value in result.by_kind.items())
    return (
        f"{title}: linked {100 * result.precision:.1f} / {100 * result.recall:.1f} / "
        f"{100 * result.f1:.1f} ({100 * low:.1f} to {100 * high:.1f}); recall {kinds}"
    )


def write_manifest(folder: Path) -> None:
    """Write the hash of every file that the runtime loads."""
    names = sorted(
        path.name for path in folder.iterdir() if path.suffix in (".onnx", ".npz", ".txt", ".json")
    )
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names
    ]
    (folder / MANIFEST).write_text("\n".join(lines) + "\n", "ascii")
