"""hotline reindex: builds the search copies and the look-up of matters anew from the database; readers keep the old
one until it is done."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

from tqdm import tqdm

from hotline.bootstrap import build_runtime
from hotline.domain.errors import Unavailable
from hotline.runtime import Runtime
from hotline.services import indexing, knowledge, matters
from hotline.settings import Settings
from kb.api import IndexUnavailable

PARTS = {"tickets": "工单", "articles": "知识", "matters": "查重"}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("reindex", help="重建检索索引和查重（不停服务）")
    parser.add_argument("part", nargs="?", choices=(*PARTS, "all"), default="all", help="默认全部")
    parser.set_defaults(run=run_reindex)


def run_reindex(settings: Settings, args: argparse.Namespace) -> int:
    """Rebuilds one or both; says how many documents there are and how long it took."""
    runtime = build_runtime(settings)
    try:
        for part in PARTS if args.part == "all" else (args.part,):
            started = time.perf_counter()
            if part == "matters":
                print(f"查重已重建：{sketch_all(runtime)} 条，{time.perf_counter() - started:.1f} 秒")
                continue
            _rebuild(runtime, part)
            index = _index(runtime, part)
            print(f"{PARTS[part]}索引已重建：{index.count()} 条，{time.perf_counter() - started:.1f} 秒")
    except IndexUnavailable as error:
        raise Unavailable("index.unavailable", f"检索暂不可用：{error}") from error
    finally:
        runtime.close()
    return 0


def _index(runtime: Runtime, part: str) -> Any:
    return runtime.ticket_index if part == "tickets" else runtime.article_index


def _rebuild(runtime: Runtime, part: str) -> None:
    documents: Callable[[Any], Iterator[Any]] = (
        indexing.all_tickets if part == "tickets" else knowledge.all_documents
    )
    index = _index(runtime, part)
    index.open()
    with tqdm(unit="条", desc=PARTS[part], disable=None) as bar:
        index.rebuild(_counted(documents(runtime.query), bar))


def sketch_all(runtime: Runtime) -> int:
    """Sketches every ticket that somebody may be led to anew, and forgets the others, a batch a transaction; how many
    were sketched."""
    count = after = 0
    with tqdm(unit="条", desc=PARTS["matters"], disable=None) as bar:
        while batch := runtime.query(matters.said_after, after):
            made = {key: (said, matters.sketched(runtime.sketcher, said)) for key, said in batch}
            runtime.transact(matters.remember, made)
            count, after = count + len(batch), batch[-1][0]
            bar.update(len(batch))
    gone = 0
    while gone := runtime.transact(matters.forget_gone, gone):
        pass
    while rows := runtime.query(matters.earlier_rows):
        runtime.transact(matters.take_rows, rows)
    return count


def _counted(documents: Iterator[Any], bar: Any) -> Iterator[Any]:
    for document in documents:
        yield document
        bar.update()
