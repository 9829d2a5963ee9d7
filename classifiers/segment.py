"""The one way this house cuts Chinese text into words, for classifiers, search indexes and all else.

Two choices may surprise. The tokenizer is our own `jieba.Tokenizer` (the module-level one is shared by
everybody in the process, and words added by one library would change the cuts of another). And there is no
cache file: jieba keeps its prefix dictionary as a marshalled file in the shared temporary folder, where any
local user could plant another; built as below it takes half as long as jieba's own builder, so nothing is
written anywhere.

A `Segmenter` is light until it is first used and may be used by several threads.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jieba import Tokenizer
    from opencc import OpenCC

_WORDY = re.compile(r"\w")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_ENCLOSED = re.compile("[\u2460-\u24ff\u2776-\u2793\u3200-\u33ff]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")


def fold_width(text: str) -> str:
    """Full-width letters, digits and punctuation as ASCII, one for one, so that offsets stay true."""
    return text.translate(_WIDE)


class Segmenter:
    """Cuts text with jieba's dictionary, our government words and the words that the caller adds.

    `words` are extra words (a site's place names, units, projects), one per item, optionally followed by a
    space and a count as in jieba's user dictionaries.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._extra = tuple(words)
        self._lock = threading.Lock()
        self._tokenizer: Tokenizer | None = None

    def load(self) -> None:
        """Build the dictionary now (half a second) and not at the first cut; a second call does nothing."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = _build((*shipped_words(), *self._extra))

    @property
    def tokenizer(self) -> "Tokenizer":
        """The jieba tokenizer itself, for callers that need its tags or offsets; never change it."""
        if self._tokenizer is None:
            self.load()
        assert self._tokenizer is not None
        return self._tokenizer

    def cut(self, text: str) -> list[str]:
        """The words of the normalised text in order; blanks and bare punctuation are left out."""
        return [word for word in self.tokenizer.cut(self.normalise(text)) if _WORDY.search(word)]

    def cut_for_search(self, text: str) -> list[str]:
        """As `cut`, and before each long word the shorter words in it, so that a part finds the whole."""
        return [word for word in self.tokenizer.cut_for_search(self.normalise(text)) if _WORDY.search(word)]

    def normalise(self, text: str) -> str:
        """The form in which two spellings of one thing are equal; for machines, never shown.

        Compatibility forms and width are folded (NFKC), traditional characters become simplified, letters
        small, invisible characters vanish. Enclosed numbers (①, ㈠) get blanks around them, or "第3①" would
        become 31.
        """
        text = _CONTROL.sub(" ", _UNSEEN.sub("", text))
        text = _ENCLOSED.sub(lambda found: f" {found.group()} ", text)
        text = unicodedata.normalize("NFKC", text).lower()
        return text if text.isascii() else _simplifier().convert(text)


def shipped_words() -> tuple[str, ...]:
    """Our own words of government and complaint (`data/words.txt`), with a count where a line has one."""
    source = resources.files("classifiers") / "data" / "words.txt"
    lines = (line.partition("#")[0].strip() for line in source.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line)


@cache
def _simplifier() -> "OpenCC":
    from opencc import OpenCC

    return OpenCC("t2s")


def _build(words: Iterable[str]) -> "Tokenizer":
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = _prefix_dictionary(tokenizer)
    tokenizer.initialized = True
    for line in words:
        word, _, count = line.strip().partition(" ")
        if word:
            tokenizer.add_word(word.lower(), int(count) if count.isdecimal() and int(count) else None)
    return tokenizer


def _prefix_dictionary(tokenizer: "Tokenizer") -> tuple[dict[str, int], int]:
    """jieba's dictionary with every beginning of a word in it (count 0): what its word graph walks along."""
    with tokenizer.get_dict_file() as source:
        flat = source.read().decode("utf-8").split()
    counts = list(map(int, flat[1::3]))
    known = dict(zip(flat[0::3], counts, strict=True))
    for word in flat[0::3]:
        head = word[:-1]
        while head and head not in known:  # a known beginning has all its own beginnings already
            known[head] = 0
            head = head[:-1]
    return known, sum(counts)
