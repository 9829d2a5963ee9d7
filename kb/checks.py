"""What both indexes refuse: checked once, here, before anything is written or asked."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb.api import (
    MAX_ID_BYTES,
    MAX_LIMIT,
    MAX_QUERY_CHARACTERS,
    MAX_WINDOW,
    Document,
    FieldKind,
    Filter,
    InvalidDocument,
    InvalidQuery,
    Query,
    Range,
)
from kb.query import clean, is_token


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a query, sorted out: every keyword row is any-of, every number row is low..high."""

    keywords: tuple[tuple[str, tuple[str, ...]], ...]
    numbers: tuple[tuple[str, float | None, float | None], ...]


def is_number(value: object) -> bool:
    """A finite int or float; bool is not a number here."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond any float
        return False


def keyword_values(value: object) -> tuple[str, ...] | None:
    """The strings of a keyword field or filter; None if it is something else."""
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, list | tuple | set | frozenset) or not all(isinstance(v, str) for v in values):
        return None
    return tuple(clean(v) for v in values)


def filter_token(name: str, value: str) -> str:
    """A keyword field's value as one token; hashed, for a value may hold anything and be of any length."""
    return "f" + hashlib.blake2b(f"{name}\0{value}".encode(), digest_size=12).hexdigest()


def checked_terms(terms: Sequence[str]) -> list[str]:
    """Those of the terms that are tokens; `InvalidQuery` for more than 100."""
    if len(terms) > 100:
        raise InvalidQuery("一次最多统计 100 个词")
    return [term for term in dict.fromkeys(terms) if is_token(term)]


def checked_documents(documents: Iterable[Document], kinds: Mapping[str, FieldKind]) -> list[Document]:
    """The documents, the last of each id, each fit to be stored; `InvalidDocument` otherwise."""
    last = {document.id: document for document in documents}
    for document in last.values():
        _check_document(document, kinds)
    return list(last.values())


def _check_document(document: Document, kinds: Mapping[str, FieldKind]) -> None:
    size = len(document.id.encode("utf-8", "replace"))
    if not size or size > MAX_ID_BYTES or clean(document.id) != document.id:
        raise InvalidDocument(f"文档编号为空、过长或含非法字符：{clean(document.id)[:40]}")
    if not is_number(document.boost) or document.boost <= 0:
        raise InvalidDocument(f"文档 {document.id} 的权重必须是正数")
    for name, value in document.fields.items():
        kind = kinds.get(name)
        if kind is None:
            raise InvalidDocument(f"文档 {document.id} 含未声明的字段：{clean(name)[:40]}")
        if not is_number(value) if kind == "number" else keyword_values(value) is None:
            raise InvalidDocument(f"文档 {document.id} 的字段 {name} 取值类型不符")


def checked_query(query: Query, kinds: Mapping[str, FieldKind]) -> Wanted:
    """The query's filters, sorted out; `InvalidQuery` for anything the index cannot answer."""
    if len(query.text) > MAX_QUERY_CHARACTERS:
        raise InvalidQuery(f"检索内容不能超过 {MAX_QUERY_CHARACTERS} 字")
    if query.match not in ("any", "all"):
        raise InvalidQuery("检索方式只能是 any 或 all")
    if not 1 <= query.limit <= MAX_LIMIT or query.offset < 0:
        raise InvalidQuery(f"每页条数应为 1 至 {MAX_LIMIT}，起始位置不能为负")
    if query.offset + query.limit > MAX_WINDOW:
        raise InvalidQuery(f"检索结果只提供前 {MAX_WINDOW} 条，请缩小范围")
    keywords, numbers = [], []
    for name, value in query.filters.items():
        if kinds.get(name) == "keyword" and (values := keyword_values(value)) is not None:
            keywords.append((name, values))
        elif kinds.get(name) == "number" and (ends := _ends(value)) is not None:
            numbers.append((name, *ends))
        else:
            raise InvalidQuery(f"没有这个筛选条件，或取值类型不符：{clean(str(name))[:40]}")
    return Wanted(tuple(keywords), tuple(numbers))


def _ends(value: Filter) -> tuple[float | None, float | None] | None:
    if isinstance(value, Range):
        ends = (value.low, value.high)
        return ends if all(end is None or is_number(end) for end in ends) else None
    return (value, value) if isinstance(value, int | float) and is_number(value) else None
