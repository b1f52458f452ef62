"""The network: MiniLM encoder, a head that tags cues, a head that reads around one cue.

wordpieces -> encoder -> state of each word -> 7 tags (cues; the other roles help learning)
word states around a cue + the cue's own -> one small transformer layer -> 5 tags
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from pipeline.extract.decode import CUE_TAGS, TAGS

TYPES = 12  # shapes of words x inside a quotation
READER = 192  # width of the second head
REACH = 64  # words to each side of a cue with a distance of their own


class Network(nn.Module):
    """Both heads on one encoder; `encoder` is a `transformers.BertModel`."""

    def __init__(self, encoder: nn.Module, states: int = 384) -> None:
        super().__init__()
        self.encoder = encoder
        self.drop = nn.Dropout(0.1)
        self.tagger = nn.Linear(states, len(TAGS))
        self.key = nn.Linear(states, READER)
        self.query = nn.Linear(2 * states, READER)
        self.distance = nn.Embedding(2 * REACH + 3, READER)
        self.layer = nn.TransformerEncoderLayer(
            READER, 4, 2 * READER, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.norm = nn.LayerNorm(READER)
        self.out = nn.Linear(READER, len(CUE_TAGS))

    def encode(
        self, ids: Tensor, types: Tensor, mask: Tensor, first: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the states (rows, words, 384) and tag scores (rows, words, 7) of the words."""
        states = self.encoder(
            input_ids=ids, token_type_ids=types, attention_mask=mask
        ).last_hidden_state
        words = torch.gather(states, 1, first.unsqueeze(-1).expand(-1, -1, states.size(-1)))
        return words, self.tagger(self.drop(words))

    def read(self, words: Tensor, mask: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """Return tag scores (cues, window, 5); `start` and `end` are word places in the window."""
        reading = self.asked(words, start, end)
        reading = self.layer(self.drop(reading), src_key_padding_mask=~mask)
        return self.out(self.norm(reading))

    def asked(self, words: Tensor, start: Tensor, end: Tensor) -> Tensor:
        """Return each word seen from the cue: its state, the cue's and the distance."""
        cue = torch.cat([at(words, start), at(words, end - 1)], -1)
        near = self.distance(distances(words, start, end))
        return nn.functional.gelu(self.key(words) + self.query(cue) + near)


def at(words: Tensor, places: Tensor) -> Tensor:
    """Return the state at one place of each row, with the row's axis kept: (rows, 1, states)."""
    return torch.gather(words, 1, places.view(-1, 1, 1).expand(-1, 1, words.shape[-1]))


def distances(words: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return a number for each word: how far left or right of the cue, or inside it."""
    place = torch.cumsum(torch.ones_like(words[:, :, 0], dtype=torch.long), 1) - 1
    start, end = start.unsqueeze(1), end.unsqueeze(1)
    left = (place - start).clamp(-REACH, 0)
    right = (place - end + 1).clamp(0, REACH)
    number = left + right + REACH + (right > 0).long()
    inside = (place >= start) & (place < end)
    return torch.where(inside, torch.full_like(number, 2 * REACH + 2), number)


def build(folder: Path) -> Network:
    """Return an untrained network on the encoder in `folder` (all-MiniLM-L6-v2 or a like one).

    The token types are widened to `TYPES`. Attention dropout stays off: with it the CPU falls
    back to a slow kernel. The word embeddings stay as they are: news of one topic would wear
    the rare ones out.
    """
    from transformers import BertModel

    encoder = BertModel.from_pretrained(
        folder,
        add_pooling_layer=False,
        attn_implementation="sdpa",
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    embeddings = encoder.embeddings
    embeddings.dropout.p = 0.1  # the one place where dropping costs nothing
    old = embeddings.token_type_embeddings.weight.data[0]
    embeddings.token_type_embeddings = nn.Embedding(TYPES, old.numel())
    embeddings.token_type_embeddings.weight.data.copy_(old.expand(TYPES, -1))
    encoder.config.type_vocab_size = TYPES
    embeddings.word_embeddings.weight.requires_grad_(False)
    return Network(encoder, encoder.config.hidden_size)
