"""Fits the network: a fixed number of steps, one seed, an average of the last weights.

Two stages share one falling learning rate: epochs on the large corpus, then epochs on it mixed
with our own sentences. A checkpoint holds all that is needed to go on after a kill.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.extract.attribution import WINDOW
from pipeline.extract.wordpiece import OUTSIDE_TYPE
from training.examples import Example
from training.network import Network

IGNORED = -1  # tag of padding
POOL = 400  # examples sorted by length together, so that batches need little padding


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run is; two runs with the same recipe and data differ by rounding only."""

    epochs: int = 3  # on the large corpus alone
    mixed_epochs: int = 1  # with our own sentences
    repeats: int = 5  # of our own sentences in a mixed epoch
    batch: int = 1200  # wordpieces, padding included
    rate: float = 3e-4
    head_rate: float = 1e-3
    warm_up: int = 60  # steps
    average: float = 0.99  # decay of the running average, per `AVERAGE_EVERY` steps
    seed: int = 1

    @property
    def all_epochs(self) -> int:
        """The whole run: the learning rate falls to zero over it."""
        return self.epochs + self.mixed_epochs


AVERAGE_EVERY = 5
LOG_EVERY = 50
SAVE_EVERY = 100


class Log:
    """Prints the mean losses and the time of a step now and then."""

    def __init__(self, epoch: int, batches: int) -> None:
        self.title = f"epoch {epoch + 1} ({batches} batches)"
        self.losses: list[tuple[float, float]] = []
        self.began = time.perf_counter()

    def add(self, step: int, losses: tuple[float, float]) -> None:
        """Take in the losses of one step."""
        self.losses.append(losses)
        if len(self.losses) < LOG_EVERY:
            return
        cues, contents = (sum(values) / LOG_EVERY for values in zip(*self.losses, strict=True))
        seconds = (time.perf_counter() - self.began) / LOG_EVERY
        print(
            f"{self.title} step {step}: cues {cues:.3f} contents {contents:.3f} {seconds:.2f} s",
            flush=True,
        )
        self.losses, self.began = [], time.perf_counter()


class Fit:
    """A training run: network, optimiser, average, and how far it has come."""

    def __init__(self, net: Network, recipe: Recipe) -> None:
        self.net = net
        self.recipe = recipe
        self.step = 0
        self.epoch = 0
        self.batch = 0  # of the epoch
        self.optimiser = _optimiser(net, recipe)
        self.average = {name: value.clone() for name, value in net.state_dict().items()}

    def save(self, path: Path) -> None:
        """Write a checkpoint; an interrupted write leaves the old one."""
        fresh = path.with_suffix(".new")
        state = {
            "net": self.net.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "noise": torch.get_rng_state(),
            "place": (self.step, self.epoch, self.batch),
        }
        torch.save(state, fresh)
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint of the same recipe and data, at the batch it was made after."""
        state: dict[str, Any] = torch.load(path)
        self.net.load_state_dict(state["net"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["noise"])
        self.step, self.epoch, self.batch = state["place"]

    def run_epoch(self, data: Sequence[Example], checkpoint: Path) -> None:
        """Learn every example once, in an order that depends on seed and epoch only."""
        seed = self.recipe.seed + self.epoch
        order = batches(data, self.recipe.batch, random.Random(seed))  # noqa: S311 - no secret
        if not self.batch:
            torch.manual_seed(seed)
        self.net.train()
        log = Log(self.epoch, len(order))
        for batch in order[self.batch :]:
            share = (self.epoch + self.batch / len(order)) / self.recipe.all_epochs
            log.add(self.step, self._learn(batch, share))
            self.batch += 1
            if self.step % SAVE_EVERY == 0:
                self.save(checkpoint)
        self.epoch, self.batch = self.epoch + 1, 0
        self.save(checkpoint)

    def _learn(self, batch: Sequence[Example], done: float) -> tuple[float, float]:
        """Take one step when `done` (0..1) of the run is behind; return the heads' losses."""
        cues, contents = losses_of(self.net, batch)
        self.optimiser.zero_grad()
        (cues + 2 * contents).backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._set_rates(done)
        self.optimiser.step()
        self.step += 1
        if self.step % AVERAGE_EVERY == 0:
            self._average()
        return cues.item(), contents.item()

    def _set_rates(self, done: float) -> None:
        share = min(1.0, (self.step + 1) / self.recipe.warm_up) * (1 - done)
        for group, rate in zip(
            self.optimiser.param_groups, (self.recipe.rate, self.recipe.head_rate), strict=True
        ):
            group["lr"] = rate * share

    def _average(self) -> None:
        """Move the running average; early on it follows closely."""
        rounds = self.step / AVERAGE_EVERY
        keep = min(self.recipe.average, rounds / (rounds + 10))
        for name, value in self.net.state_dict().items():
            if value.dtype.is_floating_point:
                self.average[name].lerp_(value, 1 - keep)


