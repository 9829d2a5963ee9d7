"""The embedded search index: SQLite FTS5 over segmented text, in a file of its own.

Content lives in numbered generations of tables; one row says which generation is read. A rebuild fills the
next one in short transactions, while puts and removals go to both, and the switch is one update. So readers,
writers and a rebuild in another process get along, and a rebuild that dies leaves nothing that anyone reads.

When more than some thousands of documents match, only the most promising are ranked (see `kb.fts`); `total`
is exact.
"""

import queue
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from kb.api import Document, FieldKind, Hit, Hits, IndexUnavailable, Progress, Query
from kb.checks import Wanted, checked_documents, checked_query, checked_terms, filter_token, keyword_values
from kb.fts import WEIGHTS, Matcher, filters_expression, numbers_condition
from kb.highlight import Marker
from kb.query import Analyser, Group, clean

BATCH = 500  # documents of one transaction while rebuilding
BUSY_SECONDS = 10

_GENERATION = (
    "CREATE TABLE {t}_docs (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, boost REAL NOT NULL)",
    "CREATE TABLE {t}_texts (row INTEGER PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE INDEX {t}_docs_by_boost ON {t}_docs (boost DESC, id)",
    "CREATE TABLE {t}_numbers (row INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, "
    "PRIMARY KEY (row, name)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE {t}_fts USING fts5(title, text, pieces, filters, tokenize = 'ascii')",
)
_PARTS = ("fts", "numbers", "texts", "docs")
_FORGET = 10_000  # words whose frequency is remembered at most


