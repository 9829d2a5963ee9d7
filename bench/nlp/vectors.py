"""What the shipped encoder's vectors are worth beside words: for finding answers, and messages of the same matter.

Each question asks all candidates; words are TF-IDF over the house's segmentation, vectors are centred cosines, and
`joined` orders the words' best 50 anew by words + weight × vectors. The weight is chosen on every other
question and everything is scored on the rest.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import corpus
from classifiers.api import Text
from classifiers.encoder.model import EncoderModel
from classifiers.ensemble import ENCODER
from classifiers.open import SHIPPED
from classifiers.segment import Segmenter

FIRST_STAGE = 50
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
Matrix = npt.NDArray[np.float32]


def report(data: Path) -> dict[str, Any]:
    """Share of questions whose answer is first, among the first five, and the mean reciprocal rank."""
    return {"articles": _articles(data), "same matter": _same_matter(data)}


def _articles(data: Path) -> dict[str, Any]:
    """Questions of policy_qa.csv among all answers of the file."""
    with (data / "policy_qa.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["question"] and row["answer"]]
    answers = list(dict.fromkeys(row["answer"] for row in rows))
    place = {answer: number for number, answer in enumerate(answers)}
    wanted = [{place[row["answer"]]} for row in rows]
    return _compared([row["question"] for row in rows], answers, wanted, same=False)


def _same_matter(data: Path) -> dict[str, Any]:
    """Messages as written that have a near duplicate (`dup_group`), among all messages as written."""
    messages = [message for message in corpus.read(data) if message.raw]
    members: dict[str, list[int]] = defaultdict(list)
    for number, message in enumerate(messages):
        members[message.group].append(number)
    asked = [number for number, message in enumerate(messages) if len(members[message.group]) > 1]
    texts = [message.raw for message in messages]
    wanted = [set(members[messages[number].group]) - {number} for number in asked]
    return _compared([texts[number] for number in asked], texts, wanted, same=True)


def _compared(
    questions: Sequence[str], candidates: Sequence[str], wanted: Sequence[set[int]], same: bool
) -> dict[str, Any]:
    words, vectors = _by_words(questions, candidates), _by_vectors(questions, candidates)
    if same:  # a message does not find itself
        own = {text: number for number, text in enumerate(candidates)}
        for row, text in enumerate(questions):
            words[row, own[text]] = vectors[row, own[text]] = -1
    even = np.arange(len(questions)) % 2 == 0
    kept = np.argsort(-words, axis=1)[:, :FIRST_STAGE]
    scores = {weight: _reordered(words, vectors, kept, weight) for weight in WEIGHTS}
    best = max(WEIGHTS, key=lambda weight: _figures(scores[weight][even], _part(wanted, even))["mrr"])
    ways = {"words": words, "vectors": vectors, f"joined {best}": scores[best]}
    rest = _part(wanted, ~even)
    return {
        "questions": len(rest),
        "candidates": len(candidates),
        **{name: _figures(found[~even], rest) for name, found in ways.items()},
    }


def _by_words(questions: Sequence[str], candidates: Sequence[str]) -> Matrix:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=Segmenter().cut, sublinear_tf=True)
    known = vectorizer.fit_transform(candidates)
    return np.asarray((vectorizer.transform(questions) @ known.T).toarray(), np.float32)


def _by_vectors(questions: Sequence[str], candidates: Sequence[str]) -> Matrix:
    model = EncoderModel(SHIPPED / ENCODER)
    model.load()
    known, asked = (model.vectors([Text("", text) for text in texts]) for texts in (candidates, questions))
    middle = known.mean(axis=0)
    return _unit(asked - middle) @ _unit(known - middle).T


def _unit(vectors: Matrix) -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _reordered(words: Matrix, vectors: Matrix, kept: npt.NDArray[np.intp], weight: float) -> Matrix:
    found = words - 10
    rows = np.arange(len(words))[:, None]
    found[rows, kept] = words[rows, kept] + weight * vectors[rows, kept]
    return found


def _figures(scores: Matrix, wanted: Sequence[set[int]]) -> dict[str, float]:
    ranks = np.array([_rank(row, aims) for row, aims in zip(scores, wanted, strict=True)])
    return {
        "first": round(float((ranks == 1).mean()), 3),
        "first five": round(float((ranks <= 5).mean()), 3),
        "mrr": round(float((1 / ranks).mean()), 3),
    }


def _rank(scores: npt.NDArray[np.float32], aims: set[int]) -> int:
    return int((scores > max(scores[aim] for aim in aims)).sum()) + 1


def _part(wanted: Sequence[set[int]], rows: npt.NDArray[np.bool_]) -> list[set[int]]:
    return [aims for aims, inside in zip(wanted, rows.tolist(), strict=True) if inside]
