"""hotline reply-quality: how good each reply of a table is, part by part, with the reasons.

Works without an installation; the working days are those of the installation's calendar, or of the shipped one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from classifiers.reply_quality import PARTS, ReplyAssessor, ReplyQuality
from classifiers.segment import Segmenter
from hotline.adapters.legacy.cell_values import parse_time
from hotline.adapters.starter import starter_rows
from hotline.commands import house, tables
from hotline.domain import calendar
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import InvalidInput
from hotline.services import clocks
from hotline.settings import Settings

REQUIRED = ("title", "detail", "reply", "time", "reply_time")
COLUMNS = ("score", "grade", *PARTS, "missing", "warnings", "reasons", "rules")
MOST_DAYS = 366
SHOWN_ROWS = 10


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("reply-quality", help="给一份答复表逐行评答复质量：总分、各项得分和理由")
    tables.add_files(parser)
    parser.add_argument(
        "--keep", default="", metavar="列名,列名", help="把输入中的这些列原样写在结果前面，如 msg_id"
    )
    parser.add_argument("--limit-days", type=_days, default=5, metavar="N", help="答复时限（工作日），默认 5")
    parser.set_defaults(run=run_reply_quality)


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MOST_DAYS):
        raise argparse.ArgumentTypeError(f"时限应为 1–{MOST_DAYS} 个工作日，得到 {text[:20]}")
    return int(text)


def run_reply_quality(settings: Settings, args: argparse.Namespace) -> int:
    """One output row for each input row, in order; a time that cannot be read leaves the timeliness out and is told."""
    rows = tables.read_rows(args.input, REQUIRED)
    kept = tuple(name.strip().lower() for name in args.keep.split(",") if name.strip())
    unknown = [name for name in kept if name not in rows.columns]
    if unknown:
        raise InvalidInput("table.columns", f"输入文件没有要保留的列：{'、'.join(unknown)}")
    untimed: list[int] = []
    found = _answers(rows, kept, args.limit_days, _workdays(settings), untimed)
    written = tables.write_rows(args.output, (*kept, *COLUMNS), found, bom=args.bom)
    print(f"已评价 {written} 条答复，结果写入 {args.output}{_untimed_words(untimed)}")
    return 0


def _workdays(settings: Settings) -> Callable[[date], bool]:
    if house.installed(settings):
        with house.opened(settings) as opened:
            found = opened.runtime.query(lambda uow: clocks.rules_of(uow.reference)[1])
        return found.is_working_day
    return calendar.parse(starter_rows()["calendar"][0]).is_working_day


def _answers(
    rows: tables.Rows,
    kept: tuple[str, ...],
    limit: int,
    is_workday: Callable[[date], bool],
    untimed: list[int],
) -> Iterator[dict[str, Any]]:
    """Output rows; the numbers of those with a time that cannot be read, from 1, are put into `untimed`."""
    assessor = ReplyAssessor(Segmenter())
    with tables.progress(len(rows), "评价") as bar:
        for number, row in enumerate(rows, 1):
            times = {name: moment(row[name]) for name in ("time", "reply_time")}
            if any(row[name].strip() and time is None for name, time in times.items()):
                untimed.append(number)
            quality = assessor.assess(
                row["title"],
                row["detail"],
                row["reply"],
                times["time"],
                times["reply_time"],
                limit_days=limit,
                is_workday=is_workday,
            )
            yield {**{name: row[name] for name in kept}, **answer(quality)}
            bar.update()


def moment(text: str) -> datetime | None:
    """A time of the table as `parse_time` reads it (2026/1/31 8:30:00, 2026年1月31日, with or without a zone), in the city's
    zone; None where there is none or nobody can read it."""
    found = parse_time(text.strip(), LOCAL)
    return found.astimezone(LOCAL) if found else None


def _untimed_words(numbers: list[int]) -> str:
    """Which rows have a time that cannot be read; "" for none."""
    if not numbers:
        return ""
    shown = "、".join(map(str, numbers[:SHOWN_ROWS]))
    more = " 等" if len(numbers) > SHOWN_ROWS else ""
    return f"；有 {len(numbers)} 条的时间读不出（第 {shown} 条{more}），这些没有评及时性"


def answer(quality: ReplyQuality) -> dict[str, Any]:
    """One row of the output: scores 0..1 with four decimals, empty where a part could not be judged."""
    scores = {part.name: "" if part.score is None else f"{part.score:.4f}" for part in quality.parts}
    return {
        "score": f"{quality.score:.4f}",
        "grade": quality.grade,
        **scores,
        "missing": "、".join(gap.label for gap in quality.gaps),
        "warnings": "；".join(warned.text for warned in quality.warnings),
        "reasons": "；".join(f"{part.label}：{part.reason}" for part in quality.parts),
        "rules": quality.rules,
    }
