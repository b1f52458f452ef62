"""Tuned branch -> int8 ONNX graph and `branch.json`."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from training.acts.branch import ACTS, Branch
from training.export import STATES, TOLERANCE

GRAPH = "branch.int8.onnx"
AXES = {
    "middle": {0: "B", 1: "T"},
    "mask": {0: "B", 1: "T"},
    "parts": {0: "B", 1: "T"},
    "relation": {0: "B"},
    "scores": {0: "B"},
}


def export(branch: Branch, folder: Path, settings: dict[str, object]) -> None:
    """Write the branch as int8, checked against itself, and what is needed to use it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    branch.eval()
    full = folder / "branch.onnx"
    width = 40
    tried = (
        torch.randn(1, width, STATES),
        torch.ones(1, width, dtype=torch.long),
        torch.randint(0, 4, (1, width)),
        torch.tensor([1]),
    )
    torch.onnx.export(
        branch,
        tried,
        str(full),
        input_names=list(AXES)[:-1],
        output_names=["scores"],
        dynamic_axes=AXES,
        opset_version=17,
        dynamo=False,
    )
    _compare(full, branch, tried)
    quantize_dynamic(
        full,
        folder / GRAPH,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gemm"],
        extra_options={"MatMulConstBOnly": True},
    )
    full.unlink()
    (folder / "branch.json").write_text(
        json.dumps({"acts": list(ACTS), **settings}) + "\n", "utf-8"
    )


def _compare(path: Path, branch: Branch, tried: tuple[torch.Tensor, ...]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {name: value.numpy() for name, value in zip(AXES, tried, strict=False)}
    with torch.no_grad():
        wanted = branch(*tried).numpy()
    difference = abs(session.run(None, feed)[0] - wanted).max()
    assert difference < TOLERANCE, f"the branch is off by {difference}"
