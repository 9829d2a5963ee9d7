"""A site's own checkpoint, from its folder into service and back: fine-tuned on what people said, exported, registered,
served, rolled back. Texts are invented, the checkpoint is tiny."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed (extra train)")

from classifiers.api import Text
from hotline.cli import main
from hotline.domain.ticket import Ticket
from hotline.services import triage
from hotline.services.learning import models
from tests.classifiers.tiny_checkpoint import tiny_checkpoint
from tests.commands.test_learning import dictionary, story, version  # noqa: F401  (fixtures)
from tests.flows.story import Story


def test_a_checkpoint_is_tuned_exported_registered_served_and_rolled_back(
    story: Story,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoint, keep = tiny_checkpoint(tmp_path / "checkpoint"), tmp_path / "keep"
    before = story.rt.classifier.version
    command = ["train", "--least", "10", "--encoder", str(checkpoint), "--keep", str(keep)]
    assert main(command) == 0
    made = version(story)
    assert made.name.startswith("ensemble-")
    assert len(list(keep.glob("fold-*.npz"))) == 5
    assert main(["models", "serve", made.name, *REASON]) == 0
    assert story.rt.classifier.follow()
    (found,) = story.rt.classifier.predict([Text("", "化工厂污水直排,河水发黑")])
    assert (story.rt.classifier.name, story.rt.classifier.version) == ("ensemble", made.name)
    assert found.categories[0].path[0] == "环境保护"
    ticket = story.by_web(text="砖厂粉尘很大,空气刺鼻", title="").ticket_id
    text = story.rt.query(lambda uow: triage.text_of(uow, ticket))
    (answer,), model = story.rt.classifier.read([text])
    story.rt.transact(triage.record_prediction, ticket, text, answer, model)
    assert story.rt.query(lambda uow: uow.get(Ticket, ticket).suggestion["model"]) == f"ensemble/{made.name}"
    assert main(["models", "rollback", *REASON]) == 0
    assert story.rt.classifier.follow()
    assert story.rt.query(models.chain) == []
    assert story.rt.classifier.version == before
    capsys.readouterr()


REASON = ["--reason", "试用自己的编码器"]