class SqliteIndex:
    """A `kb.api.SearchIndex` in the file `path` (its folder is made); `fields` declares what can be filtered
    by.
    """

    def __init__(
        self,
        path: Path | str,
        collection: str,
        analyser: Analyser,
        fields: Mapping[str, FieldKind] | None = None,
    ) -> None:
        if not re.fullmatch("[a-z][a-z0-9]{0,30}", collection):
            raise ValueError(f"not a collection name: {collection!r}")
        self._path = Path(path)
        self._collection = collection
        self._analyser = analyser
        self._kinds = dict(fields or {})
        self._writing = threading.Lock()
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._is_open = False
        self._known: tuple[str, dict[str, int]] = ("", {})

    def open(self) -> None:
        """Make the file and an empty index where there is none."""
        with self._translated():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                self._create(connection)
            self._is_open = True

    def close(self) -> None:
        """Close the idle connections; those at work close when they are done."""
        self._is_open = False
        while not self._idle.empty():
            self._idle.get().close()

    def put(self, documents: Iterable[Document]) -> None:
        """See `kb.api.SearchIndex.put`; here the documents are found at once."""
        rows = [self._row(document) for document in checked_documents(documents, self._kinds)]
        with self._transaction() as connection:
            for generation in self._written(connection, [row["id"] for row in rows]):
                self._store(connection, generation, rows)

    def remove(self, ids: Iterable[str]) -> None:
        """See `kb.api.SearchIndex.remove`."""
        ids = [clean(one) for one in ids]
        with self._transaction() as connection:
            for generation in self._written(connection, ids):
                self._delete(connection, generation, ids)

    def refresh(self) -> None:
        """Nothing to do: a transaction that is committed is visible."""

    def search(self, query: Query) -> Hits:
        """See `kb.api.SearchIndex.search`."""
        wanted = checked_query(query, self._kinds)
        groups = self._analyser.groups(query.text)
        with self._reading() as (connection, tables):
            if not groups:
                return self._listed(connection, tables, wanted, query)
            matcher = Matcher(connection, tables, wanted, self._frequencies_of(tables))
            found = matcher.candidates(groups, query.match)
            sql = (
                f"SELECT d.id, s.score * d.boost AS score, s.row FROM (SELECT f.rowid AS row, "
                f"-bm25({tables}_fts, {WEIGHTS}) AS score FROM {tables}_fts AS f "
                f"WHERE {tables}_fts MATCH ? AND f.rowid >= ? {matcher.condition}) AS s "
                f"JOIN {tables}_docs AS d ON d.row = s.row ORDER BY 2 DESC, 1 LIMIT ? OFFSET ?"
            )
            values = (found.expression, found.newest_from, *matcher.values, query.limit, query.offset)
            rows = connection.execute(sql, values).fetchall()
            return Hits(found.total, self._hits(connection, tables, rows, groups, query.highlight))

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """See `kb.api.SearchIndex.frequencies`."""
        tokens = checked_terms(terms)
        with self._reading() as (connection, tables):
            sql = f"SELECT count(*) FROM {tables}_fts WHERE {tables}_fts MATCH ?"
            counted = {
                token: connection.execute(sql, (f'{{title text}} : "{token}"',)).fetchone()[0]
                for token in tokens
            }
        return dict.fromkeys(terms, 0) | counted

    def count(self) -> int:
        """See `kb.api.SearchIndex.count`."""
        with self._reading() as (connection, tables):
            return connection.execute(f"SELECT count(*) FROM {tables}_docs").fetchone()[0]

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """See `kb.api.SearchIndex.rebuild`."""
        generation = self._begin_rebuild()
        read = 0
        remaining = iter(documents)
        while batch := list(islice(remaining, BATCH)):
            rows = [self._row(document) for document in checked_documents(batch, self._kinds)]
            with self._transaction() as connection:
                self._still_building(connection, generation)
                self._store(connection, generation, self._untouched(connection, rows))
            read += len(batch)
            if progress:
                progress(read)
        self._switch(generation)
        return read

    # --- rebuilding ---

    def _begin_rebuild(self) -> int:
        with self._transaction() as connection:
            current, building = self._state(connection)
            if building is not None:
                self._drop(connection, building)
            generation = max(current, building or 0) + 1
            self._make(connection, generation)
            connection.execute(f"DELETE FROM {self._collection}_touched")
            connection.execute(f"UPDATE {self._collection}_state SET building = ?", (generation,))
            return generation

    def _switch(self, generation: int) -> None:
        with self._transaction() as connection:
            self._still_building(connection, generation)
            old, _ = self._state(connection)
            connection.execute(
                f"UPDATE {self._collection}_state SET current = ?, building = NULL", (generation,)
            )
            connection.execute(f"DELETE FROM {self._collection}_touched")
            self._drop(connection, old)

    def _still_building(self, connection: sqlite3.Connection, generation: int) -> None:
        if self._state(connection)[1] != generation:
            raise IndexUnavailable("索引重建已被另一次重建取代")

    def _untouched(self, connection: sqlite3.Connection, rows: list[dict]) -> list[dict]:
        """The rows whose documents were neither put nor removed since the rebuild began."""
        sql = f"SELECT 1 FROM {self._collection}_touched WHERE id = ?"
        return [row for row in rows if connection.execute(sql, (row["id"],)).fetchone() is None]

    # --- rows ---

    def _row(self, document: Document) -> dict:
        """The document as it is stored; all segmentation happens here, outside any transaction."""
        title, text = clean(document.title), clean(document.text)
        terms = self._analyser.terms(title, text)
        filters, numbers = [], []
        for name, value in document.fields.items():
            if self._kinds[name] == "number":
                numbers.append((name, value))
            else:
                filters += [filter_token(name, one) for one in keyword_values(value) or ()]
        indexed = [" ".join(part) for part in (terms.title, terms.text, terms.pieces, filters)]
        return {
            "id": document.id,
            "boost": document.boost,
            "stored": (title, text),
            "indexed": indexed,
            "numbers": numbers,
        }

    def _store(self, connection: sqlite3.Connection, generation: int, rows: list[dict]) -> None:
        tables = self._tables(generation)
        self._delete(connection, generation, [row["id"] for row in rows])
        for row in rows:
            sql = f"INSERT INTO {tables}_docs (id, boost) VALUES (?, ?)"
            number = connection.execute(sql, (row["id"], row["boost"])).lastrowid
            connection.execute(f"INSERT INTO {tables}_texts VALUES (?, ?, ?)", (number, *row["stored"]))
            sql = f"INSERT INTO {tables}_fts (rowid, title, text, pieces, filters) VALUES (?, ?, ?, ?, ?)"
            connection.execute(sql, (number, *row["indexed"]))
            sql = f"INSERT INTO {tables}_numbers VALUES (?, ?, ?)"
            connection.executemany(sql, [(number, *pair) for pair in row["numbers"]])

    def _delete(self, connection: sqlite3.Connection, generation: int, ids: list[str]) -> None:
        tables = self._tables(generation)
        for one in ids:
            found = connection.execute(f"SELECT row FROM {tables}_docs WHERE id = ?", (one,)).fetchone()
            if found:
                connection.execute(f"DELETE FROM {tables}_fts WHERE rowid = ?", found)
                connection.execute(f"DELETE FROM {tables}_numbers WHERE row = ?", found)
                connection.execute(f"DELETE FROM {tables}_texts WHERE row = ?", found)
                connection.execute(f"DELETE FROM {tables}_docs WHERE row = ?", found)

    def _listed(self, connection: sqlite3.Connection, tables: str, wanted: Wanted, query: Query) -> Hits:
        """The documents the filters let through, by falling boost."""
        condition, values = numbers_condition(tables, wanted)
        where = f"1 {condition.replace('f.rowid', 'f.row')}"
        if expression := filters_expression(wanted):
            where += f" AND f.row IN (SELECT rowid FROM {tables}_fts WHERE {tables}_fts MATCH ?)"
            values = [*values, expression]
        matched = f"FROM {tables}_docs AS f WHERE {where}"
        total = connection.execute(f"SELECT count(*) {matched}", values).fetchone()[0]
        sql = f"SELECT f.id, f.boost, f.row {matched} ORDER BY f.boost DESC, f.id LIMIT ? OFFSET ?"
        rows = connection.execute(sql, (*values, query.limit, query.offset)).fetchall()
        return Hits(total, self._hits(connection, tables, rows, (), query.highlight))

    def _frequencies_of(self, tables: str) -> dict[str, int]:
        """What is remembered of word frequencies in these tables; forgotten when they are replaced, or are too many."""
        of, known = self._known
        if of != tables or len(known) > _FORGET:
            self._known = (tables, known := {})
        return known

    def _hits(
        self,
        connection: sqlite3.Connection,
        tables: str,
        rows: Sequence[tuple[str, float, int]],
        groups: Sequence[Group],
        highlight: bool,
    ) -> tuple[Hit, ...]:
        if not highlight:
            return tuple(Hit(id, score) for id, score, _ in rows)
        marker = Marker(self._analyser, groups)
        sql = f"SELECT title, text FROM {tables}_texts WHERE row = ?"
        texts = (connection.execute(sql, (row,)).fetchone() for _, _, row in rows)
        return tuple(
            Hit(id, score, marker.highlights(*t)) for (id, score, _), t in zip(rows, texts, strict=True)
        )

    # --- generations ---

    def _create(self, connection: sqlite3.Connection) -> None:
        name = self._collection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name}_touched (id TEXT PRIMARY KEY) WITHOUT ROWID")
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name}_state (current INTEGER NOT NULL, building INTEGER)"
        )
        if connection.execute(f"SELECT 1 FROM {name}_state").fetchone() is None:
            self._make(connection, 1)
            connection.execute(f"INSERT INTO {name}_state VALUES (1, NULL)")
        connection.execute("COMMIT")

    def _tables(self, generation: int) -> str:
        return f"{self._collection}_{generation}"

    def _make(self, connection: sqlite3.Connection, generation: int) -> None:
        for sql in _GENERATION:
            connection.execute(sql.format(t=self._tables(generation)))

    def _drop(self, connection: sqlite3.Connection, generation: int) -> None:
        for part in _PARTS:
            connection.execute(f"DROP TABLE IF EXISTS {self._tables(generation)}_{part}")

    def _state(self, connection: sqlite3.Connection) -> tuple[int, int | None]:
        return connection.execute(f"SELECT current, building FROM {self._collection}_state").fetchone()

    def _written(self, connection: sqlite3.Connection, ids: list[str]) -> list[int]:
        """The generations a change goes to; while a rebuild runs, the changed ids are noted."""
        current, building = self._state(connection)
        if building is None:
            return [current]
        sql = f"INSERT OR IGNORE INTO {self._collection}_touched VALUES (?)"
        connection.executemany(sql, [(one,) for one in ids])
        return [current, building]

    # --- connections ---

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16384")
        connection.execute("PRAGMA mmap_size = 1073741824")
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise IndexUnavailable(f"检索索引暂不可用：{error}") from error

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        """A connection for one thread; one that failed is not used again."""
        if not self._is_open:
            raise IndexUnavailable("检索索引尚未打开")
        with self._translated():
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if self._is_open:
                self._idle.put(connection)
            else:
                connection.close()

    @contextmanager
    def _reading(self) -> Iterator[tuple[sqlite3.Connection, str]]:
        """A connection that sees one moment of the index, and the tables to read."""
        with self._borrowed() as connection:
            connection.execute("BEGIN")
            yield connection, self._tables(self._state(connection)[0])
            connection.execute("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, self._borrowed() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
