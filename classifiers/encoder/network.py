"""The encoder as a network in training: loaded from a checkpoint, shortened, pooled, stepped. Needs torch.

Weights are kept in single precision by the optimiser and in bfloat16 by the network: on a processor with
such instructions a step costs a half. The vocabulary's vectors stay as they are: a few thousand messages
would move those of the words they hold and leave the rest behind.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from classifiers.api import ClassifierUnavailable
from classifiers.model_files import quiet_transformers


def seeded(seed: int) -> random.Random:
    """Fix all chance of torch and numpy, and give one of Python's own."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    return random.Random(seed)


def load(checkpoint: Path, layers: int = 0) -> tuple[Any, Any]:
    """Encoder and tokenizer of a Hugging Face checkpoint folder, its lowest `layers` only (0: all).

    Raises ClassifierUnavailable with the reason.
    """
    transformers = quiet_transformers()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(checkpoint), local_files_only=True)
        config = transformers.AutoConfig.from_pretrained(str(checkpoint), local_files_only=True)
        for key, value in config.to_dict().items():
            if "dropout" in key and isinstance(value, float):  # slow, and hidden pieces stand in for it
                setattr(config, key, 0.0)
        model = transformers.AutoModel.from_pretrained(
            str(checkpoint), local_files_only=True, config=config, dtype=torch.float32
        )
    except Exception as error:  # the library's errors are many; all mean that this folder is no checkpoint
        raise ClassifierUnavailable(f"{checkpoint} 不是可用的 Hugging Face 检查点：{error}") from error
    if tokenizer.pad_token_id is None or tokenizer.unk_token_id is None:
        raise ClassifierUnavailable(f"{checkpoint} 的分词器没有填充符或未知符，不是可用的编码器")
    if not hasattr(model, "embeddings"):
        raise ClassifierUnavailable(
            f"{checkpoint} 的结构（{config.model_type}）不是文本编码器，请换用 BERT 一类的检查点"
        )
    if layers:
        _shorten(model, layers, checkpoint)
    return model, tokenizer


def _shorten(model: Any, layers: int, checkpoint: Path) -> None:
    """Leave only the lowest layers of the one stack that the model has."""
    depth = model.config.num_hidden_layers
    stacks = [
        (owner, name)
        for owner in model.modules()
        for name, child in owner.named_children()
        if isinstance(child, torch.nn.ModuleList) and len(child) == depth
    ]
    if len(stacks) != 1:
        raise ClassifierUnavailable(f"{checkpoint} 的结构（{model.config.model_type}）无法截短层数")
    ((owner, name),) = stacks
    setattr(owner, name, getattr(owner, name)[:layers])
    model.config.num_hidden_layers = min(layers, depth)


def device() -> torch.device:
    """A GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def padded(rows: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids [rows, longest] and the mask of what is text, both int64, on the device."""
    width = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids.to(device()), mask.to(device())


def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean of the pieces' vectors [rows, width], in single precision."""
    weight = mask.unsqueeze(-1).float()
    mean: torch.Tensor = (hidden.float() * weight).sum(1) / weight.sum(1)
    return mean


class Stepper:
    """AdamW over single-precision copies of a bfloat16 module, with warm-up and linear decay."""

    def __init__(self, module: torch.nn.Module, rates: dict[str, float], steps: int, decay: float) -> None:
        """`rates` gives a learning rate for each prefix of a parameter's name; the longest prefix wins."""
        self._pairs: list[tuple[torch.nn.Parameter, torch.Tensor]] = []
        groups = []
        for name, parameter in module.named_parameters():
            if not parameter.requires_grad:
                continue
            master = parameter.detach().float().clone()
            self._pairs.append((parameter, master))
            prefix = max((prefix for prefix in rates if name.startswith(prefix)), key=len)
            plain = parameter.ndim < 2
            groups.append({"params": [master], "lr": rates[prefix], "weight_decay": 0.0 if plain else decay})
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
        warm = max(1, steps // 10)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser,
            lambda step: min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm + 1))),
        )

    def step(self, loss: torch.Tensor) -> None:
        """One step down the gradient of the loss, cut to length one."""
        loss.backward()
        for parameter, master in self._pairs:
            master.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_([master for _, master in self._pairs], 1.0)
        self._optimiser.step()
        self._schedule.step()
        with torch.no_grad():
            for parameter, master in self._pairs:
                parameter.copy_(master)

    def restore(self) -> None:
        """Make the module single precision again, with the optimiser's own weights."""
        with torch.no_grad():
            for parameter, master in self._pairs:
                parameter.data = master.clone()
