"""The ensemble's recipe from end to end on a toy size: a tiny encoder, invented messages."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (extra train)")

from classifiers import corpus, train
from classifiers.api import Category, ClassifierUnavailable, Text
from classifiers.encoder import adapt, finetune, folds, kept, network
from classifiers.encoder import data as texts_of
from classifiers.encoder.export import export
from classifiers.encoder.model import EncoderModel
from classifiers.ensemble import ENCODER, EnsembleModel, Join
from classifiers.open import open_classifier
from classifiers.segment import Segmenter
from classifiers.stack import cascaded, fit
from tests.classifiers.test_train import PARTS, TOY, data  # noqa: F401  (a fixture)
from tests.classifiers.tiny_checkpoint import of_another_make, tiny_checkpoint

TAXONOMY = [Category(str(number), "", name) for number, name in enumerate(PARTS)]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def quick(monkeypatch):
    """Fewer steps than a real training takes, and a rate that a tiny network learns at."""
    monkeypatch.setattr("classifiers.encoder.finetune.Recipe", lambda: QUICK)


QUICK = finetune.Recipe(epochs=6, batch=8, rate=3e-3, head_rate=1e-2, hidden_pieces=0.0)


def test_an_ensemble_is_trained_sealed_and_put_in_service(
    data,  # noqa: F811
    checkpoint,
    tmp_path,
    quick,
    monkeypatch,
):
    out = tmp_path / "model"
    report = train.train(data, out, recipe=TOY, quiet=True, encoder=checkpoint, keep=tmp_path / "folds")
    assert report["once"]["macro_f1"] >= 0.8
    classifier = open_classifier(f"onnx:{out}", TAXONOMY)
    (found,) = classifier.predict([Text("", "化工厂污水直排,河水发黑")])
    assert found.categories[0].path == ("环境保护",)
    assert classifier.name == "ensemble"
    assert classifier.version == json.loads((out / "report.json").read_text(encoding="utf-8"))["version"]
    assert len(list((tmp_path / "folds").glob("fold-*.npz"))) == 5
    monkeypatch.setattr(finetune, "tune", lambda *_: pytest.fail("trained again"))
    again = train.train(
        data, tmp_path / "again", recipe=TOY, quiet=True, encoder=checkpoint, keep=tmp_path / "folds"
    )
    assert again["version"] == report["version"], (
        "a training that was cut short goes on with what was finished"
    )
    refused_when_parts_do_not_fit(out)


def refused_when_parts_do_not_fit(out: Path) -> None:
    graph = out / ENCODER / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(ClassifierUnavailable, match="校验值"):
        EnsembleModel(out, Segmenter()).load()


def test_the_served_encoder_gives_what_the_network_gives(data, checkpoint, tmp_path):  # noqa: F811
    messages = corpus.read(data)
    texts = [texts_of.reading(message) for message in messages]
    tuned = finetune.tune(checkpoint, texts, [message.label for message in messages], QUICK, quiet=True)
    expected = finetune.margins(tuned, texts[:8])
    export(tuned, tmp_path / "encoder")
    model = EncoderModel(tmp_path / "encoder")
    model.load()
    found = model.margins([Text("", text) for text in texts[:8]])
    assert found.argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()
    assert np.abs(found - expected).max() < 0.1 * np.abs(expected).max()
    vectors = model.vectors([Text("", text) for text in texts[:8]])
    head = tuned.network.head.weight.detach().numpy()
    assert np.allclose(vectors @ head.T + tuned.network.head.bias.detach().numpy(), found, atol=0.05)


@pytest.fixture(scope="module")
def served(checkpoint, tmp_path_factory) -> EncoderModel:
    out = tmp_path_factory.mktemp("encoder")
    texts, labels = ["公交车不停站", "河水发黑"] * 4, ["交通运输", "环境保护"] * 4
    export(finetune.tune(checkpoint, texts, labels, finetune.Recipe(epochs=1), quiet=True), out)
    model = EncoderModel(out)
    model.load()
    return model


@pytest.mark.parametrize("odd", ["", "好", "a" * 100_000, "😀" * 50, "\ud800\x00", "物业" * 9_000])
def test_odd_texts_get_an_answer_of_an_encoder(served, odd):
    (reading,) = served.read([Text("", odd)])
    assert sum(reading.shares.values()) == pytest.approx(1, abs=1e-4)


def test_a_text_is_scored_the_same_in_any_company(served):
    texts = [Text("", "公交车不停站"), Text("", "河水发黑" * 30), Text("", "好")]
    together = served.margins(texts)
    assert np.array_equal(together, np.vstack([served.margins([text]) for text in texts]))
    assert served.margins([]).shape == (0, 2)


def test_a_finished_fold_is_not_trained_again(data, checkpoint, tmp_path, monkeypatch):  # noqa: F811
    messages = corpus.read(data)
    train_on, test = next(corpus.folds(messages, 5, 0))
    first = folds.fold_scores(messages, train_on, test, checkpoint, QUICK, 0, tmp_path, quiet=True)
    monkeypatch.setattr(finetune, "tune", lambda *_: pytest.fail("trained again"))
    again = folds.fold_scores(messages, train_on, test, checkpoint, QUICK, 0, tmp_path, quiet=True)
    assert np.array_equal(first.test_scores, again.test_scores)
    inner, dev = folds.inner(messages, train_on, 0)
    assert not {*inner, *dev} & set(test)
    assert not {messages[p].group for p in inner} & {messages[p].group for p in dev}


def test_what_is_kept_stands_for_texts_labels_and_the_whole_checkpoint(data, checkpoint, tmp_path):  # noqa: F811
    messages = corpus.read(data)
    first = messages[0]
    other = tmp_path / "other"
    shutil.copytree(checkpoint, other)
    (other / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    names = [
        kept.name(checkpoint, QUICK, 0, messages),
        kept.name(checkpoint, QUICK, 1, messages),
        kept.name(checkpoint, QUICK, 0, messages[1:], messages[:1]),
        kept.name(checkpoint, QUICK, 0, [replace(first, raw=first.raw + "了"), *messages[1:]]),
        kept.name(checkpoint, QUICK, 0, [replace(first, label="别的"), *messages[1:]]),
        kept.name(other, QUICK, 0, messages),
    ]
    assert len(set(names)) == len(names)
    assert kept.name(checkpoint, QUICK, 0, corpus.read(data)) == names[0]


@pytest.mark.parametrize("make", ["DistilBert", "Albert"])
def test_checkpoints_of_other_makes_are_tuned_and_served_whole(make, data, checkpoint, tmp_path):  # noqa: F811
    own = of_another_make(tmp_path / make, checkpoint, make)
    messages = corpus.read(data)
    texts = [texts_of.reading(message) for message in messages]
    tuned = finetune.tune(own, texts, [m.label for m in messages], finetune.Recipe(epochs=1), quiet=True)
    assert tuned.network.encoder.config.num_hidden_layers == network.load(own)[0].config.num_hidden_layers
    export(tuned, tmp_path / "served")
    model = EncoderModel(tmp_path / "served")
    model.load()
    assert np.abs(model.margins([Text("", texts[0])]) - finetune.margins(tuned, texts[:1])).max() < 0.1


def test_a_checkpoint_that_is_no_encoder_or_cannot_be_cut_is_refused_in_chinese(checkpoint, tmp_path):
    with pytest.raises(ClassifierUnavailable, match="不是文本编码器"):
        network.load(of_another_make(tmp_path / "T5", checkpoint, "T5"))
    with pytest.raises(ClassifierUnavailable, match="无法截短"):
        network.load(of_another_make(tmp_path / "Albert", checkpoint, "Albert"), layers=1)


def test_an_encoder_is_adapted_to_texts_and_shortened(checkpoint, tmp_path):
    from transformers import AutoModel

    texts = [f"{place}的{what}没有人管" for place in ("北街", "南街", "东街") for what in ("路灯", "井盖")]
    adapt.adapt(checkpoint, texts, tmp_path / "out", adapt.Recipe(layers=1, batch=2), quiet=True)
    assert AutoModel.from_pretrained(tmp_path / "out").config.num_hidden_layers == 1


def test_a_folder_that_is_no_checkpoint_is_refused(data, tmp_path):  # noqa: F811
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ClassifierUnavailable, match="检查点"):
        train.train(data, tmp_path / "out", recipe=TOY, quiet=True, encoder=tmp_path / "nothing")
    assert not (tmp_path / "out").exists()


def test_texts_copied_from_labelled_messages_are_kept_out():
    message = corpus.Message("1", "1", "环境保护", "河边的化工厂每天夜里偷排污水,河水发黑发臭,没有人来管", ())
    copied = "转发:河边的化工厂每天夜里偷排污水,河水发黑发臭,没有人来管,请处理"
    assert texts_of.unlike([copied, "小区电梯坏了三天还没有修好"], [message]) == [
        "小区电梯坏了三天还没有修好"
    ]


def test_two_readers_together_are_better_than_each():
    chance = np.random.default_rng(1)
    target = chance.integers(0, 3, 2_000)
    truth = np.eye(3)[target]
    scores = [truth * 2 + chance.normal(0, 1.2, truth.shape) for _ in range(2)]
    alone = np.exp(scores[0]) / np.exp(scores[0]).sum(axis=1, keepdims=True)
    join = fit(alone, scores[1], target)
    right = (cascaded(join, alone, scores[1]).argmax(axis=1) == target).mean()
    assert right > max((score.argmax(axis=1) == target).mean() for score in scores)


def test_what_the_linear_model_is_sure_of_is_left_to_it():
    join = Join(linear=0.0, encoder=1.0, offsets=(0.0, 0.0), sure=0.9)
    alone, margins = np.array([[0.95, 0.05], [0.6, 0.4]]), np.array([[-3.0, 3.0], [-3.0, 3.0]])
    assert cascaded(join, alone, margins).argmax(axis=1).tolist() == [0, 1]
