"""From text to the tokens that are stored and asked for: one analyser for both search adapters.

Normalisation is NFKC, lower case and (handed in) traditional to simplified. Tokens hold only letters, digits,
ideographs and symbols such as emoji: all punctuation and white space is gone, so nothing of an engine's query
syntax survives. Beside its words a document has *pieces*: single characters and two-character parts of its
words, and the pinyin of its title's words. They are what a one- or two-character query, "gongjijin" or "gjj"
is answered from.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from pypinyin import Style, lazy_pinyin

MAX_TOKEN = 64
MAX_GROUPS = 12  # of a longer query only the longest words, which are the telling ones

Segment = Callable[[str], list[str]]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HAN = re.compile(
    # 〇, extension A, the first block, compatibility forms, extension B and all after it
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_LATIN = re.compile("[a-z]+")

STOP_WORDS = frozenset(
    word
    for line in resources.files("kb").joinpath("stop_words.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Group:
    """One word of a query with its equals: any alternative will do, and an alternative needs all of its
    tokens.
    """

    alternatives: tuple[tuple[str, ...], ...]
    pairs: tuple[
        str, ...
    ] = ()  # of a longer word: its neighbouring characters, which together will do as well

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        """Everything that will do: the alternatives and the pairs."""
        return (*self.alternatives, self.pairs) if self.pairs else self.alternatives

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens of all alternatives, each once: what is marked in a text."""
        return tuple(dict.fromkeys(token for alternative in self.alternatives for token in alternative))


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a document is indexed: tokens of the title, of the text, and the pieces of both."""

    title: list[str]
    text: list[str]
    pieces: list[str]


def clean(text: str) -> str:
    """The text with control characters and lone surrogates (which no store takes) replaced, every offset
    kept.
    """
    return _SURROGATE.sub("\ufffd", _CONTROL.sub(" ", text))


def pinyin(word: str) -> tuple[str, str]:
    """("gongjijin", "gjj") for 公积金; two empty strings for what is not all ideographs that have a known
    reading.
    """
    return _pinyin(word) if _HAN.fullmatch(word) else ("", "")


@lru_cache(maxsize=65_536)
def _pinyin(word: str) -> tuple[str, str]:
    syllables = lazy_pinyin(word, style=Style.NORMAL, v_to_u=False, errors="ignore")
    if not all(_LATIN.fullmatch(syllable) for syllable in syllables):
        return "", ""
    return "".join(syllables), "".join(syllable[0] for syllable in syllables)


class Analyser:
    """Turns titles, texts and queries into tokens; the same instance settings must serve putting and
    searching.

    `segment` splits Chinese text into words; overlapping words as of jieba's search mode are welcome.
    `simplify` turns traditional into simplified characters (for example `opencc.OpenCC("t2s").convert`).
    `synonyms` are rows of expressions that mean the same, such as ("公积金", "住房公积金", "housing fund").
    """

    def __init__(
        self,
        segment: Segment,
        *,
        simplify: Callable[[str], str] | None = None,
        stop_words: Iterable[str] = STOP_WORDS,
        synonyms: Iterable[Sequence[str]] = (),
    ) -> None:
        self._segment = segment
        self._simplify = simplify
        self._stop_words = frozenset(stop_words)
        self._rows = _synonym_rows(synonyms, self.normalise)
        self._synonym = _any_of(self._rows)

    def normalise(self, text: str) -> str:
        """NFKC, lower case, simplified, without control characters."""
        text = unicodedata.normalize("NFKC", clean(text)).lower()
        return self._simplify(text) if self._simplify else text

    def tokens(self, text: str) -> list[str]:
        """The words of a text in order, stop words included."""
        return self._words(self.normalise(text))

    def terms(self, title: str, text: str) -> Terms:
        """Everything that is indexed of a document."""
        normal_title, normal_text = self.normalise(title), self.normalise(text)
        in_title, in_text = self._words(normal_title), self._words(normal_text)
        pieces = dict.fromkeys(piece for normal in (normal_title, normal_text) for piece in _pieces(normal))
        sounds = dict.fromkeys(
            sound for token in in_title if len(token) > 1 for sound in pinyin(token) if sound
        )
        whole = {*in_title, *in_text}
        return Terms(in_title, in_text, [piece for piece in (*pieces, *sounds) if piece not in whole])

    def groups(self, text: str) -> tuple[Group, ...]:
        """The words of a query, each with its synonyms; stop words fall away unless nothing else is there."""
        normal = self.normalise(text)
        found: dict[Group, None] = {}
        at = 0
        for hit in self._synonym.finditer(normal) if self._synonym else ():
            found.update(dict.fromkeys(self._plain(normal[at : hit.start()])))
            ways = (self._alternative(same) for same in self._rows[hit.group()])
            if alternatives := tuple(way for way in ways if way):
                found[Group(alternatives)] = None
            at = hit.end()
        found.update(dict.fromkeys(self._plain(normal[at:])))
        telling = [group for group in found if not self._stop_words.issuperset(group.tokens)]
        return _longest(telling or list(found))

    def is_stop_word(self, token: str) -> bool:
        """Whether the token says nothing about a text's subject."""
        return token in self._stop_words

    def _plain(self, normal: str) -> list[Group]:
        return [Group(((token,),), _pairs(token)) for token in self._words(normal)]

    def _alternative(self, expression: str) -> tuple[str, ...]:
        words = self._words(expression)
        return (expression,) if expression in words else tuple(dict.fromkeys(words))

    def _words(self, normal: str) -> list[str]:
        if not normal.strip():
            return []
        return [token for word in self._segment(normal) for token in _split(word)]


