"""Trained network -> two int8 ONNX graphs, bigram counts, vocabulary, manifest.

The forward passes are written out once more in plain operations: what the exporter makes of the
libraries' own layers is larger and slower. `export` fails when the two disagree.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.extract.decode import Floats
from training.network import Network

TAP = "middle"  # name of the states after layer four among the encoder's outputs
TAPPED = 4
STATES = 384
MASKED = -1e4
TOLERANCE = 1e-3  # of scores around ten: rounding, not another function
SHAPE = (3, 40, 30)  # rows, wordpieces and words of the tried input
QUANTIZED = ["MatMul", "Gemm", "Gather"]  # without Gather the embeddings keep 47 MB
INPUTS = {
    "enc": {"ids": "BT", "types": "BT", "mask": "BT", "first": "BW", "h": "BW", "tags": "BW"},
    "cond": {"h": "NX", "mask": "NX", "cs": "N", "ce": "N", "ctags": "NX"},
}
OUTPUTS = {"enc": ["h", "tags"], "cond": ["ctags"]}


class Encoder(nn.Module):
    """Wordpieces -> states and tag scores of words."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.embeddings = net.encoder.embeddings
        self.layers = net.encoder.encoder.layer
        self.heads = net.encoder.config.num_attention_heads
        self.tagger = net.tagger

    def forward(
        self, ids: Tensor, types: Tensor, mask: Tensor, first: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return states (rows, words, 384) and scores (rows, words, 7)."""
        of = self.embeddings
        place = torch.cumsum(torch.ones_like(ids), 1) - 1
        states = of.word_embeddings(ids) + of.position_embeddings(place)
        states = of.LayerNorm(states + of.token_type_embeddings(types))
        hidden = (1.0 - mask.to(states.dtype))[:, None, None, :] * MASKED
        for layer in self.layers:
            states = through(layer, states, hidden, self.heads)
        words = torch.gather(states, 1, first.unsqueeze(-1).expand(-1, -1, states.shape[-1]))
        return words, self.tagger(words)


class Reader(nn.Module):
    """States around a cue -> tag scores of source and content."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net

    def forward(self, h: Tensor, mask: Tensor, cs: Tensor, ce: Tensor) -> Tensor:
        """Return scores (cues, window, 5)."""
        layer = self.net.layer
        states = self.net.asked(h, cs, ce)
        attention = layer.self_attn
        mixed = nn.functional.linear(
            layer.norm1(states), attention.in_proj_weight, attention.in_proj_bias
        )
        query, key, value = mixed.split(states.shape[-1], -1)
        hidden = (1.0 - mask.to(states.dtype))[:, None, None, :] * MASKED
        states = states + attention.out_proj(attend(query, key, value, hidden, attention.num_heads))
        wide = nn.functional.gelu(layer.linear1(layer.norm2(states)))
        return self.net.out(self.net.norm(states + layer.linear2(wide)))


def through(layer: nn.Module, states: Tensor, hidden: Tensor, heads: int) -> Tensor:
    """Return the states behind one BERT layer, in plain operations; dropout only in training."""
    asked, answer, last = layer.attention.self, layer.attention.output, layer.output
    parts = asked.query(states), asked.key(states), asked.value(states)
    seen = answer.dropout(answer.dense(attend(*parts, hidden, heads)))
    states = answer.LayerNorm(seen + states)
    wide = nn.functional.gelu(layer.intermediate.dense(states))
    return last.LayerNorm(last.dropout(last.dense(wide)) + states)


def attend(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor, heads: int) -> Tensor:
    """Return multi-head attention; `hidden` is added to the scores of padding."""
    rows, places, width = query.shape
    size = width // heads
    query, key, value = (
        part.reshape(rows, places, heads, size).transpose(1, 2) for part in (query, key, value)
    )
    weights = torch.softmax(query @ key.transpose(-1, -2) / math.sqrt(size) + hidden, -1)
    return (weights @ value).transpose(1, 2).reshape(rows, places, width)


def export(net: Network, vocabulary: Path, counts: Mapping[str, Floats], out: Path) -> None:
    """Write what `pipeline.extract.attribution` loads, but for decoder.json and the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    net.eval()
    with torch.no_grad():
        for name, graph, inputs, wanted in _tried(net):
            got = graph(*inputs)
            got = got[1] if isinstance(got, tuple) else got
            difference = (got - wanted).abs().max().item()
            assert difference < TOLERANCE, f"{name}: off by {difference}"
            _write(name, graph, inputs, out)
    tap(out / "enc.int8.onnx")
    np.savez(out / "trans.npz", tags=counts["tags"], cond=counts["cond"])
    shutil.copy(vocabulary, out / "vocab.txt")


def tap(path: Path) -> None:
    """Make the states after layer four one more output of an exported encoder.

    Nothing else changes. Two normalisations a layer, and one of the embeddings before them.
    """
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(path)
    if TAP in [port.name for port in model.graph.output]:
        return
    norms = [node for node in model.graph.node if node.op_type == "LayerNormalization"]
    old = norms[2 * TAPPED].output[0]
    for node in model.graph.node:
        for ports in (node.input, node.output):
            for place, name in enumerate(ports):
                if name == old:
                    ports[place] = TAP
    shape = ["B", "T", STATES]
    model.graph.output.append(helper.make_tensor_value_info(TAP, TensorProto.FLOAT, shape))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _tried(net: Network) -> list[tuple[str, nn.Module, tuple[Tensor, ...], Tensor]]:
    """Return each graph with random inputs and what the network itself makes of them."""
    rows, pieces, words = SHAPE
    ids = torch.randint(1000, 20_000, (rows, pieces))
    types = torch.randint(0, 12, (rows, pieces))
    first = torch.arange(1, words + 1).expand(rows, -1).contiguous()
    seen = torch.ones_like(ids)
    states, tags = net.encode(ids, types, seen, first)
    start, end = torch.tensor([3, 0, 28]), torch.tensor([5, 1, 30])
    mask = torch.ones(rows, words, dtype=torch.long)
    read = net.read(states, mask.bool(), start, end)
    return [
        ("enc", Encoder(net).eval(), (ids, types, seen, first), tags),
        ("cond", Reader(net).eval(), (states, mask, start, end), read),
    ]


def _write(name: str, graph: nn.Module, inputs: tuple[Tensor, ...], out: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = out.parent / f"{name}.onnx"
    axes: dict[str, Any] = {port: dict(enumerate(INPUTS[name][port])) for port in INPUTS[name]}
    torch.onnx.export(
        graph,
        inputs,
        str(full),
        input_names=[port for port in INPUTS[name] if port not in OUTPUTS[name]],
        output_names=OUTPUTS[name],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        full,
        out / f"{name}.int8.onnx",
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=QUANTIZED,
        extra_options={"MatMulConstBOnly": True},
    )
