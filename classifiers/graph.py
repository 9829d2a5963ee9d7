"""The linear model as an ONNX graph: idf weighting, length normalisation, weighted sum, calibrated softmax.

Inputs, for a batch of B messages padded to L n-grams (count 0 is padding): `word_columns`, `char_columns`
int64 [B, L] and `word_counts`, `char_counts` float32 [B, L]. Outputs: `probabilities` [B, classes] and
`word_shares` [B, L, classes], what each word n-gram adds to each class's score, for the evidence. Weights
are stored in half precision and widened when the session is made. Needs the package onnx, at training
time only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
_SHARED = frozenset({"one", "tiny", "axis", "last"})


@dataclass(frozen=True)
class Weights:
    """One block per kind of n-gram: idf [columns] and weights [columns, classes]; one bias per class.

    Scale and bias of the calibration are already in them, so a softmax over the sums gives calibrated
    probabilities.
    """

    word_idf: Floats
    word: Floats
    char_idf: Floats
    char: Floats
    bias: Floats


def export(weights: Weights, path: Path) -> None:
    """Write the graph to a file and check it."""
    import onnx
    from onnx import TensorProto, helper

    nodes: list[Any] = []
    constants: list[Any] = [
        _constant("one", np.ones(1, np.float32)),
        _constant("tiny", np.full(1, 1e-9, np.float32)),
    ]
    constants += [
        _constant("bias", weights.bias.astype(np.float32)),
        _constant("axis", np.array([1], np.int64)),
    ]
    constants.append(_constant("last", np.array([2], np.int64)))
    for kind, idf, matrix in (
        ("word", weights.word_idf, weights.word),
        ("char", weights.char_idf, weights.char),
    ):
        constants += [
            _constant(f"{kind}_idf", idf.astype(np.float16)),
            _constant(f"{kind}_w", matrix.astype(np.float16)),
        ]
        nodes += _block(kind)
    nodes += [
        helper.make_node("Add", ["word_sum", "char_sum"], ["both"]),
        helper.make_node("Add", ["both", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    shapes = {"columns": TensorProto.INT64, "counts": TensorProto.FLOAT}
    inputs = [
        helper.make_tensor_value_info(f"{kind}_{part}", code, ["batch", f"{kind}_length"])
        for kind in ("word", "char")
        for part, code in shapes.items()
    ]
    classes = len(weights.bias)
    outputs = [
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", classes]),
        helper.make_tensor_value_info("word_shares", TensorProto.FLOAT, ["batch", "word_length", classes]),
    ]
    graph = helper.make_graph(nodes, "linear", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _block(kind: str) -> list[Any]:
    """Nodes of one block: w = (1 + ln count) * idf, over its length; shares = w * weights; sum over n-grams."""
    from onnx import TensorProto, helper

    def node(op: str, inputs: list[str], output: str, **attributes: Any) -> Any:
        named = [name if name in _SHARED else f"{kind}_{name}" for name in inputs]
        return helper.make_node(op, named, [f"{kind}_{output}"], **attributes)

    return [
        node("Cast", ["idf"], "idf32", to=TensorProto.FLOAT),
        node("Cast", ["w"], "w32", to=TensorProto.FLOAT),
        node("Max", ["counts", "one"], "at_least_one"),
        node("Log", ["at_least_one"], "log"),
        node("Add", ["log", "one"], "damped"),
        node("Min", ["counts", "one"], "there"),
        node("Mul", ["damped", "there"], "tf"),
        node("Gather", ["idf32", "columns"], "idf_at"),
        node("Mul", ["tf", "idf_at"], "tfidf"),
        node("ReduceL2", ["tfidf"], "length", axes=[1], keepdims=1),
        node("Max", ["length", "tiny"], "safe_length"),
        node("Div", ["tfidf", "safe_length"], "unit"),
        node("Unsqueeze", ["unit", "last"], "unit3"),
        node("Gather", ["w32", "columns"], "w_at"),
        node("Mul", ["unit3", "w_at"], "shares"),
        node("ReduceSum", ["shares", "axis"], "sum", keepdims=0),
    ]


def _constant(name: str, value: npt.NDArray[Any]) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.ascontiguousarray(value), name)
