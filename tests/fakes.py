"""Stand-ins that misbehave honestly or stand still; each fulfils the contract of what it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from classifiers.api import ClassifierUnavailable, Prediction, Text
from kb.api import IndexUnavailable


class FixedClock:
    """A clock that moves only when told to; it starts on a Monday at 10:00 in China."""

    def __init__(self, at: datetime = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class BrokenIndex:
    """An index that is away."""

    def put(self, *_: object) -> None:
        raise IndexUnavailable("检索已停止")

    remove = search = count = open = put

    def close(self) -> None:
        return None


class BrokenClassifier:
    """A classifier that cannot be reached."""

    name, version = "broken", "0"

    def load(self) -> None:
        raise ClassifierUnavailable("模型缺失")

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        raise ClassifierUnavailable("模型缺失")

    def read(self, texts: Sequence[Text]) -> tuple[list[Prediction], str]:
        raise ClassifierUnavailable("模型缺失")

    def follow(self) -> bool:
        return False
