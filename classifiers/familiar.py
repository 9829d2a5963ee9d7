"""How common a phrase is among the messages that a model learned from.

A keyword of an unlearned class speaks against the learned ones only as far as it is rare among their own
messages: demolition belongs to land matters by its name, and yet stands in hundreds of messages that
people filed under urban construction. Two in a thousand messages halve what a phrase says.
"""

from collections.abc import Callable, Iterable

from classifiers.segment import Segmenter

HALVING_SHARE = 0.002

Seen = Callable[[str], float]
"""Share of the learned messages that hold a word; 0 for one that is unknown."""


def rarity(seen: Seen, segmenter: Segmenter) -> Callable[[str], float]:
    """A function from a phrase to 0..1 (1: as good as never seen), which remembers what it was asked."""
    known: dict[str, float] = {}

    def of(phrase: str) -> float:
        if phrase not in known:
            known[phrase] = 1 / (1 + _share(phrase, seen, segmenter.cut(phrase)) / HALVING_SHARE)
        return known[phrase]

    return of


def _share(phrase: str, seen: Seen, words: Iterable[str]) -> float:
    """A phrase of several words is at most as common as the rarest of them."""
    return max(seen(phrase), min((seen(word) for word in words), default=0.0))
