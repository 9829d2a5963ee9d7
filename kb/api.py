"""The search seam: what may be put into an index, how it is asked, and what every index must do.

Both adapters (`kb.index_sqlite`, `kb.index_elastic`) keep exactly these semantics, and
`tests/contract/test_search_index.py` holds them to it. Surprising on purpose: an index is a copy that may lag and
may be thrown away. It keeps no personal data, nothing is decided from it, and the caller holds every hit against the
database (rights, secrecy, still published) before the hit is shown or counted. Highlights are plain text with
offsets, never markup.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

MAX_LIMIT = 100
MAX_WINDOW = 1_000  # offset + limit: nobody reads a ranked list deeper
MAX_QUERY_CHARACTERS = 2_000
MAX_ID_BYTES = 512  # Elasticsearch's own limit for document ids

FieldKind = Literal["keyword", "number"]
FieldValue = str | int | float | Sequence[str]


class SearchError(Exception):
    """What an index refuses; `code` is for machines, `message` is Chinese and for people."""

    code = "search_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class IndexUnavailable(SearchError):
    """The index cannot answer now (not started, locked, disk, network, time-out): try later, or go without."""

    code = "index_unavailable"


class InvalidDocument(SearchError):
    """A document cannot be indexed as it stands; nothing of its batch was written."""

    code = "invalid_document"


class InvalidQuery(SearchError):
    """A query asks for something the index does not have: an undeclared filter, a page beyond the window."""

    code = "invalid_query"


@dataclass(frozen=True, slots=True)
class Document:
    """One thing to be found.

    `fields` are the declared filterable values: a keyword is a string or a sequence of strings (each can be
    filtered for), a number is an int or float (dates as days or seconds). `boost` > 0 multiplies every score of the
    document.
    """

    id: str
    title: str
    text: str
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Range:
    """A filter for a number: `low <= value <= high`; an end that is None is open."""

    low: float | None = None
    high: float | None = None


Filter = str | int | float | Range | Sequence[str]


@dataclass(frozen=True, slots=True)
class Query:
    """One question.

    `text` is what a person typed; no character in it is an operator. `match="any"` finds documents with at least
    one of its words, best first; `"all"` finds those with every word. An empty text, or one without a single word,
    finds every document the filters let through, by falling boost. `filters` must all hold: a string for equality
    with one of a keyword's values, a sequence of strings for any of them, a number or a `Range` for a number.
    `limit` 1..100 hits from `offset`; offset + limit may not pass 1,000. `highlight=False` saves the time of finding
    excerpts.
    """

    text: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)
    match: Literal["any", "all"] = "any"
    limit: int = 20
    offset: int = 0
    highlight: bool = True


@dataclass(frozen=True, slots=True)
class Highlight:
    """An excerpt of the document as it was put in, and what in it answers the query.

    `field` is "title" or "text"; `start` is the excerpt's offset in that field; `marks` are (from, to) offsets
    within `text`, ascending and apart. Offsets count Python characters.
    """

    field: Literal["title", "text"]
    start: int
    text: str
    marks: tuple[tuple[int, int], ...]

    @property
    def segments(self) -> tuple[tuple[str, bool], ...]:
        """The excerpt in pieces (plain text, is marked): a template escapes each and wraps the marked ones."""
        pieces: list[tuple[str, bool]] = []
        at = 0
        for begin, end in self.marks:
            pieces += [(self.text[at:begin], False), (self.text[begin:end], True)]
            at = end
        pieces.append((self.text[at:], False))
        return tuple(piece for piece in pieces if piece[0])


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found: scores are comparable within one answer only."""

    id: str
    score: float
    highlights: tuple[Highlight, ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of an answer: `total` counts all that match; `hits` are ordered by falling score, then by id."""

    total: int
    hits: tuple[Hit, ...]


Progress = Callable[[int], None]


@runtime_checkable
class SearchIndex(Protocol):
    """One collection ("articles", "tickets") that can be searched.

    Every method may be called from any thread after `open`, blocks until done, and raises `IndexUnavailable` at the
    call that failed. Construction is light: no file, no network.
    """

    def open(self) -> None:
        """Make the index ready, creating an empty one where there is none. May be repeated."""

    def put(self, documents: Iterable[Document]) -> None:
        """Add the documents, each replacing the one with its id; the last of equal ids in a batch counts.

        All are checked first: `InvalidDocument` for an empty or over-long id, an undeclared field, a value that is
        not of the field's kind, or a boost that is not a positive number; then nothing was written. They are found
        by `search` within about a second, or at once after `refresh`.
        """

    def remove(self, ids: Iterable[str]) -> None:
        """Take the documents out; ids that are not there are passed over."""

    def refresh(self) -> None:
        """Make everything put and removed so far visible to `search`, `count` and `frequencies`."""

    def search(self, query: Query) -> Hits:
        """Answer; `InvalidQuery` for an undeclared filter, a wrong filter value or a page out of bounds."""

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many documents each word (as the analyser gives them) stands; at most 100 words at a time."""

    def count(self) -> int:
        """The number of documents."""

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> int:
        """Replace everything by these documents; gives how many were read.

        Searches go on in the old content until the switch, which is atomic. What is put or removed meanwhile (by
        this or another process) is kept, and wins over what the iterable says of the same id. The iterable is read
        lazily after the rebuild has begun, so that it sees whatever was committed before a `put` that the rebuild
        did not see. `progress` is called with the number of documents read so far. If the iterable fails, or this
        process dies, the old content stays. A second rebuild takes over from a running one, which then raises
        `IndexUnavailable`.
        """

    def close(self) -> None:
        """Let go of files and connections. May be repeated; `open` makes the index usable again."""
