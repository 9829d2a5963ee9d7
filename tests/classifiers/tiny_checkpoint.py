"""A Hugging Face checkpoint of two thin layers over single characters, made on the spot."""

from pathlib import Path


def tiny_checkpoint(folder: Path) -> Path:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    signs = sorted({chr(code) for code in range(0x4E00, 0x9FA6)} | {*",。:的"})
    inner = Tokenizer(
        models.WordLevel({piece: n for n, piece in enumerate([*special, *signs])}, unk_token="<unk>")
    )
    inner.normalizer = normalizers.NFKC()
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
    )
    config = BertConfig(
        vocab_size=len(inner.get_vocab()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def of_another_make(folder: Path, source: Path, make: str) -> Path:
    """The same tokenizer beside a model of another architecture: "DistilBert", "Albert", "T5"."""
    import shutil

    import transformers

    shutil.copytree(source, folder)
    size = transformers.BertConfig.from_pretrained(source).vocab_size
    sizes = {
        "DistilBert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
        "Albert": {
            "embedding_size": 16,
            "hidden_size": 32,
            "num_attention_heads": 2,
            "intermediate_size": 64,
        },
        "T5": {"d_model": 32, "num_layers": 1, "num_heads": 2, "d_ff": 64, "d_kv": 16},
    }[make]
    config = getattr(transformers, f"{make}Config")(vocab_size=size, pad_token_id=1, **sizes)
    getattr(transformers, f"{make}Model")(config).save_pretrained(folder)
    return folder
