"""One command: the act examples in, the branch with its report out."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.extract.attribution import MODELS

LIMITS = {"fill": 0.9, "alert": 0.9}  # from here nothing falls on the gold set's development half
READ_FROM = MODELS / "attribution-v1"


def main() -> None:
    """Train the branch on the attribution weights that the product has."""
    parser = argparse.ArgumentParser(prog="python -m training.acts", description=__doc__)
    parser.add_argument("--encoder", type=Path, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--attribution", type=Path, default=READ_FROM, help="its weights")
    parser.add_argument("--out", type=Path, default=MODELS / "acts-v1")
    options = parser.parse_args()
    train(options.encoder, options.attribution, options.out)


def train(encoder: Path | None, attribution: Path, out: Path) -> None:
    """Tune on `train`, set the temperature on `dev`, report on both and `test`."""
    import torch

    from training.__main__ import packaged_encoder
    from training.acts.branch import build
    from training.acts.drafts import samples
    from training.acts.examples import read_all
    from training.acts.export import export
    from training.acts.fit import Recipe, cases_of, fit, heat_of, scores, softmax
    from training.acts.report import report
    from training.reading import load
    from training.report import write_manifest

    torch.set_num_threads(1)
    torch.manual_seed(Recipe().seed)
    model = load(attribution)
    cases = {split: cases_of(model, list(samples(part))) for split, part in read_all().items()}
    branch = build(encoder or packaged_encoder())
    fit(branch, cases["train"], Recipe())
    held = {split: scores(branch, cases[split]) for split in ("dev", "test")}
    heat = heat_of(held["dev"], cases["dev"])
    lines = [f"temperature {heat:.2f}, set on dev\n"]
    for split, values in held.items():
        lines += report(split, cases[split], softmax(values / heat))
    export(branch, out, {"heat": heat, **LIMITS})
    write_manifest(out)
    (out / "report.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
