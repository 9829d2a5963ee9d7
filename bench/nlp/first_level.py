"""The category model: how right it is on folds, how fast what is shipped is, beside PyTorch in one run.

`speed` runs in a process of its own, so that memory and loading are those of the model alone.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import corpus, evaluate, learn
from classifiers.api import Text, whole
from classifiers.prepare import Preparer
from classifiers.segment import Segmenter
from hotline.adapters.current_classifier import CurrentClassifier
from hotline.adapters.starter import starter_rows
from hotline.domain.reference import Reference

PIECES = 128
SINGLES, BATCHES = 400, 20
CHARS_AT_MOST = 220
"""About what 128 pieces of an encoder hold: both models are timed on the same beginning of a message."""


def report(data: Path) -> dict[str, Any]:
    """The linear model on five folds grouped by dup_group, each message once; the ensemble's folds, which take
    hours, are in the report of `python -m classifiers.train --encoder`."""
    prepared = Preparer(corpus.read(data), Segmenter())
    return evaluate.report(evaluate.cross_validate(prepared, learn.Recipe(), 0, quiet=True))


def speed(data: Path) -> dict[str, Any]:
    """Loading, single and batched answers of the shipped model on two threads, and memory."""
    code = "import sys; from bench.nlp import first_level; first_level.timed(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(data)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ},
    )
    return dict(json.loads(done.stdout))


def timed(data: str) -> None:
    """Writes the figures of `speed` as JSON; the child's side of it."""
    texts = _texts(Path(data))
    before = _memory()
    began, worked = time.perf_counter(), time.process_time()
    from classifiers.open import SHIPPED, open_model

    segmenter = Segmenter()
    model = open_model(SHIPPED, segmenter)
    model.load()
    loading = time.perf_counter() - began, time.process_time() - worked
    singles = _milliseconds(lambda text: model.read([text]), texts[:SINGLES])
    began = time.perf_counter()
    for start in range(BATCHES):
        model.read(texts[start * 32 : start * 32 + 32])
    batched = BATCHES * 32 / (time.perf_counter() - began)
    found = {
        "model": model.version,
        "load_s": round(loading[0], 2),
        "load_cpu_s": round(loading[1], 2),
        "single_ms": singles,
        "batch_per_s": round(batched),
        "memory_mb": {"before": before, "after": _memory()},
        "load_average": round(os.getloadavg()[0], 1),
    }
    json.dump(found | _beside_torch(texts[:64]), sys.stdout)


def whole_answer(data: Path) -> dict[str, Any]:
    """Milliseconds of the whole answer, with rules, extraction and taxonomy, on messages uncut."""
    rows = {row["code"]: row for row in starter_rows()["category"]}
    reference = Reference({"category": rows})
    classifier = CurrentClassifier("onnx:shipped", lambda: reference, Segmenter())
    classifier.load()
    messages = [message for message in corpus.read(data) if message.raw][:SINGLES]
    texts = [Text(*message.raw.partition("\n")[::2]) for message in messages]
    return _milliseconds(lambda text: classifier.predict([text]), texts)


def _beside_torch(texts: Sequence[Text]) -> dict[str, Any]:
    """The encoder that is shipped against the same network run eagerly, where torch and the checkpoint are."""
    from classifiers.ensemble import ENCODER
    from classifiers.open import SHIPPED

    checkpoint = os.environ.get("ENCODER")
    if not checkpoint or not (SHIPPED / ENCODER).is_dir():
        return {}
    from classifiers.encoder import finetune, network
    from classifiers.encoder.model import EncoderModel

    served = EncoderModel(SHIPPED / ENCODER)
    served.load()
    import torch

    torch.set_num_threads(1)
    encoder, tokenizer = network.load(Path(checkpoint), finetune.Recipe.layers)
    eager = finetune.Tuned(finetune.Network(encoder, len(served.labels)).eval(), tokenizer, served.labels)
    plain = [whole(text) for text in texts]
    pace = [_pace(lambda: served.margins(texts)), _pace(lambda: finetune.margins(eager, plain))]
    return {
        "encoder_per_s": {"onnx": round(pace[0] * len(texts)), "torch": round(pace[1] * len(texts))},
        "onnx_to_torch": round(pace[0] / pace[1], 2),
    }


def _pace(call: Callable[[], object]) -> float:
    call()
    began = time.perf_counter()
    call()
    return 1 / (time.perf_counter() - began)


def _texts(data: Path) -> list[Text]:
    messages = corpus.read(data)
    return [Text("", (message.raw or "".join(message.words))[:CHARS_AT_MOST]) for message in messages[:1000]]


def _milliseconds(call: Callable[[Text], object], texts: Sequence[Text]) -> dict[str, float]:
    times = []
    for text in texts:
        began = time.perf_counter()
        call(text)
        times.append((time.perf_counter() - began) * 1000)
    parts = np.percentile(times, [50, 95, 99]).round(2).tolist()
    return dict(zip(("p50", "p95", "p99"), parts, strict=True))


def _memory() -> int:
    """Megabytes resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
