"""Make a shortened encoder at home in the field: `python -m classifiers.encoder.adapt --from DIR --data DIR --out DIR`.

Two aims in one pass over texts without labels: to guess pieces that were masked (Devlin et al. 2019), and
to give the same vector as the whole encoder gives (distillation; Hinton et al. 2015), which heals the loss
of the upper layers and keeps the vectors good for comparing texts. Texts that are near duplicates of a
labelled message are left out, so that no fold's test messages are seen. Needs torch (extra `train`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from tqdm import tqdm

from classifiers import corpus
from classifiers.encoder import data, network

MASKED = 0.15
IGNORED = -100


@dataclass(frozen=True)
class Recipe:
    """The choices of an adaptation."""

    layers: int = 6
    epochs: int = 1
    batch: int = 32
    rate: float = 2e-4
    closeness: float = 5.0
    """Weight of the distance to the whole encoder's vectors beside the guessing of pieces."""


def adapt(
    checkpoint: Path, texts: Sequence[str], out: Path, recipe: Recipe, seed: int = 0, quiet: bool = False
) -> float:
    """Write the adapted checkpoint to a folder; gives the last tenth's mean loss."""
    chance = network.seeded(seed)
    whole, tokenizer = network.load(checkpoint)
    rows = data.encode(tokenizer, texts)
    aims = embed(whole, tokenizer, rows, quiet)
    model, _ = network.load(checkpoint, recipe.layers)
    module = _Guesser(model, tokenizer.mask_token_id or tokenizer.unk_token_id)
    module.to(network.device(), torch.bfloat16).train()
    plan = [
        batch
        for _ in range(recipe.epochs)
        for batch in data.batches([len(row) for row in rows], recipe.batch, chance)
    ]
    stepper = network.Stepper(module, {"": recipe.rate}, len(plan), 0.01)
    losses = []
    for batch in tqdm(plan, desc="adapting", unit="step", disable=quiet):
        ids, mask = network.padded([rows[place] for place in batch], tokenizer.pad_token_id)
        guess, vectors = module(ids, mask)
        loss = guess + recipe.closeness * (1 - functional.cosine_similarity(vectors, aims[batch]).mean())
        stepper.step(loss)
        losses.append(float(loss.detach()))
    stepper.restore()
    out.mkdir(parents=True, exist_ok=True)
    model.float().half().save_pretrained(out)
    tokenizer.save_pretrained(out)
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def embed(model: Any, tokenizer: Any, rows: Sequence[list[int]], quiet: bool = True) -> torch.Tensor:
    """Vectors [rows, width] of encoded texts by an encoder as it stands."""
    model.to(network.device(), torch.bfloat16).eval()
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    found = torch.zeros(len(rows), model.config.hidden_size, device=network.device())
    with torch.inference_mode():
        for start in tqdm(range(0, len(order), 32), desc="embedding", unit="batch", disable=quiet):
            batch = order[start : start + 32]
            ids, mask = network.padded([rows[place] for place in batch], tokenizer.pad_token_id)
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
            found[batch] = network.pooled(hidden, mask)
    return found.clone()


class _Guesser(torch.nn.Module):
    """The encoder with a head that guesses masked pieces by the vocabulary's own vectors."""

    def __init__(self, encoder: Any, mask_id: int) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder, self._mask_id = encoder, mask_id
        self.transform = torch.nn.Linear(width, width)
        self.norm = torch.nn.LayerNorm(width)
        self.bias = torch.nn.Parameter(torch.zeros(encoder.config.vocab_size))
        encoder.embeddings.requires_grad_(False)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden_away = (torch.rand(ids.shape, device=ids.device) < MASKED) & (mask == 1)
        hidden_away[:, 0] = False
        seen = torch.where(hidden_away, self._mask_id, ids)
        hidden = self.encoder(input_ids=seen, attention_mask=mask).last_hidden_state
        asked = self.norm(functional.gelu(self.transform(hidden[hidden_away])))
        table = self.encoder.embeddings.word_embeddings.weight
        guesses = (asked @ table.T + self.bias).float()
        return functional.cross_entropy(guesses, ids[hidden_away]), network.pooled(hidden, mask)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: adapts and prints the loss."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.encoder.adapt")
    parser.add_argument("--from", dest="checkpoint", type=Path, required=True, help="Hugging Face checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder with labelled and further texts")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=Recipe.layers)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    texts = data.unlike(data.further_texts(options.data), corpus.read(options.data))
    recipe = Recipe(layers=options.layers, epochs=options.epochs)
    loss = adapt(options.checkpoint, texts, options.out, recipe, options.seed)
    sys.stdout.write(f"{len(texts)} texts, loss {loss:.3f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
