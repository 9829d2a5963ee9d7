"""The training recipe from end to end on a toy size. All messages are invented."""

import csv
import itertools
import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra train)")
pytest.importorskip("onnx", reason="onnx is not installed (extra train)")

from classifiers import corpus, evaluate, train
from classifiers.api import Category, Text
from classifiers.corpus import CorpusError, Message
from classifiers.first_level import softmax
from classifiers.learn import Recipe
from classifiers.linear import LinearModel
from classifiers.names import personal_names
from classifiers.open import open_classifier
from classifiers.prepare import Preparer
from classifiers.segment import Segmenter

PARTS = {
    "交通运输": (
        ("公交车", "出租车", "地铁"),
        ("不停站", "晚点很久", "司机拒载"),
        ("乘客等了半天", "车站没人管"),
    ),
    "教育文体": (
        ("学校", "幼儿园", "培训机构"),
        ("乱收补课费", "不退学费", "老师体罚"),
        ("家长意见很大", "学生受影响"),
    ),
    "环境保护": (
        ("化工厂", "养殖场", "砖厂"),
        ("排放废气", "污水直排", "粉尘很大"),
        ("河水发黑", "空气刺鼻"),
    ),
}
TOY = Recipe(min_word_groups=2, min_char_groups=2, keep_words=400, keep_chars=400)


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rows = [
        {"att2_row": number, "label": label, "dup_group": number, "parts": parts}
        for number, (label, parts) in enumerate(
            (label, parts) for label, all_parts in PARTS.items() for parts in itertools.product(*all_parts)
        )
    ]
    write(folder / corpus.RAW, ("att2_row", "title", "detail", "time", "label", "dup_group"), rows[::2])
    write(folder / corpus.TOKENS, ("att2_row", "label", "tokens", "dup_group"), rows)
    return folder


def write(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        for row in rows:
            text = {"title": row["parts"][0], "detail": "我们这里的" + ",".join(row["parts"]), "time": ""}
            known = {**row, **text, "tokens": " ".join(row["parts"])}
            writer.writerow({name: known[name] for name in columns})


def test_a_model_is_trained_sealed_and_put_in_service(data, tmp_path):
    out = tmp_path / "model"
    report = train.train(data, out, recipe=TOY, quiet=True)
    assert report["once"]["macro_f1"] >= 0.8
    assert report["messages"] == 54
    taxonomy = [Category(str(number), "", name) for number, name in enumerate(PARTS)]
    classifier = open_classifier(f"onnx:{out}", taxonomy)
    (found,) = classifier.predict([Text("", "化工厂污水直排,河水发黑")])
    assert found.categories[0].path == ("环境保护",)
    assert classifier.version == json.loads((out / "report.json").read_text(encoding="utf-8"))["version"]


def test_the_same_data_and_seed_give_the_same_model(data, tmp_path):
    for name in ("one", "two"):
        train.train(data, tmp_path / name, seed=7, recipe=TOY, quiet=True)
    heads = [
        json.loads((tmp_path / name / "model.json").read_text(encoding="utf-8")) for name in ("one", "two")
    ]
    assert heads[0]["version"] == heads[1]["version"]
    assert heads[0]["files"]["model.onnx"] == heads[1]["files"]["model.onnx"]


def test_training_again_replaces_the_model_and_leaves_the_card(data, tmp_path):
    out = tmp_path / "model"
    out.mkdir()
    (out / "MODEL_CARD.md").write_text("card", encoding="utf-8")
    (out / "model.json").write_text("{}", encoding="utf-8")
    train.train(data, out, recipe=TOY, quiet=True)
    LinearModel(out, Segmenter()).load()
    assert (out / "MODEL_CARD.md").read_text(encoding="utf-8") == "card"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".training")] == []


def test_the_graph_gives_what_the_fitted_model_gives(data, tmp_path):
    messages = corpus.read(data)
    segmenter = Segmenter()
    prepared = Preparer(messages, segmenter)
    out = tmp_path / "model"
    train.train(data, out, recipe=TOY, quiet=True)
    held = evaluate.cross_validate(prepared, TOY, 0, quiet=True)
    fitted = evaluate.fit_on(prepared, prepared.examples, TOY)
    model = evaluate.learn.calibrated(fitted.model, *evaluate.final_calibration(held))
    texts = [example for example in prepared.examples if example.is_text][:5]
    encoded = evaluate.encode(fitted.tokenizer, texts, fitted.stop, frozenset())
    expected = softmax(evaluate.learn.margins(model, encoded))
    served = LinearModel(out, segmenter)
    served.load()
    readings = served.read([Text("", messages[example.message].raw) for example in texts])
    for row, reading in zip(expected, readings, strict=True):
        assert list(reading.shares.values()) == pytest.approx(row.tolist(), abs=5e-3)


def test_groups_of_near_duplicates_stay_on_one_side(data):
    messages = [Message(str(n), str(n // 3), "甲乙"[n % 2], "", ("词",)) for n in range(60)]
    for fit_on, test in corpus.folds(messages, 5, 0):
        assert not {messages[n].group for n in fit_on} & {messages[n].group for n in test}


def test_a_message_known_in_two_forms_counts_once_as_text(data):
    messages = corpus.read(data)
    assert len(messages) == 54
    assert sum(bool(message.raw) for message in messages) == 27
    held = evaluate.cross_validate(Preparer(messages, Segmenter()), TOY, 0, quiet=True)
    assert evaluate.report(held)["once"]["rows"] == 54
    assert evaluate.report(held)["texts"]["rows"] == 27


def test_personal_names_are_kept_out_and_break_the_n_grams():
    names = personal_names(["李建国", "王秀英", "张某某", "物业公司", "红绿灯", "拖欠工资"], Segmenter())
    assert names == {"李建国", "王秀英", "张某某"}


def test_a_name_that_many_messages_hold_is_in_no_vocabulary(data):
    messages = [Message(str(n), str(n), "甲", "", ("投诉", "村主任", "李建国", "占地")) for n in range(30)]
    prepared = Preparer(messages, Segmenter())
    vocabulary = prepared.vocabulary(prepared.examples, frozenset(), 2)
    assert "投诉" in vocabulary
    assert "李建国" not in vocabulary


def test_a_folder_without_labelled_messages_is_refused_with_the_names_of_the_files(data, tmp_path):
    for name in (corpus.RAW, corpus.TOKENS):
        (data / name).unlink()
    with pytest.raises(CorpusError, match=corpus.TOKENS):
        train.train(data, tmp_path / "model", recipe=TOY, quiet=True)


def test_a_file_without_its_columns_is_refused(data, tmp_path):
    (data / corpus.RAW).write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="缺少列"):
        train.train(data, tmp_path / "model", recipe=TOY, quiet=True)


def test_a_class_with_too_few_messages_is_refused(data, tmp_path):
    with (data / corpus.TOKENS).open("a", encoding="utf-8") as target:
        target.write("999,民政,低保 申请,999\n")
    with pytest.raises(CorpusError, match="民政"):
        train.train(data, tmp_path / "model", recipe=TOY, quiet=True)


def test_the_command_line_says_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit):
        train.main(["--data", str(tmp_path), "--out", str(tmp_path / "model")])
    assert "中没有 complaints_raw.csv" in capsys.readouterr().err


def test_our_own_words_are_no_function_words():
    raw = [Message(str(n), str(n), "甲", "我们的街道办事处", ("街道", "办事处")) for n in range(30)]
    prepared = Preparer(raw, Segmenter())
    stop = prepared.function_words(prepared.examples)
    assert "的" in stop
    assert "街道办事处" not in stop
