"""ONNX Runtime as every model here uses it: one thread per call (callers bring the threads), quiet."""

from pathlib import Path
from typing import Any


def session(graph: Path, threads: int = 1) -> Any:
    """An inference session on the processor. Raises whatever the library does for a file that is no graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
