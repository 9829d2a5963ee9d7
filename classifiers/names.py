"""Keeps personal names out of what a model learns.

A name in a vocabulary is personal data that ships with the product. Candidates for the vocabulary are
tagged one by one; whatever jieba tags as a person (nr, nrfg, nrt), from its dictionary or by its rules
for unknown words, is struck, except our own words. Words struck also break the n-grams that they stand
in. Some common words are lost with them ("高峰", "文明"): a price paid gladly.
"""

from collections.abc import Iterable

from classifiers.personal_data.surnames import FREQUENT
from classifiers.segment import Segmenter, shipped_words

_PERSON_TAGS = ("nr",)


def personal_names(words: Iterable[str], segmenter: Segmenter) -> frozenset[str]:
    """Those of the words that look like a person's name or the title-less part of one."""
    from jieba.posseg import POSTokenizer

    tagger = POSTokenizer(segmenter.tokenizer)
    ours = frozenset(word.split(" ")[0] for word in shipped_words())
    known = segmenter.tokenizer.FREQ
    return frozenset(
        word for word in words if word not in ours and 2 <= len(word) <= 4 and _is_name(word, tagger, known)
    )


def _is_name(word: str, tagger: object, known: dict[str, int]) -> bool:
    tags = [pair.flag for pair in tagger.cut(word)]  # type: ignore[attr-defined]
    if len(tags) == 1 and tags[0].startswith(_PERSON_TAGS):
        return True
    if known.get(word):
        return False
    return word[0] in FREQUENT and (word[1:] in {"某", "某某", "先生", "女士"} or _starts_as_name(tags))


def _starts_as_name(tags: list[str]) -> bool:
    return bool(tags) and tags[0].startswith(_PERSON_TAGS)
