"""An encoder that has learned the classes: fine-tuned on labelled texts, judged on others. Needs torch.

The head reads the mean of the pieces' vectors. Both views of a message (as written, as words) are learned
from; labels are smoothed because about one in fifty is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from tqdm import tqdm

from classifiers.encoder import data, network

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Recipe:
    """The choices of a fine-tuning, made on inner folds. All layers of the checkpoint are kept: `adapt` cuts."""

    epochs: int = 3
    batch: int = 24
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    smoothing: float = 0.05
    hidden_pieces: float = 0.1
    """Part of the pieces replaced by the unknown one in training: stands in for dropout, which is slow."""


class Network(torch.nn.Module):
    """Encoder, mean, one layer to the classes: ids and mask [rows, pieces] to margins [rows, classes]."""

    def __init__(self, encoder: Any, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = torch.nn.Linear(encoder.config.hidden_size, classes)
        encoder.embeddings.requires_grad_(False)

    def vectors(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """What the encoder makes of the texts [rows, width], before the classes."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return network.pooled(hidden, attention_mask)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        vector = self.vectors(input_ids, attention_mask)
        margins: torch.Tensor = self.head(vector.to(self.head.weight.dtype))
        return margins


@dataclass(frozen=True)
class Tuned:
    """A fine-tuned encoder with its tokenizer and the names of its classes."""

    network: Network
    tokenizer: Any
    labels: tuple[str, ...]


def tune(
    checkpoint: Path,
    texts: Sequence[str],
    answers: Sequence[str],
    recipe: Recipe,
    seed: int = 0,
    quiet: bool = False,
) -> Tuned:
    """Learn the classes of these texts. Raises ClassifierUnavailable for a folder that is no checkpoint."""
    chance = network.seeded(seed)
    encoder, tokenizer = network.load(checkpoint)
    labels = tuple(sorted(set(answers)))
    target = torch.tensor([labels.index(answer) for answer in answers], device=network.device())
    rows = data.encode(tokenizer, texts)
    module = Network(encoder, len(labels)).to(network.device(), torch.bfloat16).train()
    lengths = [len(row) for row in rows]
    plan = [b for _ in range(recipe.epochs) for b in data.batches(lengths, recipe.batch, chance)]
    rates = {"": recipe.rate, "head": recipe.head_rate}
    stepper = network.Stepper(module, rates, len(plan), recipe.decay)
    for batch in tqdm(plan, desc="fine-tuning", unit="step", disable=quiet, mininterval=5):
        ids, mask = network.padded([rows[place] for place in batch], tokenizer.pad_token_id)
        away = (torch.rand(ids.shape, device=ids.device) < recipe.hidden_pieces) & (mask == 1)
        margins = module(torch.where(away, tokenizer.unk_token_id, ids), mask).float()
        stepper.step(functional.cross_entropy(margins, target[batch], label_smoothing=recipe.smoothing))
    stepper.restore()
    return Tuned(module.float().eval(), tokenizer, labels)


def margins(tuned: Tuned, texts: Sequence[str], batch: int = 32, exact: bool = False) -> Floats:
    """Scores [texts, classes] before calibration, in single precision throughout if `exact`."""
    rows = data.encode(tuned.tokenizer, texts)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    found = np.zeros((len(rows), len(tuned.labels)))
    kind = network.device().type
    with torch.inference_mode(), torch.autocast(kind, dtype=torch.bfloat16, enabled=not exact):
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            ids, mask = network.padded([rows[place] for place in part], tuned.tokenizer.pad_token_id)
            found[part] = tuned.network(ids, mask).float().cpu().numpy()
    return found
