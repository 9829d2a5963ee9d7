"""The model folder: what is refused, what is shipped, and that serving needs no training library."""

import json
import shutil
from pathlib import Path

import pytest

from classifiers import model_files, sealed
from classifiers.api import Category, ClassifierUnavailable, Text
from classifiers.ensemble import LINEAR
from classifiers.linear import LinearModel
from classifiers.open import SHIPPED as WHOLE
from classifiers.segment import Segmenter
from classifiers.served import ServedClassifier

SHIPPED = WHOLE / LINEAR
CLASSES = ("交通运输", "劳动和社会保障", "卫生计生", "商贸旅游", "城乡建设", "教育文体", "环境保护")
TAXONOMY = tuple(Category(str(number), "", name) for number, name in enumerate(CLASSES))


def served(folder: Path, segmenter: Segmenter, taxonomy=TAXONOMY) -> ServedClassifier:
    return ServedClassifier(LinearModel(folder, segmenter), taxonomy, segmenter)


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


@pytest.fixture(scope="module")
def shipped(segmenter):
    classifier = served(SHIPPED, segmenter)
    classifier.load()
    return classifier


@pytest.fixture(scope="module")
def model(segmenter):
    model = LinearModel(SHIPPED, segmenter)
    model.load()
    return model


@pytest.fixture
def folder(tmp_path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def refusal(folder: Path, segmenter: Segmenter) -> str:
    with pytest.raises(ClassifierUnavailable) as raised:
        served(folder, segmenter).load()
    return str(raised.value)


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("小区物业公司乱收停车费,业主委员会也不成立", "城乡建设"),
        ("公司拖欠我三个月工资,也没有缴纳社会保险", "劳动和社会保障"),
        ("学校周末违规补课,老师要求学生交补课费", "教育文体"),
        ("化工厂晚上排放刺鼻废气,附近河水也变黑", "环境保护"),
        ("医院医生误诊,手术出了医疗事故,药品价格也虚高", "卫生计生"),
        ("出租车司机拒载,公交车很久不来一班", "交通运输"),
        ("旅行社强迫购物,商家销售假冒伪劣商品", "商贸旅游"),
    ],
)
def test_plain_messages_of_the_learned_classes_are_known(model, detail, expected):
    (reading,) = model.read([Text("", detail)])
    assert max(reading.shares, key=reading.shares.__getitem__) == expected


def test_probabilities_add_up_to_one(model):
    for reading in model.read([Text("", ""), Text("停水", "小区停水"), Text("a", "b")]):
        assert set(reading.shares) == set(CLASSES)
        assert sum(reading.shares.values()) == pytest.approx(1, abs=1e-4)


def test_a_sure_answer_over_a_flat_taxonomy_is_certain(shipped):
    (found,) = shipped.predict(
        [Text("拖欠工资", "公司拖欠工资半年,没有签劳动合同,也没有缴纳社会保险和养老保险")]
    )
    assert found.certain
    assert found.categories[0].path == ("劳动和社会保障",)


def test_the_evidence_are_words_of_the_message(shipped):
    detail = "公司拖欠工资半年,没有签劳动合同"
    (found,) = shipped.predict([Text("", detail)])
    assert found.evidence
    assert all(word in detail for word in found.evidence)


def test_padding_a_batch_changes_no_answer(model):
    short, long = Text("", "公交车晚点"), Text("", "小区物业公司乱收停车费," * 60)
    alone, together = model.read([short]), model.read([short, long])
    assert together[0].shares == pytest.approx(alone[0].shares, abs=1e-5)


def test_a_class_that_the_taxonomy_does_not_have_is_not_offered(segmenter):
    classifier = served(SHIPPED, segmenter, [Category("9", "", "民政")])
    assert classifier.predict([Text("", "公司拖欠工资")])[0].categories == ()


def test_a_missing_folder_is_refused(tmp_path, segmenter):
    assert "model.json" in refusal(tmp_path / "nowhere", segmenter)


@pytest.mark.parametrize("name", [model_files.GRAPH, model_files.TABLES, *model_files.TOKENIZER])
def test_a_missing_file_is_named(folder, segmenter, name):
    (folder / name).unlink()
    assert name in refusal(folder, segmenter)


@pytest.mark.parametrize("name", [model_files.GRAPH, model_files.TABLES, *model_files.TOKENIZER])
def test_a_file_cut_short_is_refused_by_its_checksum(folder, segmenter, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert "校验值" in refusal(folder, segmenter)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "something-else"}', "\x00"])
def test_a_head_that_is_not_ours_is_refused(folder, segmenter, content):
    (folder / sealed.HEAD).write_text(content)
    assert refusal(folder, segmenter)


def test_a_head_without_its_fields_is_refused(folder, segmenter):
    (folder / sealed.HEAD).write_text(json.dumps({"format": model_files.FORMAT, "labels": ["一"]}))
    assert "不完整" in refusal(folder, segmenter)


def reseal(folder: Path, **changes: object) -> None:
    head = model_files.read_head(folder)
    model_files.write_head(folder, model_files.Head(**{**head.__dict__, **changes}))


def test_rightly_sealed_rubbish_is_refused_when_it_is_tried(folder, segmenter):
    graph = (folder / model_files.GRAPH).read_bytes()
    (folder / model_files.GRAPH).write_bytes(b"not a graph")
    head = json.loads((folder / sealed.HEAD).read_text(encoding="utf-8"))
    head["files"][model_files.GRAPH] = sealed.digest(folder / model_files.GRAPH)
    (folder / sealed.HEAD).write_text(json.dumps(head), encoding="utf-8")
    assert "无法加载" in refusal(folder, segmenter)
    (folder / model_files.GRAPH).write_bytes(graph)
    model_files.write_head(folder, model_files.Head("x", ("只有一类",), 0.9, ()))
    assert "互不匹配" in refusal(folder, segmenter)


def test_a_refused_folder_can_be_repaired_and_loaded(folder, segmenter):
    aside = folder / "aside"
    (folder / sealed.HEAD).rename(aside)
    classifier = served(folder, segmenter)
    with pytest.raises(ClassifierUnavailable):
        classifier.predict([Text("", "停水")])
    aside.rename(folder / sealed.HEAD)
    assert classifier.predict([Text("", "停水")])


def test_the_threshold_of_the_folder_decides_when_to_be_certain(folder, segmenter):
    reseal(folder, threshold=2.0)
    classifier = served(folder, segmenter)
    assert not classifier.predict([Text("拖欠工资", "公司拖欠工资半年,没有缴纳社会保险")])[0].certain


def test_the_shipped_vocabulary_holds_no_digits_and_no_personal_names(segmenter):
    from classifiers.names import personal_names

    tokenizer = json.loads((SHIPPED / "tokenizer.json").read_text(encoding="utf-8"))
    words = [word for word in tokenizer["model"]["vocab"] if not word.startswith("[")]
    assert not [word for word in words if any(sign.isdigit() for sign in word)]
    assert personal_names(words, segmenter) == frozenset()