def _split(word: str) -> list[str]:
    """The parts of a word between punctuation and white space, in lengths that every engine takes."""
    if word.isalnum() and len(word) <= MAX_TOKEN:
        return [word]
    runs = "".join(c if _counts(c) else " " for c in word).split()
    return [run[at : at + MAX_TOKEN] for run in runs for at in range(0, len(run), MAX_TOKEN)]


def is_token(text: str) -> bool:
    """Whether the text is one token as an analyser gives them."""
    return _split(text) == [text]


def _counts(character: str) -> bool:
    """Letters, marks, numbers, other symbols (emoji), and what this Python does not know yet (newer
    ideographs).
    """
    category = unicodedata.category(character)
    return category[0] in "LMN" or category in ("So", "Sk", "Cn", "Co")


def _pieces(normal: str) -> Iterator[str]:
    """Each ideograph, and each two that stand side by side."""
    for run in _HAN.findall(normal):
        yield from run
        yield from map("".join, pairwise(run))


def _longest(groups: list[Group]) -> tuple[Group, ...]:
    """The groups with the longest words, in their order."""
    kept = sorted(groups, key=lambda group: -len(group.alternatives[0][0]))[:MAX_GROUPS]
    return tuple(group for group in groups if group in kept)


def _pairs(token: str) -> tuple[str, ...]:
    return tuple(map("".join, pairwise(token))) if len(token) > 2 and _HAN.fullmatch(token) else ()


def _synonym_rows(
    rows: Iterable[Sequence[str]], normalise: Callable[[str], str]
) -> dict[str, tuple[str, ...]]:
    """Each expression -> all that mean the same, itself first; rows that share an expression flow together."""
    same: dict[str, dict[str, None]] = {}
    for row in rows:
        members = dict.fromkeys(expression for raw in row if (expression := normalise(raw).strip()))
        for member in tuple(members):
            members |= same.get(member, {})
        same.update(dict.fromkeys(members, members))
    return {member: (member, *(m for m in members if m != member)) for member, members in same.items()}


def _any_of(expressions: Iterable[str]) -> re.Pattern[str] | None:
    """Finds the longest expression at each place; latin ones only as whole words."""
    longest_first = sorted(expressions, key=lambda e: (-len(e), e))
    parts = [
        rf"(?<![a-z0-9]){re.escape(e)}(?![a-z0-9])" if e.isascii() else re.escape(e) for e in longest_first
    ]
    return re.compile("|".join(parts)) if parts else None
