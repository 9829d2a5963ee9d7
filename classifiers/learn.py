"""Fitting the linear model: which n-grams to keep, their weights, and scores that mean what they say.

The method is a support vector machine per class over TF-IDF, each n-gram first scaled by how differently
it occurs in the class and outside it (the log-count ratio of Wang & Manning 2012). The scaling folds into
the weights, so that the served model is one plain matrix; grouped cross-validation showed +.004 macro-F1
over the machine alone. Needs scikit-learn (extra `train`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from classifiers.features import Grams, GramTables, Ids, char_grams, word_grams
from classifiers.graph import Weights

Floats = npt.NDArray[np.floating[Any]]
Encoded = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Recipe:
    """The choices of a training run, all made on folds of the training data."""

    min_word_groups: int = 3
    min_char_groups: int = 4
    keep_words: int = 50_000
    keep_chars: int = 80_000
    ratio_power: float = 0.7
    cost: float = 0.5


@dataclass(frozen=True)
class Model:
    """A fitted model: the n-grams it knows, their weights, and the names of its classes."""

    tables: GramTables
    weights: Weights
    labels: tuple[str, ...]


def fit(
    encoded: Sequence[Encoded], labels: Sequence[str], groups: Sequence[str], size: int, recipe: Recipe
) -> Model:
    """Learn from messages given as word and character ids over a vocabulary of `size` tokens."""
    names = tuple(sorted(set(labels)))
    target = np.array([names.index(label) for label in labels])
    words = [word_grams(ids, size) for ids, _ in encoded]
    chars = [char_grams(ids, size) for _, ids in encoded]
    tables = GramTables(
        size,
        _kept(words, target, groups, recipe.min_word_groups, recipe.keep_words),
        _kept(chars, target, groups, recipe.min_char_groups, recipe.keep_chars),
    )
    counted = [tables.lookup(*ids) for ids in encoded]
    word_counts, char_counts = matrices(counted, tables)
    word_idf, char_idf = _idf(word_counts), _idf(char_counts)
    features = sparse.hstack([weigh(word_counts, word_idf), weigh(char_counts, char_idf)]).tocsr()
    weights, bias = _machines(features, target, len(names), recipe)
    split = len(tables.words)
    return Model(tables, Weights(word_idf, weights[:split], char_idf, weights[split:], bias), names)


def margins(model: Model, encoded: Sequence[Encoded]) -> Floats:
    """Scores [messages, classes] before calibration: what the ONNX graph computes before its softmax."""
    word_counts, char_counts = matrices([model.tables.lookup(*ids) for ids in encoded], model.tables)
    word = weigh(word_counts, model.weights.word_idf) @ model.weights.word
    return np.asarray(
        word + weigh(char_counts, model.weights.char_idf) @ model.weights.char + model.weights.bias
    )


def calibrate(scores: Floats, target: npt.NDArray[np.int64]) -> tuple[float, Floats]:
    """Temperature (as a factor) and offsets that make the softmax of held-out scores most likely."""
    from scipy.optimize import minimize

    def loss(parameters: Floats) -> float:
        shifted = scores * np.exp(parameters[0]) + parameters[1:]
        shifted = shifted - shifted.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        likelihood = (shifted[np.arange(len(target)), target] - log_sum).mean()
        return float(-likelihood + 1e-3 * np.square(parameters[1:]).sum())

    found = minimize(loss, np.zeros(scores.shape[1] + 1), method="L-BFGS-B").x
    return float(np.exp(found[0])), np.asarray(found[1:])


def calibrated(model: Model, scale: float, offsets: Floats) -> Model:
    """The same model with the calibration folded into its weights."""
    old = model.weights
    weights = Weights(
        old.word_idf, old.word * scale, old.char_idf, old.char * scale, old.bias * scale + offsets
    )
    return Model(model.tables, weights, model.labels)


def matrices(counted: Sequence[Grams], tables: GramTables) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Count matrices of both blocks, one row per message."""
    words = [(grams.word_columns, grams.word_counts) for grams in counted]
    chars = [(grams.char_columns, grams.char_counts) for grams in counted]
    return _matrix(words, len(tables.words)), _matrix(chars, len(tables.chars))


def weigh(counts: sparse.csr_matrix, idf: Floats) -> sparse.csr_matrix:
    """TF-IDF with damped counts, each row of length one; as the graph does it."""
    weighed = counts.copy()
    weighed.data = (1 + np.log(weighed.data)) * idf[weighed.indices]
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)) @ weighed


def _matrix(rows: Sequence[tuple[Ids, Ids]], width: int) -> sparse.csr_matrix:
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    counts = np.concatenate([counts for _, counts in rows]).astype(np.float64)
    return sparse.csr_matrix((counts, columns, ends), shape=(len(rows), width))


def _idf(counts: sparse.csr_matrix) -> Floats:
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen)) + 1)


def _kept(
    grams: list[Ids], target: npt.NDArray[np.int64], groups: Sequence[str], least: int, most: int
) -> Ids:
    """N-grams of at least `least` groups; of those the `most` that tell the classes apart best."""
    position = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    owner = np.array([position[group] for group in groups])
    unique = [np.unique(row) for row in grams]
    owners = np.repeat(owner, [len(row) for row in unique])
    pairs = np.unique(
        np.concatenate(unique) * len(position) + owners
    )  # far below 2**63: ids are below 60,000
    numbers, counts = np.unique(pairs // len(position), return_counts=True)
    table = numbers[counts >= least]
    if len(table) <= most:
        return table
    tables = GramTables(0, table, table[:0])
    rows = [_columns_in(tables.words, row) for row in unique]
    strength = _chi2(_matrix([(row, np.ones(len(row), np.int64)) for row in rows], len(table)), target)
    return table[np.sort(np.argsort(-strength, kind="stable")[:most])]


def _columns_in(table: Ids, numbers: Ids) -> Ids:
    columns = np.minimum(np.searchsorted(table, numbers), len(table) - 1)
    return columns[table[columns] == numbers]


def _chi2(there: sparse.csr_matrix, target: npt.NDArray[np.int64]) -> Floats:
    from sklearn.feature_selection import chi2

    weighed = weigh(there, _idf(there))
    return np.nan_to_num(chi2(weighed, target)[0])


def _machines(
    features: sparse.csr_matrix, target: npt.NDArray[np.int64], count: int, recipe: Recipe
) -> tuple[Floats, Floats]:
    from sklearn.svm import LinearSVC

    weights, bias = [], []
    for number in range(count):
        ratio = _ratio(features, target == number, recipe.ratio_power)
        machine = LinearSVC(C=recipe.cost, random_state=0).fit(
            features.multiply(ratio[None, :]).tocsr(), target == number
        )
        weights.append(machine.coef_[0] * ratio)
        bias.append(machine.intercept_[0])
    return np.array(weights).T, np.array(bias)


def _ratio(features: sparse.csr_matrix, inside: npt.NDArray[np.bool_], power: float) -> Floats:
    """How differently each n-gram occurs inside a class and outside it, to a mean square of one."""
    share = [np.asarray(features[rows].sum(axis=0)).ravel() + 0.1 for rows in (inside, ~inside)]
    ratio = np.abs(np.log((share[0] / share[0].sum()) / (share[1] / share[1].sum()))) ** power
    return np.asarray(ratio / np.sqrt(np.mean(ratio**2)))
