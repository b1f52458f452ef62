"""The branch: states after four layers of the attribution encoder -> an act of a statement.

states + what part each wordpiece is -> two layers -> means over content, cue and sentence
-> with the speaker's relation to the conflict -> 28 acts and none
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.extract.backstop import RELATIONS
from pipeline.extract.masking import PARTS
from pipeline.taxonomy import load_acts
from training.export import MASKED, STATES, through

NONE = "none"
ACTS = (NONE, *load_acts())
LAYERS = 2  # of the six, the last
RELATION = 64  # width of what is known of the speaker
DROPPED = 0.2  # of what the last layer sees, in training


class Branch(nn.Module):
    """`layers` are `transformers` BERT layers; their weights are tuned here, on a copy."""

    def __init__(self, layers: list[nn.Module], heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.parts = nn.Embedding(len(PARTS), STATES)
        nn.init.zeros_(self.parts.weight)
        self.layers = nn.ModuleList(layers)
        self.relation = nn.Embedding(len(RELATIONS), RELATION)
        self.drop = nn.Dropout(DROPPED)
        self.out = nn.Linear(3 * STATES + RELATION, len(ACTS))

    def forward(self, middle: Tensor, mask: Tensor, parts: Tensor, relation: Tensor) -> Tensor:
        """Return scores (rows, acts); `mask` is 1 where there is a wordpiece."""
        states = middle + self.parts(parts)
        hidden = (1.0 - mask.to(states.dtype))[:, None, None, :] * MASKED
        for layer in self.layers:
            states = through(layer, states, hidden, self.heads)
        inside = [parts == PARTS.index(part) for part in ("content", "cue")]
        means = [mean(states, chosen) for chosen in (*inside, mask == 1)]
        return self.out(self.drop(torch.cat([*means, self.relation(relation)], -1)))


def mean(states: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of the chosen states of each row, zero without any."""
    weight = chosen.to(states.dtype).unsqueeze(-1)
    return (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)


def build(folder: Path) -> Branch:
    """Return an untuned branch with the last layers of the encoder in `folder`.

    all-MiniLM-L6-v2 itself, not the attribution encoder: its last layers have learnt meanings of
    sentences, and lead to 9 points more than those that have learnt who speaks.
    """
    from transformers import BertModel

    encoder = BertModel.from_pretrained(
        folder, add_pooling_layer=False, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.1
    )
    return Branch(list(encoder.encoder.layer[-LAYERS:]), encoder.config.num_attention_heads)
