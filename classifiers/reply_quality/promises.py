"""Commitment: what is still to be done is promised with a day."""

import re

from classifiers.reply_quality import wordings as w
from classifiers.reply_quality.findings import Mark, Part
from classifiers.reply_quality.reading import Reading, marks
from classifiers.reply_quality.substance import untransferred
from classifiers.reply_quality.weights import PARTS, PROMISES

_SAID = {
    "done": "已经办结或直接作了回答",
    "dated": "后续安排写明了时间",
    "reasoned": "说明了不能办的理由，没有后续承诺",
    "undated": "有后续安排，但没有写明完成时间",
    "none": "没有结果，也没有承诺何时办",
}


def kind_of(reading: Reading, pieces: dict[str, tuple[Mark, ...]]) -> tuple[str, tuple[Mark, ...]]:
    """One of PROMISES, and where the promise stands."""
    undated: tuple[Mark, ...] = ()
    for sentence in reading.sentences:
        promise = w.PROMISE.search(sentence.text)
        if not promise or w.RECEIVED.fullmatch(sentence.text.strip(" ,。!")):
            continue
        day = w.ANY_DAY.search(sentence.text, promise.start()) or _deadline(sentence.text)
        start = sentence.start
        if day:
            return "dated", (Mark(start + day.start(), start + day.end(), "promise", "承诺的时间"),)
        undated = undated or (
            Mark(start + promise.start(), start + promise.end(), "promise", "没有时间的承诺"),
        )
    return _without_day(reading, pieces, undated)


def _deadline(sentence: str) -> re.Match[str] | None:
    found = w.ANY_DAY.search(sentence)
    return found if found and sentence[found.end() :].startswith(("前", "底前", "起", "内", "完")) else None


def _without_day(
    reading: Reading, pieces: dict[str, tuple[Mark, ...]], undated: tuple[Mark, ...]
) -> tuple[str, tuple[Mark, ...]]:
    dated = marks(_BY_DAY, reading.text, "promise", "承诺的时间", 1)
    if dated:
        return "dated", dated
    if w.DONE.search(untransferred(reading.text)) and "result" in pieces and not undated:
        return "done", ()
    if undated:
        return "undated", undated
    if "result" not in pieces:
        return "none", ()
    return ("reasoned" if _REFUSES.search(reading.text) else "done"), ()


_BY_DAY = re.compile(
    rf"(?:{w.DAY})(?:之?前|底前|起(?!诉)|前?完成)"
    r"|(?:工作日|小时|天|日|周|月)(?:之|以)?内[^。;!?,]{0,8}(?:拨付|办结|办完|完成|发放|到账|答复|反馈|出具|领取|通知)"
)
_REFUSES = re.compile(r"不(?:具备|予|同意|属于?)|无法|暂不|终止调解|民事纠纷")


def judge(kind: str, places: tuple[Mark, ...]) -> Part:
    """The part `commitment`."""
    return Part("commitment", PARTS["commitment"][0], PROMISES[kind], _SAID[kind], places)
