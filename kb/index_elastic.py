"""The production search index: Elasticsearch, asked only for what every installation of it has.

Text arrives segmented by our own analyser and is stored in fields with the built-in `whitespace` analyzer, so
both adapters index the same tokens and no analysis plug-in is needed. A collection is an alias; a rebuild
fills a new index and moves the alias in one step.

While a rebuild runs, a second alias (`…-building`) names the new index. Every put goes to it too, and a
removal leaves a tombstone there; the rebuild itself only creates, so it never overwrites what is newer.
Writes name aliases with `require_alias`, for otherwise a bulk request silently creates a missing index with
guessed mappings.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, TransportError

from kb.api import Document, FieldKind, Hit, Hits, IndexUnavailable, Progress, Query
from kb.checks import (
    checked_documents,
    checked_query,
    checked_terms,
    filter_token,
    keyword_values,
)
from kb.elastic_query import LIVING, MAPPING, any_of, scored
from kb.highlight import Marker
from kb.query import Analyser, clean

BATCH = 500  # documents of one bulk request
BULK_CHARACTERS = 2_000_000

Action = tuple[dict[str, Any], dict[str, Any] | None]


class ElasticIndex:
    """A `kb.api.SearchIndex` at `url` (several nodes: parted by commas), under the alias
    `<prefix>-<collection>`.

    `timeout` is in seconds and holds for every single request; bulk requests get ten times as long.
    """

    def __init__(
        self,
        url: str,
        collection: str,
        analyser: Analyser,
        fields: Mapping[str, FieldKind] | None = None,
        *,
        prefix: str = "hotline",
        timeout: float = 5.0,
    ) -> None:
        for name in (collection, prefix):
            if not re.fullmatch("[a-z][a-z0-9]{0,30}", name):
                raise ValueError(f"not a collection name or prefix: {name!r}")
        self._urls = [one.strip() for one in url.split(",")]
        self._alias = f"{prefix}-{collection}"
        self._building = f"{self._alias}-building"
        self._analyser = analyser
        self._kinds = dict(fields or {})
        self._timeout = timeout
        self._client: Elasticsearch | None = None

    def open(self) -> None:
        """Connect, and create an empty index where there is none; newly declared number fields are added."""
        if self._client is None:
            self._client = Elasticsearch(
                self._urls, request_timeout=self._timeout, retry_on_timeout=False, max_retries=1
            )
        with self._asking() as client:
            if client.indices.exists_alias(name=self._alias):
                client.indices.put_mapping(index=self._alias, properties=self._mapping())
                return
            try:
                self._create(client, f"{self._alias}-first", self._alias)
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":  # another process was quicker
                    raise

    def close(self) -> None:
        """Let the connections go."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def drop(self) -> None:
        """Delete the collection with all that is in it."""
        with self._asking() as client:
            self._delete(client, client.indices.get(index=f"{self._alias}-*"))

    def put(self, documents: Iterable[Document]) -> None:
        """See `kb.api.SearchIndex.put`."""
        rows = [self._row(document) for document in checked_documents(documents, self._kinds)]
        for batch in _batches(rows):
            self._write([("index", row["id"], row, row) for row in batch])

    def remove(self, ids: Iterable[str]) -> None:
        """See `kb.api.SearchIndex.remove`."""
        wanted = [one for raw in dict.fromkeys(ids) if (one := clean(raw))]
        for at in range(0, len(wanted), BATCH):
            self._write([("delete", one, None, _tombstone(one)) for one in wanted[at : at + BATCH]])

    def refresh(self) -> None:
        """See `kb.api.SearchIndex.refresh`."""
        with self._asking() as client:
            client.indices.refresh(index=self._alias)

    def search(self, query: Query) -> Hits:
        """See `kb.api.SearchIndex.search`."""
        wanted = checked_query(query, self._kinds)
        groups = self._analyser.groups(query.text)
        request: dict[str, Any] = {
            "query": scored(groups, query.match, wanted),
            "sort": [{"_score": "desc"}, {"id": "asc"}],
            "from_": query.offset,
            "size": query.limit,
            "track_total_hits": True,
            "source": ["title", "text"] if query.highlight else False,
        }
        answer = self._read(lambda client: client.search(index=self._alias, **request))
        marker = Marker(self._analyser, groups) if query.highlight else None
        hits = tuple(_hit(hit, marker) for hit in answer["hits"]["hits"])
        return Hits(answer["hits"]["total"]["value"], hits)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """See `kb.api.SearchIndex.frequencies`."""
        tokens = checked_terms(terms)
        if not tokens:
            return dict.fromkeys(terms, 0)
        filters = [
            any_of([{"term": {"title_terms": token}}, {"term": {"text_terms": token}}]) for token in tokens
        ]
        aggs = {"words": {"filters": {"filters": filters}}}
        answer = self._read(lambda client: client.search(index=self._alias, query=LIVING, size=0, aggs=aggs))
        counts = [bucket["doc_count"] for bucket in answer["aggregations"]["words"]["buckets"]]
        return dict.fromkeys(terms, 0) | dict(zip(tokens, counts, strict=True))

    def count(self) -> int:
        """See `kb.api.SearchIndex.count`."""
        return self._read(lambda client: client.count(index=self._alias, query=LIVING))["count"]

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """See `kb.api.SearchIndex.rebuild`."""
        name = self._begin_rebuild()
        read = 0
        remaining = iter(documents)
        while batch := list(islice(remaining, BATCH)):
            rows = [self._row(document) for document in checked_documents(batch, self._kinds)]
            for part in _batches(rows):
                self._fill(name, part)
            read += len(batch)
            if progress:
                progress(read)
        self._switch(name)
        self._bury(name)
        return read

    # --- rebuilding ---

    def _begin_rebuild(self) -> str:
        """A new index under the building alias; what another rebuild was filling or left behind is deleted."""
        name = f"{self._alias}-{uuid.uuid4().hex[:12]}"
        with self._asking() as client:
            self._create(client, name, f"{name}-filling")
            others = self._indices(client, self._building)
            client.indices.update_aliases(
                actions=[
                    *({"remove_index": {"index": other}} for other in others),
                    {"add": {"index": name, "alias": self._building}},
                ]
            )
            aliases = client.indices.get_alias(index=f"{self._alias}-*")
            self._delete(client, [left for left, its in aliases.items() if not its["aliases"]])
        return name

    def _fill(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        """Create the documents that are not there; those that are were put or removed since the rebuild
        began.
        """
        target = {"_index": f"{name}-filling", "require_alias": True}
        actions: list[Action] = []
        last: dict[str, dict[str, Any]] = {row["id"]: row for row in rows}
        for id, row in last.items():
            actions.append(({"create": {**target, "_id": id}}, row))
        for result in self._bulk(actions):
            if result["status"] == 404:
                raise IndexUnavailable("索引重建已被另一次重建取代")
            if result["status"] != 409:
                _refuse_failure(result)

    def _switch(self, name: str) -> None:
        """Move the alias in one step; only then delete the old index, for a search may still be in it."""
        with self._asking() as client:
            if self._indices(client, self._building) != [name]:
                raise IndexUnavailable("索引重建已被另一次重建取代")
            client.indices.refresh(index=name)
            old = self._indices(client, self._alias)
            client.indices.update_aliases(
                actions=[
                    {"remove": {"index": name, "alias": f"{name}-filling"}},
                    {"remove": {"index": name, "alias": self._building}},
                    {"add": {"index": name, "alias": self._alias}},
                    *({"remove": {"index": one, "alias": self._alias}} for one in old),
                ]
            )
            self._delete(client, old)

    def _delete(self, client: Elasticsearch, names: Iterable[str]) -> None:
        for name in names:
            client.indices.delete(index=name, ignore_unavailable=True)

    def _bury(self, name: str) -> None:
        """Delete the tombstones, except where a document was put again in the meantime."""
        while True:
            with self._asking() as client:
                client.indices.refresh(index=name)
                answer = client.search(
                    index=name,
                    query={"term": {"removed": True}},
                    size=BATCH,
                    source=False,
                    seq_no_primary_term=True,
                )
            graves = answer["hits"]["hits"]
            if not graves:
                return
            self._bulk([(_delete_unchanged(name, grave), None) for grave in graves])

    def _create(self, client: Elasticsearch, name: str, alias: str) -> None:
        client.indices.create(
            index=name,
            aliases={alias: {}},
            settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
            mappings={"dynamic": "strict", "properties": self._mapping()},
        )

    def _mapping(self) -> dict[str, Any]:
        numbers = {f"n_{name}": {"type": "double"} for name, kind in self._kinds.items() if kind == "number"}
        return MAPPING | numbers

    def _indices(self, client: Elasticsearch, alias: str) -> list[str]:
        try:
            return list(client.indices.get_alias(name=alias))
        except NotFoundError:
            return []

    # --- documents ---

    def _row(self, document: Document) -> dict[str, Any]:
        title, text = clean(document.title), clean(document.text)
        terms = self._analyser.terms(title, text)
        row: dict[str, Any] = {"id": document.id, "title": title, "text": text, "removed": False}
        row["boost"] = float(document.boost)
        row["title_terms"], row["text_terms"] = " ".join(terms.title), " ".join(terms.text)
        row["pieces"], row["filters"] = " ".join(terms.pieces), []
        for name, value in document.fields.items():
            if self._kinds[name] == "number":
                row[f"n_{name}"] = float(value)  # type: ignore[arg-type]
            else:
                row["filters"] += [filter_token(name, one) for one in keyword_values(value) or ()]
        return row

    def _write(self, changes: list[tuple[str, str, dict | None, dict]]) -> None:
        """Each change (operation, id, document, what a running rebuild must see) to the alias and to the
        building one.
        """
        actions: list[Action] = []
        for operation, id, document, seen in changes:
            actions.append(({operation: {"_index": self._alias, "_id": id, "require_alias": True}}, document))
            actions.append(({"index": {"_index": self._building, "_id": id, "require_alias": True}}, seen))
        results = self._bulk(actions)
        if any("error" in result for result in results[0::2]):  # perhaps a rebuild was switched in the middle
            results = self._bulk(actions)
        for result in results[0::2]:
            _refuse_failure(result)
        for result in results[1::2]:
            if result["status"] != 404:  # no rebuild is running
                _refuse_failure(result)

    def _bulk(self, actions: Sequence[Action]) -> list[dict[str, Any]]:
        """The outcome of each action in order."""
        if not actions:
            return []
        operations = [part for action in actions for part in action if part is not None]
        with self._asking() as client:
            answer = client.options(request_timeout=10 * self._timeout).bulk(operations=operations)
        return [next(iter(item.values())) for item in answer["items"]]

    def _read(self, ask: Callable[[Elasticsearch], Any]) -> Any:
        """Ask, and once more if the index the alias stood for was deleted in the middle: a rebuild was switched."""
        with self._asking() as client:
            try:
                return ask(client)
            except ApiError as error:
                if error.status_code not in (404, 503):
                    raise
                return ask(client)

    @contextmanager
    def _asking(self) -> Iterator[Elasticsearch]:
        client = self._client
        if client is None:
            raise IndexUnavailable("检索索引尚未打开")
        try:
            yield client
        except (ApiError, TransportError) as error:
            raise IndexUnavailable(f"检索服务暂不可用：{error}") from error


def _hit(hit: Mapping[str, Any], marker: Marker | None) -> Hit:
    if marker is None:
        return Hit(hit["_id"], hit["_score"])
    source = hit["_source"]
    return Hit(hit["_id"], hit["_score"], marker.highlights(source["title"], source["text"]))


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in bulks of bounded number and size."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += 3 * len(row["text"])
        if len(batch) >= BATCH or size >= BULK_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _tombstone(id: str) -> dict[str, Any]:
    return {"id": id, "removed": True}


def _delete_unchanged(name: str, grave: Mapping[str, Any]) -> dict[str, Any]:
    unchanged = {"if_seq_no": grave["_seq_no"], "if_primary_term": grave["_primary_term"]}
    return {"delete": {"_index": name, "_id": grave["_id"], **unchanged}}


def _refuse_failure(result: Mapping[str, Any]) -> None:
    if "error" in result:
        raise IndexUnavailable(f"检索服务未能写入 {result.get('_id')}：{result['error'].get('reason')}")