def _optimiser(net: Network, recipe: Recipe) -> torch.optim.Optimizer:
    encoder = [p for n, p in net.named_parameters() if n.startswith("encoder.") and p.requires_grad]
    heads = [p for n, p in net.named_parameters() if not n.startswith("encoder.")]
    groups = [{"params": encoder, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}]
    return torch.optim.AdamW(groups, weight_decay=0.01)


def batches(data: Sequence[Example], size: int, order: random.Random) -> list[list[Example]]:
    """Return shuffled batches of like lengths, each of at most `size` wordpieces."""
    shuffled = list(data)
    order.shuffle(shuffled)
    made: list[list[Example]] = []
    for start in range(0, len(shuffled), POOL):
        pool = sorted(shuffled[start : start + POOL], key=lambda one: len(one.chunk.pieces))
        made.extend(_cut(pool, size))
    order.shuffle(made)
    return made


def _cut(pool: list[Example], size: int) -> Iterator[list[Example]]:
    """Cut a pool sorted by length; the last of a batch is its longest."""
    batch: list[Example] = []
    for one in pool:
        if batch and (len(batch) + 1) * len(one.chunk.pieces) > size:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def losses_of(net: Network, batch: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return the cross entropy per word of the tagger and of the reader on the gold cues."""
    loss = nn.CrossEntropyLoss(ignore_index=IGNORED)
    ids, mask = padded([one.chunk.pieces for one in batch], 0)
    types, _ = padded([one.chunk.types for one in batch], OUTSIDE_TYPE)
    first, words = padded([one.chunk.first for one in batch], 0)
    tags, _ = padded([one.tags for one in batch], IGNORED)
    states, scores = net.encode(ids, types, mask.long(), first)
    tagging = loss(scores.flatten(0, 1), tags.flatten())
    cues = [(row, cue) for row, one in enumerate(batch) for cue in one.cues]
    if not cues:
        return tagging, torch.zeros(())
    wanted, _ = padded([cue.tags for _, cue in cues], IGNORED, width=words.shape[1])
    rows = torch.tensor([row for row, _ in cues])
    start = torch.tensor([cue.start for _, cue in cues])
    end = torch.tensor([cue.end for _, cue in cues])
    window, low = windows(start, words.shape[1])
    end = torch.minimum(end - low, torch.full_like(end, window.shape[1]))
    near = rows.unsqueeze(1), window
    read = net.read(states[near], words[near], start - low, end)
    return tagging, loss(read.flatten(0, 1), wanted.gather(1, window).flatten())


def windows(start: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return the word numbers around each cue (cues, window) and the first of each."""
    size = min(width, 2 * WINDOW + 8)
    low = (start - WINDOW).clamp(min=0)
    low = torch.minimum(low, torch.full_like(low, width - size)).clamp(min=0)
    return low.unsqueeze(1) + torch.arange(size).unsqueeze(0), low


def padded(
    rows: Sequence[Sequence[int]], fill: int, *, width: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return the rows as one tensor and where they are not padding."""
    width = width or max(len(row) for row in rows)
    values = torch.full((len(rows), width), fill, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.bool)
    for number, row in enumerate(rows):
        values[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = True
    return values, mask
