"""Fits the branch on the states of statements without names; one temperature on other events.

The encoder below stays as it is, so its states are computed once. An example is read twice, as
marked and as found; both readings together weigh as much as one example.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.extract.attribution import Model
from pipeline.extract.backstop import RELATIONS
from pipeline.extract.decode import Floats
from training.acts.branch import ACTS, Branch
from training.acts.drafts import Sample
from training.export import STATES

HEATS = np.geomspace(0.3, 5.0, 60)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run is; two runs with the same recipe and data differ by rounding only."""

    epochs: int = 7
    batch: int = 32
    rate: float = 2e-4
    head_rate: float = 1e-3
    warm_up: int = 50  # steps
    smoothing: float = 0.05
    unknown: float = 0.4  # how often the speaker's relation to the conflict is withheld
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A reading of an example with its states."""

    sample: Sample
    middle: Floats  # (wordpieces, 384)


def cases_of(model: Model, samples: Sequence[Sample]) -> list[Case]:
    """Return the samples with the encoder's states after its fourth layer."""
    return [Case(one, model.middle(one.masked.pieces, one.masked.types)) for one in samples]


def fit(branch: Branch, cases: Sequence[Case], recipe: Recipe) -> None:
    """Tune `branch` on `cases`."""
    torch.manual_seed(recipe.seed)
    order = random.Random(recipe.seed)  # noqa: S311 - an order, not a secret
    heads = [branch.parts, branch.relation, branch.out]
    groups = [
        {"params": branch.layers.parameters(), "lr": recipe.rate},
        {"params": [p for head in heads for p in head.parameters()], "lr": recipe.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    rates = [group["lr"] for group in optimiser.param_groups]
    steps, step = recipe.epochs * -(-len(cases) // recipe.batch), 0
    for epoch in range(recipe.epochs):
        began, losses = time.perf_counter(), []
        for batch in batches(cases, recipe.batch, order):
            share = min(1.0, (step + 1) / recipe.warm_up) * (1 - step / (steps + 1))
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * share
            losses.append(_learn(branch, batch, optimiser, recipe, order))
            step += 1
        seconds = time.perf_counter() - began
        print(f"acts, epoch {epoch + 1}: loss {np.mean(losses):.3f}, {seconds:.0f} s", flush=True)


def _learn(
    branch: Branch,
    batch: Sequence[Case],
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
    order: random.Random,
) -> float:
    branch.train()
    known = [order.random() >= recipe.unknown for _ in batch]
    roles = [
        one.sample.example.role if told else None for one, told in zip(batch, known, strict=True)
    ]
    logs = torch.log_softmax(branch(*tensors(batch, roles)), -1)
    right = torch.logsumexp(logs + torch.log(targets(batch) + 1e-9), -1)
    loss = -(1 - recipe.smoothing) * right.mean() - recipe.smoothing * logs.mean()
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
    optimiser.step()
    return float(loss.item())


def batches(cases: Sequence[Case], size: int, order: random.Random) -> list[list[Case]]:
    """Return shuffled batches of about the same lengths."""
    jitter = sorted(cases, key=lambda one: len(one.middle) + 10 * order.random())
    made = [jitter[start : start + size] for start in range(0, len(jitter), size)]
    order.shuffle(made)
    return made


def tensors(
    batch: Sequence[Case], roles: Sequence[str | None]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return states, mask, parts and relations of a batch."""
    width = max(len(one.middle) for one in batch)
    middle = torch.zeros(len(batch), width, STATES)
    mask = torch.zeros(len(batch), width, dtype=torch.long)
    parts = torch.zeros(len(batch), width, dtype=torch.long)
    for row, one in enumerate(batch):
        size = len(one.middle)
        middle[row, :size] = torch.from_numpy(one.middle)
        mask[row, :size] = 1
        parts[row, :size] = torch.tensor(one.sample.masked.parts)
    known = [RELATIONS.index(role) if role in RELATIONS else 0 for role in roles]
    return middle, mask, parts, torch.tensor(known)


def targets(batch: Sequence[Case]) -> Tensor:
    """Return 1 for every act that is right."""
    wanted = torch.zeros(len(batch), len(ACTS))
    for row, one in enumerate(batch):
        wanted[row, [ACTS.index(act) for act in one.sample.example.acts]] = 1
    return wanted


def scores(branch: Branch, cases: Sequence[Case]) -> Floats:
    """Return (cases, acts) scores; the relation is what the program itself knew."""
    branch.eval()
    with torch.no_grad():
        rows = [branch(*tensors([one], [one.sample.relation]))[0].numpy() for one in cases]
    return np.array(rows)


def softmax(values: Floats) -> Floats:
    """Return probabilities along the last axis."""
    raised = np.exp(values - values.max(-1, keepdims=True))
    shares: Floats = raised / raised.sum(-1, keepdims=True)
    return shares


def heat_of(values: Floats, cases: Sequence[Case]) -> float:
    """Return the temperature that makes what is right in `cases`, of other events, likeliest."""
    wanted = targets(cases).numpy()
    losses = [-np.log((softmax(values / heat) * wanted).sum(1) + 1e-9).mean() for heat in HEATS]
    return float(HEATS[int(np.argmin(losses))])
