"""The model that comes with the package: small, described, served without training libraries, the better of two."""

import json
import subprocess
import sys

import pytest

from classifiers import sealed
from classifiers.api import Text
from classifiers.encoder.model import EncoderModel
from classifiers.ensemble import ENCODER, FILES, FORMAT, EnsembleModel
from classifiers.open import SHIPPED, open_model
from classifiers.segment import Segmenter


@pytest.fixture(scope="module")
def model() -> EnsembleModel:
    found = open_model(SHIPPED, Segmenter())
    found.load()
    assert isinstance(found, EnsembleModel)
    return found


def test_the_folder_is_small_and_describes_itself():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*")) <= 40 * 1024 * 1024
    card = (SHIPPED / "MODEL_CARD.md").read_text(encoding="utf-8")
    report = json.loads((SHIPPED / "report.json").read_text(encoding="utf-8"))
    head = sealed.unsealed(SHIPPED, FORMAT, FILES)
    assert head["version"] == report["version"]
    assert head["version"] in card
    for figure in (report["once"]["macro_f1"], report["texts"]["macro_f1"], *report["folds_macro_f1"]):
        assert f"{figure:.4f}" in card


def test_every_class_is_good_and_the_two_are_better_than_the_linear_one_alone():
    report = json.loads((SHIPPED / "report.json").read_text(encoding="utf-8"))
    assert min(row["f1"] for row in report["per_class"].values()) >= 0.88
    assert report["once"]["ece"] <= 0.03
    assert report["once"]["accuracy_at_coverage"]["0.8"] >= 0.97
    assert report["once"]["macro_f1"] > report["linear"]["macro_f1"]


def test_the_encoder_is_asked_only_where_the_linear_model_is_unsure(model, monkeypatch):
    asked = []
    margins = EncoderModel.margins
    monkeypatch.setattr(
        EncoderModel, "margins", lambda self, texts: asked.extend(texts) or margins(self, texts)
    )
    sure = Text("", "公交车司机拒载老人,公交车不停站,线路晚点,出租车打表不规范,公交公司不管")
    unsure = Text("", "我家门口那个事情希望领导关心一下")
    found = model.read([sure, unsure])
    assert asked == [unsure]
    assert max(found[0].shares, key=found[0].shares.__getitem__) == "交通运输"
    assert all(sum(reading.shares.values()) == pytest.approx(1, abs=1e-4) for reading in found)


def test_vectors_of_one_matter_are_nearer_than_those_of_two():
    encoder = EncoderModel(SHIPPED / ENCODER)
    encoder.load()
    texts = ["小区电梯坏了三天没人修", "我们楼的电梯一直故障,物业不来", "公司拖欠工资不发"]
    lift, also_lift, wages = encoder.vectors([Text("", text) for text in texts])
    assert lift @ also_lift > lift @ wages


def test_serving_imports_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from classifiers.api import Category, Text; from classifiers.open import open_classifier; "
        "open_classifier('onnx:shipped', [Category('1', '', '城乡建设')]).predict([Text('', '停水')]); "
        "sys.exit(bool({'torch', 'sklearn', 'scipy', 'onnx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
