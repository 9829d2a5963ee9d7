"""The category model: how right it is on folds, how fast what is shipped is, beside PyTorch in one run.

`speed` runs in a process of its own, so that memory and loading are those of the model alone.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.nlp.over_http import percentiles
from classifiers import corpus, evaluate, learn
from classifiers.api import Text, whole
from classifiers.prepare import Preparer
from classifiers.segment import Segmenter

SINGLES, BATCH, BATCHES, ROUNDS = 400, 32, 20, 5
THREADS = 2
CHARS_AT_MOST = 220
"""About what 128 pieces of an encoder hold: all are timed on the same beginning of a message."""


def report(data: Path) -> dict[str, Any]:
    """The linear model on five folds grouped by dup_group, each message once; the ensemble's folds, which take
    hours, are in the report of `python -m classifiers.train --encoder`."""
    prepared = Preparer(corpus.read(data), Segmenter())
    return evaluate.report(evaluate.cross_validate(prepared, learn.Recipe(), 0, quiet=True))


def speed(data: Path) -> dict[str, Any]:
    """Loading, single and batched answers of the shipped model, memory, and the ratio to eager PyTorch."""
    code = "import sys; from bench.nlp import first_level; first_level.timed(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, str(data)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def timed(data: str) -> None:
    """Writes the figures of `speed` as JSON; the child's side of it."""
    texts = _texts(Path(data))
    before = _memory()
    began, worked = time.perf_counter(), time.process_time()
    from classifiers.open import SHIPPED, open_model

    model = open_model(SHIPPED, Segmenter())
    model.load()
    loading = time.perf_counter() - began, time.process_time() - worked
    taken = []
    for text in texts[:SINGLES]:
        began = time.perf_counter()
        model.read([text])
        taken.append(time.perf_counter() - began)
    found = {
        "model": model.version,
        "load_s": round(loading[0], 2),
        "load_cpu_s": round(loading[1], 2),
        "single_ms": percentiles(taken),
        "batch_per_s": round(_median_rate(lambda: _in_batches(model.read, texts), BATCHES * BATCH)),
        "memory_mb": {"before": before, "after": _memory()},
        "load_average": round(os.getloadavg()[0], 1),
    }
    json.dump(found | {"beside_torch": _beside_torch(SHIPPED, model.read, texts)}, sys.stdout)


def _beside_torch(shipped: Path, read: Callable[[list[Text]], object], texts: list[Text]) -> Any:
    """Messages a second of the shipped encoder alone and of the cascade, against the same network run eagerly.

    The network is built from the shipped configuration; its weights are random, which costs the same time.
    """
    try:
        import torch
        import transformers
    except ImportError:
        return "left out: torch is not installed (extra train)"
    from classifiers.encoder import finetune
    from classifiers.encoder.model import EncoderModel
    from classifiers.ensemble import ENCODER

    torch.set_num_threads(THREADS)
    served = EncoderModel(shipped / ENCODER)
    served.load()
    config = transformers.AutoConfig.from_pretrained(str(shipped / ENCODER))
    network = finetune.Network(transformers.AutoModel.from_config(config), len(served.labels)).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(shipped / ENCODER))
    eager = finetune.Tuned(network, tokenizer, served.labels)
    plain, count = [whole(text) for text in texts[: BATCHES * BATCH]], BATCHES * BATCH
    rates = {
        "cascade_per_s": _median_rate(lambda: _in_batches(read, texts), count),
        "encoder_per_s": _median_rate(lambda: _in_batches(served.margins, texts), count),
        "eager_bf16_per_s": _median_rate(lambda: finetune.margins(eager, plain), count),
        "eager_per_s": _median_rate(lambda: finetune.margins(eager, plain, exact=True), count),
    }
    told = {name: round(rate) for name, rate in rates.items()}
    ratios = {
        f"{name.removesuffix('_per_s')}_to_eager": round(rates[name] / rates["eager_per_s"], 2)
        for name in ("cascade_per_s", "encoder_per_s", "eager_bf16_per_s")
    }
    return told | ratios


def _in_batches(read: Callable[[list[Text]], object], texts: Sequence[Text]) -> None:
    """As in service: callers bring the threads, one batch on each."""
    parts = [list(texts[start * BATCH :][:BATCH]) for start in range(BATCHES)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read, parts))


def _median_rate(call: Callable[[], object], count: int) -> float:
    """So many items a second, the median of some rounds after a warm-up."""
    call()
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        rates.append(count / (time.perf_counter() - began))
    return statistics.median(rates)


def _texts(data: Path) -> list[Text]:
    messages = corpus.read(data)
    return [Text("", (message.raw or "".join(message.words))[:CHARS_AT_MOST]) for message in messages[:1000]]


def _memory() -> int:
    """Megabytes resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
