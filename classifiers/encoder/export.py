"""A fine-tuned encoder as a sealed folder: an ONNX graph in eight-bit integers, its tokenizer, its head.

Weights of matrices are kept per row in eight bits, activations are quantised as they come; scores stay
within a few hundredths. Needs torch and onnx (extra `train`).
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import warnings
from pathlib import Path

import torch

from classifiers import sealed
from classifiers.encoder import network
from classifiers.encoder.data import MAX_TOKENS
from classifiers.encoder.finetune import Tuned
from classifiers.encoder.model import FILES, FORMAT, GRAPH, OUTPUTS

_OPSET = 17
_QUANTISED = ["MatMul", "Gather", "Gemm"]


def export(
    tuned: Tuned, folder: Path, threshold: float = 2.0, scale: float = 1.0, offsets: tuple[float, ...] = ()
) -> str:
    """Write a sealed folder that `EncoderModel` serves; gives its version.

    Without a calibration the encoder is for an ensemble, and is never certain alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as aside:
        whole = Path(aside) / "whole.onnx"
        _graph(tuned, whole)
        _quantise(whole, folder / GRAPH)
    tuned.tokenizer.save_pretrained(folder)
    tuned.network.encoder.config.save_pretrained(folder)
    version = f"encoder-{hashlib.sha256((folder / GRAPH).read_bytes()).hexdigest()[:10]}"
    head = {
        "version": version,
        "labels": tuned.labels,
        "threshold": threshold,
        "scale": scale,
        "offsets": offsets or (0.0,) * len(tuned.labels),
        "pieces": MAX_TOKENS,
    }
    sealed.seal(folder, FORMAT, head, FILES)
    return version


class _Served(torch.nn.Module):
    """The network as it is served: margins and, for other readers of the same text, its vector."""

    def __init__(self, tuned: Tuned) -> None:
        super().__init__()
        self._network = tuned.network.cpu().float()

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        vector = self._network.vectors(input_ids, attention_mask)
        return self._network.head(vector), vector


def _graph(tuned: Tuned, path: Path) -> None:
    module = _Served(tuned).eval()
    ids, mask = network.padded([[0, 1, 2, 3], [0, 2]], 1)
    rows_and_pieces = {0: "rows", 1: "pieces"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every shape that it takes for fixed
        torch.onnx.export(
            module,
            (ids.cpu(), mask.cpu()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=[*OUTPUTS],
            dynamic_axes={
                "input_ids": rows_and_pieces,
                "attention_mask": rows_and_pieces,
                **{name: {0: "rows"} for name in OUTPUTS},
            },
            opset_version=_OPSET,
            dynamo=False,
        )


def _quantise(source: Path, target: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.getLogger().setLevel(max(logging.getLogger().level, logging.WARNING))
    quantize_dynamic(
        str(source),
        str(target),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=_QUANTISED,
    )
