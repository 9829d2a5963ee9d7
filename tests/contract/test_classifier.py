"""What every classifier keeps, whatever it is made of. All messages are invented."""

import shutil
import subprocess
import sys
import threading

import pytest

from classifiers.api import (
    REQUEST_TYPES,
    SENSITIVE,
    URGENCIES,
    Category,
    Classifier,
    ClassifierUnavailable,
    Text,
    whole,
)
from classifiers.open import SHIPPED, open_classifier
from classifiers.segment import Segmenter

TAXONOMY = (
    Category("01", "", "城乡建设"),
    Category("0101", "01", "物业管理", ("物业公司", "物业费"), "小区物业服务"),
    Category("010101", "0101", "电梯故障", ("电梯困人", "电梯坏了", "电梯故障")),
    Category("010102", "0101", "物业收费", ("乱收物业费", "物业费涨价")),
    Category("02", "", "交通运输"),
    Category("0201", "02", "公交服务", ("公交车", "公交站")),
    Category("03", "", "农村农业"),
    Category("0301", "03", "土地承包", ("土地承包", "承包地", "土地流转", "流转费")),
)
ODD = {
    "empty": Text("", ""),
    "one character": Text("", "水"),
    "blank": Text(" ", "\n\t\u200b"),
    "very long": Text("小区停水", "物业不管，" * 20_000),
    "English": Text("Water", "There has been no water in our building for two days."),
    "emoji": Text("😀😀", "🚰🚫"),
    "one word over and over": Text("", "投诉" * 5_000),
    "control signs and surrogates": Text("\x00\x1b", "a\ud800\ufffd"),
    "rare characters": Text("𠮷㑇", "𪚥𪚥𪚥"),
    "markup": Text("<script>alert(1)</script>", "' OR 1=1 --"),
    "a pasted log": Text(
        "", "2026-01-01 00:00:00 ERROR java.lang.NullPointerException at x.y(Z.java:1)\n" * 1_000
    ),
}


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter()


@pytest.fixture(scope="module", params=["rules", "shipped", "folder"])
def classifier(request, segmenter, tmp_path_factory) -> Classifier:
    url = {"rules": "rules:", "shipped": "onnx:shipped"}.get(request.param)
    if url is None:
        url = f"onnx:{shutil.copytree(SHIPPED, tmp_path_factory.mktemp('models') / 'own')}"
    opened = open_classifier(url, TAXONOMY, segmenter=segmenter)
    opened.load()
    return opened


def test_it_keeps_the_protocol_and_says_which_it_is(classifier):
    assert isinstance(classifier, Classifier)
    assert classifier.name
    assert classifier.version


def test_loading_twice_is_harmless(classifier):
    classifier.load()
    assert classifier.predict([Text("小区停水", "")])


def test_an_empty_batch_gives_an_empty_list(classifier):
    assert classifier.predict([]) == []


def test_a_plain_message_finds_its_category_with_evidence(classifier):
    (found,) = classifier.predict([Text("投诉物业公司", "小区电梯困人三次了,物业公司不修,要求尽快处理")])
    assert found.categories[0].code == "010101"
    assert found.categories[0].path == ("城乡建设", "物业管理", "电梯故障")
    assert found.request_type == "complaint"
    assert "电梯困人" in found.evidence


def test_a_class_nobody_labelled_is_found_by_its_keywords_and_left_to_a_person(classifier):
    (found,) = classifier.predict([Text("土地流转费没给", "村里的承包地土地流转三年,流转费一直没有拿到")])
    assert "0301" in {candidate.code for candidate in found.categories}
    assert not found.certain


def test_answers_come_in_the_order_of_the_texts_whatever_the_batch(classifier):
    texts = [
        Text("公交车不停站", ""),
        Text("电梯坏了", "电梯故障没人修"),
        Text("", ""),
        Text("承包地", "土地流转费"),
    ] * 20
    together = classifier.predict(texts)
    assert len(together) == len(texts)
    one_by_one = [classifier.predict([text])[0] for text in texts[:4]]
    assert [found.categories[:1] for found in together[:4]] == [found.categories[:1] for found in one_by_one]
    assert together[:4] == together[4:8]


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_text_gets_an_answer_that_is_not_certain(classifier, kind):
    (found,) = classifier.predict([ODD[kind]])
    assert kind == "very long" or not found.certain
    assert found.request_type in REQUEST_TYPES
    assert found.urgency in URGENCIES


def test_scores_and_codes_stay_in_their_bounds(classifier):
    for found in classifier.predict(list(ODD.values())):
        assert len(found.categories) <= 3
        assert all(0 <= candidate.score <= 1 for candidate in found.categories)
        assert 0 <= found.request_type_score <= 1
        assert set(found.sensitive) <= set(SENSITIVE)


def test_entities_point_into_title_and_detail(classifier):
    text = Text("请回电13900001111", "车牌湘B12345违停")
    (found,) = classifier.predict([text])
    assert {entity.kind for entity in found.entities} >= {"phone", "plate"}
    assert all(whole(text)[entity.start : entity.end] == entity.text for entity in found.entities)


def test_another_taxonomy_can_be_taken_up_without_loading_again(segmenter):
    for url in ("rules:", "onnx:shipped"):
        opened = open_classifier(url, TAXONOMY, segmenter=segmenter)
        opened.use_taxonomy([Category("A", "", "农村农业"), Category("A1", "A", "水渠", ("灌溉水渠",))])
        (found,) = opened.predict([Text("", "村口灌溉水渠堵了")])
        assert "A1" in {candidate.code for candidate in found.categories}


def test_an_empty_taxonomy_gives_no_category(segmenter):
    for url in ("rules:", "onnx:shipped"):
        (found,) = open_classifier(url, (), segmenter=segmenter).predict([Text("小区停水", "")])
        assert found.categories == ()
        assert not found.certain
        assert found.urgency == "urgent"


def test_many_threads_get_the_answers_one_would(classifier):
    texts = [
        Text("公交车不停站", "等了一小时"),
        Text("电梯坏了", "电梯故障没人修"),
        Text("承包地", "土地流转费"),
    ]
    expected, answers = classifier.predict(texts), []
    threads = [threading.Thread(target=lambda: answers.append(classifier.predict(texts))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 6


@pytest.mark.parametrize("url", ["", "rules", "rules:x", "onnx:", "magic:shipped"])
def test_an_unknown_url_is_refused_with_the_ones_there_are(url):
    with pytest.raises(ClassifierUnavailable, match="onnx:shipped"):
        open_classifier(url, TAXONOMY)


@pytest.mark.parametrize(
    ("categories", "reason"),
    [
        ([Category("1", "", "一"), Category("1", "", "二")], "重复"),
        ([Category("11", "1", "一")], "上级"),
        ([Category("1", "2", "一"), Category("2", "1", "二")], "成环"),
    ],
)
def test_a_taxonomy_that_is_no_tree_is_refused(categories, reason, segmenter):
    for url in ("rules:", "onnx:shipped"):
        with pytest.raises(ClassifierUnavailable, match=reason):
            open_classifier(url, categories, segmenter=segmenter)


def test_the_contract_can_be_imported_without_waking_anything_heavy():
    heavy = "{'jieba', 'numpy', 'onnxruntime', 'transformers', 'tokenizers', 'opencc', 'sklearn'}"
    code = f"import sys, classifiers.api; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
