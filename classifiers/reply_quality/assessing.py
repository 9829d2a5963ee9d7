"""The whole assessment: the parts judged one by one, weighed, and held under the caps of what may never be good."""

from collections.abc import Callable, Iterable
from datetime import datetime

from classifiers.reply_quality import manner, pieces, promises, reasoning, relevance, substance, timing
from classifiers.reply_quality.findings import Mark, Part, ReplyQuality, Warned
from classifiers.reply_quality.reading import READ_CHARS, TITLE_CHARS, Reading, read
from classifiers.reply_quality.weights import (
    DEFAULT_LIMIT,
    LEAK_CAP,
    OFF_TOPIC,
    OFF_TOPIC_CAP,
    PARTS,
    RUDE_CAP,
)
from classifiers.segment import Segmenter

Similarity = Callable[[str, str], float]


class ReplyAssessor:
    """`assess` with its segmenter at hand; light until first used, may be used by several threads."""

    def __init__(self, segmenter: Segmenter, similarity: Similarity | None = None) -> None:
        self._segmenter, self._similarity = segmenter, similarity

    def assess(
        self,
        title: str,
        detail: str,
        reply: str,
        asked_at: datetime | None = None,
        replied_at: datetime | None = None,
        *,
        limit_days: int = DEFAULT_LIMIT,
        due_at: datetime | None = None,
        is_workday: timing.Workday = timing.is_weekday,
        request_type: str = "",
    ) -> ReplyQuality:
        """See `assess`."""
        return assess(
            title,
            detail,
            reply,
            asked_at,
            replied_at,
            self._segmenter,
            limit_days=limit_days,
            due_at=due_at,
            is_workday=is_workday,
            request_type=request_type,
            similarity=self._similarity,
        )


def assess(
    title: str,
    detail: str,
    reply: str,
    asked_at: datetime | None,
    replied_at: datetime | None,
    segmenter: Segmenter,
    *,
    limit_days: int = DEFAULT_LIMIT,
    due_at: datetime | None = None,
    is_workday: timing.Workday = timing.is_weekday,
    request_type: str = "",
    similarity: Similarity | None = None,
) -> ReplyQuality:
    """Judges a public reply against its request.

    Times are both naive or both aware; either may be None. `due_at` goes before `limit_days` (working days, reckoned by
    `is_workday`). `request_type` is one of api.REQUEST_TYPES or "" for unknown. Odd texts (empty, endless, foreign,
    emoji, garbled) give a low score with its reason, never an error; what is longer than READ_CHARS is not read.
    """
    title, detail, reading = title[:TITLE_CHARS], detail[:READ_CHARS], read(reply)
    said = pieces.find(reading)
    wanted = pieces.needed(title, detail, request_type)
    promise, promised = promises.kind_of(reading, said)
    concrete = promise == "dated" or _is_concrete(reading, promise, "result" in said)
    faults = manner.find(reading, concrete)
    opinion = similarity(f"{title}\n{detail}", reading.text) if similarity else None
    judged = (
        relevance.judge(title, detail, reading, segmenter, opinion),
        pieces.judge(reading, said, wanted),
        reasoning.judge(reading, said),
        manner.judge(faults, reading),
        promises.judge(promise, promised),
        timing.judge(asked_at, replied_at, limit_days, due_at, is_workday),
    )
    warned = (*manner.leaks(reading), *_other_warnings(reading, reply))
    facts = {"pieces": sorted(said), "tone": sorted(set(faults) - {"curt"}), "commitment": promise}
    return ReplyQuality(
        _total(judged, faults, warned, reading), judged, pieces.gaps(said, wanted, reply), warned, facts
    )


def _is_concrete(reading: Reading, promise: str, has_result: bool) -> bool:
    """Whether a reply without a date says more than fine words: a result, or a full account of what was found."""
    told = substance.concrete(reading)
    return told >= (substance.ENOUGH if promise in ("done", "reasoned") else substance.ACCOUNT) and has_result


def _total(
    parts: Iterable[Part], faults: dict[str, tuple[Mark, ...]], warned: tuple[Warned, ...], reading: Reading
) -> float:
    scored = {part.name: part.score for part in parts if part.score is not None}
    share = sum(PARTS[name][1] for name in scored)
    total = sum(PARTS[name][1] * score for name, score in scored.items()) / share
    if len(reading.bare) < 2:
        return 0.0
    if scored.get("relevance", 1.0) < OFF_TOPIC:
        total = min(total, OFF_TOPIC_CAP)
    if "rude" in faults:
        total = min(total, RUDE_CAP)
    if any(one.code.startswith("leak.") for one in warned):
        total = min(total, LEAK_CAP)
    return round(total, 4)


def _other_warnings(reading: Reading, reply: str) -> Iterable[Warned]:
    if reading.holes:
        yield Warned("unfilled", f"还有{len(reading.holes)}处〔…〕没有填写", reading.holes[:5])
    if len(reply) > READ_CHARS:
        yield Warned("long", f"答复超过{READ_CHARS}字，其后的内容没有评价")
    if "\ufffd" in reply or reply.count("?") > max(20, len(reply) // 4):
        yield Warned("garbled", "答复中有乱码，请核对文字编码")
