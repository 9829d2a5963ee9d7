"""How a question is put to SQLite FTS5: match expressions, and which of very many matches are worth ranking.

Tokens come from our own analyser and never hold white space or ASCII punctuation, and every token is quoted,
so that nothing a person types is an operator. The `ascii` tokenizer is chosen over `unicode61`, which knows
the letters of Unicode 6.1 only and would drop newer ideographs (extensions E to I) and emoji.

Ranking costs about two microseconds for each match, finding a tenth of that. So when more than `RANKED`
documents match, the candidates are those with the query's rarer words, then those with the words in the
title, then the newest.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.api import MAX_WINDOW
from kb.checks import Wanted, filter_token
from kb.query import Group

RANKED = 2_000
COMMON = 10_000  # a word in more documents than this is looked for, but does not count in a choice
WEIGHTS = "5.0, 1.0, 0.3, 0.0"  # title, text, pieces, filters


def group_expression(group: Group, column: str = "") -> str:
    """Any way of saying it, each with all of its tokens."""
    return _any(_all(f'{column}"{token}"' for token in tokens) for tokens in group.ways)


def filters_expression(wanted: Wanted) -> str:
    """The keyword filters; empty if there are none. A filter for any of no values matches nothing."""
    rows = [_any(f'"{filter_token(name, v)}"' for v in values) for name, values in wanted.keywords]
    return _all(row or f'"{filter_token("", "none")}"' for row in rows)


def _any(parts: Iterable[str]) -> str:
    return _joined(parts, " OR ")


def _all(parts: Iterable[str]) -> str:
    return _joined(parts, " AND ")


def _joined(parts: Iterable[str], word: str) -> str:
    parts = [part for part in parts if part]
    return f"({word.join(parts)})" if len(parts) > 1 else "".join(parts)


@dataclass(frozen=True, slots=True)
class Candidates:
    """`total` documents match; those that match `expression` from row `newest_from` on are ranked."""

    total: int
    expression: str
    newest_from: int


class Matcher:
    """Chooses the candidates of one query in one FTS table (with its documents' numbers beside it).

    `known` remembers from query to query in about how many documents a word stands; it only orders words by rarity.
    """

    def __init__(
        self, connection: sqlite3.Connection, tables: str, wanted: Wanted, known: dict[str, int]
    ) -> None:
        self._connection = connection
        self._fts = f"{tables}_fts"
        self._filters = filters_expression(wanted)
        self._known = known
        self._counted: dict[str, int] = {}
        self.condition, self.values = numbers_condition(tables, wanted)

    def candidates(self, groups: Sequence[Group], match: str) -> Candidates:
        """Every match, or the best choice of them when there are more than `RANKED`."""
        words = list(dict.fromkeys(group_expression(group) for group in groups))
        join = _any if match == "any" else _all
        asked = join(words)
        total = self._exactly(asked)
        if total <= RANKED:
            return Candidates(total, self._filtered(asked), 0)
        chosen = self._rarest(words) if match == "any" else words
        if self._exactly(join(chosen)) < MAX_WINDOW:  # the numbers keep most of them out
            chosen = words
        newest_from = 0
        if self._count(join(chosen)) > RANKED:
            titles = join(group_expression(group, "title : ") for group in groups)
            if self._exactly(titles) >= MAX_WINDOW:
                chosen = [titles]
            newest_from = self._newest_from(join(chosen))
        return Candidates(total, self._filtered(self._ranked(join(chosen), words)), newest_from)

    def _ranked(self, chosen: str, words: Sequence[str]) -> str:
        """The chosen matches, with what else in them counts: all words but the most common, which tell little."""
        telling = [word for word in words if self._frequency(word) <= COMMON and word not in chosen]
        return f"{chosen} AND {_any([chosen, *telling])}" if telling else chosen

    def _rarest(self, words: Sequence[str]) -> list[str]:
        """The query's rarer words, as many as can be ranked, but enough of them to fill every page."""
        chosen: list[str] = []
        found = 0
        for word in sorted(words, key=self._frequency):
            with_it = self._count(_any([*chosen, word]))
            if found >= MAX_WINDOW and with_it > RANKED:
                break
            chosen.append(word)
            found = with_it
        return chosen

    def _frequency(self, word: str) -> int:
        if word not in self._known:
            sql = f"SELECT count(*) FROM {self._fts} WHERE {self._fts} MATCH ?"
            self._known[word] = self._connection.execute(sql, (word,)).fetchone()[0]
        return self._known[word]

    def _filtered(self, expression: str) -> str:
        return _all([self._filters, expression])

    def _exactly(self, expression: str) -> int:
        """The matches the filters let through; each number filter costs a look-up for each match."""
        if not self.condition:
            return self._count(expression)
        return self._counted_once(expression, self.condition, self.values)

    def _count(self, expression: str) -> int:
        """The matches before number filters."""
        return self._counted_once(expression, "", ())

    def _counted_once(self, expression: str, condition: str, values: Sequence[str | float]) -> int:
        key = expression + condition
        if key not in self._counted:
            sql = f"SELECT count(*) FROM {self._fts} AS f WHERE {self._fts} MATCH ? {condition}"
            row = self._connection.execute(sql, (self._filtered(expression), *values)).fetchone()
            self._counted[key] = row[0]
        return self._counted[key]

    def _newest_from(self, expression: str) -> int:
        sql = (
            f"SELECT f.rowid FROM {self._fts} AS f WHERE {self._fts} MATCH ? {self.condition} "
            f"ORDER BY f.rowid DESC LIMIT 1 OFFSET {RANKED - 1}"
        )
        row = self._connection.execute(sql, (self._filtered(expression), *self.values)).fetchone()
        return row[0] if row else 0


def numbers_condition(tables: str, wanted: Wanted) -> tuple[str, list[str | float]]:
    """SQL that holds the numbers of row `f.rowid` against the filters, and its values."""
    sql = ""
    values: list[str | float] = []
    for name, low, high in wanted.numbers:
        sql += f" AND EXISTS (SELECT 1 FROM {tables}_numbers AS n WHERE n.row = f.rowid AND n.name = ?"
        values.append(name)
        for end, sign in ((low, ">="), (high, "<=")):
            if end is not None:
                sql += f" AND n.value {sign} ?"
                values.append(end)
        sql += ")"
    return sql, values
