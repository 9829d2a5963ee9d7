"""How a document and a question look to Elasticsearch: mapping and query clauses, built from plain parts only."""

from collections.abc import Sequence
from typing import Any

from kb.checks import Wanted, filter_token
from kb.query import Group

WEIGHTS = {"title_terms": 5.0, "text_terms": 1.0, "pieces": 0.3}

_KEPT = {"type": "text", "index": False}
_WORDS = {"type": "text", "analyzer": "whitespace"}
MAPPING: dict[str, Any] = {
    "id": {"type": "keyword"},
    "title": _KEPT,
    "text": _KEPT,
    "title_terms": _WORDS,
    "text_terms": _WORDS,
    "pieces": {**_WORDS, "index_options": "docs", "norms": False},
    "filters": {"type": "keyword", "doc_values": False},
    "boost": {"type": "double"},
    "removed": {"type": "boolean"},
}
LIVING = {"term": {"removed": False}}


def scored(groups: Sequence[Group], match: str, wanted: Wanted) -> dict[str, Any]:
    """The query with its filters; every score is multiplied by the document's boost."""
    asked = [any_of([all_of([_token(t) for t in tokens]) for tokens in group.ways]) for group in groups]
    if not asked:
        matched: dict[str, Any] = {"match_all": {}}
    else:
        matched = any_of(asked) if match == "any" else all_of(asked)
    query = {"bool": {"must": [matched], "filter": [LIVING, *_filters(wanted)]}}
    return {
        "function_score": {"query": query, "field_value_factor": {"field": "boost"}, "boost_mode": "multiply"}
    }


def _token(token: str) -> dict[str, Any]:
    clauses = [{"term": {name: {"value": token, "boost": weight}}} for name, weight in WEIGHTS.items()]
    return {"dis_max": {"queries": clauses, "tie_breaker": 0.3}}


def any_of(clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """At least one of the clauses."""
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def all_of(clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """Each of the clauses."""
    return clauses[0] if len(clauses) == 1 else {"bool": {"must": clauses}}


def _filters(wanted: Wanted) -> list[dict[str, Any]]:
    keywords = [{"terms": {"filters": [filter_token(name, v) for v in vs]}} for name, vs in wanted.keywords]
    return keywords + [_between(f"n_{name}", low, high) for name, low, high in wanted.numbers]


def _between(field: str, low: float | None, high: float | None) -> dict[str, Any]:
    ends = {sign: end for sign, end in (("gte", low), ("lte", high)) if end is not None}
    return {"range": {field: ends}} if ends else {"exists": {"field": field}}
