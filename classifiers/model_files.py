"""The folder a linear model lives in: its files, written at training and checked before they are used."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import sealed
from classifiers.features import GramTables

FORMAT = "hotline-linear-2"
GRAPH, TABLES = "model.onnx", "grams.npz"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
FILES = (GRAPH, TABLES, *TOKENIZER)
UNK, PAD = "[UNK]", "[PAD]"
Shares = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Head:
    """What `model.json` says: the classes in order, the function words to leave out, when to be sure."""

    version: str
    labels: tuple[str, ...]
    threshold: float
    stop_words: tuple[str, ...]


def build_tokenizer(words: Sequence[str]) -> Any:
    """A transformers tokenizer: one id for each blank-parted word of this list, UNKNOWN for others."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    transformers = quiet_transformers()
    vocabulary = {word: number for number, word in enumerate((UNK, PAD, *words))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=UNK))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token=UNK, pad_token=PAD)


def quiet_transformers() -> Any:
    """The module `transformers`, imported without its advice on absent training frameworks."""
    import os

    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    import transformers

    return transformers


def write_head(folder: Path, head: Head) -> None:
    """Seal a folder: must be the last file written."""
    sealed.seal(folder, FORMAT, asdict(head), FILES)


def write_tables(folder: Path, tables: GramTables, seen: Shares) -> None:
    """The n-gram numbers, as differences (sorted numbers compress badly, their small steps well), and `seen`, the
    share of messages that hold each token of the vocabulary."""
    steps = {
        kind: np.diff(part, prepend=0) for kind, part in (("words", tables.words), ("chars", tables.chars))
    }
    np.savez_compressed(
        folder / TABLES,
        size=np.int64(tables.size),
        words=steps["words"],
        chars=steps["chars"],
        seen=seen.astype(np.float16),
    )


def read_tables(folder: Path) -> tuple[GramTables, Shares]:
    """The n-gram tables of a checked folder, and the share of messages that hold each token."""
    with np.load(folder / TABLES, allow_pickle=False) as stored:
        tables = GramTables(int(stored["size"]), np.cumsum(stored["words"]), np.cumsum(stored["chars"]))
        return tables, stored["seen"].astype(np.float32)


def read_head(folder: Path) -> Head:
    """Check the folder and read its head. Raises ClassifierUnavailable with the reason."""
    content = sealed.unsealed(folder, FORMAT, FILES)
    return sealed.fields_of(folder, content, _head)


def _head(content: Mapping[str, Any]) -> Head:
    return Head(
        str(content["version"]),
        tuple(content["labels"]),
        float(content["threshold"]),
        tuple(content["stop_words"]),
    )
