"""hotline train and evaluate from end to end on a toy size: what people said becomes a model that is asked only what it
has not seen. All texts are invented."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra train)")
pytest.importorskip("onnx", reason="onnx is not installed (extra train)")

from classifiers.segment import Segmenter
from hotline import bootstrap
from hotline.cli import main
from hotline.commands import train
from hotline.domain.learning import ModelLesson, ModelVersion
from hotline.runtime import Runtime
from hotline.services import dispatching
from hotline.services.learning import lessons, models, switching
from hotline.settings import Settings
from tests.flows.story import Story

PARTS = {
    "060101": (
        ("公交车", "出租车", "地铁"),
        ("不停站", "晚点很久", "司机拒载"),
        ("乘客等了半天", "站台没人管"),
    ),
    "050101": (
        ("村干部", "镇干部", "科长"),
        ("收了红包", "违规吃喝", "虚报冒领"),
        ("村民都看见了", "请查一查"),
    ),
    "040101": (("化工厂", "养殖场", "砖厂"), ("排放废气", "污水直排", "粉尘很大"), ("河水发黑", "空气刺鼻")),
}
PHONE = "13912345678"


@pytest.fixture(scope="module")
def dictionary() -> Segmenter:
    segmenter = Segmenter()
    segmenter.load()
    return segmenter


@pytest.fixture
def story(
    dictionary: Segmenter, monkeypatch: pytest.MonkeyPatch, settings: Settings, request: pytest.FixtureRequest
) -> Story:
    """54 tickets of three classes, each chosen by an agent; the commands work on the same installation."""
    monkeypatch.setattr(bootstrap, "Segmenter", lambda: dictionary)
    monkeypatch.setattr("classifiers.train.Segmenter", lambda: dictionary, raising=False)
    monkeypatch.setenv("HOTLINE_HOME", settings.home)
    monkeypatch.setenv("HOTLINE_CLASSIFIER", "rules:")
    runtime: Runtime = request.getfixturevalue("runtime")
    story = Story(runtime)
    for code, parts in PARTS.items():
        for words in itertools.product(*parts):
            story.register(category=code, text=f"我们这里的{'，'.join(words)}，电话{PHONE}。")
    return story


def version(story: Story) -> ModelVersion:
    (found,) = story.rt.query(lambda uow: list(uow.find(ModelVersion)))
    return found


def test_a_model_is_trained_from_corrections_and_judged_on_what_it_has_not_seen(
    story: Story, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--least", "10", "--seed", "3"]) == 0
    made = version(story)
    assert (made.state, made.labels) == ("candidate", 54)
    lesson = story.rt.query(lambda uow: uow.get(ModelLesson, made.id))
    assert len(lesson.tickets) == len(lesson.texts) == 54
    assert not list(Path(settings.home).rglob(".lessons-*")), "no text stays outside the database"
    capsys.readouterr()
    assert main(["evaluate", "--model", made.name, "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["messages"] == 0
    assert "不足" in told.err
    for words in ("化工厂夜里排放废气", "公交车总是不停站"):
        story.register(category="040101" if "化工" in words else "060101", text=f"{words}，没人管")
    assert main(["evaluate", "--model", made.name, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["messages"] == 2
    assert found["models"][made.name]["all"]["n"] == 2
    assert len(found["models"]) == 2, "the one in service stands beside it"
    assert main(["evaluate", "--model", made.name]) == 0
    assert "环境保护" in capsys.readouterr().out
    assert main(["models", "serve", made.name, "--reason", "比原来的准"]) == 0
    assert story.rt.classifier.version == made.name
    assert main(["models", "rollback", "--reason", "试用结束"]) == 0
    assert story.rt.classifier.follow()
    assert story.rt.query(models.chain) == []


def test_the_house_learns_from_masked_text_and_the_last_word(story: Story) -> None:
    no = story.register(category="040101", text=f"砖厂粉尘，电话{PHONE}")
    story.rt.transact(dispatching.edit, story.reviewer, no, {"category": "060101"})
    found = {lesson.trace.ticket_id: lesson for lesson in lessons.every(story.rt)}
    mine = found[story.ticket(no)["id"]]
    assert (mine.code, mine.trace.label, len(mine.trace.label_ids)) == ("060101", "交通运输", 2)
    assert all(PHONE not in lesson.text.detail for lesson in found.values())
    assert len(found) == 55


def test_of_each_class_the_newest_are_learned_from_and_their_texts_come_in_pages(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "PAGE", 4)
    asked: list[int] = []
    page = lessons.page
    monkeypatch.setattr(lessons, "page", lambda uow, keys: asked.append(len(keys)) or page(uow, keys))
    found = [lesson.trace for lesson in lessons.every(story.rt, most=5)]
    assert Counter(trace.label for trace in found) == {"交通运输": 5, "纪检监察": 5, "环境保护": 5}
    assert [trace.ticket_id for trace in found] == sorted(trace.ticket_id for trace in found)
    every = [lesson.trace for lesson in lessons.every(story.rt)]
    assert {trace.ticket_id for trace in found if trace.label == "环境保护"} == {
        trace.ticket_id for trace in every[-5:]
    }
    assert max(asked) == 4


def test_the_same_words_and_merged_tickets_stand_on_one_side(story: Story) -> None:
    text = "砖厂粉尘很大，窗户不敢开"
    first, second, third = (
        story.register(category="040101", text=words) for words in (text, text, "另一家厂也冒烟")
    )
    from hotline.services import merging

    story.rt.transact(merging.merge, story.dispatcher, third, first, "同一件事")
    found = [lesson.trace for lesson in lessons.every(story.rt)]
    group_of = lessons.groups(found)
    assert len({group_of[story.ticket(no)["id"]] for no in (first, second, third)}) == 1
    assert len(set(group_of.values())) == 55


def test_too_few_labels_a_bad_folder_and_missing_packages_are_told_in_chinese(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["train"]) == 2
    assert "至少要有两个分类" in capsys.readouterr().err
    assert main(["train", "--data", str(tmp_path)]) == 2
    assert "labels.csv" in capsys.readouterr().err
    assert main(["evaluate", "--model", "nowhere"]) == 2
    assert "没有登记过版本" in capsys.readouterr().err
    monkeypatch.setattr(train.importlib.util, "find_spec", lambda name: None)
    assert main(["train"]) == 2
    assert "hotline[train]" in capsys.readouterr().err


def test_base_data_is_joined_and_a_class_with_few_labels_is_left_for_later(
    story: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    rows = [f"{n}号教室的灯坏了,老师说第{n}间教室看不清黑板,教育文体,base-{n}" for n in range(20)]
    (base / "labels.csv").write_text("title,detail,label,dup_group\n" + "\n".join(rows), "utf-8")
    story.register(category="080101", text="手机信号差")
    assert main(["train", "--data", str(base), "--least", "10", "--out", str(tmp_path / "out")]) == 0
    assert "科技与信息产业：只有 1 条" in capsys.readouterr().out
    head = json.loads((tmp_path / "out" / "model.json").read_text("utf-8"))
    assert set(head["labels"]) == {"交通运输", "纪检监察", "环境保护", "教育文体"}
    assert switching.check(story.rt, head["version"]).name == head["version"]
